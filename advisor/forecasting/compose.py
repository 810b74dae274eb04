"""Baseline and uplifts put together into one band, and numbers cut to a compact size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.domain.demand import Floats

SIGNIFICANT_DIGITS = 6
_LEAST_EXPONENT, _GREATEST_EXPONENT = -15, 20  # powers of ten up to 10**22 are exact doubles


def total_band(
    baseline: Floats, factors: Sequence[Floats], levels: Sequence[float], offset: float = 0.0
) -> Floats:
    """How much demand is there with these campaigns? Shape (steps, levels), like all inputs.

    Factors apply to baseline + `offset`, which is taken off again.

    Overlapping campaigns are put :func:`together`. Baseline and uplift are independent, so
    their log-spreads at one level combine as the root of the sum of squares, which is less than
    multiplying the two quantiles (that would assume that both go wrong together). Steps on which no
    campaign does anything keep the baseline's values exactly. Never negative, never falls along
    the levels. Raises ValueError if the median is not among the levels.
    """
    if 0.5 not in levels:
        raise ValueError(f"the median (0.5) must be among the quantile levels, not only {tuple(levels)}")
    if not factors:
        return baseline
    uplift = together(factors)
    middle = list(levels).index(0.5)
    ordinary = baseline
    baseline = baseline + offset
    base50, uplift50 = baseline[:, [middle]], uplift[:, [middle]]
    # A ratio to a median of zero says nothing: there the two quantiles are multiplied, the cautious way.
    defined = (baseline > 0) & (uplift > 0) & (base50 > 0) & (uplift50 > 0)
    base_spread = np.log(np.divide(baseline, base50, out=np.ones_like(baseline), where=defined))
    uplift_spread = np.log(np.divide(uplift, uplift50, out=np.ones_like(uplift), where=defined))
    side = np.sign(np.asarray(levels) - 0.5)
    spread = np.exp(side * np.hypot(base_spread, uplift_spread))
    total = np.where(defined, base50 * uplift50 * spread, baseline * uplift)
    total = np.where(np.all(uplift == 1.0, axis=1, keepdims=True), ordinary, total - offset)
    rising: Floats = np.maximum.accumulate(np.maximum(total, 0.0), axis=1)
    return rising


def together(factors: Sequence[Floats]) -> Floats:
    """By what do campaigns multiply demand that run at once? Same shape as each of the factors, at least one.

    Those that raise it **add** their excess: each crowd comes on top of the ordinary one, and two crowds
    do not multiply each other. Those that lower it multiply: who is kept away once cannot be kept away
    twice, and a closed shop stays closed during a sale. Never falls when one of the factors rises.
    """
    raised = 1.0 + np.sum([np.maximum(factor - 1.0, 0.0) for factor in factors], axis=0)
    lowered = np.prod([np.minimum(factor, 1.0) for factor in factors], axis=0)
    whole: Floats = raised * lowered
    return whole


def round_significant(values: Floats) -> Floats:
    """The same values to six significant digits, so that equal inputs give short, equal bytes.

    Keeps order: of two values the larger is never rounded below the smaller.
    """
    magnitude = np.abs(values)
    exponent = np.floor(np.log10(magnitude, out=np.zeros_like(magnitude), where=magnitude > 0))
    exponent = np.clip(exponent, _LEAST_EXPONENT, _GREATEST_EXPONENT).astype(np.int64)
    decimals = SIGNIFICANT_DIGITS - 1 - exponent
    # Only whole powers of ten are exact, so divide by one rather than multiply by its inverse.
    up, down = 10.0 ** np.maximum(decimals, 0), 10.0 ** np.maximum(-decimals, 0)
    rounded: Floats = np.round(values * up / down) / up * down
    return rounded
