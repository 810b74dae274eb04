"""Named checks between a plan and its execution, in the order they are asked.

A plan guardrail looks at a whole schedule and may change it; an act guardrail looks at what is due
now and may only refuse it. Each answers with a Verdict that carries its Reason. Nothing here raises
a floor that nobody planned, and nothing lowers one on missing knowledge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from advisor.domain.advice import Claim, Instruction, Outcome, Step, Verdict
from advisor.domain.capacity import ResourceState
from advisor.domain.controls import EVERYTHING, Controls
from advisor.domain.policy import Mode, ResourcePolicy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, floor_to
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID, standing_at
from advisor.planning.sizing import units_in_use


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a guardrail may look at.

    `data_until` is None while a service this resource serves was never seen. `in_use_rate_per_s` is
    the demand that reaches the resource now. `claims` are all within the horizon; `in_force` those
    that can have a part in what is due now, and only they can block it: `mode` is the resource's mode,
    lowered to what their sources are trusted with, `over_budget` names those of them that cost too much.
    """

    pace: Pace
    state: ResourceState
    claims: tuple[Claim, ...]
    in_force: tuple[Claim, ...]
    mode: Mode
    now: datetime
    data_until: datetime | None
    stale_after: timedelta
    in_use_rate_per_s: float
    over_budget: tuple[str, ...]
    controls: Controls

    @property
    def resource(self) -> ResourcePolicy:
        """What is allowed and known of the resource."""
        return self.pace.resource

    @property
    def is_stale(self) -> bool:
        """Is the newest demand too old to lower a floor or to agree to a new plan?"""
        return self.data_until is None or self.now - self.data_until > self.stale_after

    @property
    def standing(self) -> int:
        """The floor that the last agreed plan has in force now."""
        return standing_at(self.state.plan, self.now, self.resource.minimum)

    @property
    def observed_floor(self) -> int:
        """The floor its actuator found last; the policy's minimum while nobody looked."""
        observation = self.state.observation
        return observation.bounds.minimum if observation else self.resource.minimum


PlanGuardrail = Callable[[Situation, tuple[Step, ...]], tuple[tuple[Step, ...], Verdict]]
ActGuardrail = Callable[[Situation, Instruction], Verdict]


def input_fresh(situation: Situation, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], Verdict]:
    """Stale or missing input: go on with the last agreed plan, without its lowerings."""
    if not situation.is_stale:
        return steps, _passed("input_fresh", Reason.MEETS_PLAN)
    known = situation.data_until
    detail = (
        f"demand is known until {known:%Y-%m-%d %H:%M:%S}Z, more than {situation.stale_after} ago"
        if known
        else "demand was never seen"
    )
    reason = Reason.INPUT_STALE if known else Reason.NO_DEMAND_DATA
    agreed = _never_lowering(situation.state.plan, situation.now, situation.standing)
    return agreed, Verdict("input_fresh", Outcome.BLOCK, reason, detail)


def campaign_not_past(situation: Situation, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], Verdict]:
    """No raise after the last claim has ended, whatever asked for it."""
    last_end = max((claim.end for claim in situation.claims), default=situation.now)
    kept: list[Step] = []
    for step in steps:
        level = kept[-1].floor if kept else situation.resource.minimum
        if not (step.floor > level and step.act_at >= last_end):
            kept.append(step)
    if len(kept) == len(steps):
        return steps, _passed("campaign_not_past", Reason.MEETS_PLAN)
    detail = f"{len(steps) - len(kept)} raise(s) at or after {last_end:%Y-%m-%d %H:%M}Z dropped"
    return tuple(kept), Verdict("campaign_not_past", Outcome.CLAMP, Reason.CAMPAIGN_PAST, detail)


def within_bounds(situation: Situation, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], Verdict]:
    """Every floor lies between the policy's minimum and its ceiling."""
    low, high = situation.resource.minimum, situation.resource.maximum
    clamped = tuple(
        replace(s, floor=min(max(s.floor, low), high), ceiling=min(max(s.ceiling, low), high)) for s in steps
    )
    if clamped == steps:
        return steps, _passed("within_bounds", Reason.MEETS_PLAN)
    return clamped, Verdict(
        "within_bounds", Outcome.CLAMP, Reason.CAPPED_BY_CEILING, f"floors clamped into {low}..{high}"
    )


