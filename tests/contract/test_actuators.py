"""What every actuator keeps, whatever platform is behind it: bounds are set to a target, again and again.

An implementation joins by an entry in tests/contract/cases.py, a kind of Kubernetes in tests/kube/cases.py.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Carried
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.actuator_case import given_back, raised
from tests.support.builders import HOUR, MINUTE


async def test_it_finds_the_resource_by_name_as_of_now(case):
    found = await case.actuator.observe(case.name, case.now())

    assert (found.resource, found.observed_at, found.bounds) == (case.name, case.now(), Bounds(2, 40))
    assert (found.units, found.ready_units, found.waiting_for) == (2, 2, ())
    assert (found.owner, found.managed, found.originals) == ("", True, None)


async def test_bounds_read_back_as_they_were_set(case):
    """The maximum with the minimum, upwards and downwards, as far as the platform has them."""
    before = Bounds(2, 40)
    for bounds in (Bounds(5, 40), Bounds(9, 60), Bounds(9, 40), *([Bounds(3, 40)] if case.lowers else [])):
        await case.actuator.set_floor(case.name, case.change(bounds, before), case.now())
        before = bounds if case.own_maximum else Bounds(bounds.minimum, 40)
        assert (await case.actuator.observe(case.name, case.now())).bounds == before
        case.pass_time(case.lead_time)


async def test_the_maximum_is_raised_with_a_floor_above_it(case):
    """Where the platform keeps none, the policy's is told."""
    await case.actuator.set_floor(case.name, case.change(Bounds(44, 50)), case.now())

    found = (await case.actuator.observe(case.name, case.now())).bounds
    assert found == (Bounds(44, 50) if case.own_maximum else Bounds(44, max(44, 40)))


async def test_setting_the_same_again_changes_nothing(case):
    await case.actuator.set_floor(case.name, case.change(Bounds(9, 40)), case.now())
    case.pass_time(case.lead_time - MINUTE)
    before = await case.actuator.observe(case.name, case.now())

    for found in (Bounds(2, 40), Bounds(9, 40)):
        done = await case.actuator.set_floor(case.name, case.change(Bounds(9, 40), found), case.now())
        assert done.carried is Carried.WHOLE

    assert await case.actuator.observe(case.name, case.now()) == before
    case.pass_time(MINUTE)
    assert (await case.actuator.observe(case.name, case.now())).ready_units == 9


async def test_observing_changes_nothing(case):
    """What is on its way stays so, for a platform that has done all that it does at once."""
    await case.actuator.set_floor(case.name, case.change(Bounds(9, 40)), case.now())
    case.pass_time(timedelta(0))

    first = await case.actuator.observe(case.name, case.now())
    assert await case.actuator.observe(case.name, case.now()) == first


async def test_a_floor_is_verified_a_lead_time_later_and_until_then_it_says_what_it_waits_for(case):
    await case.actuator.set_floor(case.name, case.change(Bounds(9, 40)), case.now())

    early = await case.actuator.verify(case.name, 9, case.now())
    assert (early.holds, early.floor) == (False, 9)
    assert early.waiting_for
    case.pass_time(case.lead_time)
    late = await case.actuator.verify(case.name, 9, case.now())
    assert (late.holds, late.ready_units, late.waiting_for) == (True, 9, ())


async def test_never_more_is_ready_than_there(case):
    await case.actuator.set_floor(case.name, case.change(Bounds(9, 40)), case.now())
    for _ in range(3):
        found = await case.actuator.observe(case.name, case.now())
        assert found.ready_units <= found.units
        case.pass_time(case.lead_time / 2)


async def test_what_somebody_else_wrote_since_the_decision_is_not_written_over(case):
    await case.somebody_sets(Bounds(12, 40))
    before = await case.actuator.observe(case.name, case.now())

    for call in (case.actuator.set_floor, case.actuator.restore):
        with pytest.raises(ActuationError) as caught:
            await call(case.name, case.change(Bounds(9, 40)), case.now())
        assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_CONFLICT, True)

    assert await case.actuator.observe(case.name, case.now()) == before
    assert before.originals is None


async def test_originals_stand_on_the_resource_until_they_are_restored_exactly(case):
    await raised(case, Bounds(5, 40))
    await case.actuator.set_floor(case.name, case.change(Bounds(9, 40), Bounds(5, 40)), case.now())
    assert (await case.actuator.observe(case.name, case.now())).originals == Bounds(2, 40)
    case.pass_time(case.lead_time)

    await given_back(case)

    found = await case.actuator.observe(case.name, case.now())
    assert found.originals is None
    assert found.bounds == (Bounds(2, 40) if case.lowers else Bounds(9, 40))


async def test_restoring_what_is_restored_changes_nothing(case):
    await raised(case)
    await given_back(case)
    before = await case.actuator.observe(case.name, case.now())

    await given_back(case)

    assert await case.actuator.observe(case.name, case.now()) == before


