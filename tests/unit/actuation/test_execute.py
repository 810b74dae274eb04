"""Carrying out an instruction sets bounds once, remembers the originals, and says what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from advisor.actuation.execute import execute, observe
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds, Observation, ResourceState
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.builders import MINUTE, NOW, PODS, at, resource, state

POLICY = resource()


class Counting:
    """A simulated platform that counts the calls it gets and fails when told to."""

    dry_run = True

    def __init__(self) -> None:
        self.inner = SimulatedActuator({PODS: POLICY})
        self.sets = 0
        self.failing = False

    async def observe(self, resource: str, now: datetime) -> Observation:
        self._fail(resource)
        return await self.inner.observe(resource, now)

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        self._fail(resource)
        self.sets += 1
        await self.inner.set_bounds(resource, bounds, now)

    def _fail(self, resource: str) -> None:
        if self.failing:
            raise ActuationError(resource, "the platform is away", retryable=True)


def instruction(floor: int, now: datetime = NOW) -> Instruction:
    return Instruction(PODS, floor, 40, now, now + timedelta(hours=1), ())


async def found(platform: Counting, now: datetime = NOW) -> ResourceState:
    return await observe(platform, state(), now)


async def test_an_instruction_sets_the_bounds_and_observes_them_again():
    platform = Counting()

    done = await execute(platform, instruction(9), await found(platform), POLICY, NOW)

    assert done.receipt is not None
    assert (done.receipt.reason, done.receipt.before_floor, done.receipt.after_floor) == (
        Reason.FLOOR_SET,
        2,
        9,
    )
    assert done.state.observation is not None
    assert done.state.observation.bounds == Bounds(9, 40)
    assert done.state.last_act_at == NOW


async def test_the_same_instruction_again_does_nothing():
    platform = Counting()
    once = await execute(platform, instruction(9), await found(platform), POLICY, NOW)

    twice = await execute(platform, instruction(9), once.state, POLICY, NOW + MINUTE)

    assert (twice.receipt, twice.state, platform.sets) == (None, once.state, 1)


async def test_without_an_observation_nothing_is_done():
    platform = Counting()

    done = await execute(platform, instruction(9), state(), POLICY, NOW)

    assert (done.receipt, done.state, platform.sets) == (None, state(), 0)


async def test_the_originals_are_kept_from_before_the_first_change_until_the_minimum_stands_again():
    platform = Counting()
    seen = await found(platform)
    originals = []
    for floor in (5, 9, 5, 2):
        seen = (await execute(platform, instruction(floor), seen, POLICY, NOW)).state
        originals.append(seen.originals)

    assert originals == [Bounds(2, 40)] * 3 + [None]


async def test_originals_are_cleared_where_the_minimum_is_found_restored_already():
    """We restored it and crashed before we wrote that down; or a person did."""
    platform = Counting()
    left = replace(await found(platform), originals=Bounds(2, 40))

    done = await execute(platform, instruction(2), left, POLICY, NOW)

    assert (done.receipt, done.state.originals, platform.sets) == (None, None, 0)


async def test_a_failure_is_a_receipt_and_the_next_try_succeeds():
    platform = Counting()
    seen = await found(platform)
    platform.failing = True

    failed = await execute(platform, instruction(9), seen, POLICY, NOW)

    assert failed.receipt is not None
    assert (failed.receipt.reason, failed.receipt.after_floor) == (Reason.ACT_FAILED, None)
    assert failed.receipt.detail == "the platform is away"
    assert failed.state == replace(seen, problems=("the platform is away",))
    platform.failing = False
    again = await execute(platform, instruction(9), failed.state, POLICY, NOW + MINUTE)
    assert again.receipt is not None
    assert again.receipt.reason is Reason.FLOOR_SET
    assert (again.state.originals, again.state.problems) == (Bounds(2, 40), ())


async def test_a_ceiling_below_the_floor_gives_way():
    platform = Counting()

    done = await execute(platform, replace(instruction(9), ceiling=4), await found(platform), POLICY, NOW)

    assert done.state.observation is not None
    assert done.state.observation.bounds == Bounds(9, 9)


async def test_an_observation_that_fails_leaves_the_last_one_standing():
    platform = Counting()
    seen = await found(platform)
    platform.failing = True

    blind = await observe(platform, seen, NOW + MINUTE)

    assert blind == replace(seen, problems=("the platform is away",))
    platform.failing = False
    assert (await observe(platform, blind, NOW + MINUTE)).problems == ()


async def test_an_observation_without_news_leaves_the_state_as_it_reads():
    platform = Counting()
    seen = await found(platform)

    assert await observe(platform, seen, at("09:00")) is seen
