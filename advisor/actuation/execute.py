"""Carrying out an instruction: observe again, set once, say what happened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from advisor.actuation.actuator import Actuator
from advisor.domain.advice import Instruction, Receipt
from advisor.domain.capacity import ResourceState
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from advisor.planning.acts import after_acting, after_observing, bounds_to_set


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
        return replace(state, problems=(error.detail,), blind_since=state.blind_since or now)
    return after_observing(state, found, now)


async def execute(
    actuator: Actuator,
    instruction: Instruction,
    state: ResourceState,
    now: datetime,
) -> Executed:
    """Set the bounds an instruction asks for, unless they already stand.

    What that makes of the state is said by :mod:`advisor.planning.acts`.
    """
    target, observation = bounds_to_set(instruction, state), state.observation
    if target is None or observation is None:
        return Executed(after_acting(instruction, state, now), None)
    before = observation.bounds.minimum
    try:
        await actuator.set_bounds(instruction.resource, target, now)
    except ActuationError as error:
        receipt = Receipt(instruction.resource, Reason.ACT_FAILED, now, before, None, error.detail)
        return Executed(replace(state, problems=(error.detail,)), receipt)
    receipt = Receipt(instruction.resource, Reason.FLOOR_SET, now, before, target.minimum)
    return Executed(await observe(actuator, after_acting(instruction, state, now), now), receipt)
