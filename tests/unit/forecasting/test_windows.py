"""When a campaign can move demand, and which cells lie in that time."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.windows import (
    COARSE_TAIL,
    EARLY,
    LEAD_IN,
    TAIL,
    effect_window,
    in_window,
    is_season,
    time_profile,
)
from tests.support.forecasting import DAY_S, MONDAY, campaign

START = MONDAY + timedelta(hours=10)
PLAIN = campaign(START, hours=2)


def instants(*moments):
    return np.array([to_epoch_s(moment) for moment in moments], dtype=np.int64)


def test_the_effect_window_reaches_from_the_lead_in_to_the_end_of_the_tail():
    assert effect_window(PLAIN) == (START - LEAD_IN, START + timedelta(hours=2) + TAIL)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-900, 0),
        (-30, 0),
        (-22.5, EARLY / 2),
        (-15, EARLY),
        (-7.5, 0.5),
        (0, 1),
        (60, 1),
        (120, 1),
        (150, 0.5),
        (180, 0),
        (900, 0),
    ],
)
def test_the_effect_rises_before_the_start_stays_until_the_end_and_fades_to_exactly_nothing(
    minutes, expected
):
    assert time_profile(PLAIN, instants(START + timedelta(minutes=minutes)))[0] == expected


@pytest.mark.parametrize("step_s", [60, 300, 420, 1800, 3600])
def test_a_step_takes_the_busiest_moment_within_it(step_s):
    """Against the highest of the instants in each step, looked at every half minute."""
    times = to_epoch_s(MONDAY) + step_s * np.arange(DAY_S // step_s, dtype=np.int64)

    profile = time_profile(PLAIN, times, step_s)

    by_hand = [time_profile(PLAIN, np.arange(t, t + step_s + 1, 30)).max() for t in times]
    assert profile == pytest.approx(by_hand, abs=1e-12)


@pytest.mark.parametrize("step_s", [60, 300, 420, 1800, 3600, 6 * 3600, DAY_S])
def test_the_steps_in_the_window_are_those_with_an_effect(step_s):
    times = to_epoch_s(MONDAY) + step_s * np.arange(DAY_S // step_s + 1, dtype=np.int64)

    assert np.array_equal(in_window(PLAIN, times, step_s), time_profile(PLAIN, times, step_s) > 0)


def test_every_step_that_the_effect_window_touches_is_inside():
    odd = campaign(START + timedelta(minutes=3), hours=2)
    times = to_epoch_s(MONDAY) + 300 * np.arange(288, dtype=np.int64)

    inside = times[in_window(odd, times, 300)]

    assert inside[0] == to_epoch_s(START - LEAD_IN)
    assert inside[-1] == to_epoch_s(START + timedelta(minutes=180))


def test_of_long_steps_those_the_campaign_itself_overlaps_are_inside_and_the_one_after():
    """A campaign at midnight does not move the mean of the day before, but some people come the day after."""
    days = to_epoch_s(MONDAY) + DAY_S * np.arange(4, dtype=np.int64)
    nightly = campaign(MONDAY + timedelta(days=1), hours=2)

    assert in_window(nightly, days, DAY_S).tolist() == [False, True, True, False]
    assert time_profile(nightly, days, DAY_S).tolist() == [0.0, 1.0, COARSE_TAIL, 0.0]


def test_a_campaign_of_weeks_is_a_season_unless_somebody_says_how_much_it_will_bring():
    long, short = campaign(START, hours=24 * 9), campaign(START, hours=47)

    assert is_season(long, 300)
    assert not is_season(short, 300)
    assert not is_season(campaign(START, hours=24 * 9, p50=1.5), 300)
    assert not is_season(campaign(START, hours=24 * 9, audience=5e4), 300)
    assert not is_season(replace(long, send_rate_per_min=2e3), 300)


def test_a_week_is_no_season_where_steps_are_days():
    week = campaign(START, hours=24 * 7)

    assert is_season(week, 3600)
    assert not is_season(week, DAY_S)


def test_the_window_follows_the_campaign_to_another_day():
    moved = replace(PLAIN, start=PLAIN.start + timedelta(days=1), end=PLAIN.end + timedelta(days=1))
    times = to_epoch_s(MONDAY) + 300 * np.arange(2 * 288, dtype=np.int64)

    assert np.array_equal(in_window(moved, times, 300)[288:], in_window(PLAIN, times, 300)[:288])
