"""Carrying out an instruction sets bounds once, remembers the originals, and says what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from advisor.actuation.execute import attempt, execute, observe, settled
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.change import Carried, Change, Done
from advisor.domain.evidence import Awaited, LeadTime, LeadTimes
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError
from advisor.planning.acts import before_acting, change_to_make
from tests.support.builders import MINUTE, NOW, PODS, at, resource, state

POLICY = resource()


class Counting(SimulatedActuator):
    """A simulated platform that counts the bounds set by us, and fails when told to."""

    def __init__(self) -> None:
        super().__init__({PODS: POLICY})
        self.sets = 0
        self.failing = False
        self.refusing = False

    async def observe(self, resource: str, now: datetime) -> Observation:
        self._fail(resource)
        return await super().observe(resource, now)

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        self._fail(resource)
        self.sets += 1
        await super().set_bounds(resource, bounds, now)

    async def written_by_others(self, bounds: Bounds, now: datetime = NOW) -> None:
        await super().set_bounds(PODS, bounds, now)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        if self.refusing:
            raise ActuationError(resource, "quota exceeded", retryable=True)
        return await super().set_floor(resource, change, now)

    def _fail(self, resource: str) -> None:
        if self.failing:
            raise ActuationError(resource, "the platform is away", retryable=True)


def instruction(floor: int, now: datetime = NOW) -> Instruction:
    return Instruction(PODS, floor, 40, now, now + timedelta(hours=1), ())


def restoring(now: datetime = NOW) -> Instruction:
    """No campaign has a part in the bounds any more; the figures are the policy's, not the originals."""
    return replace(instruction(2, now), restore=True)


async def found(platform: Counting, now: datetime = NOW) -> ResourceState:
    return await observe(platform, state(lead_times=LeadTimes()), now)


async def test_an_instruction_sets_the_bounds_and_observes_them_again():
    platform = Counting()

    done = await execute(platform, instruction(9), await found(platform), NOW)

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
    once = await execute(platform, instruction(9), await found(platform), NOW)

    twice = await execute(platform, instruction(9), once.state, NOW + MINUTE)

    assert (twice.receipt, twice.state, platform.sets) == (None, once.state, 1)


async def test_without_an_observation_nothing_is_done():
    platform = Counting()

    done = await execute(platform, instruction(9), state(), NOW)

    assert (done.receipt, done.state, platform.sets) == (None, state(), 0)


async def test_the_originals_are_kept_from_before_the_first_change_until_they_are_restored():
    platform = Counting()
    seen = await found(platform)
    originals = []
    for told in (instruction(5), instruction(9), instruction(2), restoring()):
        seen = (await execute(platform, told, seen, NOW)).state
        originals.append(seen.originals)

    assert originals == [Bounds(2, 40)] * 3 + [None]


@pytest.mark.parametrize(
    "people_set", [Bounds(1, 30), Bounds(0, 100), Bounds(7, 40), Bounds(9, 9), Bounds(60, 90)], ids=str
)
async def test_bounds_that_people_set_come_back_exactly_and_are_never_narrowed_meanwhile(people_set):
    platform = Counting()
    await platform.written_by_others(people_set)
    seen = await found(platform)
    during = []
    for told in (instruction(5), instruction(30), instruction(3), restoring()):
        seen = (await execute(platform, told, seen, NOW)).state
        assert seen.observation is not None
        during.append(seen.observation.bounds)

    assert [b.minimum for b in during[:-1]] == [max(floor, people_set.minimum) for floor in (5, 30, 3)]
    assert all(b.maximum >= people_set.maximum for b in during)
    assert during[-1] == people_set
    assert seen.originals is None


async def test_bounds_that_we_never_changed_are_not_restored_to_anything():
    platform = Counting()
    await platform.written_by_others(Bounds(9, 50))
    platform.sets = 0

    done = await execute(platform, restoring(), await found(platform), NOW)

    assert (done.receipt, done.state.originals, platform.sets) == (None, None, 0)


