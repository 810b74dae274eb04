"""What a forecast is made of goes to the audit topic when it changes in substance, and only then."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Evidence, Forecast, UpliftBand
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_iso
from advisor.forecasting.forecast import forecast_service
from streams.codec.explanations import FORECAST_EXPLAINED
from streams.codec.forecasts import decode_forecast, encode_forecast
from streams.demand_partition import DemandPartition
from streams.explanations import Explainer
from streams.records import OutgoingRecord
from streams.topics import TOPICS, TopicNames
from tests.support.builders import HOUR, MINUTE, NOW, SHOP, at, campaign, policy, view

NAMES = TopicNames(**{field: (f"t.{field}",) if field == "traffic" else f"t.{field}" for field in TOPICS})
SCHEMAS = Path(__file__).parents[2] / "deploy" / "schemas"
STEPS, LEVELS = 24, (0.5, 0.9, 0.95, 0.99)
PROMO = campaign()
OTHER = campaign("other", at("11:00"))


class Kept:
    """An outbox that keeps what it is given; the outside world of these tests."""

    def __init__(self) -> None:
        self.records: list[OutgoingRecord] = []

    async def send(self, records: Iterable[OutgoingRecord]) -> None:
        self.records += records


class Service:
    """One service of a worker that explains its forecasts."""

    def __init__(self, state: DemandPartition | None = None) -> None:
        self.outbox = Kept()
        self.state = state or DemandPartition(3, 300)
        self._explainer = Explainer(NAMES, self.outbox, policy())  # type: ignore[arg-type]

    def tell(self, forecast: Forecast, campaigns: Sequence[Campaign] = (PROMO, OTHER)) -> None:
        asyncio.run(self._explainer.tell([(forecast, campaigns, self.state)]))

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(r.value) for r in self.outbox.records if r.topic == NAMES.audit and r.value]


def uplift(of: Campaign = PROMO, factor: float = 3.0, first: int = 12, **other: Any) -> UpliftBand:
    """A campaign that moves half of the forecast's steps; learned from one past campaign."""
    factors = np.ones((STEPS, len(LEVELS)))
    factors[first:] = factor
    values: dict[str, Any] = {
        "campaign_id": of.campaign_id,
        "factor": factors,
        "reason": Reason.UPLIFT_LEARNED,
        "evidence": (Evidence("spring", 0.8, 2.5, 4.0),),
    }
    return UpliftBand(**{**values, **other})


def forecast(*uplifts: UpliftBand, **other: Any) -> Forecast:
    """Two hours ahead of a demand that grows from 10 requests/s on; well calibrated."""
    cutoff = other.get("cutoff", NOW)
    baseline = np.outer(10.0 + np.arange(STEPS), [1.0, 1.1, 1.2, 1.5])
    values: dict[str, Any] = {
        "service": SHOP,
        "cutoff": cutoff,
        "step_s": 300,
        "times_s": int(cutoff.timestamp()) + 300 * np.arange(STEPS, dtype=np.int64),
        "levels": LEVELS,
        "baseline": baseline,
        "total": baseline,
        "uplifts": uplifts,
        "reasons": tuple(dict.fromkeys(u.reason for u in uplifts)),
        "calibration": 0.95,
    }
    return Forecast(**{**values, **other})


def test_a_service_to_which_nothing_happens_is_never_written_of() -> None:
    """Not when it is first seen, and not at any refresh: ten thousand quiet services write nothing."""
    service = Service()

    for minute in range(0, 600, 5):
        service.tell(forecast(cutoff=NOW + minute * MINUTE, calibration=0.9 + minute % 9 / 100))
    service.tell(forecast(calibration=None))

    assert service.outbox.records == []


@pytest.mark.parametrize(
    ("shares", "news"),
    [
        pytest.param([0.91, 0.895, 0.905, 0.895, 0.915, 0.89], [0.895], id="about the lower bound"),
        pytest.param([0.98, 0.992, 0.985, 0.991, 0.975, 0.995], [0.992], id="about the upper bound"),
        pytest.param([0.95, 0.8, 0.91, 0.95, 0.91, 0.95], [0.8, 0.95], id="back in the middle"),
    ],
)
def test_a_calibration_that_goes_to_and_fro_about_a_bound_is_news_once(
    shares: list[float], news: list[float]
) -> None:
    """Learned anew every hour, it strays a little: that is nothing that happened to the service."""
    service = Service()

    for share in shares:
        service.tell(forecast(calibration=share))

    assert [event["data"]["calibration"] for event in service.events] == news


