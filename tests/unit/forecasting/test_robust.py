"""Statistics that one bad day cannot bend."""

import numpy as np
import pytest

from advisor.forecasting.robust import fill_circular, smooth_circular, weighted_median, winsorised


def median_by_hand(values, weights):
    """One column, in plain Python: the oracle."""
    pairs = sorted((v, w) for v, w in zip(values, weights, strict=True) if not np.isnan(v))
    half, below = sum(w for _, w in pairs) / 2, 0.0
    for place, (value, weight) in enumerate(pairs):
        below += weight
        if abs(below - half) < 1e-9:
            return (value + pairs[place + 1][0]) / 2
        if below > half:
            return value
    return float("nan")


def test_the_weighted_median_is_what_counting_by_hand_gives():
    rng = np.random.default_rng(8)
    values = rng.random((9, 40))
    values[rng.random(values.shape) < 0.2] = np.nan
    weights = rng.integers(1, 4, size=values.shape).astype(float)

    columns = weighted_median(values, weights)

    by_hand = [median_by_hand(values[:, i], weights[:, i]) for i in range(40)]
    assert columns == pytest.approx(by_hand, nan_ok=True)


def test_a_column_of_gaps_has_no_median():
    assert np.isnan(weighted_median(np.full((3, 1), np.nan), np.ones((3, 1)))[0])


def test_a_gap_over_midnight_is_bridged_around_the_day():
    assert fill_circular(np.array([np.nan, 4.0, 6.0, 2.0])).tolist() == [3.0, 4.0, 6.0, 2.0]


def test_a_profile_without_a_value_is_refused():
    with pytest.raises(ValueError, match="without a single value"):
        fill_circular(np.full(4, np.nan))


def test_smoothing_moves_demand_between_neighbours_but_loses_none():
    smooth = smooth_circular(np.array([0.0, 0.0, 8.0, 0.0]), 1)

    assert smooth.tolist() == [0.0, 2.0, 4.0, 2.0]


def test_a_fault_counts_as_large_but_not_as_that_large():
    values = np.concatenate([np.zeros(50), np.full(99, 2.0), [1e9]])

    assert winsorised(values, times=3.0, level=0.95).max() == 6.0
