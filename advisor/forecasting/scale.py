"""The scale that forecasts are made on: the logarithm of demand plus an offset."""

from __future__ import annotations

import numpy as np

from advisor.domain.demand import Floats

OFFSETS = (0.05, 0.15, 0.5, 1.5)
"""Candidates for the offset, in mean levels: from nearly logarithmic to nearly linear."""

GAIN = 0.05
"""So much less skewed must a larger offset make the noise to be taken instead of a smaller one."""

LEAST_LEVEL = 1e-300
"""Less is taken for so much: an offset must not vanish."""

_ENOUGH = 2000  # deviations, evenly taken, for three quantiles
_FEWEST = 50  # cells it takes to judge skewness
_NEIGHBOURHOOD_S = 3600


def offset_for(values: Floats, step_s: int) -> float:
    """Which offset makes this demand's noise symmetric, as sums and means of it assume? Above 0.

    `values` (n,) are rates, NaN where unknown, at least one of them above 0. Demand is multiplicative,
    so the logarithm is its scale; but where it is often near zero the logarithm turns small
    differences into large ones, and a larger offset is in place (Box & Cox 1964 with a shift in place
    of a power). Judged by the quantile skewness (Bowley's, at 5 and 95 %) of the deviations from the
    mean of the hour around. Scales with the values.
    """
    seen = np.maximum(values[np.isfinite(values)], 0.0)
    positive = seen[seen > 0]
    highest = 3 * np.quantile(positive, 0.95)  # beyond it a cell is a fault, and says nothing of the noise
    seen = np.minimum(seen, highest)
    level = max(float(np.minimum(positive, highest).mean()), LEAST_LEVEL)
    if len(seen) < _FEWEST:
        return OFFSETS[1] * level
    best, least = OFFSETS[0], np.inf
    for offset in OFFSETS:
        skewness = _skewness(np.log(seen + offset * level), step_s)
        if skewness < least - GAIN:
            best, least = offset, skewness
        if least <= GAIN:  # nothing can be so much less skewed
            break
    return best * level


def to_log(values: Floats, offset: float) -> Floats:
    """Rates onto the scale; NaN stays NaN."""
    logs: Floats = np.log(np.maximum(values, 0.0) + offset)
    return logs


def from_log(logs: Floats, offset: float) -> Floats:
    """Back to rates, never below 0."""
    rates: Floats = np.maximum(np.exp(logs) - offset, 0.0)
    return rates


def share_of(logs: Floats, offset: float) -> Floats:
    """Which share of demand plus offset is demand? 0 to 1; what a factor of demand does counts so much."""
    shares: Floats = np.clip(1.0 - offset * np.exp(-logs), 0.0, 1.0)
    return shares


def _skewness(logs: Floats, step_s: int) -> float:
    reach = min(max(1, _NEIGHBOURHOOD_S // step_s), (len(logs) - 1) // 4)
    width = 2 * reach + 1
    sums = np.concatenate([[0.0], np.cumsum(logs)])
    around = (sums[width:] - sums[:-width]) / width
    off = (logs[reach : len(logs) - reach] - around)[:: max(1, len(around) // _ENOUGH)]
    low, middle, high = np.quantile(off, (0.05, 0.5, 0.95))
    return float(abs(low + high - 2 * middle) / max(high - low, 1e-12))