async def test_a_restoring_that_fails_is_tried_again_with_the_same_originals():
    platform = Counting()
    raised = (await execute(platform, instruction(9), await found(platform), NOW)).state
    platform.failing = True

    failed = await execute(platform, restoring(), raised, NOW)

    assert failed.state.originals == Bounds(2, 40)
    platform.failing = False
    again = await execute(platform, restoring(), failed.state, NOW + MINUTE)
    assert again.state.observation is not None
    assert (again.state.observation.bounds, again.state.originals) == (Bounds(2, 40), None)


async def test_originals_are_forgotten_where_they_are_found_restored_already():
    """We restored it and crashed before we wrote that down; or a person did."""
    platform = Counting()
    left = replace(await found(platform), originals=Bounds(2, 40))

    done = await execute(platform, restoring(), left, NOW)

    assert (done.receipt, done.state.originals, platform.sets) == (None, None, 0)


async def test_nothing_is_asked_for_while_nobody_can_look():
    platform = Counting()
    seen = await found(platform)
    platform.failing = True

    blind = await execute(platform, instruction(9), seen, NOW)

    assert (blind.receipt, platform.sets, blind.state.problems) == (None, 0, ("the platform is away",))


async def test_what_somebody_wrote_since_the_decision_is_seen_and_nothing_is_set():
    platform = Counting()
    seen = await found(platform)
    await platform.written_by_others(Bounds(6, 50))

    late = await execute(platform, instruction(9), seen, NOW)

    assert (late.receipt, platform.sets) == (None, 0)
    assert late.state.observation is not None
    assert late.state.observation.bounds == Bounds(6, 50)


async def test_what_the_guardrails_no_longer_allow_is_not_done():
    platform = Counting()
    seen = await found(platform)
    change = change_to_make(instruction(9), seen, 1)
    assert change is not None
    assert seen.observation is not None

    made = await attempt(platform, instruction(9), change, seen.observation, lambda _: False, NOW)

    assert (made.outcome, platform.sets, settled(made, seen, NOW).receipt) == (None, 0, None)


async def test_a_refusal_said_again_is_no_news():
    platform = Counting()
    platform.refusing = True

    first = await execute(platform, instruction(9), await found(platform), NOW)
    second = await execute(platform, instruction(9), first.state, NOW + MINUTE)
    other = await execute(platform, instruction(12), second.state, NOW + MINUTE)

    assert [done.is_news for done in (first, second, other)] == [True, False, True]
    assert second.state.refused is not None
    assert (second.state.refused.times, second.state.refused.since) == (2, NOW)


async def test_a_failure_is_a_receipt_and_the_next_try_succeeds():
    platform = Counting()
    seen = await found(platform)
    platform.refusing = True

    failed = await execute(platform, instruction(9), seen, NOW)

    assert failed.receipt is not None
    assert (failed.receipt.reason, failed.receipt.after_floor) == (Reason.ACT_FAILED, None)
    assert failed.receipt.detail == "quota exceeded"
    assert failed.state.refused is not None
    assert failed.state == replace(seen, refused=failed.state.refused)
    assert (failed.state.refused.detail, failed.state.refused.again_at) == ("quota exceeded", NOW)
    platform.refusing = False
    again = await execute(platform, instruction(9), failed.state, NOW + MINUTE)
    assert again.receipt is not None
    assert again.receipt.reason is Reason.FLOOR_SET
    assert (again.state.originals, again.state.problems) == (Bounds(2, 40), ())


async def test_a_part_of_a_restore_forgets_nothing_and_the_rest_is_asked_for_again_ever_later():
    """The originals are those of the next attempt, and of the next campaign."""

    class Keeping(Counting):
        async def restore(self, resource: str, change: Change, now: datetime) -> Done:
            await self.written_by_others(Bounds(change.target.minimum, 40), now)
            return Done(Carried.PARTLY, "maximum stays 40: 12 are desired")

    platform = Keeping()
    await platform.written_by_others(Bounds(2, 10))
    raised = (await execute(platform, instruction(9), await found(platform), NOW)).state

    partly = await execute(platform, restoring(), raised, NOW)
    again = await execute(platform, restoring(), partly.state, NOW + MINUTE)

    assert partly.receipt is not None
    assert (partly.receipt.reason, partly.is_news, again.is_news) == (Reason.ACT_PARTLY_DONE, True, False)
    assert again.state.originals == Bounds(2, 10)
    assert again.state.refused is not None
    assert again.state.refused.again_at == NOW + 3 * MINUTE


