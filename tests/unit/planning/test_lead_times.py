"""Lead times are measured from the call to ready units, and never look shorter than they were."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from advisor.domain.evidence import Awaited, LeadTime, LeadTimes
from advisor.planning.lead_times import (
    ENOUGH,
    GIVE_UP,
    KEEP,
    RAMP,
    follow,
    is_measured,
    lead_time_at,
    looked_at_last,
    usual,
)
from tests.support.builders import HOUR, MINUTE, NOW, observed

DAY = timedelta(days=1)
DEFAULT = 10 * MINUTE


def asked(times: LeadTimes, units: int, when: datetime, *, floor: int = 2, ready: int = 2) -> LeadTimes:
    """A raise to so many units, asked for where this floor stood and so many were ready."""
    return follow(times, asked=(units, when), observation=observed(floor=floor, ready=ready), now=when)


def looked(times: LeadTimes, ready: int, when: datetime, *, floor: int = 40) -> LeadTimes:
    """A look that finds so many units ready."""
    return follow(times, asked=None, observation=observed(floor=floor, ready=ready), now=when)


def took(*minutes: float, arrived: bool = True, since: datetime = NOW) -> tuple[LeadTime, ...]:
    """One measured raise a day, of so many minutes."""
    return tuple(LeadTime(since + i * DAY, 9, 60 * m, arrived) for i, m in enumerate(minutes))


def p95(*measured: LeadTime) -> timedelta:
    return usual(LeadTimes(measured), DEFAULT)


# --- following raises


def test_a_raise_takes_from_the_call_to_the_first_look_that_finds_its_units_ready():
    times = asked(LeadTimes(), 9, NOW)
    for minute, ready in ((2, 2), (4, 8), (6, 9)):
        times = looked(times, ready, NOW + minute * MINUTE)

    assert times == LeadTimes((LeadTime(NOW, 9, 360.0),))


def test_one_look_may_end_several_raises_and_the_slowest_of_a_ramp_is_its_measurement():
    times = asked(LeadTimes(), 4, NOW)
    times = asked(times, 8, NOW + 3 * MINUTE, floor=4)
    times = asked(times, 16, NOW + 5 * MINUTE, floor=8)
    times = looked(times, 9, NOW + 6 * MINUTE)
    assert times.awaited == (Awaited(NOW + 5 * MINUTE, 16),)
    times = looked(times, 16, NOW + 9 * MINUTE)

    assert times.measured == (LeadTime(NOW, 4, 360.0),)


def test_raises_more_than_a_ramp_apart_are_measurements_of_their_own():
    times = LeadTimes()
    for begun in (NOW, NOW + RAMP):
        times = looked(asked(times, 9, begun), 9, begun + MINUTE)

    assert [m.asked_at for m in times.measured] == [NOW, NOW + RAMP]


def test_units_that_were_ready_when_asked_for_measure_nothing():
    times = asked(LeadTimes(), 9, NOW, ready=12)

    assert looked(times, 12, NOW + MINUTE) == LeadTimes()


def test_a_look_in_the_moment_of_the_call_ends_nothing():
    times = looked(asked(LeadTimes(), 9, NOW), 9, NOW)
    assert times.awaited == (Awaited(NOW, 9),)

    assert looked(times, 9, NOW + 10 * timedelta(seconds=1)).measured == (LeadTime(NOW, 9, 10.0),)


def test_asking_again_for_the_same_does_not_begin_the_wait_again():
    times = asked(LeadTimes(), 9, NOW)

    assert asked(times, 9, NOW + MINUTE, floor=9).awaited == (Awaited(NOW, 9),)


@pytest.mark.parametrize("by_us", [True, False])
def test_what_is_called_off_would_have_taken_longer_whoever_lowers_it(by_us):
    times = asked(LeadTimes(), 9, NOW)
    later = NOW + 4 * MINUTE
    times = asked(times, 2, later, floor=9) if by_us else looked(times, 2, later, floor=2)

    assert times == LeadTimes((LeadTime(NOW, 9, 240.0, arrived=False),))


def test_what_is_left_of_a_raise_lowered_in_part_has_been_under_way_since_its_call():
    times = asked(LeadTimes(), 9, NOW)
    times = asked(times, 5, NOW + 4 * MINUTE, floor=9)
    assert times.awaited == (Awaited(NOW, 5),)

    times = looked(times, 5, NOW + 6 * MINUTE, floor=5)

    assert times.measured == (LeadTime(NOW, 9, 240.0, arrived=False), LeadTime(NOW, 5, 360.0))


def test_a_lowering_where_nothing_is_awaited_begins_no_wait():
    assert asked(LeadTimes(), 5, NOW, floor=9) == LeadTimes()


def test_a_raise_that_never_arrives_is_given_up_after_a_week():
    times = asked(LeadTimes(), 9, NOW)
    times = looked(times, 2, NOW + GIVE_UP - MINUTE)
    assert times.awaited

    times = looked(times, 2, NOW + GIVE_UP)

    assert times == LeadTimes((LeadTime(NOW, 9, GIVE_UP.total_seconds(), arrived=False),))


@pytest.mark.parametrize("restarted", [True, False])
def test_what_became_ready_while_nobody_looked_is_not_measured(restarted):
    """Twelve hours of our own outage are not the platform's lead time."""
    times = asked(LeadTimes(), 9, NOW)
    if restarted:
        times = LeadTimes(times.measured, times.awaited)  # as it is read back: nobody knows of the last look

    assert looked(times, 9, NOW + 12 * HOUR) == LeadTimes()


