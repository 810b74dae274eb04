"""Whoever writes to Kafka, with whichever client and in either CloudEvents mode, gets the same advice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from tests.support.clients import CLIENTS, Record
from tests.support.commands import run
from tests.support.estate import Estate
from tests.support.messages import campaign_data

BEGIN = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
MINUTES = 60
SERVICES = ("web", "search", "cart", "checkout")  # enough for any partitioner to use several partitions
SHOP = {"serves": list(SERVICES), "unit_capacity": 50, "min": 2, "max": 200}
FINISHES_WITHIN_S = 120.0


def test_every_client_in_either_mode_leads_to_the_same_demand_and_advice(estate: Estate) -> None:
    """Eight ways of sending the same morning, each client compressing in its own way.

    The demand is a recount of what was sent, the commands see the campaign, and the advice is one.
    """
    ways = [(client, mode) for client, mode in product(sorted(CLIENTS), ("structured", "binary"))]
    estates = {way: written(estate, *way) for way in ways}
    workers = {way: one.worker("--clock", "events") for way, one in estates.items()}

    for way, worker in workers.items():
        assert worker.wait(FINISHES_WITHIN_S) == 0, (way, worker.tail())
    for way, one in estates.items():
        assert {service: one.counted(service) for service in SERVICES} == recount(), way
        assert one.dead_letters() == [], way
        assert [entry.entry.revision for entry in one.campaign_states().values()] == [3], way
        listed = run(one.bootstrap, one.prefix, "campaign", "list", "--json")
        assert [c["campaign_id"] for c in json.loads(listed.stdout)["campaigns"]] == ["bf-2026"], way
    advice = {way: [event["id"] for event in one.recommendations()] for way, one in estates.items()}
    assert advice == dict.fromkeys(ways, advice[ways[0]])
    assert advice[ways[0]]


def written(estate: Estate, client: str, mode: str) -> Estate:
    """An estate with the whole morning on its topics: by this client the traffic and the campaign."""
    one = estate.beside(f"{client}-{mode}").create({"k8s://prod/shop/hpa/shop": SHOP})
    traffic = [(s["service"].encode(), json.dumps(s).encode(), ()) for s in samples()]
    CLIENTS[client](one.bootstrap, one.names.traffic[0], traffic)
    stored = one.records(one.names.traffic[0])
    for service in SERVICES:
        sent = [value for key, value, _ in traffic if key == service.encode()]
        assert [r.value for r in stored if r.key == service.encode()] == sent, "out of order, so late"
    CLIENTS[client](one.bootstrap, one.names.campaigns, [announcement(mode)])
    one.tell_time(BEGIN + timedelta(minutes=MINUTES), end=True)
    return one


def samples() -> list[dict[str, Any]]:
    """A count a minute of every service, in order of time."""
    return [
        {
            "service": service,
            "timestamp": (BEGIN + timedelta(minutes=minute)).isoformat(),
            "count": 600 * (place + 1) + 10 * (minute % 7),
            "interval_s": 60,
        }
        for minute in range(MINUTES)
        for place, service in enumerate(SERVICES)
    ]


def recount() -> dict[str, dict[int, float]]:
    """Requests by service and minute, straight from what was sent."""
    counts: dict[str, dict[int, float]] = {service: {} for service in SERVICES}
    for sample in samples():
        start_s = int(datetime.fromisoformat(sample["timestamp"]).timestamp())
        counts[sample["service"]][start_s] = float(sample["count"])
    return counts


def announcement(mode: str) -> Record:
    """The campaign's event as the Kafka protocol binding of CloudEvents 1.0 asks for it, written by hand."""
    data = campaign_data(
        services=["web", "checkout"],
        start="2026-11-27T11:00:00",
        end="2026-11-27T13:00:00",
        timezone="Europe/Berlin",
        expected_uplift={"p50": 3.0, "p90": 5.0},
    )
    attributes = {
        "specversion": "1.0",
        "id": "0d9f",
        "source": "/marketing",
        "type": "io.headstart.campaign.scheduled.v1",
        "time": "2026-11-27T06:30:00Z",
        "subject": "bf-2026",
    }
    if mode == "structured":
        value = json.dumps({**attributes, "data": data}).encode()
        return b"bf-2026", value, (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
    headers = [(f"ce_{name}", text.encode()) for name, text in attributes.items()]
    return b"bf-2026", json.dumps(data).encode(), (*headers, ("content-type", b"application/json"))
