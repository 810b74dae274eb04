"""Simulated units are ready a lead time after they were asked for, and gone at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds
from advisor.domain.evidence import Awaited
from advisor.errors import ActuationError
from tests.support.builders import MINUTE, NOW, PODS, observed, resource

LEAD = resource().lead_time
SECOND = timedelta(seconds=1)


@pytest.fixture
def platform() -> SimulatedActuator:
    return SimulatedActuator({PODS: resource()})


async def ready(platform: SimulatedActuator, after: timedelta) -> int:
    return (await platform.observe(PODS, NOW + after)).ready_units


async def test_it_begins_with_the_minimum_ready_and_is_always_a_dry_run(platform):
    found = await platform.observe(PODS, NOW)

    assert (found.bounds, found.units, found.ready_units) == (Bounds(2, 40), 2, 2)
    assert platform.dry_run


async def test_a_raise_is_there_at_once_and_ready_a_lead_time_later(platform):
    await platform.set_bounds(PODS, Bounds(9, 40), NOW)

    assert (await platform.observe(PODS, NOW)).units == 9
    assert await ready(platform, LEAD - SECOND) == 2
    assert await ready(platform, LEAD) == 9


async def test_asking_again_for_the_same_does_not_start_the_wait_again(platform):
    await platform.set_bounds(PODS, Bounds(9, 40), NOW)
    await platform.set_bounds(PODS, Bounds(9, 40), NOW + 5 * MINUTE)

    assert await ready(platform, LEAD) == 9


async def test_each_raise_has_a_lead_time_of_its_own(platform):
    await platform.set_bounds(PODS, Bounds(5, 40), NOW)
    await platform.set_bounds(PODS, Bounds(9, 40), NOW + MINUTE)

    assert [await ready(platform, after) for after in (LEAD, LEAD + MINUTE)] == [5, 9]


async def test_a_lowering_holds_at_once_and_calls_off_what_is_under_way(platform):
    await platform.set_bounds(PODS, Bounds(9, 40), NOW)
    await platform.set_bounds(PODS, Bounds(2, 40), NOW + MINUTE)

    assert await ready(platform, 2 * LEAD) == 2
    assert (await platform.observe(PODS, NOW + 2 * LEAD)).units == 2


async def test_asking_for_less_than_is_under_way_gets_the_less(platform):
    await platform.set_bounds(PODS, Bounds(9, 40), NOW)
    await platform.set_bounds(PODS, Bounds(5, 40), NOW + MINUTE)

    assert await ready(platform, 2 * LEAD) == 5


async def test_another_worker_goes_on_where_this_one_was_last_observed():
    heir = SimulatedActuator({PODS: resource()})
    heir.resume(observed(floor=9, ready=4))
    heir.resume(observed("sim://gone", floor=9))

    found = await heir.observe(PODS, NOW)

    assert (found.bounds, found.units, found.ready_units) == (Bounds(9, 40), 9, 4)
    assert await ready(heir, LEAD) == 9


async def test_raises_that_were_awaited_become_ready_with_another_worker_when_they_would_have():
    heir = SimulatedActuator({PODS: resource()})
    heir.resume(observed(floor=9, ready=2), [Awaited(NOW - 2 * MINUTE, 5), Awaited(NOW - MINUTE, 9)])

    assert [await ready(heir, LEAD - m * MINUTE) for m in (3, 2, 1)] == [2, 5, 9]


async def test_lead_times_may_be_those_of_the_call():
    """Each call takes as many minutes as its own minute says."""
    varied = SimulatedActuator({PODS: resource()}, lambda _, asked_at: (1 + asked_at.minute) * MINUTE)
    await varied.set_bounds(PODS, Bounds(5, 40), NOW)
    await varied.set_bounds(PODS, Bounds(9, 40), NOW + 3 * MINUTE)

    assert [await ready(varied, m * MINUTE) for m in (1, 6, 7)] == [5, 5, 9]


async def test_a_resource_nobody_named_is_an_error_that_trying_again_does_not_mend(platform):
    with pytest.raises(ActuationError, match=r"sim://other: no such simulated resource") as caught:
        await platform.observe("sim://other", NOW)

    assert not caught.value.retryable
