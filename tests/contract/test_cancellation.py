"""A call that is cut short at any of its steps does no harm, and the next call sets right what it left."""

from __future__ import annotations

import pytest

from advisor.domain.capacity import Bounds
from tests.support.actuator_case import given_back, raised

MOST_STEPS = 11


@pytest.mark.parametrize("step", range(1, MOST_STEPS))
async def test_a_call_cancelled_at_any_step_is_set_right_by_the_next(one_of_each, step):
    """Between the two stands what stood before or what was asked for, and never without the originals."""
    case = one_of_each
    await case.interrupt(case.actuator.set_floor(case.name, case.change(Bounds(9, 45)), case.now()), step)

    found = await case.actuator.observe(case.name, case.now())
    assert found.bounds.minimum in (2, 9)
    assert found.bounds.minimum == 2 or found.originals == Bounds(2, 40)
    again = case.change(Bounds(9, 45), found.bounds)
    await case.actuator.set_floor(case.name, again, case.now())
    found = await case.actuator.observe(case.name, case.now())
    assert (found.bounds.minimum, found.originals) == (9, Bounds(2, 40))


@pytest.mark.parametrize("step", range(1, MOST_STEPS))
async def test_a_restore_cancelled_at_any_step_is_set_right_by_the_next(one_of_each, step):
    case = one_of_each
    await raised(case)
    await case.interrupt(
        case.actuator.restore(case.name, case.change(Bounds(2, 40), Bounds(9, 40)), case.now()), step
    )

    found = await case.actuator.observe(case.name, case.now())
    assert found.bounds.minimum == 2 or found.originals == Bounds(2, 40) or not case.lowers
    await given_back(case)
    found = await case.actuator.observe(case.name, case.now())
    assert (found.bounds, found.originals) == (
        (Bounds(2, 40), None) if case.lowers else (Bounds(9, 40), None)
    )
