"""What every actuator keeps, whatever platform is behind it: bounds are set to a target, again and again.

An implementation joins by an entry in `ACTUATORS`: a function that gives it one resource, freshly made
with bounds 2 to 40 and its two units ready.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from advisor.actuation.actuator import Actuator
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds
from advisor.errors import ActuationError
from tests.support.builders import MINUTE, NOW, PODS, resource

Made = tuple[Actuator, str, timedelta]


def simulated() -> Made:
    """The actuator, the resource's name, and how long its units take."""
    return SimulatedActuator({PODS: resource()}), PODS, resource().lead_time


ACTUATORS: dict[str, Callable[[], Made]] = {"simulated": simulated}


@pytest.fixture(params=list(ACTUATORS))
def made(request: pytest.FixtureRequest) -> Made:
    return ACTUATORS[request.param]()


async def test_it_finds_the_resource_by_name_as_of_now(made):
    actuator, name, _ = made

    found = await actuator.observe(name, NOW)

    assert (found.resource, found.observed_at, found.bounds) == (name, NOW, Bounds(2, 40))
    assert (found.units, found.ready_units) == (2, 2)


async def test_bounds_read_back_as_they_were_set(made):
    actuator, name, _ = made
    for bounds in (Bounds(9, 40), Bounds(9, 20), Bounds(2, 40), Bounds(2, 2)):
        await actuator.set_bounds(name, bounds, NOW)
        assert (await actuator.observe(name, NOW)).bounds == bounds


async def test_setting_the_same_bounds_again_changes_nothing(made):
    actuator, name, lead_time = made
    await actuator.set_bounds(name, Bounds(9, 40), NOW)
    later = NOW + lead_time - MINUTE
    before = await actuator.observe(name, later)

    for _ in range(3):
        await actuator.set_bounds(name, Bounds(9, 40), later)

    assert await actuator.observe(name, later) == before
    assert (await actuator.observe(name, NOW + lead_time)).ready_units == 9


async def test_observing_changes_nothing(made):
    actuator, name, _ = made
    await actuator.set_bounds(name, Bounds(9, 40), NOW)

    assert await actuator.observe(name, NOW) == await actuator.observe(name, NOW)


async def test_a_floor_is_met_within_its_lead_time_and_never_more_is_ready_than_there(made):
    actuator, name, lead_time = made
    await actuator.set_bounds(name, Bounds(9, 40), NOW)

    for after in (timedelta(0), lead_time / 2, lead_time):
        found = await actuator.observe(name, NOW + after)
        assert found.ready_units <= found.units
        assert found.units >= 9 or after < lead_time
    assert found.ready_units >= 9


async def test_a_resource_that_does_not_exist_is_an_actuation_error_that_names_it(made):
    actuator, name, _ = made
    for call in (
        actuator.observe(f"{name}-gone", NOW),
        actuator.set_bounds(f"{name}-gone", Bounds(2, 40), NOW),
    ):
        with pytest.raises(ActuationError) as caught:
            await call
        assert caught.value.resource == f"{name}-gone"
        assert not caught.value.retryable
