"""What Headstart remembers of a resource: what was agreed, seen and done, and what others did to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from advisor.domain.advice import Claim, ScheduleWithout, Step
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.evidence import CapacityEvidence, LeadTimes
from advisor.domain.meddling import Clobber, Refusal
from advisor.domain.money import Ledger, Ration
from advisor.domain.preflight import Preflight


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
    `last_act_at` is the planned time of the newest step carried out, in decision time, `epoch` the number of
    the decider that carried it out.
    `rationed` tells how much a budget left of a campaign's own units once its raise had begun. `blind_since`
    is the first of the looks that failed since one succeeded. `left_of_raise` is what the last decision asked
    for where guardrails kept back a raise that was due, or a part of it; 0 if it asked for nothing.
    `clobbers` are the times that others took back what we had set, since it last stood for long; `refused`
    is what the platform last said to what is due, if it did not take it; `preflight` what will be in the way.
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
    epoch: int = 0
    clobbers: tuple[Clobber, ...] = ()
    refused: Refusal | None = None
    preflight: Preflight | None = None
