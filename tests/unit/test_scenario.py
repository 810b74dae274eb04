"""A campaign supposed in one line: read as an announcement is, and every mistake told at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from advisor.domain.campaign import ExpectedUplift
from advisor.domain.policy import Policy
from advisor.errors import ConfigError
from streams.scenario import FIELDS, Supposed, read_scenario
from tests.support.builders import CRM, NOW, campaign, policy

LINE = "kind=flash_sale,start=2026-11-27T18:00,end=2026-11-27T20:00,service=web-shop"
SALE = campaign(
    "bf-2026", name="Black Friday", timezone="Europe/Berlin", audience=5.0, team="crm", channels=("email",)
)


def supposed(the_policy: Policy | None = None, **other: object) -> Supposed:
    values: dict[str, object] = {"policy": the_policy or policy(), "now": NOW, "source": CRM}
    return Supposed(**{**values, **other})  # type: ignore[arg-type]


def problems(line: str, **other: object) -> dict[str, str]:
    """What is wrong with a line: field to message and fix."""
    with pytest.raises(ConfigError) as caught:
        read_scenario(line, supposed(**other))  # type: ignore[arg-type]
    return {problem.path: f"{problem.message} | {problem.fix}" for problem in caught.value.problems}


def test_a_line_says_all_that_an_announcement_can() -> None:
    found = read_scenario(
        f"{LINE},audience=2e6,send_rate=150000,uplift_p50=3,uplift_p90=4.5,timezone=Europe/Berlin,"
        "name=Test,channel=email,channel=push,owner=ada,team=crm,max_cost=400,id=t1,source=crm",
        supposed(),
    )

    assert found.start == datetime(2026, 11, 27, 17, tzinfo=UTC)
    assert found.end == datetime(2026, 11, 27, 19, tzinfo=UTC)
    assert (found.audience, found.send_rate_per_min) == (2e6, 150_000)
    assert found.expected_uplift == ExpectedUplift(3.0, 4.5)
    assert found.channels == ("email", "push")
    assert (found.campaign_id, found.name, found.owner, found.team) == ("t1", "Test", "ada", "crm")
    assert found.budget is not None
    assert (found.budget.currency, found.budget.max_cost) == ("EUR", 400)
    assert (found.announced_at, found.source, found.revision) == (NOW, CRM, 1)


def test_scenarios_without_names_are_told_apart_by_their_number() -> None:
    first, second = (read_scenario(LINE, supposed(number=n)) for n in (1, 2))

    assert (first.name, second.name) == ("what if 1", "what if 2")
    assert first.campaign_id != second.campaign_id


def test_all_problems_are_told_at_once_each_with_its_fix() -> None:
    found = problems(
        "strat=2026-11-27T18:00,end=yesterday,service=web-shp,audience=2e6x,uplift_p50=3,"
        "timezone=Europe/Berln,name=,foo,max_cost=1,max_cost=2"
    )

    assert "did you mean start=" in found["strat"]
    assert "is missing" in found["start"]
    assert "is missing" in found["kind"]
    assert "no ISO 8601 time" in found["end"]
    assert "did you mean web-shop?" in found["service"]
    assert "is no number" in found["audience"]
    assert "uplift_p90=4.5" in found["uplift_p90"]
    assert "did you mean Europe/Berlin?" in found["timezone"]
    assert "is empty" in found["name"]
    assert "is not field=value" in found["foo"]
    assert "stands twice" in found["max_cost"]


@pytest.mark.parametrize(
    ("line", "field", "said"),
    [
        (f"{LINE},uplift_p50=3,uplift_p90=2", "uplift_p90", "is below p50"),
        (f"{LINE},send_rate=0", "send_rate", "greater than 0"),
        (f"{LINE},audience=nan", "audience", "finite"),
        (LINE.replace("T20", "T17"), "end", "is not after start"),
        (LINE.replace("2026", "2025"), "end", "is over"),
        (f"{LINE},source=crmm", "source", "did you mean crm?"),
        (f"{LINE},max_cost=5,currency=euro", "currency", "pattern"),
        ("", "a field", "is not field=value"),
    ],
)
def test_what_an_announcement_may_not_say_a_scenario_may_not_either(line: str, field: str, said: str) -> None:
    assert said in problems(line)[field]


def test_a_changed_campaign_keeps_whatever_is_not_changed() -> None:
    found = read_scenario("uplift_p50=4,uplift_p90=4", supposed(changes=SALE))

    assert found.expected_uplift == ExpectedUplift(4.0, 4.0)
    assert (found.campaign_id, found.revision, found.source) == ("bf-2026", 2, CRM)
    assert (found.start, found.end, found.services) == (SALE.start, SALE.end, SALE.services)
    assert (found.timezone, found.audience, found.team) == ("Europe/Berlin", 5.0, "crm")


def test_a_campaign_moved_by_its_start_alone_keeps_its_length() -> None:
    """The start is local to the campaign, as its owner thinks of it."""
    found = read_scenario("start=2026-11-28T10:00", supposed(changes=SALE))

    assert found.start == datetime(2026, 11, 28, 9, tzinfo=UTC)
    assert found.end - found.start == SALE.end - SALE.start == timedelta(hours=2)
    assert "no ISO 8601 time" in problems("start=soon", changes=SALE)["start"]


def test_an_id_is_neither_taken_from_another_campaign_nor_changed() -> None:
    assert "headstart plan bf-2026" in problems(f"{LINE},id=bf-2026", taken=frozenset({"bf-2026"}))["id"]
    assert "cannot change" in problems("id=other", changes=SALE)["id"]


def test_the_examples_in_the_hints_are_themselves_right() -> None:
    line = ",".join(f"{name}={example}" for name, (_, example) in FIELDS.items() if name != "source")

    assert read_scenario(line, supposed()).campaign_id == "bf-2026"
