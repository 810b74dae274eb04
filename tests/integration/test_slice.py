"""The whole way on real Kafka: a campaign announced, traffic flowing, a dated recommendation out, and why."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import run
from tests.support.estate import Estate

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
RESOURCE = "k8s://prod/shop/hpa/web-shop"
SALE_START = datetime.fromisoformat("2026-11-27T17:00:00Z")
SALE_END = datetime.fromisoformat("2026-11-27T19:00:00Z")
ANNOUNCED = datetime.fromisoformat("2026-11-27T15:00:00Z")
LEAD_TIME = timedelta(minutes=6)
MINIMUM = 4


def replayed(estate: Estate, *, before_the_worker: bool = False) -> list[dict[str, Any]]:
    """The example trace through a worker by the event clock; every recommendation in order."""
    estate.create(
        {RESOURCE: {"serves": "web-shop", "unit_capacity": 120, "min": 4, "max": 60, "lead_time": "6m"}}
    )
    worker = None if before_the_worker else estate.worker("--clock", "events")
    done = run(
        estate.bootstrap,
        estate.prefix,
        *("replay", "--demand", str(EXAMPLES / "shop.csv.gz"), "--service", "web-shop"),
        *("--campaigns", str(EXAMPLES / "campaigns.csv"), "--speed", "max", "--json"),
    )
    assert done.exit_code == 0, done.output
    worker = worker or estate.worker("--clock", "events")
    assert worker.wait(240) == 0, worker.tail()
    return estate.recommendations()


@pytest.mark.timeout(400)
def test_a_sale_gets_its_recommendation_in_time_and_nothing_after_it_is_over(estate: Estate) -> None:
    """Recommended before its first step, a lead time before the start; no raise once the sale is over."""
    events = replayed(estate)

    with_sale = [e["data"] for e in events if e["data"]["campaigns"]]
    first = with_sale[0]
    assert ANNOUNCED <= datetime.fromisoformat(first["decided_at"]) <= ANNOUNCED + timedelta(minutes=1)
    assert datetime.fromisoformat(first["decided_at"]) < datetime.fromisoformat(first["steps"][0]["act_at"])
    raises = [
        datetime.fromisoformat(step["act_at"])
        for before, step in zip([{"floor": MINIMUM}, *first["steps"]], first["steps"], strict=False)
        if step["floor"] > before["floor"] and datetime.fromisoformat(step["act_at"]) <= SALE_START
    ]
    assert raises
    assert max(raises) <= SALE_START - LEAD_TIME
    assert first["mode"] == "recommend"
    assert {"CAMPAIGN_CLAIM", "MODE_RECOMMEND", "UPLIFT_FROM_PRIOR"} <= set(first["reasons"])
    for data in (e["data"] for e in events):
        decided_at, level = datetime.fromisoformat(data["decided_at"]), MINIMUM
        for step in data["steps"]:
            act_at = datetime.fromisoformat(step["act_at"])
            assert not (step["floor"] > level and act_at > decided_at >= SALE_END)
            level = step["floor"]
    assert events[-1]["data"]["steps"] == []  # the last word: nothing claims it any more
    assert events[-1]["data"]["reasons"] == ["NO_CLAIM"]


@pytest.mark.timeout(400)
def test_every_decision_is_explained_by_reasons_and_recorded_inputs(estate: Estate) -> None:
    """Each recommendation has an audit record with Reasons; each input it names is on the inputs topic."""
    events = replayed(estate)

    inputs = {(record.key or b"").decode() for record in estate.records(estate.names.inputs)}
    decided = [e["data"] for e in estate.audit(RESOURCE) if "recommendation_id" in e["data"]]
    assert {e["id"] for e in events} <= {data["recommendation_id"] for data in decided}
    for data in decided:
        assert data["recommendation"]["reasons"]
        assert data["policy_version"]
        assert set(data["inputs"].values()) <= inputs
        assert set(data["inputs"]) == {"decision"}
    campaign = [e for e in estate.audit() if e["type"] == "io.headstart.campaign.assessed.v1"]
    assert [e["data"]["reasons"] for e in campaign][-1] == ["CAMPAIGN_PAST"]
    assert all(e["data"]["reasons"] for e in campaign)


@pytest.mark.timeout(400)
def test_a_replay_read_late_decides_as_one_read_live(estate: Estate) -> None:
    """A worker that reads the stream while it is published, and one started afterwards, say the same."""
    live, late = estate.beside("live"), estate.beside("late")

    told_live = [json.dumps(_undated(e), sort_keys=True) for e in replayed(live)]
    told_late = [json.dumps(_undated(e), sort_keys=True) for e in replayed(late, before_the_worker=True)]

    assert told_live == told_late


def _undated(event: dict[str, Any]) -> dict[str, Any]:
    return {"id": event["id"], "decided_at": event["data"]["decided_at"], "steps": event["data"]["steps"]}
