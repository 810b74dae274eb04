"""Named checks of what is due now, in the order they are asked; each may lessen or refuse it, with a Reason.

None of them lowers a floor: what may not be raised stays as it stands, and so does what may not be lowered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from advisor.domain.advice import Instruction, Outcome, Verdict
from advisor.domain.controls import EVERYTHING, Controls, people
from advisor.domain.policy import Mode
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import bounds_to_set
from advisor.planning.clobbers import PART_THEM, is_reassertion, set_again_at, told
from advisor.planning.closed import is_within
from advisor.planning.permissions import most_by_itself
from advisor.planning.plan_guardrails import passed
from advisor.planning.situation import Situation

Allowed = tuple[Instruction | None, Verdict]
ActGuardrail = Callable[[Situation, Instruction], Allowed]


def resource_managed(situation: Situation, due: Instruction) -> Allowed:
    """Only what the platform has marked as ours is changed, where it marks at all."""
    observation = situation.state.observation
    if observation is not None and not observation.managed:
        detail = f"{due.resource} is not marked as managed by Headstart"
        return _blocked("resource_managed", Reason.RESOURCE_UNMANAGED, detail)
    return due, passed("resource_managed")


def not_frozen(situation: Situation, due: Instruction) -> Allowed:
    """Nobody pulled the kill switch for this resource or everywhere; floors stay as they stand.

    Who pulled it may have asked for what is armed to be taken back: that changes no floor.
    """
    found = situation.state.observation
    if (
        found is not None
        and due.armed == ()
        and not due.restore
        and bounds_to_set(due, situation.state) is None
    ):
        return due, passed("not_frozen")
    for scope, where in ((EVERYTHING, "everywhere"), (due.resource, "here")):
        freezes = [freeze for freeze in situation.controls.freezes if freeze.scope == scope]
        if freezes:
            since = min(freeze.at for freeze in freezes)
            detail = f"acting is frozen {where} by {people(freezes)} since {since:%Y-%m-%d %H:%M}Z"
            return _blocked("not_frozen", Reason.KILL_SWITCH, detail)
    return due, passed("not_frozen")


def not_on_hold(situation: Situation, due: Instruction) -> Allowed:
    """Nobody put the resource itself on hold."""
    holds = [hold for hold in situation.controls.holds if hold.scope == due.resource]
    if holds:
        return _blocked("not_on_hold", Reason.HELD, f"on hold by {people(holds)}")
    return due, passed("not_on_hold")


def owned_by_us(situation: Situation, due: Instruction) -> Allowed:
    """No other controller sets these bounds: it would take ours back at once."""
    observation = situation.state.observation
    if observation is not None and observation.owner:
        return _blocked("owned_by_us", Reason.OWNED_BY_OTHER, f"its bounds are set by {observation.owner}")
    return due, passed("owned_by_us")


def mode_permits(situation: Situation, due: Instruction) -> Allowed:
    """The resource's own mode lets anything be done at all."""
    if situation.mode.rank <= Mode.RECOMMEND.rank:
        reason = Reason.MODE_OBSERVE if situation.mode is Mode.OBSERVE else Reason.MODE_RECOMMEND
        return _blocked("mode_permits", reason, f"mode is {situation.mode}")
    return due, passed("mode_permits")


def campaigns_permitted(situation: Situation, due: Instruction) -> Allowed:
    """Nothing is raised but what campaigns in force may have: by their sources, holds, people's envelopes."""
    most = situation.permitted_floor
    if most is None or due.floor <= max(most, situation.observed_floor):
        return due, passed("campaigns_permitted")
    given = [permission.verdict for permission in situation.withheld]
    past = f"{due.floor} units are planned, {most} for campaigns that are not over"
    detail = "; ".join(dict.fromkeys(verdict.detail for verdict in given)) or past
    reason = given[0].reason if given else Reason.CAMPAIGN_PAST
    return _lessened(situation, due, most, "campaigns_permitted", reason, detail)


def within_mode_caps(situation: Situation, due: Instruction) -> Allowed:
    """A raise goes no further than its mode may by itself: times the minimum, and cost per hour."""
    caps, resource = situation.caps, situation.resource
    if caps is None or due.floor <= situation.observed_floor:
        return due, passed("within_mode_caps")
    bounded = most_by_itself(caps, resource)
    if bounded is None or due.floor <= bounded[0]:
        return due, passed("within_mode_caps")
    most, why = bounded
    detail = f"{due.floor} units due, mode {situation.mode} may go to {most} by itself ({why})"
    return _lessened(situation, due, most, "within_mode_caps", Reason.ABOVE_MODE_CAP, detail)


def within_hours(situation: Situation, due: Instruction) -> Allowed:
    """It is a time of day at which the mode may act."""
    hours = situation.pace.hours
    if is_within(hours, situation.now) or hours is None:
        return due, passed("within_hours")
    detail = f"mode {situation.mode} acts {hours}"
    return _blocked("within_hours", Reason.OUTSIDE_HOURS, detail)


