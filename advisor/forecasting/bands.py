"""How far off may the baseline be? Quantiles of its own past errors, wider the fewer they are."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from advisor.domain.demand import Floats

PRIOR_SIGMA = 0.35
"""Log-spread assumed of a service before its own errors are known (p95 is 1.8 times the median)."""

PRIOR_DAYS = 2.0
"""So many days' worth of evidence the assumption counts."""

COLD_SIGMA = 0.7
"""Log-spread of a cold start (p95 is 3.2 times the level): under a day of history knows no rush hour."""

BIAS_BOUNDS = (0.8, 1.25)
"""How far past errors may move the median: more than this is a level that changed, not a bias."""

WIDENING_PER_DAY = 1 / 14
"""Log-spreads grow with the square root of the time ahead: by half as much again after 18 days."""


def log_normal_ratios(levels: Sequence[float], sigma: float) -> Floats:
    """Ratios to the median, shape (levels,), for a log-spread assumed rather than observed."""
    ratios: Floats = np.exp(sigma * np.array([NormalDist().inv_cdf(level) for level in levels]))
    return ratios


def ratio_quantiles(
    ratios: Floats, levels: Sequence[float], days: float, sigma: float = PRIOR_SIGMA
) -> Floats:
    """By which ratio is demand off the prediction, per quantile level? Shape (levels,), never falling.

    `ratios` are observed / predicted in any shape, NaN where unknown. They came from about `days`
    independent days (cells of a day err together), and are blended with the assumed spread `sigma`
    accordingly: the fewer days, the wider.
    """
    assumed = log_normal_ratios(levels, sigma)
    known = ratios[~np.isnan(ratios)]
    if len(known) == 0:
        return assumed
    observed = np.quantile(known, levels)
    blended: Floats = (days * observed + PRIOR_DAYS * assumed) / (days + PRIOR_DAYS)
    return np.maximum.accumulate(blended)


def spread_around(middle: Floats, ratios: Floats, levels: Sequence[float], ahead_s: Floats) -> Floats:
    """The band around a predicted median, shape (steps, levels): non-negative, never falling.

    `middle` (steps,) is the prediction, `ratios` (levels,) as from :func:`ratio_quantiles`,
    `ahead_s` (steps,) how far ahead each step is; beyond the first day the band widens.
    """
    typical = ratios[list(levels).index(0.5)]
    bias = np.clip(typical, *BIAS_BOUNDS)
    relative = ratios / bias
    upper = np.asarray(levels) >= 0.5
    relative = np.where(upper, np.maximum(relative, 1.0), np.minimum(relative, 1.0))
    relative[list(levels).index(0.5)] = 1.0
    days_ahead = np.maximum(ahead_s / 86_400 - 1.0, 0.0)
    widening = np.sqrt(1.0 + WIDENING_PER_DAY * days_ahead)
    band: Floats = middle[:, None] * bias * relative[None, :] ** widening[:, None]
    return band
