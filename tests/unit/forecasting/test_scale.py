"""The scale that forecasts are made on."""

import numpy as np
import pytest

from advisor.forecasting.scale import OFFSETS, from_log, offset_for, to_log
from tests.support.forecasting import day_curve, noisy

RNG = np.random.default_rng


def test_there_and_back_again_is_the_same_demand():
    values = np.array([0.0, 0.5, 70.0, 1e6])

    assert from_log(to_log(values, 3.0), 3.0) == pytest.approx(values)


def test_a_gap_stays_a_gap_and_a_negative_reading_is_nothing():
    logs = to_log(np.array([np.nan, -5.0]), 2.0)

    assert np.isnan(logs[0])
    assert from_log(logs, 2.0)[1] == 0.0


def test_nothing_comes_back_negative():
    assert from_log(np.array([-50.0, 0.0]), 2.0).tolist() == [0.0, 0.0]


def test_multiplicative_noise_wants_the_logarithm():
    values = noisy(np.full(4000, 80.0), sigma=0.5)

    assert offset_for(values, 300) == pytest.approx(OFFSETS[0] * values.mean(), rel=0.05)


def test_counts_near_zero_want_a_scale_closer_to_the_linear_one():
    """Poisson counts of about two a cell are skewed to the left in their logarithms."""
    counts = RNG(4).poisson(2.0, 4000).astype(float)

    assert offset_for(counts, 300) > OFFSETS[0] * 2.5 * 2.0


@pytest.mark.parametrize("times", [2.0**-9, 1 / 60, 60.0, 2.0**20])
def test_the_offset_grows_with_demand(times):
    values = noisy(day_curve(3), sigma=0.3)

    assert offset_for(values * times, 300) == pytest.approx(offset_for(values, 300) * times, rel=1e-9)


def test_one_monstrous_cell_does_not_set_the_scale():
    values = noisy(day_curve(14))
    usual = offset_for(values, 300)
    values[100] = 1e9

    assert offset_for(values, 300) == pytest.approx(usual, rel=0.05)


def test_few_cells_get_the_usual_offset():
    assert offset_for(np.array([10.0, np.nan, 30.0]), 300) == OFFSETS[1] * 20.0


@pytest.mark.parametrize("cells", [50, 60, 100, 119, 120, 121, 122, 500])
def test_so_short_a_history_of_minutes_still_has_an_offset(cells):
    """An hour to either side of a cell does not fit into two hours of history."""
    offset = offset_for(noisy(np.full(cells, 40.0)), 60)

    assert any(offset == pytest.approx(candidate * 40.0, rel=0.1) for candidate in OFFSETS)


def test_constant_demand_has_an_offset():
    assert offset_for(np.full(1000, 7.0), 300) in [candidate * 7.0 for candidate in OFFSETS]


def test_demand_next_to_nothing_still_has_an_offset():
    """The least number there is, divided by anything, would be none."""
    values = np.where(np.arange(500) % 2 == 0, 5e-324, 0.0)

    assert offset_for(values, 300) > 0
