"""A simulation makes of a resource's state what the executor makes of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from advisor.actuation.execute import execute, observe
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import after_observing, before_acting, change_to_make
from advisor.simulation.carrying_out import carry_out
from tests.support.builders import MINUTE, NOW, PODS, resource

FLOORS = (5, 5, 9, 3, None, 12, None)
"""What is due, every twenty minutes; None restores."""


def found_on(platform: SimulatedActuator, minute: int) -> Observation:
    return asyncio.run(platform.observe(PODS, NOW + minute * MINUTE))


def test_the_same_instructions_make_the_same_state_in_a_simulation_as_through_the_executor():
    """Look by look: originals, what was set and lowered, lead times, and when it last acted."""
    platforms = [SimulatedActuator({PODS: resource()}) for _ in range(2)]
    live, simulated = ResourceState(PODS), ResourceState(PODS)
    for minute in range(20 * len(FLOORS)):
        now, floor = NOW + minute * MINUTE, FLOORS[minute // 20]
        due = Instruction(PODS, floor or 2, 40, now, now + timedelta(hours=1), (), restore=floor is None)

        def set_bounds(
            bounds: Bounds, minute: int = minute, due: Instruction = due, before: ResourceState = simulated
        ) -> Observation:
            then = NOW + minute * MINUTE
            change = change_to_make(due, after_observing(before, found_on(platforms[1], minute), then), 0)
            assert change is not None
            assert change.target == bounds
            make = platforms[1].restore if due.restore else platforms[1].set_floor
            asyncio.run(make(PODS, change, then))
            return found_on(platforms[1], minute)

        live = asyncio.run(observe(platforms[0], live, now))
        simulated = after_observing(simulated, found_on(platforms[1], minute), now)
        if minute % 20 == 0:
            live = asyncio.run(execute(platforms[0], due, before_acting(due, live), now)).state
            simulated = carry_out(due, simulated, set_bounds, now)

        assert simulated == live

    assert [m.took_s for m in live.lead_times.measured if m.arrived] == [600.0]
    assert (len(live.lowered_at), live.originals) == (3, None)


def test_where_the_bounds_stand_already_nothing_is_set():
    """Neither is anything remembered of it."""
    platform = SimulatedActuator({PODS: resource()})
    looked = after_observing(ResourceState(PODS), found_on(platform, 0), NOW)
    due = Instruction(PODS, 2, 40, NOW, NOW + timedelta(hours=1), ())
    calls: list[Bounds] = []

    def set_bounds(bounds: Bounds) -> Observation:
        calls.append(bounds)
        return found_on(platform, 0)

    assert (carry_out(due, looked, set_bounds, NOW), calls) == (looked, [])
