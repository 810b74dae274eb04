"""What did a rehearsal show: how long units take, what is not allowed, and who takes floors back?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from advisor.domain.capacity import Bounds
from advisor.domain.controls import Rehearsal
from advisor.domain.meddling import Clobber
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.durations import format_duration
from advisor.planning.rehearsals import ready_at

BETWEEN_LOOKS = timedelta(seconds=30)
"""So much longer than it took may a lead time be measured: units are counted when they are looked at."""


class Phase(StrEnum):
    """How far a resource is with its rehearsal."""

    WAITING = "waiting"
    RAISED = "raised"
    READY = "ready"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One resource's rehearsal as far as it was seen. Bounds are None and times 0 until they are known."""

    rehearsal: Rehearsal
    policy: ResourcePolicy
    before: Bounds
    phase: Phase = Phase.WAITING
    ready_after_s: float | None = None
    clobbers: tuple[Clobber, ...] = ()
    refusals: tuple[str, ...] = ()
    after: Bounds | None = None

    @property
    def is_over(self) -> bool:
        """Is everything as it was before?"""
        return self.phase is Phase.RESTORED

    @property
    def is_exact(self) -> bool:
        """Did the bounds come back exactly as they were?"""
        return self.after == self.before


def seen(known: Rehearsed, state: ResourceState) -> Rehearsed:
    """The same once a state of the resource was seen, written after the rehearsal began."""
    rehearsal, observation = known.rehearsal, state.observation
    clobbers = tuple(c for c in state.clobbers if c.at >= rehearsal.at and c not in known.clobbers)
    refused = (f"{state.refused.reason}: {state.refused.detail}",) if state.refused else ()
    new = tuple(said for said in refused if said not in known.refusals)
    known = replace(known, clobbers=(*known.clobbers, *clobbers), refusals=(*known.refusals, *new))
    if observation is None:
        return known
    serves = observation.ready_units >= rehearsal.floor and state.originals is not None
    if known.ready_after_s is None and known.phase is not Phase.RESTORED:
        ready = ready_at(rehearsal, state) or (observation.observed_at if serves else None)
        if ready is not None:
            took_s = (ready - rehearsal.at).total_seconds()
            known = replace(known, phase=Phase.READY, ready_after_s=took_s)
    if state.originals is not None:
        raised = observation.bounds.minimum >= rehearsal.floor
        return replace(known, phase=Phase.RAISED) if raised and known.phase is Phase.WAITING else known
    if known.phase in (Phase.RAISED, Phase.READY):
        return replace(known, phase=Phase.RESTORED, after=observation.bounds)
    return known


@dataclass(frozen=True, slots=True)
class Report:
    """A rehearsal of a campaign: each resource's part, and why others had none."""

    campaign_id: str
    resources: tuple[Rehearsed, ...]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Is everything as it was before?"""
        return all(one.is_over for one in self.resources)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should see to before the campaign, a sentence each."""
        return tuple(sentence for one in self.resources for sentence in warnings_of(one))


def warnings_of(one: Rehearsed) -> Sequence[str]:
    """What the rehearsal of one resource showed that will matter."""
    name, policy = one.rehearsal.resource, one.policy
    found = [f"{name}: {said}" for said in one.refusals]
    if one.clobbers:
        who = ", ".join(dict.fromkeys(c.by or "somebody unknown" for c in one.clobbers))
        first = one.clobbers[0]
        found.append(
            f"{name}: {who} took the floor back {_times(len(one.clobbers))}, first at {first.at:%H:%M:%S}Z"
        )
    if one.ready_after_s is None:
        found.append(f"{name}: its unit was not seen to serve by {one.rehearsal.until:%H:%M}Z")
    elif one.ready_after_s > (policy.lead_time + BETWEEN_LOOKS).total_seconds():
        declared = format_duration(policy.lead_time)
        found.append(f"{name}: took {one.ready_after_s:.0f} s, longer than the {declared} planned with")
    if not one.is_over:
        found.append(f"{name}: is not put back yet")
    elif not one.is_exact and one.after is not None:
        now, was = one.after, one.before
        found.append(f"{name}: is {now.minimum} to {now.maximum} now, and was {was.minimum} to {was.maximum}")
    return found


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def as_json(report: Report, until: datetime) -> dict[str, object]:
    """The report for programs: seconds, ISO 8601 times."""
    return {
        "campaign_id": report.campaign_id,
        "until": until.isoformat(),
        "resources": [_row(one) for one in report.resources],
        "left_out": dict(report.left_out),
        "warnings": list(report.warnings),
    }


def _row(one: Rehearsed) -> dict[str, object]:
    return {
        "resource": one.rehearsal.resource,
        "phase": one.phase,
        "floor": one.rehearsal.floor,
        "before": [one.before.minimum, one.before.maximum],
        "after": [one.after.minimum, one.after.maximum] if one.after else None,
        "ready_after_s": one.ready_after_s,
        "lead_time_planned_with_s": one.policy.lead_time.total_seconds(),
        "clobbered_by": [{"at": c.at.isoformat(), "by": c.by} for c in one.clobbers],
        "refusals": list(one.refusals),
    }
