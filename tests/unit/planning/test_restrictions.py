"""What cannot be done at any time is done before it, after it, or less often."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.limits import FreezeWindow, Hours, Irreversible
from advisor.domain.timegrid import from_epoch_s, span
from advisor.planning.closed import closed_on, first_open, is_within, last_open
from advisor.planning.pace import Pace, alone
from advisor.planning.restrictions import restricted
from advisor.planning.schedule import GRID
from tests.support.builders import HOUR, MINUTE, NOW, at, resource

OFFICE = Hours(time(8), time(18), frozenset(range(5)), "Europe/Berlin")
NIGHT = Hours(time(22), time(4), frozenset(range(7)), "UTC")


def asked_in(pace: Pace, floors: list[int], *, before: int = 2, lowered=()) -> list[int]:
    """The floors as they are asked for, minute by minute from 06:00 on."""
    times_s = span(NOW, NOW + len(floors) * GRID, GRID)
    wanted = np.array(floors, dtype=np.int64)
    return restricted(times_s, wanted, pace, np.array([before]), lowered).tolist()


def frozen_from(start: int, end: int) -> Pace:
    """A pace with a freeze over these minutes."""
    return replace(alone(resource()), freezes=(FreezeWindow(NOW + start * GRID, NOW + end * GRID, "peak"),))


# --- freezes and hours


def test_a_raise_within_a_freeze_comes_just_before_it():
    assert asked_in(frozen_from(3, 6), [2, 2, 2, 2, 9, 9, 9]) == [2, 2, 9, 9, 9, 9, 9]


def test_a_lowering_within_a_freeze_comes_just_after_it():
    assert asked_in(frozen_from(2, 4), [9, 9, 9, 2, 2], before=9) == [9, 9, 9, 9, 2]


def test_once_the_freeze_has_begun_nothing_moves_until_it_is_over():
    assert asked_in(frozen_from(-5, 3), [9, 9, 2, 9, 9], before=4) == [4, 4, 4, 9, 9]


def test_what_stands_through_a_freeze_is_the_highest_that_is_needed_in_it():
    assert asked_in(frozen_from(1, 5), [2, 3, 9, 3, 3, 3]) == [9, 9, 9, 9, 9, 3]


def test_hours_follow_the_clock_of_their_zone_through_its_change():
    """On 25 October 2026 Berlin goes back an hour: 08:00 there is 06:00 UTC before, 07:00 UTC after."""
    friday, monday = (datetime(2026, 10, day, 6, 30, tzinfo=UTC) for day in (23, 26))

    assert is_within(OFFICE, friday)
    assert not is_within(OFFICE, monday)
    assert first_open(monday, (), OFFICE) == datetime(2026, 10, 26, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (range(7), "from 08:00 to 18:00 Europe/Berlin"),
        (range(5), "Mon-Fri from 08:00 to 18:00 Europe/Berlin"),
        ((1, 3), "Tue, Thu from 08:00 to 18:00 Europe/Berlin"),
        ((5, 6), "Sat, Sun from 08:00 to 18:00 Europe/Berlin"),
    ],
)
def test_hours_are_told_with_their_days(days, said):
    assert str(replace(OFFICE, days=frozenset(days))) == said


def test_a_weekend_is_passed_over_to_friday_evening():
    sunday = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)

    assert last_open(sunday, (), OFFICE) == datetime(2026, 11, 27, 16, 59, tzinfo=UTC)


def test_hours_past_midnight_belong_to_the_evening_they_began_on():
    assert is_within(NIGHT, at("23:30"))
    assert is_within(NIGHT, at("03:59"))
    assert not is_within(NIGHT, at("04:00"))


def test_a_freeze_that_leaves_no_way_around_is_not_searched_for_ever():
    endless = FreezeWindow(NOW - timedelta(days=4000), NOW + timedelta(days=4000), "closed for good")

    assert last_open(NOW, (endless,), OFFICE) < NOW - timedelta(days=3999)
    assert last_open(NOW, (), Hours(time(8), time(9), frozenset(), "UTC")) == NOW


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 900)), max_size=4),
    st.sampled_from([None, OFFICE, NIGHT]),
    st.integers(0, 4000),
)
def test_the_grid_and_the_single_instant_agree_on_what_is_closed(windows, hours, minute):
    freezes = tuple(FreezeWindow(NOW + s * MINUTE, NOW + (s + length) * MINUTE, "f") for s, length in windows)
    instant = NOW + minute * MINUTE
    times_s = span(instant, instant + 30 * HOUR, HOUR)

    closed = closed_on(times_s, freezes, hours)

    assert closed.tolist() == [first_open(t, freezes, hours) > t for t in map(from_epoch_s, times_s.tolist())]
    opened = first_open(instant, freezes, hours)
    assert is_within(hours, opened)
    assert not any(f.start <= opened < f.end for f in freezes)
    assert opened >= instant
    assert last_open(instant, freezes, hours) <= instant


# --- what cannot be given back


def test_what_can_never_be_given_back_stays_whatever_is_needed():
    forever = alone(resource(irreversible=Irreversible()))

    assert asked_in(forever, [2, 9, 3, 12, 2], before=5) == [5, 9, 9, 12, 12]


def test_what_is_committed_is_kept_for_as_long_as_it_is_paid_for():
    month = alone(resource(irreversible=Irreversible(committed=2 * MINUTE)))

    assert asked_in(month, [2, 9, 2, 2, 2]) == [2, 9, 9, 9, 2]


# --- few lowerings a day


TWICE = alone(resource(lowerings_per_day=2))


def test_two_lowerings_a_day_are_made_at_once():
    assert asked_in(TWICE, [9, 2, 9, 2], before=9) == [9, 2, 9, 2]


def test_a_third_lowering_waits_until_the_first_is_a_day_old():
    day = 24 * 60
    floors = [9] * 10 + [2] + [9] * 9 + [2] + [9] * 9 + [2] * day

    asked = asked_in(TWICE, floors, before=9)

    assert asked[10] == asked[20] == 2
    assert set(asked[30 : 10 + day]) == {9}
    assert asked[10 + day] == 2


def test_lowerings_that_were_made_before_count():
    lowered = [NOW - 23 * HOUR - 58 * MINUTE, NOW - HOUR]

    assert asked_in(TWICE, [9, 2, 2, 2], before=9, lowered=lowered) == [9, 9, 2, 2]


def test_raises_are_never_counted():
    assert asked_in(TWICE, [3, 4, 5, 6, 7]) == [3, 4, 5, 6, 7]
