"""Campaigns that have begun: what has come so far corrects what is still expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, ServiceView
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.bands import PRIOR_SPREAD
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.compose import together
from advisor.forecasting.days import DAY_S
from advisor.forecasting.effects import Effect
from advisor.forecasting.scale import to_log
from advisor.forecasting.uplift import Likely
from advisor.forecasting.windows import cells_in, time_profile

LOOK_BACK_S = 1800
LATEST_S = 600
"""The last half hour tells how campaigns are doing, or the last ten minutes where both halves say more."""

FULLY_BELIEVED_AT = 0.5
"""A campaign doing worse than expected is believed in full only after this share of it."""


@dataclass(frozen=True, slots=True)
class SoFar:
    """How the campaigns running now have done lately, all together.

    `off` is the mean log ratio of what came to what was expected of them in the last half hour or, where
    that is more, in the lower half of the last ten minutes; `noise` the variance that demand has anyway.
    """

    off: float
    noise: float


@dataclass(frozen=True, eq=False)
class Lately:
    """The cells (n,) of the last half hour: `log_ratios` of demand to demand without campaigns.

    `at_least` (n,) marks those that saturation cut off; `without` (n,) are rates without campaigns.
    """

    times_s: Seconds
    log_ratios: Floats
    at_least: NDArray[np.bool_]
    without: Floats


def lately(view: ServiceView, baseline: Baseline, effects: Sequence[Effect]) -> Lately:
    """What came in the last half hour, over what would have come without campaigns?

    Up to when the baseline was learned, as :mod:`effects` measured it; since then, over the forecast
    that was made at that time.
    """
    since = int(np.searchsorted(view.times_s, view.cutoff_s - max(LOOK_BACK_S, view.step_s)))
    times_s, values = view.times_s[since:], view.values[since:]
    nothing = np.zeros(0)
    at_fit = baseline.deviation(times_s[:0], nothing, np.zeros(0, dtype=np.bool_))
    without = baseline.middle(times_s, baseline.until_s, at_fit)
    ratios = np.full(len(times_s), np.nan)
    known = np.isfinite(values)
    ratios[known] = to_log(values[known], baseline.offset) - without[known]
    old = times_s < baseline.until_s
    measured = np.zeros(len(times_s))
    for effect in effects:
        at = (times_s - effect.from_s) // effect.width_s
        inside = old & (at >= 0) & (at < len(effect.log_ratios))
        measured[inside] += np.expm1(np.nan_to_num(effect.log_ratios[at[inside]]))
    ratios = np.where(old & known, np.log1p(np.maximum(measured, -0.999)), ratios)
    rates = np.maximum(np.exp(without) - baseline.offset, 0.0)
    return Lately(times_s, ratios, view.saturated[since:], rates)


def has_begun(campaign: Campaign, cutoff_s: int) -> bool:
    """Is it past its start? The few who come before it tell nothing of the crowd."""
    return to_epoch_s(campaign.start) < cutoff_s


def so_far(
    cells: Lately,
    running: Sequence[tuple[slice, Likely]],
    baseline: Baseline,
    coming: Sequence[tuple[slice, Likely]] = (),
) -> SoFar | None:
    """How have the campaigns that are running done? None where none is, or nothing of it was seen.

    `running` holds per campaign its cells of `cells` and what was expected there. They are compared all
    together, and with the first of those `coming`: two at once are not each credited with what both brought.
    """
    if not running:
        return None
    inside = np.zeros(len(cells.times_s), dtype=np.bool_)
    for rows, _ in running:
        inside[rows] = True
    seen = inside & np.isfinite(cells.log_ratios)
    if not seen.any():
        return None
    alone, beside = _expected(running, len(inside))[seen], _expected((*running, *coming), len(inside))[seen]
    came = cells.log_ratios[seen]
    # Of those still to come the first account for what came, but nobody is missed yet.
    said = np.clip(came, np.minimum(alone, beside), np.maximum(alone, beside))
    came = np.where(cells.at_least[seen], np.maximum(came, said), came)
    slot = int(cells.times_s[seen][-1]) % DAY_S // baseline.step_s
    noise = (PRIOR_SPREAD * float(baseline.sizes[slot])) ** 2
    off, times_s = came - said, cells.times_s[seen]
    latest = np.array_split(off[times_s > times_s[-1] - LATEST_S], 2)
    sustained = min(float(half.mean()) for half in latest if len(half))
    return SoFar(max(float(off.mean()), sustained), noise)


def _expected(campaigns: Sequence[tuple[slice, Likely]], count: int) -> Floats:
    """The log ratio that these campaigns together let expect in each of so many cells."""
    factors = np.ones((len(campaigns), count))
    for factor, (rows, likely) in zip(factors, campaigns, strict=True):
        factor[rows] = np.exp(likely.log_ratios)
    return np.log(together(list(factors)))


def in_flight(
    campaign: Campaign, expected: Likely, times_s: Seconds, cutoff_s: int, step_s: int, done: SoFar | None
) -> tuple[Likely, float | None]:
    """What is expected of the rest, and by which factor it was corrected; None if it has not begun.

    How far the last half hour was off, against how far campaigns usually are off and how noisy demand
    is: a Kalman gain. Upward at once, for too little capacity cannot wait; downward in the measure in
    which the campaign is over, for a slow start is not yet a failure. `times_s` (steps,) as of `expected`.
    """
    last = cells_in(campaign, np.array([cutoff_s - step_s]), step_s)
    if done is None or not has_begun(campaign, cutoff_s) or last.start == last.stop:
        return expected, None
    whole = expected.variance + done.noise
    gain = expected.variance / whole if whole > 0 else 0.0
    if done.off < 0:
        start_s, end_s = to_epoch_s(campaign.start), to_epoch_s(campaign.end)
        over = (cutoff_s - start_s) / (end_s - start_s)
        gain *= min(max(over / FULLY_BELIEVED_AT, 0.0), 1.0)
    by = gain * done.off * _share(expected.log_ratios, time_profile(campaign, times_s, step_s))
    if done.off < 0:  # at worst it brings nothing: less than the ordinary only where that was expected
        by = np.maximum(by, np.minimum(-expected.log_ratios, 0.0))
    corrected = replace(
        expected, log_ratios=expected.log_ratios + by, variance=expected.variance * (1 - gain / 2)
    )
    return corrected, round(float(np.exp(gain * done.off)), 4)


def _share(expected: Floats, profile: Floats) -> Floats:
    """Which share of a surprise at the height of a campaign is still one in each of these steps? (steps,).

    The profile says so; on the flanks of a dip less, where its logarithm is flatter: as much as a larger
    promise would have made there of what it made at the height.
    """
    height = 1.0 + np.divide(np.expm1(expected), profile, out=np.zeros(len(profile)), where=profile > 0)
    share: Floats = profile * np.clip(height / np.exp(expected), 0.0, 1.0)
    return share
