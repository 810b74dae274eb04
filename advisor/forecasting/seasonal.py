"""The ordinary week of a service: a shape of the day per weekday, and how high each day was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.robust import fill_circular, halving, smooth_circular, weighted_median

DAY_S = 86_400

SHAPE_HALF_LIFE_D = 14.0
"""The shape of a day changes slowly: a day this long ago counts half."""

LEVEL_HALF_LIFE_D = 2.0
"""The height of a day changes faster; one of three days must stay under half of the weight."""

DAYS_FOR_WEEKDAYS = 14
"""Weekdays are told apart once each of them was seen twice."""

OTHER_WEEKDAY_WEIGHT = 0.15
"""How much a day says about the shape of another weekday; keeps one odd day from ruling a weekday."""

LEAST_SHARE = 0.02
"""Shapes and weekday factors are never below this share of their mean, so that ratios stay finite."""

BURSTY = 3.0
"""If the mean is so many times the mean of the typical day, the typical day misses most of the demand."""

LARGEST_RATIO = 10.0
"""No past error counts as more than this: beyond it something else had happened."""

SMOOTHING_SPAN_S = 900
"""Neighbours within about this time are averaged into a slot."""


@dataclass(frozen=True, eq=False)
class Season:
    """What is ordinary for a service, relative to nothing but its own history.

    `shapes` (7, slots) in requests per second per weekday (Monday first), at level 1; `weekday` (7,)
    factors; `level` the present height; `ratios` (days, slots) observed over what the days before
    would have predicted, NaN where unknown: the forecaster's own past errors.
    """

    step_s: int
    shapes: Floats
    weekday: Floats
    level: float
    ratios: Floats

    def at(self, times_s: Seconds) -> Floats:
        """The ordinary demand at these instants, shape (steps,), in requests per second."""
        weekdays, slots = weekday_of(times_s // DAY_S), times_s % DAY_S // self.step_s
        expected: Floats = self.level * self.weekday[weekdays] * self.shapes[weekdays, slots]
        return expected


def weekday_of(days: Seconds) -> Seconds:
    """Which weekday (Monday 0) is the so-manieth day since the epoch, a Thursday?"""
    return (days + 3) % 7


def day_matrix(times_s: Seconds, values: Floats, step_s: int) -> tuple[Seconds, Floats]:
    """The values as days by slots of the day, NaN where there are none; and the days' numbers.

    Days count from the epoch, in UTC. The last slot is short where the step does not divide a day.
    """
    days = np.arange(times_s[0] // DAY_S, times_s[-1] // DAY_S + 1, dtype=np.int64)
    matrix = np.full((len(days), -(-DAY_S // step_s)), np.nan)
    matrix[times_s // DAY_S - days[0], times_s % DAY_S // step_s] = values
    return days, matrix


def fit_season(days: Seconds, matrix: Floats, step_s: int) -> Season | None:
    """What is ordinary in these days? None if demand is nearly always zero, or comes at no fixed hour.

    First a rough shape gives each day's height; then the shapes are taken from days brought to one
    height, so that growth or a bank holiday does not distort them; medians throughout, so that an
    outage or a spike in one of three days or more does not bend them. `matrix` as from
    :func:`day_matrix`, with at least one value.
    """
    rough = _finish(weighted_median(matrix, np.ones((len(days), 1))), step_s)
    if rough.mean() == 0 or np.nanmean(matrix) > BURSTY * rough.mean():
        return None
    heights = weighted_median((matrix / rough).T, rough[:, None])
    seen = np.mean(~np.isnan(matrix), axis=1)
    weekdays = weekday_of(days)
    by_weekday = days[-1] - days[0] + 1 >= DAYS_FOR_WEEKDAYS
    factors = _weekday_factors(heights, weekdays) if by_weekday else np.ones(7)
    levels = heights / factors[weekdays]

    even = matrix / np.where(heights > 0, heights, np.nan)[:, None]
    recency = halving((days[-1] - days).astype(np.float64), SHAPE_HALF_LIFE_D)
    shapes = np.empty((7, matrix.shape[1]))
    for weekday in range(7):
        kinship = np.where(weekdays == weekday, 1.0, OTHER_WEEKDAY_WEIGHT) if by_weekday else 1.0
        shapes[weekday] = _finish(weighted_median(even, (recency * kinship)[:, None]), step_s, rough)
    ages = (days[:, None] - days[None, :]).astype(np.float64)  # of day j as seen from day i
    known = np.where(ages > 0, halving(np.maximum(ages, 0), LEVEL_HALF_LIFE_D), 0.0) * seen
    before = weighted_median(np.broadcast_to(levels[:, None], ages.shape), known.T)
    level = weighted_median(levels, halving(ages[-1], LEVEL_HALF_LIFE_D) * seen)
    if level == 0:
        return None
    predicted = (before * factors[weekdays])[:, None] * shapes[weekdays]
    ratios = matrix / np.where(predicted > 0, predicted, np.nan)
    return Season(step_s, shapes, factors, float(level), np.minimum(ratios, LARGEST_RATIO))


def _finish(shape: Floats, step_s: int, instead: Floats | None = None) -> Floats:
    """A shape made whole: gaps bridged, lightly smoothed, nowhere (nearly) zero."""
    if np.isnan(shape).all():
        return np.zeros_like(shape) if instead is None else instead
    passes = 0 if step_s > SMOOTHING_SPAN_S / 3 else max(1, round(SMOOTHING_SPAN_S / step_s / 3))
    smooth = smooth_circular(fill_circular(shape), passes)
    whole: Floats = np.maximum(smooth, LEAST_SHARE * smooth.mean())
    return whole


def _weekday_factors(heights: Floats, weekdays: Seconds) -> Floats:
    """How high is each weekday (7,) against the week around it? 1 for a weekday never seen."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(heights, 3, constant_values=np.nan), 7)
    week = weighted_median(np.ascontiguousarray(around.T), np.ones((7, 1)))
    relative = heights / np.where(week > 0, week, np.nan)
    same = weekdays[:, None] == np.arange(7)[None, :]
    factors = weighted_median(np.where(same, relative[:, None], np.nan), np.ones((1, 7)))
    whole: Floats = np.maximum(np.where(np.isnan(factors), 1.0, factors), LEAST_SHARE)
    return whole