async def test_an_actuator_that_breaks_its_word_is_told_as_trouble_of_its_resource():
    """Nothing else is held up by it."""

    class Broken(Counting):
        async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
            raise KeyError("min")

    platform = Broken()

    done = await execute(platform, instruction(9), await found(platform), NOW)

    assert done.receipt is not None
    assert (done.receipt.reason, done.receipt.detail) == (
        Reason.ACT_FAILED,
        "its actuator failed: KeyError: 'min'",
    )


async def test_a_ceiling_below_the_floor_gives_way():
    platform = Counting()
    await platform.written_by_others(Bounds(2, 4))

    done = await execute(platform, replace(instruction(9), ceiling=4), await found(platform), NOW)

    assert done.state.observation is not None
    assert done.state.observation.bounds == Bounds(9, 9)


async def test_an_observation_that_fails_leaves_the_last_one_standing():
    platform = Counting()
    seen = await found(platform)
    platform.failing = True

    blind = await observe(platform, seen, NOW + MINUTE)
    still = await observe(platform, blind, NOW + 2 * MINUTE)

    assert blind == still == replace(seen, problems=("the platform is away",), blind_since=NOW + MINUTE)
    platform.failing = False
    again = await observe(platform, still, NOW + 3 * MINUTE)
    assert (again.problems, again.blind_since) == ((), None)


async def test_an_observation_without_news_leaves_the_state_as_it_reads():
    platform = Counting()
    seen = await found(platform)

    assert await observe(platform, seen, at("09:00")) is seen


async def test_the_originals_are_known_before_the_first_act_so_that_a_crash_cannot_lose_them():
    """Written down before the bounds are set; the worker that takes over restores them exactly."""
    platform = Counting()
    written = before_acting(instruction(8), await found(platform))
    originals = Bounds(POLICY.minimum, POLICY.maximum)
    assert written.originals == originals

    await execute(platform, instruction(8), written, NOW)  # and then dies, before it can write down the rest
    later = NOW + 30 * MINUTE
    taken_over = await observe(platform, written, later)
    done = await execute(platform, restoring(later), taken_over, later)

    assert done.state.observation.bounds == originals
    assert done.state.originals is None


async def test_nothing_is_written_down_before_an_instruction_that_changes_nothing():
    platform = Counting()
    as_it_stands = await found(platform)

    assert before_acting(instruction(2), as_it_stands) == as_it_stands


async def test_a_raise_is_awaited_from_the_call_and_measured_when_its_units_are_found_ready():
    platform = Counting()
    asked = (await execute(platform, instruction(9), await found(platform), NOW)).state
    assert asked.lead_times.awaited == (Awaited(NOW, 9),)

    for minute in range(1, 13):
        asked = await observe(platform, asked, NOW + minute * MINUTE)

    assert asked.lead_times.measured == (LeadTime(NOW, 9, POLICY.lead_time.total_seconds()),)
    assert asked.lead_times.awaited == ()


async def test_a_raise_that_the_platform_refused_is_not_awaited():
    platform = Counting()
    seen = await found(platform)
    platform.failing = True

    failed = await execute(platform, instruction(9), seen, NOW)

    assert failed.state.lead_times == seen.lead_times


async def test_a_restore_calls_off_what_is_awaited():
    platform = Counting()
    raised = (await execute(platform, instruction(9), await found(platform), NOW)).state

    restored = (await execute(platform, restoring(), raised, NOW + MINUTE)).state

    assert restored.lead_times.awaited == ()
    assert [(m.took_s, m.arrived) for m in restored.lead_times.measured] == [(60.0, False)]
