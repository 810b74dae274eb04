"""What happened once is pulled in; what comes again is left alone."""

import numpy as np
import pytest

from advisor.forecasting.spikes import FEWEST_DAYS, median_down, pull_in


def ordinary(days, slots=48, seed=2, sigma=0.05):
    """Logarithms of a daily wave with a little noise."""
    wave = np.log(1 - 0.5 * np.cos(np.arange(slots) / slots * 2 * np.pi))
    return wave + sigma * np.random.default_rng(seed).standard_normal((days, slots))


def test_the_median_of_a_column_is_what_sorting_by_hand_gives():
    rng = np.random.default_rng(8)
    values = rng.random((9, 60))
    values[rng.random(values.shape) < 0.4] = np.nan
    values[:, 7] = np.nan

    by_hand = []
    for column in values.T:
        ranked = sorted(v for v in column if not np.isnan(v))
        half = len(ranked) // 2
        if not ranked:
            by_hand.append(0.0)
        else:
            by_hand.append(ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2)
    assert median_down(values).tolist() == pytest.approx(by_hand)


@pytest.mark.parametrize("change", [np.log(20), -np.log(20)], ids=["spike", "outage"])
@pytest.mark.parametrize("day", range(6))
def test_what_happened_on_one_day_is_pulled_in(day, change):
    logs = ordinary(6)
    odd = logs.copy()
    odd[day, 20] += change

    mended = pull_in(odd)

    assert abs(mended[day, 20] - logs[day, 20]) < 0.5
    others = np.ones(logs.shape, dtype=bool)
    others[day, 20] = False
    assert np.abs(mended - odd)[others].max() < 0.2  # of a few days' noise some is cut by chance


@pytest.mark.parametrize("days", [(3, 4), (2, 9)], ids=["the day after", "the week after"])
def test_what_comes_again_is_left_alone(days):
    """A sale on two days running, or on the same weekday of two weeks, is no fault."""
    logs = ordinary(14)
    logs[list(days), 20] += np.log(20)

    assert pull_in(logs)[list(days), 20] == pytest.approx(logs[list(days), 20])


def test_a_spike_does_not_vouch_for_an_outage():
    logs = ordinary(14)
    logs[3, 20] += 3
    logs[4, 20] -= 3

    mended = pull_in(logs)

    assert mended[3, 20] < logs[3, 20] - 2
    assert mended[4, 20] > logs[4, 20] + 2


def test_a_day_that_is_higher_as_a_whole_is_left_alone():
    """Heights of days belong to the level, which has its own way of being followed."""
    logs = ordinary(8)
    raised = logs.copy()
    raised[5] += 1.5

    assert pull_in(raised)[5] == pytest.approx(pull_in(logs)[5] + 1.5)


def test_gaps_stay_gaps():
    logs = ordinary(8)
    logs[2, 5:9] = np.nan

    assert np.array_equal(np.isnan(pull_in(logs)), np.isnan(logs))


def test_of_too_few_days_nobody_can_say_which_is_odd():
    logs = ordinary(FEWEST_DAYS - 1)
    logs[1, 20] += 5

    assert np.array_equal(pull_in(logs), logs)
