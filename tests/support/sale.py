"""A sale by the wall clock on a live estate: announced, with traffic, and what was planned for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from tests.support.estate import Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED

SALE = "bf-2026"
MARKETING = [{"source": "/marketing", "max_mode": "auto"}]
"""The policy's sources: marketing's campaigns may lead to acts."""


def announced(estate: Estate, start: datetime, lasts: timedelta, uplift: float = 4.0) -> None:
    """The sale, announced two hours before it starts: it multiplies the demand for `web` by so much."""
    data = campaign_data(
        revision=1,
        services=["web"],
        start=start.isoformat(),
        end=(start + lasts).isoformat(),
        expected_uplift={"p50": uplift, "p90": uplift},
    )
    event = campaign_event(data, time=(min(start, datetime.now(UTC)) - timedelta(hours=2)).isoformat())
    estate.send(estate.names.campaigns, [(SALE.encode(), event, STRUCTURED)])


def withdrawn(estate: Estate) -> None:
    """The sale is called off."""
    estate.send(estate.names.campaigns, [(SALE.encode(), None, ())])


def traffic(estate: Estate, rate_per_s: float = 50.0) -> None:
    """So many requests a second for `web` over the last twenty minutes."""
    now = datetime.now(UTC)
    samples = [
        {"service": "web", "timestamp": (now - timedelta(seconds=s)).isoformat(), "rate_per_s": rate_per_s}
        for s in range(1200, 0, -5)
    ]
    estate.send(estate.names.traffic[0], [(b"web", json.dumps(s).encode(), ()) for s in samples])


def steps_of(estate: Estate, resource: str) -> list[tuple[datetime, int]]:
    """The dated floors of what was recommended for the resource last."""
    said = [e for e in estate.recommendations() if e["subject"] == resource]
    if not said:
        return []
    return [(datetime.fromisoformat(s["act_at"]), s["floor"]) for s in said[-1]["data"]["steps"]]


def acts_on(estate: Estate, resource: str) -> list[str]:
    """The Reasons of the receipts of what was done to the resource, in order."""
    return [str(e["data"]["reason"]) for e in estate.audit(resource) if "reason" in e["data"]]
