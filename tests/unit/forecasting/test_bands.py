"""How far off a prediction may be."""

import numpy as np
import pytest

from advisor.forecasting.bands import (
    BIAS_BOUNDS,
    PRIOR_DAYS,
    log_normal_ratios,
    ratio_quantiles,
    spread_around,
)

LEVELS = (0.1, 0.5, 0.9)
TODAY = np.zeros(1)


def test_the_assumed_spread_has_the_median_in_its_middle():
    low, middle, high = log_normal_ratios(LEVELS, 0.5)

    assert middle == 1.0
    assert low * high == pytest.approx(1.0)


def test_without_past_errors_the_assumed_spread_stands():
    nothing = ratio_quantiles(np.full((3, 4), np.nan), LEVELS, 0.0, 0.5)

    assert np.array_equal(nothing, log_normal_ratios(LEVELS, 0.5))


def test_with_as_many_days_as_the_assumption_counts_both_weigh_the_same():
    observed = np.linspace(0.0, 2.0, 101)

    blended = ratio_quantiles(observed, LEVELS, PRIOR_DAYS, 0.5)

    assert blended == pytest.approx((np.array([0.2, 1.0, 1.8]) + log_normal_ratios(LEVELS, 0.5)) / 2)


def test_a_bias_moves_the_median_only_within_its_bounds():
    high = spread_around(np.array([100.0]), np.array([2.0, 3.0, 5.0]), LEVELS, TODAY)
    low = spread_around(np.array([100.0]), np.array([0.1, 0.2, 0.4]), LEVELS, TODAY)

    assert high[0] == pytest.approx([100 * BIAS_BOUNDS[1], 100 * BIAS_BOUNDS[1], 500.0])
    assert low[0] == pytest.approx([10.0, 100 * BIAS_BOUNDS[0], 100 * BIAS_BOUNDS[0]])


def test_the_first_day_is_not_widened_and_later_days_are():
    ahead = np.array([0.0, 86_400.0, 15 * 86_400.0])

    band = spread_around(np.full(3, 100.0), np.array([0.5, 1.0, 2.0]), LEVELS, ahead)

    assert band[0].tolist() == band[1].tolist() == [50.0, 100.0, 200.0]
    assert band[2] == pytest.approx([100 / 2 ** np.sqrt(2), 100.0, 100 * 2 ** np.sqrt(2)])
