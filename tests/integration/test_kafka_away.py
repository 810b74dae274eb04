"""Kafka goes away before a sale: raises that were agreed are made all the same, and nothing else is."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from advisor.domain.timegrid import ceil_to
from streams.codec.resource_state import OWN_KEYS, decode_state
from tests.kafka.broker import Broker
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.sale import MARKETING, announced, steps_of, traffic
from tests.support.workers import WorkerProcess

PODS = "sim://shop/pods"
RESOURCES = {
    PODS: {"serves": "web", "unit_capacity": 10, "min": 2, "max": 80, "lead_time": "20s", "mode": "auto"}
}
LATE_BY_S = 20.0
AHEAD_S = int(os.environ.get("AWAY_S", "180"))
"""Kafka is gone from so long before the sale on; `make kafka-away` has half an hour."""


def floor(worker: WorkerProcess) -> float:
    return worker.metric("headstart_floor_observed_units", resource=PODS)


def stands_at(worker: WorkerProcess, units: int) -> bool:
    return floor(worker) >= units


@pytest.mark.timeout(600 + AHEAD_S)
def test_agreed_raises_are_made_while_kafka_is_away_and_told_when_it_is_back(
    own_broker: Broker, tmp_path: Path
) -> None:
    """Every raise within seconds of its time; afterwards the log has receipts, originals and the way down."""
    quick = QUICK | {"HEADSTART_KAFKA__STORE_WITHIN_S": "2"}
    with Estate(own_broker.bootstrap, "away", tmp_path, **quick) as estate:
        ramp = {"factor": 2.0, "every": "1m", "hold": "1m"}
        estate.create({PODS: {**RESOURCES[PODS], "ramp": ramp}}, sources=MARKETING, stale_after="1h")
        worker = estate.worker().wait_ready()
        traffic(estate)
        # On the minute, as steps are: a slow machine still sees the last of the ramp ahead of it.
        start = ceil_to(datetime.now(UTC) + timedelta(seconds=AHEAD_S), timedelta(minutes=1))
        announced(estate, start, timedelta(minutes=1))
        eventually(lambda: len(steps_of(estate, PODS)) > 2, 60, what="a plan of several steps is agreed")
        soon = datetime.now(UTC) + timedelta(seconds=4)
        agreed = [(at, units) for at, units in steps_of(estate, PODS) if at > soon]
        raises = [(at, units) for at, units in agreed if at <= start and units > floor(worker)]
        assert raises, agreed

        own_broker.kill()
        for at, units in raises:
            stands = partial(stands_at, worker, units)
            eventually(stands, (at - datetime.now(UTC)).total_seconds() + LATE_BY_S, what=f"{units} at {at}")
        highest = floor(worker)
        assert worker.metric("headstart_kafka_away") == 1
        lowered = next(at for at, units in agreed if at > start and units < highest)
        until = lowered + timedelta(seconds=10)
        while datetime.now(UTC) < until:  # the agreed way down: not without Kafka
            assert floor(worker) == highest
            time.sleep(1)

        own_broker.start()
        eventually(lambda: worker.metric("headstart_kafka_away") == 0, 120, what="it notices")
        eventually(lambda: floor(worker) < highest, 90, what="the way down is made up for")
        receipts = [e["data"] for e in estate.audit(PODS) if e["type"] == "io.headstart.resource.acted.v1"]
        set_to = [r["after_floor"] for r in receipts if r["reason"] == "FLOOR_SET"]
        assert [units for _, units in raises if units not in set_to] == []
        newest = {r.key: r.value for r in estate.records(estate.names.resources) if r.key not in OWN_KEYS}
        (last,) = [decode_state(value) for value in newest.values() if value]
        assert last.epoch > 0
        assert worker.stop() == 0


@pytest.mark.timeout(200)
def test_the_time_without_kafka_is_bounded(own_broker: Broker, tmp_path: Path) -> None:
    """Nobody can say `freeze` meanwhile: at the end of it the worker ends, and says why."""
    quick = QUICK | {"HEADSTART_KAFKA__STORE_WITHIN_S": "1", "HEADSTART_WORKER__ACT_WITHOUT_KAFKA_S": "5"}
    with Estate(own_broker.bootstrap, "bounded", tmp_path, **quick) as estate:
        estate.create(RESOURCES, sources=MARKETING)
        worker = estate.worker().wait_ready()
        eventually(lambda: worker.metric("headstart_decider") == 1, 30, what="it decides")
        own_broker.kill()
        announce_to_nobody = datetime.now(UTC)

        assert worker.wait(120) == 3
        assert datetime.now(UTC) - announce_to_nobody >= timedelta(seconds=5)
        assert "Kafka has been away since" in worker.text
