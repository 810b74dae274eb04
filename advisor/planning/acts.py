"""What does carrying out an instruction make of a resource: of its bounds, and of what is remembered of it?

The same functions live and in every simulation: :func:`before_acting`, then the call that makes
:func:`change_to_make`, then :func:`after_acting`, and :func:`after_observing` at every look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds, Observation, ResourceState
from advisor.domain.change import Change
from advisor.planning.lead_times import follow

LOWERED_KEPT = timedelta(days=1)
"""As long as platforms that count lowerings count them."""


def target_bounds(instruction: Instruction, originals: Bounds) -> Bounds:
    """The bounds to set: the originals again, or the instruction's, never below the originals.

    A floor or a ceiling that people had set higher before our first change is theirs to lower.
    """
    if instruction.restore:
        return originals
    floor = max(instruction.floor, originals.minimum)
    return Bounds(floor, max(floor, instruction.ceiling, originals.maximum))


def bounds_to_set(instruction: Instruction, state: ResourceState) -> Bounds | None:
    """Which bounds does an instruction ask for? None where they stand already, or nobody has looked yet."""
    if state.observation is None:
        return None
    found = state.observation.bounds
    target = target_bounds(instruction, state.originals or found)
    return None if target == found else target


def change_to_make(instruction: Instruction, state: ResourceState, epoch: int) -> Change | None:
    """The call that carries an instruction out; None where what it asks for stands, or nobody has looked yet.

    Bounds that are back at their originals are still restored while marks of ours are on the resource.
    """
    observation = state.observation
    if observation is None:
        return None
    found = observation.bounds
    originals = state.originals or found
    target = target_bounds(instruction, originals)
    is_marked = observation.originals is not None or bool(observation.armed)
    if target == found and not (instruction.restore and is_marked):
        return None
    return Change(instruction.resource, found, target, originals, instruction.planned_for, epoch)


def before_acting(instruction: Instruction, state: ResourceState) -> ResourceState:
    """The state to write down before an instruction is carried out: with the bounds from before and after.

    A process that dies between the act and its record must leave behind what to restore, and what was its
    own doing. What stands stays known as ours however many acts are refused.
    """
    target = bounds_to_set(instruction, state)
    if target is None or state.observation is None:
        return state
    found = state.observation.bounds
    ours = (found,) if found in state.set_by_us else state.set_by_us[-1:]
    return replace(state, originals=state.originals or found, set_by_us=(*ours, target))


def after_acting(instruction: Instruction, state: ResourceState, now: datetime) -> ResourceState:
    """The state once the bounds of an instruction stand, whether we had to set them at `now` or not.

    `state` is from before the call, and so is its observation. The bounds from before the first change are
    kept until they are restored, exactly as they were. A raise is awaited from now on.
    """
    target, before = bounds_to_set(instruction, state), state.observation
    if target is None or before is None:
        # Whoever restored it, perhaps we ourselves just before a crash: nothing is left to be restored.
        is_over = before is not None and instruction.restore
        return replace(state, originals=None, set_by_us=()) if is_over else state
    lowered = (now,) if target.minimum < before.bounds.minimum else ()
    return replace(
        state,
        originals=None if instruction.restore else state.originals or before.bounds,
        last_act_at=instruction.planned_for,
        set_by_us=() if instruction.restore else (target,),
        lowered_at=tuple(at for at in state.lowered_at if at > now - LOWERED_KEPT) + lowered,
        lead_times=follow(state.lead_times, asked=(target.minimum, now), observation=before, now=now),
    )


def after_observing(state: ResourceState, found: Observation, now: datetime) -> ResourceState:
    """The state with what was found, and with the lead times of what has become ready.

    Where nothing is new it is the very same object, so that nothing is written down again. Originals that
    are written on the resource count where none are remembered: the log was lost, or we died before it.
    """
    known, times = state.observation, follow(state.lead_times, asked=None, observation=found, now=now)
    if known and replace(known, observed_at=now) == found and not state.problems:
        return state if times == state.lead_times else replace(state, lead_times=times)
    known_as = with_others_writes(state, found.bounds)
    return replace(known_as, observation=found, problems=(), blind_since=None, lead_times=times)


def with_others_writes(state: ResourceState, found: Bounds) -> ResourceState:
    """The state with what somebody else has set since our last act taken for what is to be restored.

    Whatever they wrote, lower or higher, is what they want the resource to have without us. A side on which
    nothing is new since the last look, or that our last act may have left so, is not their writing.
    """
    if state.originals is None or not state.set_by_us:
        return state
    seen = state.observation.bounds if state.observation else None
    if found in state.set_by_us:
        # An act that is seen to have come to pass leaves nothing open: what stood before it is history.
        return state if found == seen else replace(state, set_by_us=(found,))
    last, theirs = state.set_by_us[-1], state.originals
    ours = {bounds for bounds in state.set_by_us if bounds in (last, seen)}
    least = theirs.minimum if found.minimum in {b.minimum for b in ours} else found.minimum
    most = theirs.maximum if found.maximum in {b.maximum for b in ours} else found.maximum
    act = next((bounds for bounds in state.set_by_us if bounds != seen), last)
    return replace(state, originals=Bounds(least, max(least, most)), set_by_us=(act, found))
