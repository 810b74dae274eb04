"""How far off may a forecast be? Quantiles of its own past errors, wider the fewer they are."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.pool import around

LADDER = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99, 0.995)
"""Quantile levels that are learned; any other is read off between them."""

PRIOR_DAYS = 2.0
"""So many days' worth of evidence the assumed spread counts."""

PRIOR_SPREAD = 1.25
"""Standard deviation assumed of errors, in mean absolute errors: 1.2533 for a normal distribution."""

SCALE_REACH_S = 5400
"""An error's size is that of its time of day: of the slots within so much time on either side."""

SCALE_PRIOR = 0.5
"""What the size over the whole day counts beside that of the time of day, in mean evidence per slot."""

COLD_SIGMA = 0.7
"""Log-spread of a cold start (p95 is 3.2 times the level): under a day of history knows no rush hour."""

LEAST_SIZE = 1e-3


def z_of(levels: Sequence[float]) -> Floats:
    """Standard normal quantiles, shape (levels,)."""
    return np.array([NormalDist().inv_cdf(level) for level in levels])


LADDER_Z = z_of(LADDER)


def sizes_by_slot(errors: Floats, weights: Floats, slots: Seconds, count: int, step_s: int) -> Floats:
    """How large is a typical (mean absolute) error at each slot of the day? Shape (count,), above 0."""
    absolute = np.where(weights > 0, np.abs(errors), 0.0) * weights
    sums: Floats = np.bincount(slots.ravel(), absolute.ravel(), minlength=count).astype(np.float64)
    weight: Floats = np.bincount(slots.ravel(), weights.ravel(), minlength=count).astype(np.float64)
    overall = sums.sum() / weight.sum() if weight.sum() > 0 else COLD_SIGMA / PRIOR_SPREAD
    reach = min(SCALE_REACH_S // step_s, (count - 1) // 2)
    if reach:
        sums, weight = around(sums, reach), around(weight, reach)
    prior = SCALE_PRIOR * weight.mean() + 1e-9
    sizes: Floats = np.maximum((sums + prior * overall) / (weight + prior), LEAST_SIZE)
    return sizes


def error_ladder(errors: Floats, weights: Floats, days: float) -> Floats:
    """Quantiles of standardised errors at :data:`LADDER`, never falling; shape (rungs,).

    Errors of any shape count by `weights`. They came from about `days` independent days (steps of a
    day err together), and are blended with the assumed spread accordingly: the fewer, the wider.
    """
    assumed = PRIOR_SPREAD * LADDER_Z
    counted = weights > 0
    if counted.sum() < len(LADDER):
        return assumed
    values, weight = errors[counted], weights[counted]
    # Errors equal but for their last digit keep their order, whatever the unit of demand.
    order = np.argsort(np.round(values, 9), kind="stable")
    reached = np.cumsum(weight[order])
    middle = (reached - weight[order] / 2) / reached[-1]
    observed = np.interp(LADDER, middle, values[order])
    blended = (days * observed + PRIOR_DAYS * assumed) / (days + PRIOR_DAYS)
    return np.maximum.accumulate(blended)


def at_levels(ladder: Floats, levels: Sequence[float]) -> Floats:
    """The errors at any quantile levels, shape (..., levels); `ladder` has rungs on its last axis.

    Read off along the normal quantile, on which the tails of most errors are nearly straight; beyond the
    last rung as steep as between the last two, before the first likewise.
    """
    z = z_of(levels)
    at = np.clip(np.searchsorted(LADDER_Z, z) - 1, 0, len(LADDER) - 2)
    low, high = ladder[..., at], ladder[..., at + 1]
    share = (z - LADDER_Z[at]) / (LADDER_Z[at + 1] - LADDER_Z[at])
    values: Floats = low + (high - low) * share
    return np.maximum.accumulate(values, axis=-1)
