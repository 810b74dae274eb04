"""A sale by the wall clock on a live estate: announced, with traffic, and what was planned for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.support.estate import Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED

SALE = "bf-2026"
MARKETING = [{"source": "/marketing", "max_mode": "auto"}]
"""The policy's sources: marketing's campaigns may lead to acts."""


def announced(
    estate: Estate,
    start: datetime,
    lasts: timedelta,
    uplift: float = 4.0,
    sale: str = SALE,
    service: str = "web",
) -> None:
    """The sale, announced two hours before it starts: it multiplies the demand for the service by so much."""
    data = campaign_data(
        campaign_id=sale,
        revision=1,
        services=[service],
        start=start.isoformat(),
        end=(start + lasts).isoformat(),
        expected_uplift={"p50": uplift, "p90": uplift},
    )
    event = campaign_event(data, time=(min(start, datetime.now(UTC)) - timedelta(hours=2)).isoformat())
    estate.send(estate.names.campaigns, [(sale.encode(), event, STRUCTURED)])


def withdrawn(estate: Estate, sale: str = SALE) -> None:
    """The sale is called off."""
    estate.send(estate.names.campaigns, [(sale.encode(), None, ())])


def traffic(estate: Estate, rate_per_s: float = 50.0, services: Sequence[str] = ("web",)) -> None:
    """So many requests a second for each of the services over the last twenty minutes."""
    now = datetime.now(UTC)
    times = [(now - timedelta(seconds=s)).isoformat() for s in range(1200, 0, -5)]
    samples = [
        (name.encode(), {"service": name, "timestamp": time, "rate_per_s": rate_per_s})
        for time in times
        for name in services  # in order of time: what lies behind another service's newest would be late
    ]
    estate.send(estate.names.traffic[0], [(key, json.dumps(sample).encode(), ()) for key, sample in samples])


def steps_of(estate: Estate, resource: str) -> list[tuple[datetime, int]]:
    """The dated floors of what was recommended for the resource last."""
    said = [e for e in estate.recommendations() if e["subject"] == resource]
    if not said:
        return []
    return [(datetime.fromisoformat(s["act_at"]), s["floor"]) for s in said[-1]["data"]["steps"]]


def acts_on(estate: Estate, resource: str) -> list[str]:
    """The Reasons of the receipts of what was done to the resource, in order."""
    return [str(e["data"]["reason"]) for e in estate.audit(resource) if "reason" in e["data"]]
