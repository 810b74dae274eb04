"""Capacity: what a resource has, and what Headstart remembers about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from advisor.domain.advice import Claim, ScheduleWithout, Step
from advisor.domain.evidence import CapacityEvidence, LeadTimes
from advisor.domain.money import Ledger, Ration


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most units a resource may have."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Armed:
    """A step that the platform carries out at a time by itself, whether we live or not.

    A `ceiling` of None leaves the maximum as it is: what is armed to lower lowers the minimum only.
    """

    at: datetime
    floor: int
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """A resource as its actuator found it: bounds, and how many units are there and ready.

    `owner` names another controller that sets the bounds, if there is one. `managed` is False where the
    platform marks what may be changed, and has not marked this. `originals` are those written on the resource
    itself by our first change, `writer` is who wrote the bounds last, as far as the platform tells; empty:
    nobody knows. `identity` changes when the resource is made anew under the same name. `armed` is what the
    platform will carry out of ours by itself; None where it can hold no schedule. `waiting_for` says what
    units that are not ready wait for.
    """

    resource: str
    observed_at: datetime
    bounds: Bounds
    units: int
    ready_units: int
    owner: str = ""
    managed: bool = True
    originals: Bounds | None = None
    writer: str = ""
    identity: str = ""
    armed: tuple[Armed, ...] | None = None
    waiting_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """Do so many units serve, by their effect and not by the platform's word?

    `waiting_for` says, where they do not, what the platform knows of why.
    """

    floor: int
    ready_units: int
    waiting_for: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Are they all there?"""
        return self.ready_units >= self.floor


@dataclass(frozen=True, slots=True)
class ResourceState:
    """What the decider must not forget about a resource; the record on `headstart.resources`.

    `originals` are the bounds from before our first change, kept until they are restored. `plan` is
    the last agreed schedule: it is what goes on when the input falls silent. `without` tells, per
    claiming campaign, what that schedule would have been without it, so that money spent stays spent;
    what is over is in `ledger`.
    `set_by_us` are at most two: the bounds before and after the act about to be made, or those of our last
    act and what somebody else has set since; any others found are somebody else's. `lowered_at` are the
    acts of the last day that lowered it. `lead_times` and `capacity` are what was measured of it.
    `last_act_at` is the planned time of the newest step carried out, in decision time.
    `rationed` tells how much a budget left of a campaign's own units once its raise had begun. `blind_since`
    is the first of the looks that failed since one succeeded. `left_of_raise` is what the last decision asked
    for where guardrails kept back a raise that was due, or a part of it; 0 if it asked for nothing.
    """

    resource: str
    plan: tuple[Step, ...] = ()
    claims: tuple[Claim, ...] = ()
    without: tuple[ScheduleWithout, ...] = ()
    originals: Bounds | None = None
    observation: Observation | None = None
    last_act_at: datetime | None = None
    problems: tuple[str, ...] = field(default=())
    blind_since: datetime | None = None
    set_by_us: tuple[Bounds, ...] = ()
    lowered_at: tuple[datetime, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    rationed: tuple[Ration, ...] = ()
    left_of_raise: int | None = None
    lead_times: LeadTimes = field(default_factory=LeadTimes)
    capacity: CapacityEvidence = field(default_factory=CapacityEvidence)
