"""Carrying out an instruction: one call, never a second one in the same breath, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from advisor.actuation.actuator import Actuator
from advisor.domain.advice import Instruction, Receipt
from advisor.domain.change import Carried, Change, Done
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError
from advisor.planning.acts import after_acting, after_observing, after_refusal, change_to_make


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
    actuator: Actuator, instruction: Instruction, state: ResourceState, now: datetime, epoch: int = 0
) -> Executed:
    """Make what an instruction asks for so, unless it stands already, and look at it again.

    What that makes of the state is said by :mod:`advisor.planning.acts`. Where somebody else wrote since the
    decision nothing is done: the look that follows sees it, and it is decided anew.
    """
    change = change_to_make(instruction, state, epoch)
    if change is None:
        return Executed(after_acting(instruction, state, now, epoch), None)
    before = change.found.minimum
    try:
        done = await _make(actuator, instruction, change, now)
    except ActuationError as error:
        receipt = Receipt(change.resource, error.reason, now, before, None, error.detail, epoch)
        if error.reason is Reason.ACT_CONFLICT:
            return Executed(await observe(actuator, state, now), receipt)
        return Executed(after_refusal(state, change.target, error, now), receipt)
    reason = _word(instruction, done)
    receipt = Receipt(change.resource, reason, now, before, change.target.minimum, done.detail, epoch)
    return Executed(await observe(actuator, after_acting(instruction, state, now, epoch), now), receipt)


async def _make(actuator: Actuator, instruction: Instruction, change: Change, now: datetime) -> Done:
    if instruction.restore:
        return await actuator.restore(change.resource, change, now)
    return await actuator.set_floor(change.resource, change, now)


def _word(instruction: Instruction, done: Done) -> Reason:
    if done.carried is Carried.PARTLY:
        return Reason.ACT_PARTLY_DONE
    return Reason.ORIGINALS_RESTORED if instruction.restore else Reason.FLOOR_SET
