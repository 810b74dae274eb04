"""A topic replayed by the wall clock: what is long over is read, written down, and moves nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate

KICK_OFF = datetime(1998, 7, 12, 18, 0, tzinfo=UTC)
SITE = "sim://cup/site"  # an actuator stands ready, and must have nothing to do
RESOURCE = {"serves": "site", "unit_capacity": 50, "min": 2, "max": 400, "mode": "auto"}
TRUSTED = [{"source": "/headstart/replay", "max_mode": "auto"}]
CALENDAR = """start_utc,end_utc,name,kind,announced_utc
1998-07-12T19:00:00Z,1998-07-12T21:00:00Z,Final,match,1998-07-12T18:10:00Z
1998-07-12T23:00:00Z,1998-07-13T01:00:00Z,Party,match,1998-07-12T18:20:00Z
"""
SETTLES_WITHIN_S = 40.0


def test_a_replay_from_zero_at_the_wall_clock_recommends_nothing(estate: Estate) -> None:
    """Traffic and campaigns of 1998, replayed to a worker of today: counted, found past, not acted on."""
    estate.create({SITE: RESOURCE}, sources=TRUSTED)
    replay = run(estate.bootstrap, estate.prefix, "replay", *files(estate.folder), "--speed", "max", "--json")
    assert json.loads(replay.stdout)["published"] == 62, replay.output
    worker = estate.worker(**QUICK).wait_ready()
    ids = {"final-19980712t190000z", "party-19980712t230000z"}

    eventually(lambda: set(estate.campaign_states()) == ids, SETTLES_WITHIN_S, every_s=0.2)
    eventually(lambda: len(estate.buckets("site")) == 60, SETTLES_WITHIN_S, every_s=0.2)
    eventually(lambda: worker.metric("headstart_demand_data_until_timestamp_seconds") > 0, SETTLES_WITHIN_S)
    decided = worker.metric("headstart_decisions_total")
    eventually(lambda: worker.metric("headstart_decisions_total") >= decided + 3, SETTLES_WITHIN_S)

    assert estate.recommendations() == []
    for campaign_id in ids:
        (event,) = estate.audit(campaign_id)
        assert event["data"]["reasons"] == ["CAMPAIGN_PAST"]
        assert event["data"]["after"] is None
        assert "1998-07-1" in event["data"]["detail"]
        assert estate.campaign_states()[campaign_id].readiness is None
    assert worker.metric("headstart_acts_total") == 0
    assert worker.metric("headstart_floor_observed_units", resource=SITE) == RESOURCE["min"]
    assert estate.dead_letters() == []
    assert worker.stop() == 0


def files(folder: Path) -> list[str]:
    """Options naming an hour of rising traffic, and the calendar."""
    rows = [f"{(KICK_OFF + timedelta(minutes=m)).isoformat()},{6000 + 600 * m}" for m in range(60)]
    demand, calendar = folder / "demand.csv", folder / "calendar.csv"
    demand.write_text("\n".join(["timestamp_utc,value", *rows]), encoding="utf-8")
    calendar.write_text(CALENDAR, encoding="utf-8")
    return ["--demand", str(demand), "--campaigns", str(calendar), "--service", "site", "--value-per", "1m"]
