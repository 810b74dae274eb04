"""Baseline and uplifts put together."""

import numpy as np
import pytest

from advisor.forecasting.compose import round_significant, total_band

LEVELS = (0.5, 0.9, 0.99)
BASELINE = np.array([[100.0, 120.0, 150.0]])


def test_without_campaigns_the_total_is_the_baseline():
    assert total_band(BASELINE, [], LEVELS) is BASELINE


def test_where_no_campaign_does_anything_the_baseline_stands_to_the_last_bit():
    baseline = np.sort(np.random.default_rng(4).random((200, 3)), axis=1)

    assert np.array_equal(total_band(baseline, [np.ones((200, 3))], LEVELS), baseline)


def test_a_certain_uplift_multiplies_the_whole_band():
    assert total_band(BASELINE, [np.full((1, 3), 3.0)], LEVELS) == pytest.approx(3 * BASELINE)


def test_two_crowds_come_on_top_of_each_other_and_do_not_multiply():
    doubled, tripled = np.full((1, 3), 2.0), np.full((1, 3), 3.0)

    assert total_band(BASELINE, [doubled, tripled], LEVELS) == pytest.approx(4 * BASELINE)


def test_independent_spreads_combine_to_more_than_either_and_less_than_both():
    uplift = np.array([[2.0, 3.0, 4.0]])

    total = total_band(BASELINE, [uplift], LEVELS)

    assert total[0, 0] == pytest.approx(200.0)
    assert total[0, 1] == pytest.approx(200 * np.exp(np.hypot(np.log(1.2), np.log(1.5))))
    assert 300 < total[0, 2] < 600


def test_levels_below_the_median_spread_downwards():
    total = total_band(np.array([[50.0, 100.0]]), [np.array([[1.5, 2.0]])], (0.1, 0.5))

    assert total[0, 0] == pytest.approx(200 * np.exp(-np.hypot(np.log(2), np.log(4 / 3))))


def test_a_median_of_zero_multiplies_the_quantiles_instead():
    total = total_band(np.array([[0.0, 0.0, 10.0]]), [np.full((1, 3), 2.0)], LEVELS)

    assert total.tolist() == [[0.0, 0.0, 20.0]]


def test_dips_together_multiply_for_who_stayed_away_cannot_stay_away_twice():
    total = total_band(BASELINE, [np.full((1, 3), 0.2)] * 3, LEVELS)

    np.testing.assert_allclose(total, BASELINE * 0.2**3)


def test_a_closed_shop_stays_closed_during_a_sale():
    total = total_band(BASELINE, [np.full((1, 3), 0.01), np.full((1, 3), 3.0)], LEVELS)

    np.testing.assert_allclose(total, BASELINE * 0.03)


def test_levels_without_a_median_are_refused_by_name():
    with pytest.raises(ValueError, match=r"median \(0\.5\) must be among"):
        total_band(BASELINE, [], (0.9, 0.95, 0.99))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1 / 3, 0.333333), (123456.7, 123457.0), (1234567.8, 1234570.0), (0.0, 0.0), (2 / 3e6, 6.66667e-07)],
)
def test_values_are_cut_to_six_significant_digits(value, expected):
    assert round_significant(np.array([value]))[0] == expected


def test_factors_apply_to_demand_with_its_offset():
    """Three times 100 and 50 beside: the crowd's ratio was learned with the 50 in both parts."""
    total = total_band(np.array([[100.0]]), [np.array([[3.0]])], (0.5,), offset=50.0)

    assert total.tolist() == [[pytest.approx(3 * 150.0 - 50.0)]]


def test_near_zero_demand_a_factor_still_brings_something():
    assert total_band(np.zeros((1, 1)), [np.array([[3.0]])], (0.5,), offset=10.0)[0, 0] == pytest.approx(20.0)


def test_rounding_keeps_order():
    values = np.sort(np.random.default_rng(1).random(2000)) * 1e-5 + 1

    assert np.all(np.diff(round_significant(values)) >= 0)


def test_totals_are_what_composing_number_by_number_gives():
    rng = np.random.default_rng(6)
    baseline = np.sort(1 + 9 * rng.random((20, 3)), axis=1)
    factors = [np.sort(0.5 + 3 * rng.random((20, 3)), axis=1) for _ in range(2)]

    total = total_band(baseline, factors, LEVELS, offset=2.0)

    for row in range(20):
        values = []
        for level in range(3):
            uplift = [
                (1 + sum(max(f[row, at] - 1, 0) for f in factors))
                * np.prod([min(f[row, at], 1) for f in factors])
                for at in (0, level)
            ]
            low, high = baseline[row, 0] + 2.0, baseline[row, level] + 2.0
            if min(uplift) <= 0:
                value = high * uplift[1] - 2.0
            else:
                spread = np.hypot(np.log(high / low), np.log(uplift[1] / uplift[0]))
                value = low * uplift[0] * np.exp(spread if level else 0.0) - 2.0
            values.append(max(value, 0.0))
        assert total[row].tolist() == pytest.approx(np.maximum.accumulate(values).tolist())
