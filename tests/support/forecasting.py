"""Builders for forecasting tests: a history, a campaign, a policy, with what does not matter filled in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import numpy as np

from advisor.domain.campaign import Campaign, CampaignStatus, ExpectedUplift
from advisor.domain.demand import Floats, ServiceView
from advisor.domain.policy import Policy, SourcePolicy
from advisor.domain.timegrid import from_epoch_s, to_epoch_s

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY_S = 86_400


def day_curve(days: float, step_s: int = 300, mean: float = 100.0) -> Floats:
    """A smooth daily wave from midnight on: half the mean at night, half as much again at noon."""
    hours = np.arange(int(days * DAY_S / step_s)) * step_s / 3600
    return mean * (1 - 0.5 * np.cos(hours / 24 * 2 * np.pi))


def noisy(values: Floats, seed: int = 1, sigma: float = 0.1) -> Floats:
    """The same values, each off by a seeded log-normal factor."""
    return values * np.exp(sigma * np.random.default_rng(seed).standard_normal(len(values)))


def view_of(values: Floats, step_s: int = 300, start: datetime = MONDAY) -> ServiceView:
    """A view of these values, from Monday midnight on; its cutoff is where they end."""
    start_s = to_epoch_s(start)
    end = from_epoch_s(start_s + step_s * len(values))
    return ServiceView("shop", start_s, step_s, values, np.zeros(len(values), dtype=np.bool_), end, 0.0)


def campaign(
    start: datetime,
    *,
    campaign_id: str = "c1",
    hours: float = 2.0,
    services: tuple[str, ...] = ("shop",),
    status: CampaignStatus = CampaignStatus.SCHEDULED,
    p50: float | None = None,
    p90: float | None = None,
    audience: float | None = None,
    send_rate_per_min: float | None = None,
) -> Campaign:
    """A campaign for the shop; `p50` alone means that the owner is certain."""
    uplift = None if p50 is None else ExpectedUplift(p50, p50 if p90 is None else p90)
    return Campaign(
        campaign_id=campaign_id,
        revision=1,
        kind="email",
        start=start,
        end=start + timedelta(hours=hours),
        services=services,
        announced_at=MONDAY,
        source="crm",
        status=status,
        audience=audience,
        send_rate_per_min=send_rate_per_min,
        expected_uplift=uplift,
    )


def policy(
    sources: Mapping[str, SourcePolicy] | None = None, step: timedelta = timedelta(minutes=5)
) -> Policy:
    """A policy with the usual levels and horizon."""
    return Policy(version="p1", resources={}, sources=MappingProxyType(dict(sources or {})), step=step)