def test_an_explanation_names_the_campaign_its_factors_and_the_past_ones_they_rest_on() -> None:
    """With the figures of the forecast, the versions, and the campaign as an input that can be read."""
    service = Service()
    service.tell(forecast(uplift(in_flight=None), offset=0.5))

    [event] = service.events
    data = event["data"]
    assert (event["type"], event["subject"]) == (FORECAST_EXPLAINED, SHOP)
    assert event["time"] == data["cutoff"] == to_iso(NOW)
    assert (data["regime"], data["cold_start"], data["calibration"]) == ("ordinary", False, 0.95)
    assert data["baseline"] == {"now": 10.0, "highest": 33.0, "highest_at": to_iso(NOW + 115 * MINUTE)}
    [promo] = data["campaigns"]
    assert (promo["campaign"], promo["revision"], promo["phase"]) == ("promo", 1, "ahead")
    assert (promo["reason"], promo["mean_factor"], promo["peak_factor"]) == ("UPLIFT_LEARNED", 3.0, 3.0)
    [past] = promo["evidence"]
    assert past == {"campaign": "spring", "weight": 0.8, "mean_factor": 2.5, "peak_factor": 4.0}
    assert data["reasons"] == ["UPLIFT_LEARNED"]
    assert data["before"] is None
    assert data["policy_version"] == "p1"
    [named] = data["inputs"].values()
    [stored] = [r for r in service.outbox.records if r.topic == NAMES.inputs]
    assert stored.key == named.encode()
    assert json.loads(stored.value or b"")["campaign_id"] == "promo"


@pytest.mark.parametrize(
    "other",
    [
        forecast(uplift(), uplift(OTHER)),
        forecast(),
        forecast(uplift(reason=Reason.UPLIFT_FROM_OWNER)),
        forecast(uplift(evidence=(Evidence("summer", 0.8, 2.5, 4.0),))),
        forecast(uplift(evidence=(Evidence("spring", 0.8, 2.8, 4.0),))),
        forecast(uplift(first=0)),
        forecast(uplift(), cutoff=at("10:00")),
        forecast(uplift(), cutoff=at("12:00")),
        forecast(uplift(in_flight=1.2)),
        forecast(uplift(in_flight=0.85)),
        forecast(uplift(), reasons=(Reason.COLD_START, Reason.UPLIFT_LEARNED)),
        forecast(uplift(), calibration=0.89),
        forecast(uplift(), calibration=0.995),
    ],
    ids=[
        "a campaign comes into reach",
        "a campaign leaves it",
        "another reason",
        "another past campaign",
        "a past campaign turns out to have done more",
        "it begins to move demand",
        "it begins",
        "it ends",
        "it does better than expected",
        "it does worse",
        "a cold start",
        "the band has become too narrow",
        "the band has become too wide",
    ],
)
def test_whatever_changes_in_substance_is_written_there_and_back(other: Forecast) -> None:
    """Three explanations, each with an id of its own that the next one names."""
    service = Service()
    usual = forecast(uplift())

    for one in (usual, other, other, usual, usual):
        service.tell(one)

    ids = [event["id"] for event in service.events]
    assert len(set(ids)) == len(ids) == 3
    assert [event["data"]["before"] for event in service.events] == [None, *ids[:-1]]


@pytest.mark.parametrize(
    "other",
    [
        forecast(uplift(), cutoff=NOW + HOUR, calibration=0.9),
        forecast(uplift(factor=3.3)),
        forecast(uplift(in_flight=1.09)),
        forecast(uplift(evidence=(Evidence("spring", 0.5, 2.7, 4.4),))),
        replace(forecast(uplift()), baseline=forecast().baseline * 2),
    ],
    ids=[
        "later",
        "a factor moves",
        "corrected by less than a tenth",
        "evidence weighs less",
        "twice the demand",
    ],
)
def test_figures_that_move_are_no_news(other: Forecast) -> None:
    """They are on the forecasts topic at every refresh."""
    service = Service()

    service.tell(forecast(uplift()))
    service.tell(other)

    assert len(service.events) == 1


def test_small_corrections_are_measured_from_the_one_written_last() -> None:
    """Many small steps add up to something that is said."""
    service = Service()

    for correction in (1.0, 1.04, 1.08, 1.12, 1.16, 1.2, 1.24):
        service.tell(forecast(uplift(in_flight=correction)))

    assert [e["data"]["campaigns"][0]["in_flight"] for e in service.events] == [1.0, 1.12, 1.24]


