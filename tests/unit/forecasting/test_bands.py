"""How far off a forecast may be."""

import numpy as np
import pytest

from advisor.forecasting.bands import (
    COLD_SIGMA,
    LADDER,
    LADDER_Z,
    LEAST_SIZE,
    PRIOR_DAYS,
    PRIOR_SPREAD,
    SCALE_PRIOR,
    SCALE_REACH_S,
    at_levels,
    error_ladder,
    sizes_by_slot,
    z_of,
)

ASSUMED = PRIOR_SPREAD * LADDER_Z


def test_normal_quantiles_are_those_of_the_tables():
    assert z_of((0.025, 0.5, 0.9, 0.975)).tolist() == pytest.approx(
        [-1.95996, 0.0, 1.28155, 1.95996], abs=1e-4
    )


def test_the_assumed_spread_is_that_of_a_normal_distribution_whose_mean_absolute_error_is_one():
    draws = np.random.default_rng(1).standard_normal(200_000) * PRIOR_SPREAD

    assert np.abs(draws).mean() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("step_s", [1800, 7200, 6 * 3600, 86_400])
def test_sizes_are_what_adding_up_around_each_slot_by_hand_gives(step_s):
    rng = np.random.default_rng(3)
    count = 86_400 // step_s
    errors, slots = rng.standard_normal((30, 8)), rng.integers(0, count, (30, 8))
    weights = rng.choice([0.0, 0.5, 1.0], (30, 8))

    sizes = sizes_by_slot(errors, weights, slots, count, step_s)

    sums, weight = [0.0] * count, [0.0] * count
    for error, worth, slot in zip(errors.ravel(), weights.ravel(), slots.ravel(), strict=True):
        sums[slot] += abs(error) * worth
        weight[slot] += worth
    overall = sum(sums) / sum(weight)
    reach = min(SCALE_REACH_S // step_s, (count - 1) // 2)
    near = [[s % count for s in range(slot - reach, slot + reach + 1)] for slot in range(count)]
    sums_near = [sum(sums[s] for s in around) for around in near]
    weight_near = [sum(weight[s] for s in around) for around in near]
    prior = SCALE_PRIOR * sum(weight_near) / count
    by_hand = [(s + prior * overall) / (w + prior) for s, w in zip(sums_near, weight_near, strict=True)]
    assert sizes.tolist() == pytest.approx(by_hand)


def test_errors_that_are_larger_by_day_make_the_band_wider_by_day():
    slots = np.tile(np.arange(24), 20)
    errors = np.where((slots >= 8) & (slots < 20), 1.0, 0.1)

    sizes = sizes_by_slot(errors, np.ones(480), slots, 24, 3600)

    assert sizes[12] > 2 * sizes[0]


def test_without_errors_the_size_is_that_of_a_cold_start():
    sizes = sizes_by_slot(np.zeros(0), np.zeros(0), np.zeros(0, dtype=int), 24, 3600)

    assert sizes == pytest.approx(COLD_SIGMA / PRIOR_SPREAD)


def test_no_size_is_ever_nothing():
    sizes = sizes_by_slot(np.zeros(48), np.ones(48), np.tile(np.arange(24), 2), 24, 3600)

    assert sizes.tolist() == [LEAST_SIZE] * 24


def test_without_past_errors_the_assumed_spread_stands():
    assert error_ladder(np.zeros(0), np.zeros(0), 0.0).tolist() == ASSUMED.tolist()
    assert error_ladder(np.full(40, 9.0), np.zeros(40), 30.0).tolist() == ASSUMED.tolist()


def test_with_as_many_days_as_the_assumption_counts_both_weigh_the_same():
    errors = np.linspace(-2.0, 2.0, 4001)

    ladder = error_ladder(errors, np.ones(4001), PRIOR_DAYS)

    observed = np.array([4 * level - 2 for level in LADDER])
    assert ladder == pytest.approx((observed + ASSUMED) / 2, abs=1e-3)


def test_the_ladder_is_what_walking_up_the_sorted_errors_by_hand_gives():
    rng = np.random.default_rng(5)
    errors, weights = rng.standard_normal(60), rng.choice([0.0, 0.3, 1.0], 60)

    ladder = error_ladder(errors.reshape(6, 10), weights.reshape(6, 10), 12.0)

    ranked = sorted((e, w) for e, w in zip(errors.tolist(), weights.tolist(), strict=True) if w > 0)
    whole, reached, points = sum(w for _, w in ranked), 0.0, []
    for error, weight in ranked:
        points.append(((reached + weight / 2) / whole, error))
        reached += weight
    for rung, level in enumerate(LADDER):
        below = [p for p in points if p[0] <= level]
        above = [p for p in points if p[0] > level]
        if not below or not above:
            observed = (below or above)[-1 if below else 0][1]
        else:
            (x0, y0), (x1, y1) = below[-1], above[0]
            observed = y0 + (y1 - y0) * (level - x0) / (x1 - x0)
        blended = (12 * observed + PRIOR_DAYS * ASSUMED[rung]) / (12 + PRIOR_DAYS)
        assert ladder[rung] == pytest.approx(blended)


def test_many_days_of_errors_outweigh_the_assumption():
    errors = np.random.default_rng(6).standard_normal(50_000) * 0.3

    ladder = error_ladder(errors, np.ones(50_000), 1000.0)

    assert ladder == pytest.approx(0.3 * LADDER_Z, abs=0.03)


def test_learned_levels_are_given_back_exactly():
    ladder = np.sort(np.random.default_rng(2).standard_normal(len(LADDER)))

    assert at_levels(ladder, LADDER) == pytest.approx(ladder)


def test_a_level_in_between_is_read_off_along_the_normal_quantile():
    """For normal errors every level is then exact, far beyond the ladder too."""
    levels = (0.001, 0.02, 0.4, 0.5, 0.93, 0.98, 0.999, 0.9999)

    assert at_levels(0.2 + 3 * LADDER_Z, levels) == pytest.approx(0.2 + 3 * z_of(levels))


def test_reading_off_is_done_rung_by_rung_and_row_by_row():
    ladders = np.sort(np.random.default_rng(4).standard_normal((3, 2, len(LADDER))), axis=-1)
    levels = (0.3, 0.6, 0.97)

    values = at_levels(ladders, levels)

    assert values.shape == (3, 2, 3)
    for place in np.ndindex(3, 2):
        by_hand = np.interp(z_of(levels), LADDER_Z, ladders[place])
        assert values[place] == pytest.approx(by_hand)


def test_a_flat_ladder_stays_flat_and_levels_never_cross():
    assert at_levels(np.zeros(len(LADDER)), (0.5, 0.9, 0.999)).tolist() == [0.0] * 3


def test_errors_that_differ_only_in_their_last_bit_give_the_same_ladder():
    """Half of the errors are 0 and half are 3, of different weights; rounding shuffles the equal ones."""
    rng = np.random.default_rng(8)
    errors, weights = np.repeat([0.0, 3.0], 10), np.exp(rng.standard_normal(20))
    weights[10:] *= weights[:10].sum() / weights[10:].sum()
    nearly = errors + 1e-15 * rng.standard_normal(20)

    assert error_ladder(nearly, weights, 50.0) == pytest.approx(error_ladder(errors, weights, 50.0), abs=1e-6)