async def test_restoring_what_was_never_changed_changes_nothing(case):
    before = await case.actuator.observe(case.name, case.now())

    done = await case.actuator.restore(case.name, case.change(Bounds(2, 40)), case.now())

    assert done.carried is Carried.WHOLE
    assert await case.actuator.observe(case.name, case.now()) == before


async def test_two_that_set_the_same_at_once_leave_it_set_once(case):
    """For a moment two deciders may act: one of them may be told to look again, and nothing is lost."""
    calls = [case.actuator.set_floor(case.name, case.change(Bounds(9, 40)), case.now()) for _ in range(2)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert not [o for o in outcomes if isinstance(o, Exception) and not getattr(o, "retryable", False)]
    case.pass_time(case.lead_time)
    found = await case.actuator.observe(case.name, case.now())
    assert (found.bounds, found.ready_units, found.originals) == (Bounds(9, 40), 9, Bounds(2, 40))


async def test_a_resource_that_does_not_exist_is_an_actuation_error_that_names_it(case):
    actuator, change, now = case.actuator, case.change(Bounds(9, 40)), case.now()
    for call in (
        actuator.observe(case.gone, now),
        actuator.verify(case.gone, 9, now),
        actuator.preflight(case.gone, Bounds(9, 40), now),
        actuator.set_floor(case.gone, change, now),
        actuator.restore(case.gone, change, now),
    ):
        with pytest.raises(ActuationError) as caught:
            await call
        assert (caught.value.resource, caught.value.reason) == (case.gone, Reason.RESOURCE_GONE)
        assert not caught.value.retryable


async def test_a_resource_made_anew_under_its_name_is_another(case):
    """Where nothing tells two of a name apart, the same one is told."""
    await raised(case)
    before = await case.actuator.observe(case.name, case.now())
    if case.recreate is None:
        assert (await case.actuator.observe(case.name, case.now())).identity == before.identity
        return

    await case.recreate()

    found = await case.actuator.observe(case.name, case.now())
    assert found.identity != before.identity
    assert (found.bounds, found.originals) == (Bounds(2, 40), None)


async def test_preflight_looks_and_changes_nothing(case):
    before = await case.actuator.observe(case.name, case.now())

    looked = await case.actuator.preflight(case.name, Bounds(9, 40), case.now())

    assert (looked.units, looked.looked_at) == (9, case.now())
    assert await case.actuator.observe(case.name, case.now()) == before


async def test_what_is_armed_is_what_was_asked_for_last_and_nothing_is_left_after_a_restore(case):
    up, down = Armed(case.now() + HOUR, 20, 60), Armed(case.now() + 3 * HOUR, 2)
    if not case.schedules:
        await case.actuator.set_floor(case.name, case.change(Bounds(9, 40), armed=(up, down)), case.now())
        assert (await case.actuator.observe(case.name, case.now())).armed is None
        return
    nine = Bounds(9, 40)
    for found, armed, standing in (
        (Bounds(2, 40), (up, down), (up, down)),
        (nine, (down, up), (up, down)),
        (nine, None, (up, down)),
        (nine, (Armed(up.at, 30, 60), down), (Armed(up.at, 30, 60), down)),
        (nine, (down,), (down,)),
    ):
        done = await case.actuator.set_floor(case.name, case.change(nine, found, armed=armed), case.now())
        assert done.carried is Carried.WHOLE
        assert (await case.actuator.observe(case.name, case.now())).armed == standing

    await given_back(case)
    assert not (await case.actuator.observe(case.name, case.now())).armed


async def test_an_armed_raise_is_carried_out_without_us_and_an_armed_lowering_lowers_the_minimum_only(
    scheduling,
):
    case = scheduling
    armed = (Armed(case.now() + HOUR, 20, 60), Armed(case.now() + 3 * HOUR, 5))
    await case.actuator.set_floor(case.name, case.change(Bounds(9, 40), armed=armed), case.now())

    case.pass_time(HOUR)
    found = await case.actuator.observe(case.name, case.now())
    assert (found.bounds, found.originals) == (Bounds(20, 60), Bounds(2, 40))
    case.pass_time(2 * HOUR)
    found = await case.actuator.observe(case.name, case.now())
    assert (found.bounds, found.armed) == (Bounds(5, 60), ())
    assert found.ready_units == 20


async def test_what_is_past_or_about_to_be_is_not_armed(scheduling):
    case = scheduling
    soon = tuple(Armed(case.now() + after, 20) for after in (-HOUR, MINUTE / 2, MINUTE))

    done = await case.actuator.set_floor(case.name, case.change(Bounds(9, 40), armed=soon), case.now())

    assert done.carried is Carried.WHOLE
    assert (await case.actuator.observe(case.name, case.now())).armed == ()