def in_use_kept(situation: Situation, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], Verdict]:
    """A lowering that is due goes, until the next hold, no further than today's demand allows.

    Where something reactive holds the resource above its floor the lowering takes nothing away, and
    the floor is restored as planned.
    """
    resource, now, soon = situation.resource, situation.now, ceil_to(situation.now, GRID)
    in_use = min(units_in_use(situation.in_use_rate_per_s, resource), resource.maximum)
    kept = min(max(situation.standing, situation.observed_floor), in_use)
    target = min(standing_at(steps, instant, resource.minimum) for instant in (now, soon))
    if resource.reactive or target >= kept:
        return steps, _passed("in_use_kept", Reason.MEETS_PLAN)
    since, until = floor_to(now, GRID), ceil_to(soon + GRID, resource.ramp.hold)
    instants = [since, *(s.act_at for s in steps if since < s.act_at < until)]
    floors = [(instant, max(standing_at(steps, instant, resource.minimum), kept)) for instant in instants]
    floors += [(until, standing_at(steps, until, resource.minimum))]
    waiting = [s for s in steps if s.act_at < since]
    for instant, floor in floors:
        if floor != standing_at(waiting, instant, resource.minimum):
            waiting.append(Step(instant, floor, resource.maximum))
    waiting += [s for s in steps if s.act_at > until]
    detail = f"{in_use} units in use, {target} planned: {kept} kept until {until:%Y-%m-%d %H:%M}Z"
    return tuple(waiting), Verdict("in_use_kept", Outcome.CLAMP, Reason.WOULD_SHED_LOAD, detail)


def on_hold(controls: Controls, resource: str, claims: Sequence[Claim]) -> tuple[str, ...]:
    """What people have put on hold that keeps a resource with these claims from being acted on."""
    names = {resource, EVERYTHING, *(claim.campaign_id for claim in claims)}
    scopes = {hold.scope for hold in (*controls.freezes, *controls.holds)} & names
    return tuple("everything" if scope == EVERYTHING else scope for scope in sorted(scopes))


def not_on_hold(situation: Situation, instruction: Instruction) -> Verdict:
    """Nobody froze everything, this resource, or a campaign that has a part in what is due."""
    held = on_hold(situation.controls, instruction.resource, situation.in_force)
    if held:
        return Verdict("not_on_hold", Outcome.BLOCK, Reason.HELD, f"on hold: {', '.join(held)}")
    return _passed("not_on_hold", Reason.MEETS_PLAN)


def mode_permits(situation: Situation, instruction: Instruction) -> Verdict:
    """The resource is in auto, and so is every source whose campaign has a part in what is due."""
    blocking = {
        Mode.OBSERVE: Reason.MODE_OBSERVE,
        Mode.RECOMMEND: Reason.MODE_RECOMMEND,
        Mode.APPROVE: Reason.NEEDS_APPROVAL,
    }
    reason = blocking.get(situation.mode)
    if reason is None:
        return _passed("mode_permits", Reason.MEETS_PLAN)
    return Verdict("mode_permits", Outcome.BLOCK, reason, f"mode is {situation.mode}")


def not_expired(situation: Situation, instruction: Instruction) -> Verdict:
    """Nothing is raised on an instruction that has run out."""
    if situation.now > instruction.expires_at and instruction.floor > situation.observed_floor:
        detail = f"expired {instruction.expires_at:%Y-%m-%d %H:%M}Z"
        return Verdict("not_expired", Outcome.BLOCK, Reason.EXPIRED, detail)
    return _passed("not_expired", Reason.MEETS_PLAN)


def within_budget(situation: Situation, instruction: Instruction) -> Verdict:
    """No campaign that lifts this floor costs more than its budget."""
    if situation.over_budget and instruction.floor > situation.observed_floor:
        named = ", ".join(situation.over_budget)
        return Verdict("within_budget", Outcome.BLOCK, Reason.OVER_CAMPAIGN_BUDGET, f"over budget: {named}")
    return _passed("within_budget", Reason.MEETS_PLAN)


PLAN_GUARDRAILS: tuple[PlanGuardrail, ...] = (
    input_fresh,  # first: without knowledge nothing below may rest on a new plan
    campaign_not_past,
    within_bounds,
    in_use_kept,  # last: what is in use outweighs what was planned
)

ACT_GUARDRAILS: tuple[ActGuardrail, ...] = (not_on_hold, mode_permits, not_expired, within_budget)


def guard_plan(situation: Situation, steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Verdict, ...]]:
    """The schedule as the guardrails leave it, and what each said."""
    verdicts = []
    for guardrail in PLAN_GUARDRAILS:
        steps, verdict = guardrail(situation, steps)
        verdicts.append(verdict)
    return steps, tuple(verdicts)


def guard_act(situation: Situation, instruction: Instruction) -> tuple[Verdict, ...]:
    """What each act guardrail says of an instruction; it may be carried out if none blocks."""
    return tuple(guardrail(situation, instruction) for guardrail in ACT_GUARDRAILS)


def _never_lowering(steps: Sequence[Step], now: datetime, standing: int) -> tuple[Step, ...]:
    past = [s for s in steps if s.act_at <= now]
    future: list[Step] = []
    level = standing
    for step in steps:
        if step.act_at > now and step.floor > level:
            future.append(step)
            level = step.floor
    return (*past, *future)


def _passed(guardrail: str, reason: Reason) -> Verdict:
    return Verdict(guardrail, Outcome.PASS, reason, "")
