"""What the demo's view shows at one moment, as plain values: the view computes nothing, it only draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from advisor.domain.demand import Floats
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds


@dataclass(frozen=True, eq=False)
class Curve:
    """Values in requests per second at `times_s`, both of shape (n,), times rising."""

    times_s: Seconds
    rate_per_s: Floats


@dataclass(frozen=True, eq=False)
class Band:
    """A forecast: its median and an upper quantile, all of shape (n,)."""

    times_s: Seconds
    median: Floats
    upper: Floats
    upper_level: float


@dataclass(frozen=True, eq=False)
class ScalerNow:
    """One scaler: its ready capacity so far, how many units are ready, and for how long it was short."""

    name: str
    capacity: Curve
    ready_units: int
    minutes_short: float


@dataclass(frozen=True, slots=True)
class SaleNow:
    """The campaign and what is known of it: `readiness` is None until the decider has spoken."""

    title: str
    start: datetime
    end: datetime
    readiness: Readiness | None = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class FloorNow:
    """The floor that stands, and the next one with its time, where one is planned."""

    units: int
    next_units: int | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, eq=False)
class DemoFrame:
    """One moment of the demo. `now` is event time; `needed_units` is what demand needs at that time.

    `scalers` are in the order in which to show them; the last one is Headstart's. `sale` is None
    until one is announced. `news` are the newest lines of what happened, oldest first.
    """

    service: str
    timezone: str
    now: datetime
    progress: float
    demand: Curve
    forecast: Band | None
    needed_units: int
    scalers: tuple[ScalerNow, ...]
    floor: FloorNow | None = None
    sale: SaleNow | None = None
    news: tuple[str, ...] = ()

    def local(self, moment: datetime) -> datetime:
        """The moment on the shop's own clock."""
        return moment.astimezone(ZoneInfo(self.timezone))


def countdown(now: datetime, start: datetime, end: datetime) -> str:
    """How far is the sale, in words a person would use?"""
    if now < start:
        return f"starts in {_span((start - now).total_seconds())}"
    if now < end:
        return (
            f"running for {_span((now - start).total_seconds())}, {_span((end - now).total_seconds())} to go"
        )
    return f"over since {_span((now - end).total_seconds())}"


def _span(seconds: float) -> str:
    """Whole minutes, with days and hours where there are some."""
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{days} d"] * (days > 0) + [f"{hours} h"] * (hours > 0 or days > 0) + [f"{minutes:d} min"]
    return " ".join(parts)
