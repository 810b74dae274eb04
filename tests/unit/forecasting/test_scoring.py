"""Marks of forecasts, worked out by hand and against a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.forecasting.scoring import Peak, overlapping, peak, peak_scores, pinball_loss, score

LEVELS = (0.5, 0.9)


def test_a_quantile_loses_its_level_times_what_came_above_it_and_the_rest_times_what_came_below():
    """100 came: 90 at q50 loses 0.5 * 10, 120 at q90 loses 0.1 * 20."""
    loss = pinball_loss(np.array([100.0]), np.array([[90.0, 120.0]]), LEVELS)

    np.testing.assert_allclose(loss, [[5.0, 2.0]])


def test_marks_of_two_points_are_those_of_a_sum_by_hand():
    """Losses and WAPE are divided by the mean of what came; an actual on the quantile is covered."""
    marks = score(np.array([100.0, 200.0]), np.array([[90.0, 120.0], [210.0, 200.0]]), LEVELS)

    assert marks is not None
    assert (marks.points, marks.mean_actual, marks.levels) == (2, 150.0, LEVELS)
    assert marks.pinball == pytest.approx((5.0 / 150, 1.0 / 150))
    assert marks.mean_pinball == pytest.approx(3.0 / 150)
    assert marks.coverage == (0.5, 1.0)
    assert marks.wape == pytest.approx(10.0 / 150)


def test_vectorised_marks_equal_those_of_a_plain_loop():
    """Over a thousand random points with gaps, point by point gives the same sums."""
    rng = np.random.default_rng(4)
    actual = rng.gamma(2.0, 50.0, 1000)
    actual[rng.random(1000) < 0.2] = np.nan
    bands = np.sort(rng.gamma(2.0, 50.0, (1000, 2)), axis=1)
    sums, covered, points = [0.0, 0.0], [0, 0], 0
    for came, row in zip(actual, bands, strict=True):
        if math.isnan(came):
            continue
        points += 1
        for i, level in enumerate(LEVELS):
            sums[i] += level * (came - row[i]) if came > row[i] else (1 - level) * (row[i] - came)
            covered[i] += came <= row[i]

    marks = score(actual, bands, LEVELS)

    assert marks is not None
    assert marks.points == points
    assert marks.pinball == pytest.approx([total / points / marks.mean_actual for total in sums], rel=1e-9)
    assert marks.coverage == pytest.approx([share / points for share in covered])


def test_a_gap_leaves_its_point_out():
    """What was not seen says nothing about the forecast, however wrong that looks."""
    bands = np.array([[90.0, 120.0], [1e9, 1e9]])

    assert score(np.array([100.0, np.nan]), bands, LEVELS) == score(np.array([100.0]), bands[:1], LEVELS)
    assert score(np.array([np.nan, np.nan]), bands, LEVELS) is None


def test_losses_relative_to_nothing_but_zeros_are_not_defined():
    """Coverage still is."""
    marks = score(np.zeros(2), np.ones((2, 2)), LEVELS)

    assert marks is not None
    assert math.isnan(marks.mean_pinball)
    assert math.isnan(marks.wape)
    assert marks.coverage == (1.0, 1.0)


def test_no_quantile_scores_better_on_average_than_the_true_one():
    """The loss is proper: of all constants, the sample's own quantile loses least."""
    sample = np.random.default_rng(5).gamma(2.0, 50.0, 4001)
    true = float(np.quantile(sample, 0.9))

    def loss(guess: float) -> float:
        return float(pinball_loss(sample, np.full((len(sample), 1), guess), (0.9,)).mean())

    assert all(loss(true) <= loss(true * factor) for factor in (0.5, 0.9, 0.99, 1.01, 1.1, 2.0))


def test_a_peak_is_held_beside_the_highest_forecast_and_its_time():
    """200 came at minute 10; the median peaked with 150 at minute 20, the highest level with 300."""
    times = np.array([0, 600, 1200])
    bands = np.array([[100.0, 130.0], [120.0, 250.0], [150.0, 300.0]])

    met = peak(times, np.array([50.0, 200.0, 80.0]), bands, LEVELS)

    assert met is not None
    assert (met.actual, met.median_error, met.highest_error, met.minutes_late) == (200.0, -0.25, 0.5, 10.0)


def test_a_peak_hidden_in_a_gap_is_nobodys_error():
    """Steps that were not seen are left out of the forecast's peak too; without any there is none."""
    times, bands = np.array([0, 600]), np.array([[10.0, 10.0], [99.0, 99.0]])

    met = peak(times, np.array([10.0, np.nan]), bands, LEVELS)

    assert met is not None
    assert met.median_error == 0.0
    assert peak(times, np.array([np.nan, np.nan]), bands, LEVELS) is None
    assert peak(times, np.zeros(2), bands, LEVELS) is None


def test_peaks_are_summed_up_with_their_sign_and_without():
    """Errors that cancel show in the mean size."""
    marks = peak_scores([Peak(1.0, -0.2, 0.1, -10.0), Peak(1.0, 0.2, 0.3, 20.0)])

    assert marks is not None
    assert marks.windows == 2
    assert marks.median_error == pytest.approx(0.0)
    assert marks.median_error_size == pytest.approx(0.2)
    assert (marks.highest_error, marks.minutes_late, marks.minutes_off) == pytest.approx((0.2, 5.0, 15.0))
    assert peak_scores([]) is None


def test_a_step_that_reaches_into_a_window_overlaps_it():
    """Of hours from 0:00, the window from 0:30 to 2:00 overlaps the first two."""
    hours = np.array([0, 3600, 7200])

    assert overlapping(hours, 3600, 1800, 7200).tolist() == [True, True, False]


def test_marks_need_the_median_among_the_levels():
    """WAPE and the peak are those of the median; its absence is named."""
    with pytest.raises(ValueError, match="median"):
        score(np.ones(1), np.ones((1, 1)), (0.9,))
