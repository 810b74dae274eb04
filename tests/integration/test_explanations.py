"""On real Kafka: what a forecast is made of goes to the audit topic when it changes, and is said once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.codec.explanations import FORECAST_EXPLAINED
from streams.codec.forecasts import decode_forecast
from tests.support.commands import run
from tests.support.estate import Estate

SCHEMAS = Path(__file__).parents[2] / "deploy" / "schemas"
BEGIN = datetime(2026, 11, 25, tzinfo=UTC)
HOURS = 54  # a day to leave the cold start behind, and then two sales
CALENDAR = """start_utc,end_utc,name,kind,announced_utc
2026-11-26T09:00:00Z,2026-11-26T11:00:00Z,Morning,flash_sale,2026-11-26T06:00:00Z
2026-11-27T01:00:00Z,2026-11-27T03:00:00Z,Night,flash_sale,2026-11-26T20:00:00Z
"""
MORNING, NIGHT = "morning-20261126t090000z", "night-20261127t010000z"


@pytest.mark.timeout(300)
def test_what_a_forecast_is_made_of_is_written_when_it_changes_and_not_again(estate: Estate) -> None:
    """Cold start, two sales, the second resting on the first; a second worker has nothing to add."""
    resource = {"serves": "web-shop", "unit_capacity": 20, "min": 2, "max": 200}
    estate.create({"k8s://prod/shop/hpa/web-shop": resource})
    quick = {"HEADSTART_WORKER__TICK_S": "300"}
    worker = estate.worker("--clock", "events", **quick)
    done = run(estate.bootstrap, estate.prefix, "replay", *files(estate.folder), "--speed", "max", "--json")
    assert done.exit_code == 0, done.output
    assert worker.wait(200) == 0, worker.tail()

    events = explanations(estate)
    refreshes = [decode_forecast(r.value) for r in estate.records(estate.names.forecasts) if r.value]
    assert len(events) < len(refreshes) / 10
    assert {e["subject"] for e in events} == {"web-shop"}
    assert [e["data"]["before"] for e in events] == [None, *(e["id"] for e in events[:-1])]
    inputs = {(record.key or b"").decode() for record in estate.records(estate.names.inputs)}
    schema = Draft202012Validator(json.loads((SCHEMAS / "explanation.v1.json").read_text(encoding="utf-8")))
    for data in (e["data"] for e in events):
        schema.validate(data)
        assert set(data["inputs"].values()) <= inputs
        assert set(data["inputs"]) == {f"campaign:{one['campaign']}" for one in data["campaigns"]}
    assert "COLD_START" in events[0]["data"]["reasons"]
    assert phases(events, MORNING) == phases(events, NIGHT) == ["ahead", "running", "over"]
    [night] = [one for one in events[-2]["data"]["campaigns"] if one["campaign"] == NIGHT]
    [past] = night["evidence"]
    assert past["campaign"] == MORNING
    assert past["peak_factor"] == pytest.approx(3.0, rel=0.2)
    assert {forecast.regime for forecast in refreshes} == {"campaign", "ordinary"}

    assert estate.worker("--clock", "events", **quick).wait(200) == 0
    assert explanations(estate) == events


def explanations(estate: Estate) -> list[dict[str, Any]]:
    """Every explanation ever written, in order."""
    return [event for event in estate.audit() if event["type"] == FORECAST_EXPLAINED]


def phases(events: list[dict[str, Any]], campaign: str) -> list[str]:
    """The phases that a campaign was said to be in, each once."""
    told = [one for e in events for one in e["data"]["campaigns"] if one["campaign"] == campaign]
    return list(dict.fromkeys(one["phase"] for one in told))


def files(folder: Path) -> list[str]:
    """Options naming two days of steady traffic that both sales triple, and their calendar."""
    slots = [BEGIN + timedelta(minutes=5 * slot) for slot in range(HOURS * 12)]
    sales = [(datetime(2026, 11, 26, 9, tzinfo=UTC)), (datetime(2026, 11, 27, 1, tzinfo=UTC))]
    rows = []
    for number, at in enumerate(slots):
        sold = any(start <= at < start + timedelta(hours=2) for start in sales)
        rows.append(f"{at.isoformat()},{(100 + number % 7) * (3 if sold else 1)}")
    demand, calendar = folder / "demand.csv", folder / "calendar.csv"
    demand.write_text("\n".join(["timestamp_utc,value", *rows]), encoding="utf-8")
    calendar.write_text(CALENDAR, encoding="utf-8")
    return ["--demand", str(demand), "--campaigns", str(calendar), "--service", "web-shop"]
