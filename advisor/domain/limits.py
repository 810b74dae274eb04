"""What bounds a plan beside the resource itself: proof, pools, money, hours, and people's agreement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class LoadTest:
    """A load test that people ran: so many requests per second on so many units, within the objective."""

    on: date
    rate_per_s: float
    units: int
    sustained: timedelta
    reference: str = ""

    @property
    def rate_per_unit(self) -> float:
        """What one unit carried, in requests per second."""
        return self.rate_per_s / self.units


@dataclass(frozen=True, slots=True)
class Irreversible:
    """Units that cannot be given back for `committed`, or ever (None), once they were asked for.

    They are paid for `committed` long at least; where they are never given back, once and for good at
    `price_per_unit`.
    """

    committed: timedelta | None = None
    price_per_unit: float | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Something that several resources draw from: a quota, addresses, database connections.

    Each unit of a resource in `uses` takes so much of it. There is `limit`, and each unit of a resource in
    `provides` adds so much.
    """

    name: str
    limit: float
    uses: Mapping[str, float] = field(hash=False)
    provides: Mapping[str, float] = field(hash=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hours:
    """Times of day from `start` until before `end` on `days` (0 is Monday) in an IANA zone.

    With an `end` at or before `start` the time goes on past midnight, and belongs to the day it began on.
    """

    start: time
    end: time
    days: frozenset[int]
    timezone: str

    def __str__(self) -> str:
        """As people read it: ``Mon-Fri from 08:00 to 18:00 Europe/Berlin``, without the days if it is all."""
        times = f"from {self.start:%H:%M} to {self.end:%H:%M} {self.timezone}"
        days = sorted(self.days)
        if len(days) == len(WEEKDAYS):
            return times
        in_a_row = len(days) > 2 and days[-1] - days[0] == len(days) - 1
        named = [WEEKDAYS[day] for day in days]
        return f"{f'{named[0]}-{named[-1]}' if in_a_row else ', '.join(named)} {times}"


@dataclass(frozen=True, slots=True)
class ModeCaps:
    """How far a mode may go by itself; None does not bound.

    `max_multiplier` bounds a floor to so many times the ordinary minimum, `max_cost_per_hour` what a
    resource's floor costs above it. `hours` are the times of day, in a zone, at which it may act.
    """

    max_multiplier: float | None = None
    max_cost_per_hour: float | None = None
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """A time in which nothing is changed, on `resources` or, where there are none, on any."""

    start: datetime
    end: datetime
    why: str
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalPolicy:
    """How people agree: two different ones above `two_people_above` of cost; for how long it is valid."""

    two_people_above: float | None = None
    valid_for: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Budgets:
    """The most extra money: for one campaign, in one UTC day, and for a team's campaigns of one month."""

    per_campaign: float | None = None
    per_day: float | None = None
    per_team: Mapping[str, float] = field(default_factory=dict, hash=False)
