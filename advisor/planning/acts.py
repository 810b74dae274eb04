"""What does carrying out an instruction make of a resource: of its bounds, and of what is remembered of it?

The same functions live and in every simulation: :func:`before_acting`, then the call that makes
:func:`change_to_make`, then :func:`after_acting`, and :func:`after_observing` at every look.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from advisor.domain.advice import Instruction
from advisor.domain.capacity import Armed, Bounds, Observation
from advisor.domain.change import Change
from advisor.domain.resource_state import ResourceState
from advisor.planning.clobbers import calmed, clobbered, made_anew
from advisor.planning.lead_times import follow
from advisor.planning.refusals import taken

LOWERED_KEPT = timedelta(days=1)
"""As long as platforms that count lowerings count them."""

A_MOMENT = timedelta(minutes=1)
"""Within which the platform's clock and ours agree, but for what is known of it."""


def target_bounds(instruction: Instruction, originals: Bounds) -> Bounds:
    """The bounds to set: the originals again, or the instruction's, never below the originals.

    A floor or a ceiling that people had set higher before our first change is theirs to lower.
    """
    if instruction.restore:
        return originals
    return bounds_for(instruction.floor, instruction.ceiling, originals)


def bounds_for(floor: int, ceiling: int, originals: Bounds) -> Bounds:
    """The bounds that a floor and a ceiling of ours make, never below what people had set before us."""
    floor = max(floor, originals.minimum)
    return Bounds(floor, max(floor, ceiling, originals.maximum))


def bounds_to_set(instruction: Instruction, state: ResourceState) -> Bounds | None:
    """Which bounds does an instruction ask for? None where they stand already, or nobody has looked yet."""
    if state.observation is None:
        return None
    found = state.observation.bounds
    target = target_bounds(instruction, state.originals or state.observation.originals or found)
    return None if target == found else target


def change_to_make(instruction: Instruction, state: ResourceState, epoch: int) -> Change | None:
    """The call that carries an instruction out; None where what it asks for stands, or nobody has looked yet.

    Bounds that are back at their originals are still restored while marks of ours are on the resource.
    """
    observation = state.observation
    if observation is None:
        return None
    found, armed = observation.bounds, arms(instruction, observation)
    originals = state.originals or observation.originals or found
    target = target_bounds(instruction, originals)
    is_marked = observation.originals is not None or bool(observation.armed)
    if target == found and armed is None and not (instruction.restore and is_marked):
        return None
    return Change(
        instruction.resource,
        found,
        target,
        originals,
        instruction.planned_for,
        epoch,
        armed,
        seen_epoch=observation.epoch,
    )


def arms(instruction: Instruction, observation: Observation) -> tuple[Armed, ...] | None:
    """What the platform is to carry out by itself instead of what it has armed; None where that is right."""
    if instruction.restore or instruction.armed == observation.armed or observation.armed is None:
        return None
    return instruction.armed


def lowers(instruction: Instruction, state: ResourceState) -> bool:
    """Does carrying it out take anything away: a minimum, a maximum?"""
    target = bounds_to_set(instruction, state)
    if target is None or state.observation is None:
        return False
    found = state.observation.bounds
    return target.minimum < found.minimum or target.maximum < found.maximum


def before_acting(instruction: Instruction, state: ResourceState) -> ResourceState:
    """The state to write down before an instruction is carried out: with the bounds from before and after.

    A process that dies between the act and its record must leave behind what to restore, and what was its
    own doing. What stands stays known as ours however many acts are refused.
    """
    change = change_to_make(instruction, state, epoch=0)
    if change is None:
        return state
    found = change.found
    if change.target == found:  # it is only armed: what stands is what comes back
        return replace(state, originals=change.originals, set_by_us=state.set_by_us or (found,))
    ours = (found,) if found in state.set_by_us else state.set_by_us[-1:]
    return replace(state, originals=change.originals, set_by_us=(*ours, change.target))


def after_acting(
    instruction: Instruction, state: ResourceState, now: datetime, epoch: int = 0
) -> ResourceState:
    """The state once the bounds of an instruction stand, whether we had to set them at `now` or not.

    `state` is from before the call, and so is its observation. The bounds from before the first change are
    kept until they are restored, exactly as they were. A raise is awaited from now on.
    """
    target, before = bounds_to_set(instruction, state), state.observation
    if target is None or before is None:
        # Whoever restored it, perhaps we ourselves just before a crash: nothing is left to be restored.
        is_over = before is not None and instruction.restore
        return replace(forgotten(state), refused=None) if is_over else taken(state)
    lowered = (now,) if target.minimum < before.bounds.minimum else ()
    done = replace(
        state,
        originals=state.originals or before.originals or before.bounds,
        observation=replace(before, bounds=target),  # what is found otherwise, somebody set since
        last_act_at=instruction.planned_for,
        set_by_us=(target,),
        lowered_at=tuple(at for at in state.lowered_at if at > now - LOWERED_KEPT) + lowered,
        lead_times=follow(state.lead_times, asked=(target.minimum, now), observation=before, now=now),
        refused=None,
        epoch=epoch,
    )
    return forgotten(done) if instruction.restore else done


