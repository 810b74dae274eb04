"""Builders for the demo's tests: a frame with an hour to go to a sale, and the story of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.simulation.comparison import compare
from advisor.simulation.reactive import HpaRules, simulate
from streams.demo.frame import Band, Curve, DemoFrame, FloorNow, SaleNow, ScalerNow
from streams.demo.story import Act, DemoStory

NOW = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)  # 17:00 in Berlin


def curve(rate_per_s: float, minutes: int = 240) -> Curve:
    """A constant rate over the last so many minutes."""
    times_s = to_epoch_s(NOW) - 60 * np.arange(minutes, 0, -1, dtype=np.int64)
    return Curve(times_s, np.full(minutes, rate_per_s))


def band(median: float = 1500.0, upper: float = 2000.0) -> Band:
    """A constant forecast over the next four hours."""
    times_s = to_epoch_s(NOW) + 300 * np.arange(48, dtype=np.int64)
    return Band(times_s, np.full(48, median), np.full(48, upper), 0.95)


def sale(readiness: Readiness | None = Readiness.READY) -> SaleNow:
    """A sale from 18:00 to 20:00 in Berlin."""
    start = NOW + timedelta(hours=1)
    return SaleNow("Flash sale", start, start + timedelta(hours=2), readiness, (Reason.MEETS_PLAN,))


def frame(**changes: object) -> DemoFrame:
    """A frame in the middle of a demo, with everything in it."""
    values: dict[str, object] = {
        "service": "web-shop",
        "timezone": "Europe/Berlin",
        "now": NOW,
        "progress": 0.5,
        "demand": curve(1000.0),
        "forecast": band(),
        "needed_units": 20,
        "scalers": (
            ScalerNow("HPA alone", curve(900.0), 18, 12.0),
            ScalerNow("Headstart", curve(3000.0), 60, 0.0),
        ),
        "floor": FloorNow(6, 96, NOW + timedelta(minutes=40)),
        "sale": sale(),
        "news": ("16:00 announced", "16:01 planned"),
    }
    return DemoFrame(**(values | changes))  # type: ignore[arg-type]


def story(**changes: object) -> DemoStory:
    """Six hours around a sale: a crowd that a slow scaler meets late and a floor meets in time."""
    times_s = to_epoch_s(NOW) - 2 * 3600 + 60 * np.arange(420, dtype=np.int64)
    demand = np.where((np.arange(420) >= 180) & (np.arange(420) < 300), 3900.0, 900.0)
    floor = np.where((np.arange(420) >= 160) & (np.arange(420) < 310), 90, 6).astype(np.int64)
    rules = HpaRules(unit_capacity=50.0, maximum=120, lead_time_s=300)
    supplies = {
        "HPA alone": simulate(demand, 60, rules, np.full(420, 6, dtype=np.int64), 26),
        "Headstart": simulate(demand, 60, rules, floor, 26),
    }
    a_sale = sale()
    values: dict[str, object] = {
        "service": "web-shop",
        "resource": "sim://shop/web",
        "timezone": "Europe/Berlin",
        "times_s": times_s,
        "demand": demand,
        "unit_capacity": 50.0,
        "lead_time_s": 300,
        "floor": floor,
        "supplies": supplies,
        "scorecards": compare(times_s, demand, 50.0, supplies, [(a_sale.start, a_sale.end)]),
        "acts": (
            Act(NOW + timedelta(minutes=40), 6, 90, "CAMPAIGN_CLAIM"),
            Act(NOW + timedelta(minutes=190), 90, 6, "NO_CLAIM"),
        ),
        "sale": a_sale,
        "forecast": band(),
        "forecast_cutoff": NOW,
    }
    return DemoStory(**(values | changes))  # type: ignore[arg-type]
