"""A history as days by slots of the day."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.days import Days, days_of, weekday_of
from tests.support.forecasting import DAY_S, MONDAY

MONDAY_S = to_epoch_s(MONDAY)
STEPS = [60, 300, 420, 1800, 3600, 6 * 3600, DAY_S]


def test_weekdays_are_those_of_the_calendar():
    days = np.arange(400)

    by_hand = [(MONDAY + timedelta(days=int(day))).weekday() for day in days]
    assert weekday_of(MONDAY_S // DAY_S + days).tolist() == by_hand


def test_the_epoch_began_on_a_thursday():
    assert weekday_of(np.array([0])).tolist() == [3]


@pytest.mark.parametrize(("step_s", "slots"), [(300, 288), (420, 206), (3600, 24), (DAY_S, 1)])
def test_a_day_has_so_many_slots_the_last_one_short_where_the_step_does_not_divide_it(step_s, slots):
    assert Days(0, 1, step_s).slots == slots


@pytest.mark.parametrize("step_s", STEPS)
def test_no_two_steps_share_a_slot_of_a_day(step_s):
    times = MONDAY_S + step_s * np.arange(5 * DAY_S // step_s, dtype=np.int64)
    days = days_of(times, step_s)

    flat = days.flat(times)

    assert flat[0] == 0
    assert np.all(np.diff(flat) > 0)
    assert flat[-1] < days.size
    assert (flat // days.slots).tolist() == [(t - MONDAY_S) // DAY_S for t in times.tolist()]


def test_a_history_from_noon_to_noon_touches_two_days():
    times = MONDAY_S + DAY_S // 2 + 3600 * np.arange(24, dtype=np.int64)

    days = days_of(times, 3600)

    assert (days.count, days.size, days.weekdays().tolist()) == (2, 48, [0, 1])
    grid = days.grid(days.flat(times), np.arange(24.0))
    assert np.isnan(grid[0, :12]).all()
    assert np.isnan(grid[1, 12:]).all()
    assert grid[0, 12:].tolist() + grid[1, :12].tolist() == list(range(24))


def test_where_nothing_was_seen_the_grid_says_what_it_was_told_to_say():
    days = Days(0, 1, 6 * 3600)

    assert days.grid(np.array([1]), np.array([7.0]), missing=0.0).tolist() == [[0.0, 7.0, 0.0, 0.0]]
