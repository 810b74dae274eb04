"""How good were forecasts? Pinball loss, coverage, WAPE, and the errors of the peak: arrays in, marks out.

Losses are divided by the mean of what really came, so that services of any size can be held beside each
other; that keeps the ranking of forecasts as it is. A step whose actual is NaN (a gap) is left out.
Several forecasts of one step, from different cutoffs, are so many points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds


@dataclass(frozen=True, slots=True)
class Scores:
    """Marks of a set of forecast points; `pinball` and `coverage` stand in the order of `levels`.

    `pinball` (and `mean_pinball` over the levels) and `wape` are in multiples of `mean_actual`; they are
    NaN where nothing but zeros came. `coverage` is a share, 0 to 1: that of an honest level is the level.
    """

    points: int
    mean_actual: float
    levels: tuple[float, ...]
    pinball: tuple[float, ...]
    mean_pinball: float
    coverage: tuple[float, ...]
    wape: float


@dataclass(frozen=True, slots=True)
class Peak:
    """How a forecast met the highest demand of one window.

    Errors are relative and signed: (highest forecast - highest actual) / highest actual, for the median and
    for the highest level. `minutes_late` says by how much the median's peak comes after the actual one.
    """

    actual: float
    median_error: float
    highest_error: float
    minutes_late: float


@dataclass(frozen=True, slots=True)
class PeakScores:
    """The peaks of several windows: means of the signed errors, and of their sizes."""

    windows: int
    median_error: float
    median_error_size: float
    highest_error: float
    highest_error_size: float
    minutes_late: float
    minutes_off: float


def pinball_loss(actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Floats:
    """What does each forecast quantile lose? In units of demand; actual (n,), the others (n, levels).

    At level a: a * (y - q) where more came than forecast, (1 - a) * (q - y) where less did. It is a proper
    scoring rule: on average nobody does better than by saying the true quantile (Gneiting and Raftery,
    "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 2007).
    """
    above = actual[:, None] - quantiles
    level = np.asarray(levels)
    loss: Floats = np.maximum(level * above, (level - 1.0) * above)
    return loss


def score(actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Scores | None:
    """How good are these forecast points? Actual (n,), quantiles (n, levels); None if none has an actual.

    pinball_a = mean(loss_a) / mean(y); coverage_a = share of y <= q_a; WAPE = sum|y - q50| / sum(y), which
    needs the median among the levels (ValueError otherwise). To divide by a mean and not point by point
    keeps nights near zero from ruling the mark (Hyndman and Koehler, "Another look at measures of forecast
    accuracy", International Journal of Forecasting 2006).
    """
    median = _median(levels)
    seen = np.isfinite(actual)
    if not seen.any():
        return None
    y, q = actual[seen], quantiles[seen]
    mean = float(y.mean())
    scale = mean if mean > 0 else np.nan
    pinball = pinball_loss(y, q, levels).mean(axis=0) / scale
    return Scores(
        points=len(y),
        mean_actual=mean,
        levels=tuple(levels),
        pinball=tuple(pinball.tolist()),
        mean_pinball=float(pinball.mean()),
        coverage=tuple((y[:, None] <= q).mean(axis=0).tolist()),
        wape=float(np.abs(y - q[:, median]).mean() / scale),
    )


def peak(times_s: Seconds, actual: Floats, quantiles: Floats, levels: Sequence[float]) -> Peak | None:
    """How well did one forecast meet the peak of one window? Shapes (n,), (n,), (n, levels).

    Only steps with an actual count, on both sides; of equal peaks the first. None where no step has an
    actual or nothing but zeros came: then there is no peak to meet.
    """
    median = _median(levels)
    seen = np.isfinite(actual)
    if not seen.any() or not actual[seen].max() > 0:
        return None
    times, y, q = times_s[seen], actual[seen], quantiles[seen]
    highest = float(y.max())
    return Peak(
        actual=highest,
        median_error=float(q[:, median].max()) / highest - 1.0,
        highest_error=float(q[:, -1].max()) / highest - 1.0,
        minutes_late=float(times[np.argmax(q[:, median])] - times[np.argmax(y)]) / 60.0,
    )


def peak_scores(peaks: Sequence[Peak]) -> PeakScores | None:
    """How well were peaks met on the whole? None for no peaks."""
    if not peaks:
        return None
    errors = np.array([[p.median_error, p.highest_error, p.minutes_late] for p in peaks])
    median, highest, late = errors.mean(axis=0).tolist()
    median_size, highest_size, off = np.abs(errors).mean(axis=0).tolist()
    return PeakScores(len(peaks), median, median_size, highest, highest_size, late, off)


def overlapping(times_s: Seconds, step_s: int, start_s: int, end_s: int) -> NDArray[np.bool_]:
    """Which of the steps that start at `times_s` overlap the window [start_s, end_s)? Shape of `times_s`."""
    inside: NDArray[np.bool_] = (times_s + step_s > start_s) & (times_s < end_s)
    return inside


def _median(levels: Sequence[float]) -> int:
    if 0.5 not in levels:
        raise ValueError(f"the median (0.5) must be among the levels, not only {tuple(levels)}")
    return list(levels).index(0.5)
