"""Carrying out an instruction: observe again, set once, say what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from advisor.actuation.actuator import Actuator
from advisor.domain.advice import Instruction, Receipt
from advisor.domain.capacity import Bounds, ResourceState
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from advisor.planning.acts import target_bounds
from advisor.planning.lead_times import follow

LOWERED_KEPT = timedelta(days=1)
"""As long as platforms that count lowerings count them."""


@dataclass(frozen=True, slots=True)
class Executed:
    """The resource's state afterwards, and the receipt of what was done; None where nothing was to do."""

    state: ResourceState
    receipt: Receipt | None


async def observe(actuator: Actuator, state: ResourceState, now: datetime) -> ResourceState:
    """The state with what the actuator finds now, and with the lead times of what has become ready.

    An observation that fails leaves the last one standing.
    """
    try:
        found = await actuator.observe(state.resource, now)
    except ActuationError as error:
        return replace(state, problems=(error.detail,))
    known, times = state.observation, follow(state.lead_times, asked=None, observation=found, now=now)
    if known and replace(known, observed_at=now) == found and not state.problems:
        # Nothing changed: the state reads as before.
        return state if times == state.lead_times else replace(state, lead_times=times)
    known_as = with_others_writes(state, found.bounds)
    return replace(known_as, observation=found, problems=(), lead_times=times)


def before_acting(instruction: Instruction, state: ResourceState) -> ResourceState:
    """The state to write down before an instruction is carried out: with the bounds from before and after.

    A process that dies between the act and its record must leave behind what to restore, and what was its
    own doing. What stands stays known as ours however many acts are refused.
    """
    if state.observation is None:
        return state
    found = state.observation.bounds
    originals = state.originals or found
    target = target_bounds(instruction, originals)
    if target == found:
        return state
    ours = (found,) if found in state.set_by_us else state.set_by_us[-1:]
    return replace(state, originals=originals, set_by_us=(*ours, target))


async def execute(
    actuator: Actuator,
    instruction: Instruction,
    state: ResourceState,
    now: datetime,
) -> Executed:
    """Set the bounds an instruction asks for, unless they already stand.

    The bounds from before the first change are kept until they are restored, exactly as they were. A raise
    is awaited from now on.
    """
    observation = state.observation
    if observation is None:
        return Executed(state, None)
    before = observation.bounds
    originals = state.originals or before
    target = target_bounds(instruction, originals)
    kept = () if instruction.restore else (target,)
    if before == target:
        # Whoever restored it, perhaps we ourselves just before a crash: nothing is left to be restored.
        done = replace(state, originals=None, set_by_us=()) if instruction.restore else state
        return Executed(done, None)
    try:
        await actuator.set_bounds(instruction.resource, target, now)
    except ActuationError as error:
        receipt = Receipt(instruction.resource, Reason.ACT_FAILED, now, before.minimum, None, error.detail)
        return Executed(replace(state, problems=(error.detail,)), receipt)
    receipt = Receipt(instruction.resource, Reason.FLOOR_SET, now, before.minimum, target.minimum)
    changed = replace(
        state,
        originals=None if instruction.restore else originals,
        last_act_at=instruction.planned_for,
        set_by_us=kept,
        lowered_at=_lowered_lately(state, now) + ((now,) if target.minimum < before.minimum else ()),
        lead_times=follow(state.lead_times, asked=(target.minimum, now), observation=observation, now=now),
    )
    return Executed(await observe(actuator, changed, now), receipt)


def with_others_writes(state: ResourceState, found: Bounds) -> ResourceState:
    """The state with what somebody else has set since our last act taken for what is to be restored.

    Whatever they wrote, lower or higher, is what they want the resource to have without us.
    """
    if state.originals is None or not state.set_by_us or found in state.set_by_us:
        return state
    ours, theirs = state.set_by_us[-1], state.originals
    least = theirs.minimum if found.minimum == ours.minimum else found.minimum
    most = theirs.maximum if found.maximum == ours.maximum else found.maximum
    return replace(state, originals=Bounds(least, max(least, most)), set_by_us=(*state.set_by_us, found))


def _lowered_lately(state: ResourceState, now: datetime) -> tuple[datetime, ...]:
    return tuple(at for at in state.lowered_at if at > now - LOWERED_KEPT)
