"""Notices on a real broker: what was told is not told again, whoever decides."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED
from tests.support.workers import WorkerProcess

RESOURCES = {"sim://shop/pods": {"serves": "web", "unit_capacity": 10, "min": 2, "max": 40}}


def told(estate: Estate) -> list[dict[str, Any]]:
    return [json.loads(r.value or b"")["data"] for r in estate.records(estate.names.notices)]


def announce(estate: Estate, revision: int) -> None:
    begin = datetime.now(UTC) + timedelta(days=1)
    data = campaign_data(
        services=["web"],
        revision=revision,
        start=begin.isoformat(),
        end=(begin + timedelta(hours=2)).isoformat(),
    )
    event = campaign_event(data, time=datetime.now(UTC).isoformat())
    estate.send(estate.names.campaigns, [(b"bf-2026", event, STRUCTURED)])


def decides_again(worker: WorkerProcess) -> None:
    """Return once it has made some more decisions."""
    made = worker.metric("headstart_decisions_total")
    eventually(lambda: worker.metric("headstart_decisions_total") >= made + 3, 30, what="it decides on")


def test_a_worker_that_takes_over_tells_nothing_twice_and_goes_on_telling(estate: Estate) -> None:
    """Killed and started again: the same verdict is no news, in notices nor in states; a new one is."""
    estate.create(RESOURCES)
    first = estate.worker(**QUICK).wait_ready()
    announce(estate, 1)
    eventually(lambda: told(estate), 30, what="the first verdict is told")
    decides_again(first)
    before = told(estate), len(estate.records(estate.names.campaign_state))
    first.kill()

    second = estate.worker(**QUICK).wait_ready()
    eventually(lambda: second.get("/readyz").json["decider"], 30, what="the second worker decides")
    decides_again(second)
    after = told(estate), len(estate.records(estate.names.campaign_state))
    announce(estate, 2)
    eventually(lambda: len(told(estate)) == 2, 30, what="the next revision is told")

    assert after == before
    assert [(n["kind"], n["revision"], n["readiness"]) for n in told(estate)] == [
        ("readiness", 1, "AT_RISK"),
        ("readiness", 2, "AT_RISK"),
    ]
    assert told(estate)[0]["text"] == before[0][0]["text"]
    state = estate.campaign_states()["bf-2026"]
    assert state.sentence == told(estate)[1]["text"]
