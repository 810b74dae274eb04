"""Carrying out an instruction: observe again, set once, say what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from advisor.actuation.actuator import Actuator
from advisor.domain.advice import Instruction, Receipt
from advisor.domain.capacity import Bounds, ResourceState
from advisor.domain.policy import ResourcePolicy
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


@dataclass(frozen=True, slots=True)
class Executed:
    """The resource's state afterwards, and the receipt of what was done; None where nothing was to do."""

    state: ResourceState
    receipt: Receipt | None


async def observe(actuator: Actuator, state: ResourceState, now: datetime) -> ResourceState:
    """The state with what the actuator finds now. An observation that fails leaves the last one standing."""
    try:
        found = await actuator.observe(state.resource, now)
    except ActuationError as error:
        return replace(state, problems=(error.detail,))
    known = state.observation
    if known and replace(known, observed_at=now) == found and not state.problems:
        return state  # nothing changed: the state reads as before
    return replace(state, observation=found, problems=())


async def execute(
    actuator: Actuator,
    instruction: Instruction,
    state: ResourceState,
    resource: ResourcePolicy,
    now: datetime,
) -> Executed:
    """Set the bounds an instruction asks for, unless they already stand.

    The originals are kept from before the first change until the ordinary minimum stands again.
    """
    observation = state.observation
    if observation is None:
        return Executed(state, None)
    before = observation.bounds
    target = Bounds(instruction.floor, max(instruction.ceiling, instruction.floor))
    restored = target.minimum <= resource.minimum
    if before == target:
        # Whoever restored it, perhaps we ourselves just before a crash: nothing is left to be restored.
        return Executed(replace(state, originals=None) if restored else state, None)
    try:
        await actuator.set_bounds(instruction.resource, target, now)
    except ActuationError as error:
        receipt = Receipt(instruction.resource, Reason.ACT_FAILED, now, before.minimum, None, error.detail)
        return Executed(replace(state, problems=(error.detail,)), receipt)
    receipt = Receipt(instruction.resource, Reason.FLOOR_SET, now, before.minimum, target.minimum)
    originals = state.originals or before
    changed = replace(
        state,
        originals=None if restored else originals,
        last_act_at=instruction.planned_for,
    )
    return Executed(await observe(actuator, changed, now), receipt)