def test_a_worker_that_takes_the_service_over_says_nothing_again() -> None:
    """The models topic remembers what was said, on the service's own partition."""
    first = Service()
    first.tell(forecast(uplift()))
    [remembered] = [r for r in first.outbox.records if r.topic == NAMES.models]
    assert remembered.partition == 3

    state = DemandPartition(3, 300)
    state.restore_explained(remembered.value or b"")
    second = Service(state)
    second.tell(forecast(uplift(), cutoff=NOW + 5 * MINUTE))
    assert second.events == []
    second.tell(forecast(cutoff=NOW + 10 * MINUTE))
    assert second.events[0]["data"]["before"] == first.events[0]["id"]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        pytest.param(b"UPLIFT_LEARNED", b"UPLIFT_FROM_STARS", id="a word of another version"),
        pytest.param(b'"v":1', b'"v":2', id="another version"),
        pytest.param(b"}", b"", id="half a record"),
    ],
)
def test_what_was_said_by_another_version_is_said_again_and_holds_up_nothing(
    written: bytes, instead: bytes
) -> None:
    """A worker takes the partition whatever it finds there: the forecast is what matters."""
    first = Service()
    first.tell(forecast(uplift()))
    [remembered] = [r for r in first.outbox.records if r.topic == NAMES.models]
    value = remembered.value or b""
    assert written in value

    state = DemandPartition(3, 300)
    state.restore_explained(value.replace(written, instead))
    second = Service(state)
    second.tell(forecast(uplift()))

    assert [e["id"] for e in second.events] == [e["id"] for e in first.events]


def test_one_that_ended_before_it_could_remember_says_it_again_under_the_same_id() -> None:
    """Whenever it comes back, and whatever the figures are by then."""
    first, again = Service(), Service()

    first.tell(forecast(uplift()))
    again.tell(forecast(uplift(factor=3.2), cutoff=NOW + HOUR))

    assert [e["id"] for e in again.events] == [e["id"] for e in first.events]


def test_a_real_campaign_is_explained_step_by_step_and_its_end_too() -> None:
    """It comes, begins, ends and goes; the forecasts themselves say the regime."""
    service = Service()
    regimes = []
    for minute in range(0, 12 * 60, 5):
        cutoff = at("06:00") + minute * MINUTE
        made = forecast_service(view(until=cutoff), [PROMO], policy())
        regimes.append(decode_forecast(encode_forecast(made)[1]).regime)
        service.tell(made, [PROMO])

    said = [(e["time"][11:16], e["data"]["regime"], *phases(e)) for e in service.events]
    assert said[0] == ("06:00", "ordinary", "ahead")
    assert said[1][1:] == ("campaign", "ahead")  # the first come before it begins
    assert said[2:-1] == [("10:00", "campaign", "running"), ("12:00", "campaign", "over")]
    assert said[-1][1:] == ("ordinary",)
    changes = [now for before, now in pairwise(regimes) if before != now]
    assert changes == ["campaign", "ordinary"]


def phases(event: dict[str, Any]) -> list[str]:
    """The phase of each campaign."""
    return [one["phase"] for one in event["data"]["campaigns"]]


def test_a_cold_start_is_said_when_it_begins_and_when_it_is_over() -> None:
    """Two hours of history, then a week."""
    service = Service()

    for days in (1 / 12, 1 / 12, 7, 7):
        service.tell(forecast_service(view(days=days), [], policy()), [])

    assert [event["data"]["cold_start"] for event in service.events] == [True, False]
    assert [event["data"]["reasons"] for event in service.events] == [["COLD_START"], []]


def test_a_moved_campaign_is_another_one() -> None:
    """A new revision is explained anew."""
    service = Service()

    service.tell(forecast(uplift()))
    service.tell(forecast(uplift()), [replace(PROMO, revision=2, start=PROMO.start + timedelta(hours=1))])

    assert [e["data"]["campaigns"][0]["revision"] for e in service.events] == [1, 2]


@pytest.mark.parametrize("made", [forecast(uplift(), uplift(OTHER, in_flight=1.3)), forecast()])
def test_what_is_written_is_what_the_published_schemas_say(made: Forecast) -> None:
    """The forecast's own record, and the explanation of it."""
    service = Service()
    service.tell(replace(made, reasons=(Reason.COLD_START,)))

    assert is_valid("forecast.v1.json", json.loads(encode_forecast(made)[1]))
    [event] = service.events
    assert is_valid("explanation.v1.json", event["data"])
    assert not is_valid("explanation.v1.json", event["data"] | {"regime": "unknown"})


def is_valid(name: str, instance: Any) -> bool:
    """Does it keep to the published schema of this name?"""
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return bool(Draft202012Validator(schema).is_valid(instance))
