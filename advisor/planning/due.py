"""What is due on a resource now, before the guardrails are asked?"""

from __future__ import annotations

from datetime import datetime

from advisor.domain.advice import Instruction, Recommendation
from advisor.domain.capacity import Armed
from advisor.domain.reason import Reason
from advisor.planning.rehearsals import rehearsed_floor
from advisor.planning.schedule import standing_at
from advisor.planning.situation import Situation
from advisor.planning.sizing import units_carrying


def due_now(
    situation: Situation, recommendation: Recommendation, armed: tuple[Armed, ...] | None
) -> Instruction | None:
    """What is to be set now; None where no campaign has a part in the floor and nothing of ours is left.

    Bounds that we never changed are other people's: without a campaign there is nothing to do to them.
    The floor goes down to its original first; the ceiling follows with the restore, a hold later.
    """
    if situation.resource.is_fixed:
        return None
    usual, rehearsed = _usual(situation, recommendation, armed), rehearsed_floor(situation)
    if rehearsed is None or (usual is not None and usual.floor >= rehearsed and not usual.restore):
        return usual
    return _rehearsing(situation, recommendation, rehearsed)


def _usual(
    situation: Situation, recommendation: Recommendation, armed: tuple[Armed, ...] | None
) -> Instruction | None:
    """What the plan asks for."""
    state = situation.state
    untouched = state.observation is not None and state.observation.bounds == state.originals
    if not situation.in_force and (state.originals is None or (untouched and armed)):
        return only_armed(situation, recommendation, armed)
    steps, now, minimum = recommendation.steps, situation.now, situation.resource.minimum
    floor = standing_at(steps, now, minimum)
    last = max((s.act_at for s in steps if s.act_at <= now), default=now)
    if not situation.in_force:  # what is still on its way down is not raised again
        floor = min(floor, max(situation.observed_floor, minimum))
    is_over = not situation.in_force and floor <= minimum
    return Instruction(
        resource=recommendation.resource,
        floor=floor,
        ceiling=situation.resource.maximum,
        planned_for=last,
        expires_at=recommendation.expires_at,
        reasons=recommendation.reasons,
        restore=is_over and _has_rested(situation, now) and _can_spare(situation),
        armed=armed,
    )


def _rehearsing(situation: Situation, recommendation: Recommendation, floor: int) -> Instruction:
    """The small step of a rehearsal: asked for like any other floor, and given back like any other."""
    return Instruction(
        resource=recommendation.resource,
        floor=floor,
        ceiling=situation.resource.maximum,
        planned_for=situation.now,
        expires_at=recommendation.expires_at,
        reasons=(Reason.REHEARSAL,),
    )


def only_armed(
    situation: Situation, recommendation: Recommendation, armed: tuple[Armed, ...] | None
) -> Instruction | None:
    """Bounds as they stand, with steps to come armed at the platform; None where nothing is to be armed."""
    observation = situation.state.observation
    if observation is None or armed is None or armed == observation.armed:
        return None
    return Instruction(
        resource=recommendation.resource,
        floor=observation.bounds.minimum,
        ceiling=observation.bounds.maximum,
        planned_for=situation.now,
        expires_at=recommendation.expires_at,
        reasons=recommendation.reasons,
        armed=armed,
    )


def taken_back(
    situation: Situation, recommendation: Recommendation, armed: tuple[Armed, ...] | None
) -> Instruction | None:
    """What is armed and should not be any more, while nothing else may be done; None where nothing is."""
    observation = situation.state.observation
    if observation is None or not observation.managed or observation.owner or armed is None:
        return None
    left = tuple(step for step in observation.armed or () if step in armed)
    return only_armed(situation, recommendation, left)


def left_of_raise(situation: Situation, due: Instruction | None, allowed: Instruction | None) -> int | None:
    """What is asked for of a raise that guardrails keep back, 0 if nothing; None where they keep nothing."""
    left = allowed.floor if allowed else 0
    return left if due and max(situation.observed_floor, left) < due.floor else None


def _has_rested(situation: Situation, now: datetime) -> bool:
    """Has the floor been back at its original for a hold, so that the ceiling can follow it down?"""
    originals, observation = situation.state.originals, situation.state.observation
    if originals is None or observation is None or observation.bounds.maximum == originals.maximum:
        return True
    if observation.bounds.minimum > max(originals.minimum, situation.resource.minimum):
        return False
    lowered = situation.state.lowered_at[-1:]
    return not lowered or now >= lowered[0] + situation.resource.ramp.hold


def _can_spare(situation: Situation) -> bool:
    """Does the original floor leave the units that are in use?

    It may lie below the policy's minimum, at a size that we would not ask for: people chose it.
    """
    originals, resource = situation.state.originals, situation.resource
    if originals is None or resource.reactive:
        return True
    return units_carrying(situation.in_use_rate_per_s, resource) <= originals.minimum