def test_after_a_restart_a_raise_still_awaited_is_measured_from_its_call():
    times = asked(LeadTimes(), 9, NOW)
    times = LeadTimes(times.measured, times.awaited)
    times = looked(times, 2, NOW + 5 * MINUTE)

    assert looked(times, 9, NOW + 6 * MINUTE).measured == (LeadTime(NOW, 9, 360.0),)


def test_where_the_last_look_is_known_a_restart_loses_no_measurement():
    times = asked(LeadTimes(), 9, NOW)
    back = looked_at_last(LeadTimes(times.measured, times.awaited), NOW + 5 * MINUTE)

    assert looked(back, 9, NOW + 6 * MINUTE) == looked(
        looked(times, 2, NOW + 5 * MINUTE), 9, NOW + 6 * MINUTE
    )


def test_only_the_newest_fifty_are_kept():
    times = LeadTimes()
    for day in range(KEEP + 5):
        begun = NOW + day * DAY
        times = looked(asked(times, 9, begun), 9, begun + MINUTE)

    assert len(times.measured) == KEEP
    assert times.measured[0].asked_at == NOW + 5 * DAY


# --- quantiles


def test_until_enough_is_measured_the_policys_figure_counts():
    few = LeadTimes(took(*[40.0] * (ENOUGH - 1)))
    enough = LeadTimes(took(*[40.0] * ENOUGH))

    assert (is_measured(few), usual(few, DEFAULT)) == (False, DEFAULT)
    assert (is_measured(enough), usual(enough, DEFAULT)) == (True, 40 * MINUTE)


def test_raises_that_did_not_arrive_are_no_measurements():
    assert not is_measured(LeadTimes(took(*[1.0] * 20, arrived=False)))


@pytest.mark.parametrize("level", [0.0, 0.5, 0.95, 0.99, 0.9999, 0.999999999])
def test_a_fixed_lead_time_is_itself_at_every_level(level):
    assert lead_time_at(LeadTimes(took(*[7.0] * 12)), DEFAULT, level) == 7 * MINUTE


def test_the_p95_of_few_is_the_slowest_of_them():
    assert p95(*took(3, 4, 5, 4, 3, 6, 20, 5)) == 20 * MINUTE


def test_the_p95_of_fifty_is_the_third_slowest():
    assert p95(*took(*range(1, 51))) == 48 * MINUTE


def test_far_levels_lie_beyond_everything_measured():
    times = LeadTimes(took(3, 4, 5, 4, 3, 6, 8, 5, 4, 3))
    far = [lead_time_at(times, DEFAULT, level) for level in (0.99, 0.995, 0.9999)]

    assert 8 * MINUTE < far[0] < far[1] < far[2] <= GIVE_UP


def test_a_bound_on_the_logarithms_is_the_textbooks():
    """mean 2, deviation 1 of the logarithms, eight values, t(0.99, 7) = 2.998."""
    logs = [1.0, 3.0] * 4
    times = LeadTimes(tuple(LeadTime(NOW + i * DAY, 9, 2.718281828459045**x) for i, x in enumerate(logs)))
    deviation = (8 / 7) ** 0.5

    expected_s = 2.718281828459045 ** (2 + 2.997952 * deviation * (1 + 1 / 8) ** 0.5)
    assert lead_time_at(times, DEFAULT, 0.99).total_seconds() == pytest.approx(expected_s, rel=1e-4)


def test_called_off_early_says_nothing_and_late_makes_it_longer():
    arrived = took(*[5.0] * 10)
    early = took(*[1.0] * 10, arrived=False, since=NOW - 20 * DAY)
    late = took(60.0, 60.0, arrived=False, since=NOW - 20 * DAY)

    assert p95(*early, *arrived) == p95(*arrived) == 5 * MINUTE
    assert p95(*late, *arrived) == HOUR


def test_what_was_called_off_counts_with_those_that_took_longer():
    """Ten of 41 waited six minutes in vain: only the one of half an hour tells how long they would have."""
    arrived = took(*[5.0] * 30, 30.0)
    in_vain = took(*[6.0] * 10, arrived=False, since=NOW - 20 * DAY)

    assert p95(*arrived) == 5 * MINUTE
    assert p95(*in_vain, *arrived) == 30 * MINUTE


def test_what_was_called_off_narrows_no_bound():
    """All of those called off at two minutes count with the slow half, which lies close together."""
    arrived = took(*[1.0, 100.0] * 5)
    in_vain = took(*[2.0] * 40, arrived=False, since=NOW - 50 * DAY)
    without, with_them = (
        lead_time_at(LeadTimes(measured), DEFAULT, 0.99) for measured in (arrived, (*in_vain, *arrived))
    )

    assert with_them == without > 100 * MINUTE


def test_a_level_is_a_probability_below_one():
    with pytest.raises(ValueError, match="below 1"):
        lead_time_at(LeadTimes(), DEFAULT, 1.0)
