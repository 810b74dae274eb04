"""How much more demand a campaign brings: what its like brought before, shrunk to what its owner expects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Evidence, Floats, UpliftBand
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.bands import z_of
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.days import DAY_S
from advisor.forecasting.effects import Effect
from advisor.forecasting.hints import GENERAL, LARGEST_UPLIFT
from advisor.forecasting.likeness import HALF_LIFE_D, audience_ratios, likeness
from advisor.forecasting.past import Past, past_of
from advisor.forecasting.prior import Prior, prior_of
from advisor.forecasting.windows import is_coarse, time_profile

PRIOR_WEIGHT = 1.0
"""What the expectation counts beside past campaigns, in campaigns just like this one."""

LEAST_PRIOR_WEIGHT = 0.05
MOST_PRIOR_WEIGHT = 2.0
"""Where campaigns of a kind differ little the expectation counts less, where they differ a lot more."""

PRIOR_SURPRISES = 0.5
"""The spread assumed counts like so many past surprises."""

KIN_SPREAD = 0.25
"""Log-spread by which campaigns of one kind differ as a rule (p90 is 1.4 times p50)."""

NEWNESS = 0.5
"""A mean of few campaigns is itself uncertain: of one, surprises' variance grows by so much."""

BLOCKS = 8
"""Surprises are judged in so many stretches of a window: a cell's own noise belongs to the baseline."""

MOST_EVIDENCE = 5


@dataclass(frozen=True, eq=False)
class Likely:
    """The log ratio expected in each step, shape (steps,), and the variance of the whole of it."""

    log_ratios: Floats
    variance: float
    evidence: tuple[Evidence, ...]
    reason: Reason


def likely(
    campaign: Campaign,
    times_s: Seconds,
    step_s: int,
    past: Past,
    prior: Prior,
) -> Likely:
    """What will this campaign do in these steps, going by the `past` of others and by the `prior`?

    A weighted mean of what its like did at the same time before the start, after it, or around the end
    (the first half of a campaign is aligned to starts, the second to ends: some crowds peak at the
    whistle), shrunk to the prior's curve: an empirical Bayes estimate (Efron & Morris 1975). The spread
    is that of past surprises, shrunk to the prior's own, or to :data:`KIN_SPREAD` the more of its like
    are known.
    """
    weights = likeness(campaign, past, is_coarse(step_s))
    if not len(weights):
        return Likely(prior.log_ratios, prior.sigma**2, (), prior.reason)
    held = _prior_weight(campaign.kind, past)
    mean = _mean(campaign, times_s, past, weights, prior, held)
    told = float(weights.sum())
    reason = Reason.UPLIFT_LEARNED if told > held else prior.reason
    variance = _variance(weights, past.surprises, told, held, prior.sigma)
    return Likely(mean, variance, _evidence(past, weights), reason)


def with_surprises(
    effects: Sequence[Effect], campaigns: Sequence[Campaign], step_s: int, baseline: Baseline
) -> tuple[Effect, ...]:
    """The same effects, each with how far it was from what those before it let expect.

    `surprise` is the mean square over :data:`BLOCKS` stretches of the window, of log ratios, None for one
    before which there was nothing.
    """
    by_id = {campaign.campaign_id: campaign for campaign in campaigns}
    ordered = sorted(effects, key=lambda e: (e.start_s, e.campaign_id))
    past = past_of(ordered)
    surprises = past.surprises.copy()
    for row, effect in enumerate(ordered):
        earlier = (past.until_s <= effect.from_s) & (np.arange(len(past)) < row)
        campaign = by_id.get(effect.campaign_id)
        if not earlier.any():
            surprises[row] = np.nan
        elif campaign is not None:
            before = replace(past.only(earlier), surprises=surprises[earlier])
            surprises[row] = _surprise(effect, campaign, before, step_s, baseline)
    known = [None if np.isnan(surprise) else float(surprise) for surprise in surprises]
    return tuple(replace(e, surprise=surprise) for e, surprise in zip(ordered, known, strict=True))


def capped(likely: Likely, max_uplift: float | None) -> Likely:
    """The same expectation, with no step's above what the policy lets its source claim."""
    if max_uplift is None:
        return likely
    return replace(likely, log_ratios=np.minimum(likely.log_ratios, np.log(max(max_uplift, 1.0))))


def uplift_band(
    campaign: Campaign,
    times_s: Seconds,
    levels: Sequence[float],
    likely: Likely,
    max_uplift: float | None,
    step_s: int = 0,
) -> UpliftBand:
    """By what factor does this campaign multiply demand? `factor` has shape (steps, levels).

    `max_uplift`, the policy's cap on the source, bounds the factor at every level (a cap under 1 counts
    as 1: distrust is not a dip). A factor never falls along the levels nor below 0, and is exactly 1
    outside the effect window.
    """
    profile = time_profile(campaign, times_s, step_s)
    z = z_of(levels)
    # Half-way up the rise the whole spread counts already: when the crowd comes is uncertain too.
    spread = np.sqrt(likely.variance) * np.clip(2 * profile, 0.0, 1.0)
    logs = likely.log_ratios[:, None] + spread[:, None] * z
    factor = np.exp(np.clip(logs, -np.log(LARGEST_UPLIFT), np.log(LARGEST_UPLIFT)))
    factor = np.where(profile[:, None] > 0, factor, 1.0)
    reason = likely.reason
    if max_uplift is not None and np.any(factor > max(max_uplift, 1.0)):
        factor, reason = np.minimum(factor, max(max_uplift, 1.0)), Reason.UPLIFT_CAPPED_BY_SOURCE
    return UpliftBand(campaign.campaign_id, factor, reason, likely.evidence)


