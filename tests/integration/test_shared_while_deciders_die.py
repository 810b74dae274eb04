"""Two services on different partitions share a node group and a database while their deciders die."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from advisor.domain.timegrid import from_epoch_s
from advisor.planning.sizing import units_for
from advisor.policy_file import load_policy
from streams.codec.needs_log import NeedRecord, decode_needs
from tests.integration.test_shared_resource import service_on
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED
from tests.support.workers import WorkerProcess

NODES, DATABASE = "sim://shop/nodes", "sim://shop/database"
SHOP, CHECKOUT = service_on(0), service_on(1)
RATES = {SHOP: 100.0, CHECKOUT: 20.0}
OWN = {"min": 2, "max": 400, "lead_time": "1m", "mode": "auto", "headroom": 0}
RESOURCES: dict[str, dict[str, Any]] = {
    NODES: {**OWN, "demand": f"{SHOP} + 2 * {CHECKOUT}", "unit_capacity": 20, "tier": "nodes"},
    DATABASE: {**OWN, "demand": f"0.08 * {SHOP} + 0.3 * {CHECKOUT}", "unit_capacity": 2, "tier": "data"},
}
SOURCES = [{"source": "/marketing", "max_mode": "auto"}]
SETTLES_WITHIN_S = 90.0
TAKES_OVER_WITHIN_S = 30.0


@pytest.mark.timeout(300)
def test_each_shared_resource_has_one_floor_and_it_is_right_whoever_decides(estate: Estate) -> None:
    """The decider is killed after its first act; its standby goes on, and is killed for a third worker."""
    estate.create(RESOURCES, sources=SOURCES)
    workers = [estate.worker(**QUICK).wait_ready() for _ in range(2)]
    announce(estate)
    write_traffic(estate)
    first = the_decider(workers)
    eventually(lambda: floor(first, DATABASE) > 2, SETTLES_WITHIN_S, what="the first act")

    first.kill()
    second = the_decider([w for w in workers if w is not first])
    settled(estate, second)
    third_worker = estate.worker(**QUICK).wait_ready()
    second.kill()
    third = the_decider([third_worker])

    settled(estate, third)
    for name in (NODES, DATABASE):
        alone = [wanted(estate, name, {service: 1.0}) for service in (SHOP, CHECKOUT)]
        assert floor(third, name) > max(alone)
        acts = [e["data"] for e in estate.audit(name) if e["type"] == "io.headstart.resource.acted.v1"]
        floors = [act["after_floor"] for act in acts]
        assert floors == sorted(floors), "a floor was lowered while the campaign ran"
        assert len(set(floors)) == len(floors), "a floor was set twice"


def announce(estate: Estate) -> None:
    """A campaign over both, announced long before, that began ten minutes ago and lasts two hours."""
    begin = datetime.now(UTC) - timedelta(minutes=10)
    data = campaign_data(
        services=[SHOP, CHECKOUT],
        start=begin.isoformat(),
        end=(begin + timedelta(hours=2)).isoformat(),
        expected_uplift={"p50": 3.0, "p90": 3.0},
    )
    event = campaign_event(data, time=(begin - timedelta(hours=2)).isoformat())
    estate.send(estate.names.campaigns, [(b"bf-2026", event, STRUCTURED)])


def write_traffic(estate: Estate) -> None:
    """Steady demand of both services over the last twenty minutes."""
    now = datetime.now(UTC)
    samples = [
        {"service": name, "timestamp": (now - timedelta(seconds=s)).isoformat(), "rate_per_s": rate}
        for s in range(1200, 0, -5)
        for name, rate in RATES.items()
    ]
    estate.send(
        estate.names.traffic[0], [(s["service"].encode(), json.dumps(s).encode(), ()) for s in samples]
    )


def the_decider(workers: list[WorkerProcess]) -> WorkerProcess:
    """The worker that decides, once there is one."""
    found: list[WorkerProcess] = []

    def one_decides() -> bool:
        found[:] = [w for w in workers if w.metric("headstart_decider") == 1]
        return len(found) == 1

    eventually(one_decides, TAKES_OVER_WITHIN_S, what="one worker decides")
    return found[0]


def settled(estate: Estate, decider: WorkerProcess) -> None:
    """Wait until both floors are what the sum of both services' needs asks for now."""

    def as_wanted() -> bool:
        return all(
            floor(decider, name) == floor(decider, name, "planned") >= wanted(estate, name, RATES)
            for name in (NODES, DATABASE)
        )

    eventually(as_wanted, SETTLES_WITHIN_S, what="both floors are what both services need")


def floor(worker: WorkerProcess, resource: str, which: str = "observed") -> float:
    return worker.metric(f"headstart_floor_{which}_units", resource=resource)


def wanted(estate: Estate, resource: str, services: dict[str, float]) -> int:
    """Units for what these services' last needs ask of a resource at this moment."""
    policy = load_policy(estate.policy).policy.resources[resource]
    now_s = int(datetime.now(UTC).timestamp())
    rate = 0.0
    for stored in last_needs(estate, resource).values():
        if stored.service in services:
            at = np.searchsorted(stored.times_s, now_s, side="right") - 1
            assert at >= 0, f"the need of {stored.service} begins at {from_epoch_s(stored.times_s[0])}"
            rate += policy.serves[stored.service] * stored.total[int(at)]
    return int(units_for(np.array([rate]), policy)[0])


def last_needs(estate: Estate, resource: str) -> dict[str, NeedRecord]:
    """What was last said to be needed of a resource, by each service."""
    found: dict[str, NeedRecord] = {}
    for stored in estate.records(estate.names.needs):
        record = decode_needs(stored.value or b"")
        if isinstance(record, NeedRecord) and record.resource == resource:
            found[record.service] = record
    return found