def forgotten(state: ResourceState) -> ResourceState:
    """The state of a resource on which nothing of ours is left, and over which nobody fights any more."""
    return replace(state, originals=None, set_by_us=(), clobbers=())


def after_observing(state: ResourceState, found: Observation, now: datetime) -> ResourceState:
    """The state with what was found, and with the lead times of what has become ready.

    Where nothing is new it is the very same object, so that nothing is written down again.
    """
    known, times = state.observation, follow(state.lead_times, asked=None, observation=found, now=now)
    if known and replace(known, observed_at=now) == found and not state.problems:
        calm = calmed(state, now)
        return calm if times == calm.lead_times else replace(calm, lead_times=times)
    known_as = with_others_writes(_as_it_is_now(state, found), found)
    return replace(calmed(known_as, now), observation=found, problems=(), blind_since=None, lead_times=times)


def _as_it_is_now(state: ResourceState, found: Observation) -> ResourceState:
    """The state of the resource that stands there, which may not be the one that was seen last.

    One that was made anew under the same name was never changed by us, whatever we did to the other.
    Originals written on it count where none are remembered: the log was lost, or we died before we wrote it.
    """
    known = state.observation
    if known and known.identity and found.identity and known.identity != found.identity:
        stood = state.set_by_us[-1:] if state.originals is not None else ()
        state = made_anew(forgotten(state), state.clobbers, *stood, found=found)
    if state.originals is None and found.originals is not None:
        return replace(state, originals=found.originals, set_by_us=(found.bounds,))
    return state


def is_ours_after_all(state: ResourceState, looked: Observation) -> bool:
    """Do bounds stand that we do not remember to have set, and nobody else but us would have?

    A step that the platform carried out for us, a call that took effect after we had given it up, or a step
    of the agreed plan that was made while Kafka was away, or by the decider before us with its last breath:
    the resource bears our mark still.
    """
    found, seen = looked.bounds, state.observation
    by = looked.observed_at + A_MOMENT + max(looked.clock_ahead, timedelta(0))
    if state.refused is not None and found == state.refused.target:
        return True
    if seen is not None and found in _made_by(seen, by):
        return True
    if looked.originals is None or looked.originals != state.originals:
        return False
    most = max(bounds.minimum for bounds in state.set_by_us)
    if found.minimum <= most:  # no more than we know of: somebody took it back
        return False
    due = (step for step in state.plan if step.act_at <= by)
    return any(found == bounds_for(step.floor, step.ceiling, looked.originals) for step in due)


def _made_by(seen: Observation, by: datetime) -> frozenset[Bounds]:
    """The bounds that the steps which we armed make, by this time, of what was seen."""
    made, bounds = [], seen.bounds
    for step in seen.armed or ():
        if step.at <= by:
            bounds = Bounds(step.floor, max(step.floor, step.ceiling or bounds.maximum))
            made.append(bounds)
    return frozenset(made)


def with_others_writes(state: ResourceState, looked: Observation) -> ResourceState:
    """The state with what somebody else has set since our last act taken for what is to be restored.

    Whatever they wrote, lower or higher, is what they want the resource to have without us. A side on which
    nothing is new since the last look, or that our last act may have left so, is not their writing.
    """
    if state.originals is None or not state.set_by_us:
        return state
    found = looked.bounds
    seen = state.observation.bounds if state.observation else None
    if is_ours_after_all(state, looked):
        return replace(state, set_by_us=(found,))
    if found in state.set_by_us:
        # An act that is seen to have come to pass leaves nothing open: what stood before it is history.
        return state if found == seen else replace(state, set_by_us=(found,))
    last, theirs = state.set_by_us[-1], state.originals
    ours = {bounds for bounds in state.set_by_us if bounds in (last, seen)}
    least = theirs.minimum if found.minimum in {b.minimum for b in ours} else found.minimum
    most = theirs.maximum if found.maximum in {b.maximum for b in ours} else found.maximum
    act = next((bounds for bounds in state.set_by_us if bounds != seen), last)
    theirs_now = replace(state, originals=Bounds(least, max(least, most)), set_by_us=(act, found))
    if act == theirs:  # nothing was raised yet: what they set is what stands before us
        return replace(theirs_now, set_by_us=(found,))
    return clobbered(theirs_now, act, looked)
