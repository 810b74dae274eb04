"""One resource behind two services that live on different partitions, and one campaign over both."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pytest
from aiokafka.partitioner import DefaultPartitioner

from advisor.domain.readiness import Readiness
from advisor.planning.sizing import units_for
from advisor.policy_file import load_policy
from streams.codec.needs_log import NeedRecord, decode_needs
from tests.support.estate import Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED

BEGIN = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
MINUTES = 60
DATABASE = "aws://123456789012/eu-central-1/aurora-readers/shop"
FINISHES_WITHIN_S = 90.0


def service_on(partition: int, partitions: int = 3) -> str:
    """A service whose demand lies on this partition of the demand topic."""
    numbers, choose = list(range(partitions)), DefaultPartitioner()
    names = (f"service-{number}" for number in count())
    return next(name for name in names if choose(name.encode(), numbers, numbers) == partition)


@pytest.mark.parametrize("workers", [1, 2], ids=["one worker", "two workers"])
def test_a_shared_resource_has_one_plan_and_its_campaign_one_verdict(estate: Estate, workers: int) -> None:
    """The database is sized once, for the sum of what both services ask of it, whoever forecasts them."""
    shop, checkout = service_on(0), service_on(1)
    create(estate, shop, checkout)
    running = [estate.worker("--clock", "events").wait_ready() for _ in range(workers)]
    write_morning(estate, shop, checkout)
    for worker in running:
        assert worker.wait(FINISHES_WITHIN_S) == 0, worker.tail()

    assert {r.key: r.partition for r in estate.records(estate.names.demand) if r.key != b"@watermark"} == {
        shop.encode(): 0,
        checkout.encode(): 1,
    }
    made = [event for event in estate.recommendations() if event["subject"] == DATABASE]
    ids = [event["id"] for event in made]
    assert len(set(ids)) == len(ids) >= 1
    assert made[-1]["data"]["campaigns"] == ["bf-2026"]
    highest = max(step["floor"] for step in made[-1]["data"]["steps"])
    assert highest == units_for_both(estate, shop, checkout)
    assert highest > max(units_for_one(estate, shop), units_for_one(estate, checkout))

    (state,) = estate.campaign_states().values()
    assert (state.entry.campaign_id, state.entry.revision) == ("bf-2026", 3)
    assert state.readiness is Readiness.AT_RISK
    said = [e["data"]["after"]["readiness"] for e in estate.audit("bf-2026")]
    assert said
    assert set(said) == {"AT_RISK"}


def create(estate: Estate, shop: str, checkout: str) -> None:
    """A policy with a resource of its own for either service, and the database behind both."""
    own = {"unit_capacity": 20, "min": 2, "max": 200}
    estate.create(
        {
            "k8s://prod/shop/hpa/shop": {"serves": shop, **own},
            "k8s://prod/shop/hpa/checkout": {"serves": checkout, **own},
            DATABASE: {
                "serves": {shop: 0.5, checkout: 4.0},
                "unit_capacity": 40,
                "min": 2,
                "max": 1000,
                "lead_time": "15m",
                "tier": "data",
            },
        }
    )


def write_morning(estate: Estate, shop: str, checkout: str) -> None:
    """An hour of traffic of both services, and a campaign over both, announced half way."""
    samples = [
        {"service": service, "timestamp": at.isoformat(), "count": 60 * rate, "interval_s": 60}
        for at in (BEGIN + timedelta(minutes=minute) for minute in range(MINUTES))
        for service, rate in ((shop, 100), (checkout, 10))
    ]
    estate.send(
        estate.names.traffic[0], [(s["service"].encode(), json.dumps(s).encode(), ()) for s in samples]
    )
    data = campaign_data(
        services=[shop, checkout],
        start="2026-11-27T10:00:00Z",
        end="2026-11-27T12:00:00Z",
        expected_uplift={"p50": 3.0, "p90": 4.0},
    )
    event = campaign_event(data, time=(BEGIN + timedelta(minutes=30)).isoformat())
    estate.send(estate.names.campaigns, [(b"bf-2026", event, STRUCTURED)])
    estate.tell_time(BEGIN + timedelta(minutes=MINUTES), end=True)


def units_for_both(estate: Estate, shop: str, checkout: str) -> int:
    """Units of the database for the highest sum of what both were last said to need of it."""
    return units(estate, {shop: 0.5, checkout: 4.0})


def units_for_one(estate: Estate, service: str) -> int:
    """The same if this service were alone."""
    return units(estate, {service: 0.5 if service == service_on(0) else 4.0})


def units(estate: Estate, shares: dict[str, float]) -> int:
    """Units of the database for the highest sum of these shares of its last needs."""
    needs = {record.service: record for record in last_needs(estate)}
    total = sum(share * np.array(needs[service].total) for service, share in shares.items())
    resource = load_policy(estate.policy).policy.resources[DATABASE]
    return int(units_for(np.asarray(total), resource).max())


def last_needs(estate: Estate) -> list[NeedRecord]:
    """What was last said to be needed of the database, by each service."""
    found: dict[str, NeedRecord] = {}
    for stored in estate.records(estate.names.needs):
        record = decode_needs(stored.value or b"")
        if isinstance(record, NeedRecord) and record.resource == DATABASE:
            found[record.service] = record
    return list(found.values())
