"""What was measured of a resource: how long its units take, and how much one of them carries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LeadTime:
    """One raise that was seen through: from the call until so many units were verified ready."""

    asked_at: datetime
    units: int
    took_s: float


@dataclass(frozen=True, slots=True)
class Awaited:
    """A raise that was asked for and is not ready yet."""

    asked_at: datetime
    units: int


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """The newest lead times measured, oldest first, and the raises still awaited, fewest units first."""

    measured: tuple[LeadTime, ...] = ()
    awaited: tuple[Awaited, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time through which every ready unit carried at least `rate_per_s`."""

    since: datetime
    until: datetime
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class CapacityEvidence:
    """What one unit of a resource was seen to carry, in requests per second.

    `carried` is the most it sustained within its objective, `failed` the least at which the objective was
    breached; None where that was never seen. `running` are the stretches within the objective that go on.
    """

    carried: Stretch | None = None
    failed: Stretch | None = None
    running: tuple[Stretch, ...] = ()
