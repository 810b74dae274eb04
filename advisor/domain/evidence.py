"""What was measured of a resource: how long its units take, and how much one of them carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long the slowest raise of one ramp took, from the call until so many units were ready.

    One that had not `arrived` when it was called off or given up would have taken longer than that.
    """

    asked_at: datetime
    units: int
    took_s: float
    arrived: bool = True


@dataclass(frozen=True, slots=True)
class Awaited:
    """A raise that was asked for and is not ready yet."""

    asked_at: datetime
    units: int


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """The newest lead times measured, oldest first, and the raises still awaited, fewest units first.

    `looked_at` is when units were last counted while a raise was awaited. It changes with every look and is
    not written down: None after a restart.
    """

    measured: tuple[LeadTime, ...] = ()
    awaited: tuple[Awaited, ...] = ()
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time through which every ready unit carried at least `rate_per_s`.

    Of a breach: through which the objective was missed while every unit carried at most that much.
    """

    since: datetime
    until: datetime
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class GoingOn:
    """Since then, every ready unit has carried at least (of a breach: at most) this much."""

    since: datetime
    rate_per_s: float


@dataclass(frozen=True, slots=True)
class Ready:
    """So many units were ready from `since` until `until`, as far as was looked."""

    since: datetime
    until: datetime
    units: int


@dataclass(frozen=True, slots=True)
class Running:
    """What is needed to go on weighing. It changes with every reading and is not written down with the rest.

    `within` are the stretches that end now and keep the objective, `missed` those that miss it, oldest
    first: each with a later beginning is closer to what units carry now. `weighed_until` is the end of the
    demand weighed last, `ready` how many units there were in the last half hour.
    """

    within: tuple[GoingOn, ...] = ()
    missed: tuple[GoingOn, ...] = ()
    ready: tuple[Ready, ...] = ()
    weighed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CapacityEvidence:
    """What one unit of a resource was seen to carry, in requests per second.

    `carried` is the most that was sustained within the objective, per 30 days, oldest first; `failed` the
    least at which the objective was missed. Whatever `carried` says above `failed` was seen after it.
    """

    carried: tuple[Stretch, ...] = ()
    failed: Stretch | None = None
    running: Running = field(default_factory=Running)


@dataclass(frozen=True, slots=True)
class Proof:
    """Does a unit carry what the policy says? In requests per second and unit, and in words for people.

    `proved_rate` is the most that a unit was shown to carry, `by` what it was; `contradicted_at` is where
    it missed its objective below what is declared, and was not shown to carry it since.
    """

    proved_rate: float | None
    contradicted_at: float | None
    by: str
    is_proven: bool
    detail: str