def _surprise(
    effect: Effect, campaign: Campaign, before: Past, step_s: int, baseline: Baseline
) -> np.float32:
    times_s = effect.from_s + effect.width_s * np.arange(len(effect.log_ratios), dtype=np.int64)
    prior = prior_of(campaign, times_s, step_s, baseline, effect.share)
    weights = likeness(campaign, before, is_coarse(step_s))
    held = _prior_weight(campaign.kind, before)
    off = effect.log_ratios - _mean(campaign, times_s, before, weights, prior, held)
    edges = np.arange(BLOCKS) * len(off) // BLOCKS if len(off) > BLOCKS else np.arange(len(off))
    known = np.isfinite(off)
    counts = np.add.reduceat(known, edges, dtype=np.int64)
    sums = np.add.reduceat(np.where(known, off, 0.0), edges)
    means = sums[counts > 0] / counts[counts > 0]
    return np.float32((means**2).mean())


def _mean(
    campaign: Campaign, times_s: Seconds, past: Past, weights: Floats, prior: Prior, held: float
) -> Floats:
    """The log ratio expected in each step, by effects of these weights and a prior that weighs `held`."""
    start_s, end_s = to_epoch_s(campaign.start), to_epoch_s(campaign.end)
    ratios = _aligned(past, start_s, end_s, times_s, prior.log_ratios)
    if campaign.audience is not None:
        scale = audience_ratios(campaign.audience, past)[:, None]
        ratios = np.where(ratios > 0, np.log1p(np.expm1(np.fmax(ratios, 0.0)) * scale), ratios)
    known = np.isfinite(ratios)
    weight = np.where(known, weights[:, None], 0.0)
    sums = (weight * np.where(known, ratios, 0.0)).sum(axis=0) + held * prior.log_ratios
    mean: Floats = sums / (weight.sum(axis=0) + held)
    return mean


def _variance(weights: Floats, surprises: Floats, told: float, held: float, sigma: float) -> float:
    """The variance by effects that weigh `told` in all, and a prior of spread `sigma` that weighs `held`."""
    counted = np.where(np.isfinite(surprises), weights, 0.0)
    # A mean of few is itself uncertain.
    seen = (counted * np.nan_to_num(surprises)).sum() * (1 + NEWNESS / (told + held))
    usual = (held * sigma**2 + told * KIN_SPREAD**2) / (held + told)
    return float((seen + PRIOR_SURPRISES * usual) / (counted.sum() + PRIOR_SURPRISES))


def _prior_weight(kind: str, past: Past) -> float:
    """What does the expectation count, given how much campaigns of this kind differed?"""
    same = past.kinds == kind
    if not same.any():
        return PRIOR_WEIGHT
    means, starts = past.means[same], past.starts_s[same]
    recency = 0.5 ** ((starts.max() - starts) / DAY_S / HALF_LIFE_D)
    middle = (recency * means).sum() / recency.sum()
    general = GENERAL.sigma**2
    variance = ((recency * (means - middle) ** 2).sum() + general) / (recency.sum() + 1.0)
    return float(np.clip(PRIOR_WEIGHT * variance / general, LEAST_PRIOR_WEIGHT, MOST_PRIOR_WEIGHT))


def _aligned(past: Past, start_s: int, end_s: int, times_s: Seconds, expected: Floats) -> Floats:
    """What did each effect do at the times that correspond to these? (effects, steps), NaN if unknown."""
    points = past.log_ratios.shape[1]
    starts, ends = past.starts_s[:, None], past.ends_s[:, None]
    first_half = times_s < (start_s + end_s) / 2
    then = np.where(first_half, times_s - start_s + starts, times_s - end_s + ends)
    at = (then - past.from_s[:, None]) // past.width_s[:, None]
    inside = (at >= 0) & (at < points)
    at = np.clip(at, 0, points - 1)
    rows = np.arange(len(past))[:, None]
    ratios = np.where(inside, past.log_ratios[rows, at], np.nan)
    # Where capacity cut demand off it was at least that much: no less than what is expected anyway.
    return np.where(inside & past.at_least[rows, at], np.fmax(ratios, expected), ratios)


def _evidence(past: Past, weights: Floats) -> tuple[Evidence, ...]:
    ranked = np.lexsort((past.campaign_ids, -weights))[:MOST_EVIDENCE]
    return tuple(
        Evidence(
            campaign_id=str(past.campaign_ids[i]),
            weight=round(float(weights[i]), 4),
            mean_factor=round(float(np.exp(past.means[i])), 4),
            peak_factor=round(float(np.exp(past.peaks[i])), 4),
        )
        for i in ranked
        if weights[i] > 0
    )
