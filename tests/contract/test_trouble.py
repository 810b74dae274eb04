"""What every actuator promises, and does where its platform is in trouble or somebody else is faster."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from advisor.domain.capacity import Bounds
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.actuator_case import RAISED, raised

MOST_REQUESTS = 5

WORDS = {
    401: Reason.CREDENTIALS_EXPIRED,
    403: Reason.ACT_FORBIDDEN,
    422: Reason.ACT_REFUSED,
    429: Reason.ACT_THROTTLED,
    500: Reason.PLATFORM_UNREACHABLE,
    503: Reason.PLATFORM_UNREACHABLE,
}
MAY_PASS = (Reason.ACT_THROTTLED, Reason.PLATFORM_UNREACHABLE)
FOR_GOOD = (Reason.ACT_FORBIDDEN, Reason.ACT_REFUSED)


async def test_it_says_of_itself_whether_it_is_real_and_how_long_a_call_can_take(case):
    """What is real takes time; nothing that is begun may take effect later than it says."""
    actuator = case.actuator

    assert isinstance(actuator.dry_run, bool)
    assert isinstance(actuator.slowest_call, timedelta)
    assert actuator.dry_run or actuator.slowest_call > timedelta(0)


async def test_a_platform_that_cannot_be_reached_is_an_actuation_error_that_may_pass(case):
    """By its name, whichever call it befalls, and nothing else comes out."""
    if case.cut_off is None:
        assert case.actuator.dry_run, "what is real can be out of reach: say how"
        return
    actuator, change, now = case.actuator, case.change(Bounds(9, 40)), case.now()
    case.cut_off()

    for call in (
        actuator.observe(case.name, now),
        actuator.verify(case.name, 9, now),
        actuator.preflight(case.name, Bounds(9, 40), now),
        actuator.set_floor(case.name, change, now),
        actuator.restore(case.name, change, now),
    ):
        with pytest.raises(ActuationError) as caught:
            await call
        assert (caught.value.resource, caught.value.retryable) == (case.name, True)
        assert caught.value.reason in (Reason.PLATFORM_UNREACHABLE, Reason.ACT_TIMED_OUT)


@pytest.mark.parametrize(("status", "reason"), WORDS.items(), ids=str)
async def test_what_a_platform_says_is_told_by_its_reason(answering, status, reason):
    """And whether it may pass by itself."""
    case = answering
    case.answers(status)

    with pytest.raises(ActuationError) as caught:
        await case.actuator.observe(case.name, case.now())

    assert caught.value.reason is reason
    assert caught.value.retryable or reason not in MAY_PASS
    assert not caught.value.retryable or reason not in FOR_GOOD


@pytest.mark.parametrize("number", range(1, MOST_REQUESTS))
@pytest.mark.parametrize("target", [Bounds(10, 40), Bounds(2, 40)], ids=["raise", "restore"])
async def test_what_somebody_writes_in_the_middle_of_a_call_is_never_written_over(comparing, target, number):
    """Between a look and its write there is time for others: the platform compares, and is asked to."""
    case, wrote = comparing, []
    await raised(case)
    call = case.actuator.restore if target == Bounds(2, 40) else case.actuator.set_floor
    case.at_request(number, lambda: wrote.append(case.writes(Bounds(12, 40))))

    conflict = None
    try:
        await call(case.name, case.change(target, RAISED), case.now())
    except ActuationError as error:
        conflict = error
    case.at_request(0, None)

    found = await case.actuator.observe(case.name, case.now())
    assert found.bounds.minimum == (12 if wrote else target.minimum)
    assert conflict is None or (conflict.reason, conflict.retryable) == (Reason.ACT_CONFLICT, True)
    assert wrote or number > 1, "the call made no request at all"


async def test_who_wakes_up_late_takes_nothing_back_that_the_next_decider_has_set_again(telling):
    """The bounds are those that it knew, the epoch is another."""
    case = telling
    await raised(case)
    seen = await case.actuator.observe(case.name, case.now())
    if seen.epoch is None and case.name.startswith("own://"):
        pytest.skip("this resource bears no epoch")
    late = replace(case.change(Bounds(2, 40), RAISED), seen_epoch=seen.epoch)
    for floor in (10, 9):
        stands = await case.actuator.observe(case.name, case.now())
        change = case.change(Bounds(floor, 40), stands.bounds)
        await case.actuator.set_floor(
            case.name, replace(change, epoch=9, seen_epoch=stands.epoch), case.now()
        )
        case.pass_time(case.lead_time)

    with pytest.raises(ActuationError) as caught:
        await case.actuator.restore(case.name, late, case.now())

    found = await case.actuator.observe(case.name, case.now())
    assert caught.value.reason is Reason.ACT_CONFLICT
    assert (found.bounds.minimum, found.epoch) == (9 if case.lowers else 10, 9)
    assert found.originals == Bounds(2, 40)
