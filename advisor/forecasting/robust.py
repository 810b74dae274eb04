"""Statistics that one bad day cannot bend, on arrays with gaps."""

from __future__ import annotations

import numpy as np

from advisor.domain.demand import Floats


def weighted_median(values: Floats, weights: Floats) -> Floats:
    """Below which value lies half of the weight, down the first axis? Shape: `values` without that axis.

    `weights` broadcasts against `values`; NaN values weigh nothing; where nothing weighs anything the
    answer is NaN. Where the weight splits exactly in half, the mean of the two values at the split.
    A value holding under half of the weight can shift the answer only to another observed value.
    """
    weights = np.where(np.isnan(values), 0.0, np.broadcast_to(weights, values.shape))
    order = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    below = np.cumsum(np.take_along_axis(weights, order, axis=0), axis=0)
    whole = below[-1]
    slack = 1e-9 * whole  # sums of equal weights differ in their last digits
    low = np.argmax(below >= whole / 2 - slack, axis=0)
    high = np.argmax(below > whole / 2 + slack, axis=0)
    picked = [np.take_along_axis(ranked, index[None], axis=0)[0] for index in (low, high)]
    median: Floats = np.where(whole > 0, (picked[0] + picked[1]) / 2, np.nan)
    return median


def halving(age: Floats, half_life: float) -> Floats:
    """How much does something of this age weigh, if its weight halves every `half_life`?"""
    weight: Floats = 0.5 ** (age / half_life)
    return weight


def fill_circular(values: Floats) -> Floats:
    """The same values (slots,) with gaps bridged from their neighbours around the day.

    Raises ValueError if there is no value at all.
    """
    seen = np.flatnonzero(~np.isnan(values))
    if len(seen) == 0:
        raise ValueError("a profile without a single value cannot be filled: treat it as no data")
    filled: Floats = np.interp(np.arange(len(values)), seen, values[seen], period=len(values))
    return filled


def smooth_circular(values: Floats, passes: int) -> Floats:
    """The same values (slots,), each averaged `passes` times with its neighbours (weights 1, 2, 1)."""
    for _ in range(passes):
        values = (np.roll(values, 1) + 2 * values + np.roll(values, -1)) / 4
    return values


def winsorised(values: Floats, times: float, level: float) -> Floats:
    """The same values, none above so many `times` the `level` quantile of those that are not zero.

    A cell beyond that is a fault or a one-off; it counts as large, but not as that large.
    """
    positive = values[values > 0]
    if len(positive) == 0:
        return values
    capped: Floats = np.minimum(values, times * np.quantile(positive, level))
    return capped
