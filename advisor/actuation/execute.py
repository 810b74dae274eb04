"""Carrying out an instruction: look again, ask the guardrails again, make one call, look what became of it.

Everything that waits is in :func:`attempt`; what it makes of a resource's state is said by :func:`settled`,
so that a call that takes long can be settled on a state that has moved on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from advisor.actuation.actuator import Actuator
from advisor.domain.advice import Instruction, Receipt
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.change import Carried, Change, Done
from advisor.domain.policy import ResourcePolicy
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError
from advisor.planning.acts import after_acting, after_observing, change_to_make
from advisor.planning.preflights import image_pulls
from advisor.planning.refusals import after_refusal, is_same_refusal

StillDue = Callable[[Observation], bool]
"""Do the guardrails, asked again with what is found now, let the very same be done?"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call to a platform: what was asked for, what became of it, and what was found afterwards.

    An `outcome` of None says that no call was made, because what was `found` is not what was decided on.
    """

    instruction: Instruction
    change: Change
    outcome: Done | ActuationError | None
    found: Observation | ActuationError


@dataclass(frozen=True, slots=True)
class Executed:
    """The resource's state afterwards, and the receipt of what was done; None where nothing was to do.

    `is_news` is False where the platform only said again what it had said before.
    """

    state: ResourceState
    receipt: Receipt | None
    is_news: bool = True


async def look(actuator: Actuator, resource: str, now: datetime) -> Observation | ActuationError:
    """How does the resource stand, or why can nobody tell?"""
    try:
        return await actuator.observe(resource, now)
    except Exception as error:
        return trouble(resource, error)


def trouble(resource: str, error: Exception) -> ActuationError:
    """An actuator's error as one of ours: one that breaks its word must not stop the decisions on others."""
    if isinstance(error, ActuationError):
        return error
    return ActuationError(resource, f"its actuator failed: {type(error).__name__}: {error}", retryable=False)


def looked(state: ResourceState, found: Observation | ActuationError, now: datetime) -> ResourceState:
    """The state after a look. One that failed leaves what was seen last standing."""
    if isinstance(found, ActuationError):
        return replace(state, problems=(found.detail,), blind_since=state.blind_since or now)
    return after_observing(state, found, now)


async def attempt(
    actuator: Actuator,
    instruction: Instruction,
    change: Change,
    seen: Observation,
    still_due: StillDue,
    now: datetime,
) -> Attempt:
    """Make a change that was decided on what was `seen`, if that is still what stands and is still due."""
    before = await look(actuator, change.resource, now)
    if isinstance(before, ActuationError) or is_changed(before, seen) or not still_due(before):
        return Attempt(instruction, change, None, before)
    make = actuator.restore if instruction.restore else actuator.set_floor
    try:
        outcome: Done | ActuationError = await make(change.resource, change, now)
    except Exception as error:
        outcome = trouble(change.resource, error)
    return Attempt(instruction, change, outcome, await look(actuator, change.resource, now))


async def preflight(
    actuator: Actuator, resource: ResourcePolicy, found: Observation, need: Bounds, now: datetime
) -> Preflight:
    """What will keep the resource from having so many units? What could not be asked is no all-clear."""
    known = image_pulls(resource, found, need)
    try:
        looked = await actuator.preflight(resource.resource, need, now)
    except Exception as error:
        return Preflight(now, need.minimum, known, unknown=(trouble(resource.resource, error).detail,))
    return replace(looked, findings=(*looked.findings, *known))


def is_changed(found: Observation, seen: Observation) -> bool:
    """Is something else there than a decision rests on? Units come and go; that alone changes nothing."""
    return any(
        getattr(found, name) != getattr(seen, name)
        for name in ("bounds", "owner", "managed", "identity", "epoch")
    )


def settled(made: Attempt, state: ResourceState, now: datetime) -> Executed:
    """What an attempt of `now` makes of the state as it is by the time it has ended."""
    change, outcome = made.change, made.outcome
    if outcome is None:
        return Executed(looked(state, made.found, now), None)
    before, epoch = change.found.minimum, change.epoch
    if isinstance(outcome, ActuationError):
        receipt = Receipt(change.resource, outcome.reason, now, before, None, outcome.detail, epoch)
        if outcome.reason is Reason.ACT_CONFLICT:
            return Executed(looked(state, made.found, now), receipt)
        refused = after_refusal(state, change.target, outcome, now)
        return Executed(looked(refused, made.found, now), receipt, not is_same_refusal(state, refused))
    reason = _word(made, outcome)
    receipt = Receipt(change.resource, reason, now, before, change.target.minimum, outcome.detail, epoch)
    if outcome.carried is Carried.WHOLE:
        done = after_acting(made.instruction, state, now, epoch)
        return Executed(looked(done, made.found, now), receipt)
    # what is missing is asked for again, and until then nothing is forgotten
    done = after_acting(replace(made.instruction, restore=False), state, now, epoch)
    missing = ActuationError(change.resource, outcome.detail, retryable=False, reason=reason)
    stands = () if isinstance(made.found, ActuationError) else (made.found.bounds,)
    ours = (*stands, change.target)
    kept = replace(done, refused=state.refused, originals=change.originals, set_by_us=ours)
    partly = after_refusal(kept, change.target, missing, now)
    return Executed(looked(partly, made.found, now), receipt, not is_same_refusal(state, partly))


async def execute(
    actuator: Actuator, instruction: Instruction, state: ResourceState, now: datetime, epoch: int = 0
) -> Executed:
    """Carry an instruction out and settle it, where nothing else happens meanwhile."""
    change = change_to_make(instruction, state, epoch)
    if change is None or state.observation is None:
        return Executed(after_acting(instruction, state, now, epoch), None)
    made = await attempt(actuator, instruction, change, state.observation, lambda _: True, now)
    return settled(made, state, now)


async def observe(actuator: Actuator, state: ResourceState, now: datetime) -> ResourceState:
    """The state with what the actuator finds now."""
    return looked(state, await look(actuator, state.resource, now), now)


def _word(made: Attempt, done: Done) -> Reason:
    if done.carried is Carried.PARTLY:
        return Reason.ACT_PARTLY_DONE
    if made.instruction.restore:
        return Reason.ORIGINALS_RESTORED
    return Reason.STEPS_ARMED if made.change.target == made.change.found else Reason.FLOOR_SET
