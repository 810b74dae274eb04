"""How much of the present deviation goes on."""

import numpy as np
import pytest

from advisor.forecasting.drift import (
    HALF_LIFE_D,
    PRIOR_LONG,
    PRIOR_ORIGINS,
    PRIOR_SHORT,
    PRIOR_SHORT_FADE_S,
    Residuals,
    deviations,
    persistence,
    prior_persistence,
    spans,
)

HOUR_S = 3600
DAY = 24


def seeded(n=400, seed=9, gaps=0.2):
    rng = np.random.default_rng(seed)
    weights = rng.choice([1.0, 0.5], n)
    weights[rng.random(n) < gaps] = 0.0
    return Residuals(np.where(weights > 0, rng.standard_normal(n), np.nan), weights)


def mean_by_hand(residuals, first, end):
    cells = [
        (v, w)
        for v, w in zip(residuals.values[first:end], residuals.weights[first:end], strict=True)
        if w > 0
    ]
    weight = sum(w for _, w in cells)
    return sum(v * w for v, w in cells) / weight if weight else None


@pytest.mark.parametrize(
    ("step_s", "expected"), [(300, (12, 288)), (HOUR_S, (1, 24)), (6 * HOUR_S, (1, 7)), (86_400, (1, 7))]
)
def test_looks_back_are_an_hour_and_a_day_but_at_least_one_step_and_seven(step_s, expected):
    assert spans(step_s) == expected


@pytest.mark.parametrize("step_s", [900, HOUR_S])
def test_deviations_are_the_weighted_means_of_what_came_before(step_s):
    residuals, at = seeded(), np.array([0, 1, 5, 24, 100, 399, 400])

    looks = deviations(residuals, at, step_s)

    by_hand = [
        [mean_by_hand(residuals, max(0, i - back), i) or 0.0 for back in spans(step_s)] for i in at.tolist()
    ]
    assert looks == pytest.approx(np.array(by_hand))


def test_what_comes_later_does_not_count():
    residuals = seeded()
    poisoned = Residuals(
        np.where(np.arange(400) >= 200, 1e6, residuals.values),
        np.where(np.arange(400) >= 200, 1.0, residuals.weights),
    )
    at = np.array([50, 200])

    assert np.array_equal(deviations(residuals, at, HOUR_S), deviations(poisoned, at, HOUR_S))


def test_persistence_is_what_solving_each_bins_ridge_regression_by_hand_gives():
    residuals = seeded()
    origins = np.arange(30, 400, 3)
    looks = deviations(residuals, origins, HOUR_S)
    edges = np.array([0, 1, 4, 12, 24])

    shares = persistence(residuals, origins, looks, edges, DAY, HOUR_S)

    prior = prior_persistence((edges[:-1] + edges[1:]) / 2 * HOUR_S)
    ridge = PRIOR_ORIGINS * (looks**2).mean(axis=0)
    for b in range(4):
        gram, moment = np.diag(ridge), ridge * prior[b]
        for origin, look in zip(origins.tolist(), looks, strict=True):
            if origin + edges[b + 1] > 400:
                continue
            later = mean_by_hand(residuals, origin + edges[b], origin + edges[b + 1])
            if later is not None:
                worth = 0.5 ** ((400 - origin) / DAY / HALF_LIFE_D)
                gram = gram + worth * np.outer(look, look)
                moment = moment + worth * look * later
        assert shares[b].tolist() == pytest.approx(np.linalg.solve(gram, moment).tolist())


def test_before_anything_was_seen_the_assumption_stands():
    nothing = Residuals(np.zeros(0), np.zeros(0))
    edges = np.array([0, 1, 24])

    shares = persistence(nothing, np.zeros(0, dtype=int), np.zeros((0, 2)), edges, DAY, HOUR_S)

    assert shares == pytest.approx(prior_persistence(np.array([0.5, 12.5]) * HOUR_S))


def test_of_the_last_hour_less_is_assumed_to_go_on_the_further_ahead():
    shares = prior_persistence(np.array([0.0, PRIOR_SHORT_FADE_S, 1e9]))

    assert shares[:, 0].tolist() == pytest.approx([PRIOR_SHORT, PRIOR_SHORT / np.e, 0.0])
    assert shares[:, 1].tolist() == [PRIOR_LONG] * 3


def day_heights(persistent, days=200, seed=4):
    """A service whose days differ in height: each as the one before, or each by itself."""
    heights = np.random.default_rng(seed).standard_normal(days)
    if persistent:
        heights = np.repeat(heights[::20], 20)
    values = np.repeat(heights, DAY)
    return Residuals(values, np.ones(len(values)))


def test_a_deviation_that_always_stays_is_taken_to_stay_and_one_that_never_does_is_not():
    edges = np.array([0, 24])
    origins = np.arange(24, 200 * 24, 24)
    kept = []
    for persistent in (True, False):
        residuals = day_heights(persistent)
        looks = deviations(residuals, origins, HOUR_S)
        shares = persistence(residuals, origins, looks, edges, DAY, HOUR_S)
        kept.append(shares[0].sum())

    assert kept[0] > 0.65
    assert abs(kept[1]) < 0.35
