"""Whoever dies between any two steps of an act, whoever comes after ends where nobody had died.

A decider remembers what the log has: what was written before the act, or nothing if the log was lost too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from advisor.actuation.execute import attempt, execute, observe
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import before_acting, change_to_make
from tests.support.actuator_case import ActuatorCase

MOST_STEPS = 12
ATTEMPTS = 6


def raising(case: ActuatorCase) -> Instruction:
    """Nine units are due."""
    now = case.now()
    return Instruction(case.name, 9, 40, now, now + timedelta(hours=1), ())


def restoring(case: ActuatorCase) -> Instruction:
    """No campaign has a part in the floor any more."""
    return replace(raising(case), floor=2, restore=True)


async def dies(case: ActuatorCase, due: Instruction, known: ResourceState, step: int) -> ResourceState:
    """A decider that is cut off at a step of its act; what it had written down before."""
    seen = await observe(case.actuator, known, case.now())
    written, change = before_acting(due, seen), change_to_make(due, seen, epoch=1)
    assert change is not None
    assert seen.observation is not None
    call = attempt(case.actuator, due, change, seen.observation, lambda _: True, case.now())
    await case.interrupt(call, step)
    return written


async def carried_out(case: ActuatorCase, due: Instruction, known: ResourceState) -> ResourceState:
    """A decider that lives: it looks, acts, and looks again, until nothing is left to do."""
    for _ in range(ATTEMPTS):
        known = await observe(case.actuator, known, case.now())
        known = before_acting(due, known)
        done = await execute(case.actuator, due, known, case.now(), epoch=2)
        known = done.state
        case.pass_time(case.lead_time)
        known = await observe(case.actuator, known, case.now())
        if change_to_make(due, known, epoch=2) is None:
            return known
    raise AssertionError(f"not carried out after {ATTEMPTS} attempts: {known}")


def remembered(case: ActuatorCase, written: ResourceState, *, log_lost: bool) -> ResourceState:
    """What a successor knows."""
    return ResourceState(case.name) if log_lost else written


@pytest.mark.parametrize("log_lost", [False, True], ids=["log-kept", "log-lost"])
@pytest.mark.parametrize("step", range(1, MOST_STEPS))
async def test_a_raise_is_finished_and_the_originals_come_back(mortal, step, log_lost):
    case = mortal
    written = await dies(case, raising(case), ResourceState(case.name), step)

    known = await carried_out(case, raising(case), remembered(case, written, log_lost=log_lost))

    assert known.observation is not None
    assert known.observation.bounds.minimum == 9
    assert (known.originals, known.observation.originals) == (Bounds(2, 40), Bounds(2, 40))
    known = await carried_out(case, restoring(case), known)
    assert known.observation is not None
    assert known.observation.originals is None
    assert known.observation.bounds == (Bounds(2, 40) if case.lowers else Bounds(9, 40))


@pytest.mark.parametrize("log_lost", [False, True], ids=["log-kept", "log-lost"])
@pytest.mark.parametrize("step", range(1, MOST_STEPS))
async def test_a_restore_is_finished(mortal, step, log_lost):
    """Nothing of ours is left on the resource, and nobody takes the raised floor for what it was before."""
    case = mortal
    raised = await carried_out(case, raising(case), ResourceState(case.name))
    written = await dies(case, restoring(case), raised, step)

    known = remembered(case, written, log_lost=log_lost)
    known = await carried_out(case, restoring(case), known)

    assert known.observation is not None
    assert (known.originals, known.observation.originals) == (None, None)
    assert known.observation.bounds == (Bounds(2, 40) if case.lowers else Bounds(9, 40))