def not_in_freeze_window(situation: Situation, due: Instruction) -> Allowed:
    """The policy does not forbid changes at this time."""
    for freeze in situation.pace.freezes:
        if freeze.start <= situation.now < freeze.end:
            detail = f"{freeze.why} until {freeze.end:%Y-%m-%d %H:%M}Z"
            return _blocked("not_in_freeze_window", Reason.FREEZE_WINDOW, detail)
    return due, passed("not_in_freeze_window")


def not_expired(situation: Situation, due: Instruction) -> Allowed:
    """Nothing is raised on an instruction that has run out."""
    if situation.now > due.expires_at and due.floor > situation.observed_floor:
        detail = f"expired {due.expires_at:%Y-%m-%d %H:%M}Z"
        return _blocked("not_expired", Reason.EXPIRED, detail)
    return due, passed("not_expired")


def within_max_step(situation: Situation, due: Instruction) -> Allowed:
    """One act adds no more units than the policy lets it."""
    most, standing = situation.resource.max_step, situation.observed_floor
    if most is None or due.floor - standing <= most:
        return due, passed("within_max_step")
    detail = f"from {standing} to {due.floor} units at once, {most} may be added"
    return _lessened(situation, due, standing + most, "within_max_step", Reason.ABOVE_MAX_STEP, detail)


def cooled_down(situation: Situation, due: Instruction) -> Allowed:
    """Nothing is lowered soon after the last act."""
    last, wait = situation.state.last_act_at, situation.resource.cooldown
    lowers = due.restore or due.floor < situation.observed_floor
    if last is None or not lowers or wait <= timedelta(0) or situation.now >= last + wait:
        return due, passed("cooled_down")
    detail = f"last act {last:%H:%M}Z, nothing is lowered before {last + wait:%H:%M}Z"
    return _blocked("cooled_down", Reason.COOLDOWN, detail)


def not_fought_over(situation: Situation, due: Instruction) -> Allowed:
    """What others took back is set again after growing waits, and not for ever."""
    state, most = situation.state, situation.resource.reassert
    target = bounds_to_set(due, state)
    if due.restore or target is None or not is_reassertion(state, target):
        return due, passed("not_fought_over")
    again = set_again_at(state, most)
    if again is None:
        detail = f"{told(state)}; set again {most} times and given up: {PART_THEM}"
        return _blocked("not_fought_over", Reason.FLOOR_CLOBBERED, detail)
    if situation.now < again:
        detail = f"{told(state)}; set again at {again:%H:%M:%S}Z"
        return _blocked("not_fought_over", Reason.FLOOR_CLOBBERED, detail)
    return due, passed("not_fought_over")


def not_done_already(situation: Situation, due: Instruction) -> Allowed:
    """What stands already is not set again; a restore is, for it also forgets what was restored."""
    observation = situation.state.observation
    if observation is not None and not due.restore and observation.bounds.minimum == due.floor:
        stands = f"{due.floor} units stand"
        return due, Verdict("not_done_already", Outcome.PASS, Reason.ALREADY_SET, stands)
    return due, passed("not_done_already")


ACT_GUARDRAILS: tuple[ActGuardrail, ...] = (
    resource_managed,
    not_frozen,
    not_on_hold,
    owned_by_us,
    mode_permits,
    campaigns_permitted,
    within_mode_caps,
    within_hours,
    not_in_freeze_window,
    not_expired,
    within_max_step,
    cooled_down,
    not_fought_over,
    not_done_already,
)


def guard_act(situation: Situation, due: Instruction) -> tuple[Instruction | None, tuple[Verdict, ...]]:
    """What may be done of an instruction, None if nothing, and what each guardrail said of it.

    All are asked, so that everything in the way is told at once; a refusal stands whatever follows it.
    """
    allowed: Instruction | None = due
    verdicts = []
    for guardrail in ACT_GUARDRAILS:
        left, verdict = guardrail(situation, allowed or due)
        verdicts.append(verdict)
        allowed = left if allowed is not None else None
    return allowed, tuple(verdicts)


def is_still_due(
    situation: Situation,
    due: Instruction,
    allowed: Instruction,
    state: ResourceState,
    controls: Controls,
    now: datetime,
) -> bool:
    """Would the guardrails let the very same of an instruction be done with what is known by now?"""
    left, _ = guard_act(replace(situation, state=state, controls=controls, now=now), due)
    return left == allowed


def _lessened(
    situation: Situation, due: Instruction, most: int, guardrail: str, reason: Reason, detail: str
) -> Allowed:
    """The instruction with at most so many units; refused where that is no raise at all."""
    if most <= situation.observed_floor:
        return _blocked(guardrail, reason, detail)
    return replace(due, floor=most), Verdict(guardrail, Outcome.CLAMP, reason, detail)


def _blocked(guardrail: str, reason: Reason, detail: str) -> Allowed:
    return None, Verdict(guardrail, Outcome.BLOCK, reason, detail)
