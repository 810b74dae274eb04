"""Outages and one-off spikes pulled in, so that what happened once does not become what is expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats

FAR = 4.0
"""A cell so many robust standard deviations from its slot's median is suspect (Hampel 1974)."""

FEWEST_DAYS = 4
"""It takes so many days to call a cell of one of them odd."""

_CONFIRMED_BY_DAYS = (1, 7)
_MAD_TO_SIGMA = 1.4826


def pull_in(logs: Floats) -> Floats:
    """The same history (days, slots), with odd cells no further than `FAR` from their slot's median.

    A cell is odd that is far from the median of its slot (heights of days taken out) where neither
    the day before or after nor the same weekday a week before or after was off to the same side by half
    as much: what comes again is a change, not a fault. NaN stays NaN.
    """
    if len(logs) < FEWEST_DAYS:
        return logs
    known = ~np.isnan(logs)
    heights = _heights(logs)[:, None]
    shape = logs - heights
    middle = median_down(shape)
    off = np.where(known, shape - middle, 0.0)
    bound = FAR * _MAD_TO_SIGMA * median_down(np.where(known, np.abs(off), np.nan))
    odd = (np.abs(off) > bound) & ~_comes_again(off)
    return np.where(odd, heights + middle + np.sign(off) * bound, logs)


def median_down(values: Floats) -> Floats:
    """The median of each column (slots,) without its NaNs; 0 for a column of nothing else."""
    ranked = np.sort(values, axis=0)  # NaN last
    count = (~np.isnan(values)).sum(axis=0)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    columns = np.arange(values.shape[1])
    high = np.minimum(high, np.maximum(count - 1, 0))
    middle: Floats = (ranked[low, columns] + ranked[high, columns]) / 2
    return np.where(count > 0, middle, 0.0)


def _heights(logs: Floats) -> Floats:
    """How high is each day (days,), going by most of its slots? Hours of outage do not lower it."""
    return median_down((logs - median_down(logs)).T)


def _comes_again(off: Floats) -> NDArray[np.bool_]:
    """Was a day near by off to the same side, by half as much at least? Noise vouches for no spike."""
    again = np.zeros(off.shape, dtype=np.bool_)
    for apart in _CONFIRMED_BY_DAYS:
        later, earlier = off[apart:], off[:-apart]
        same_side = later * earlier > 0
        again[apart:] |= same_side & (np.abs(earlier) >= np.abs(later) / 2)
        again[: len(later)] |= same_side & (np.abs(later) >= np.abs(earlier) / 2)
    return again
