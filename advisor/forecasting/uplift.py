"""How much more demand a campaign brings: a time profile times a magnitude with a spread.

The figures below the heading "priors" are defaults to be replaced by measurement, not facts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np

from advisor.domain.campaign import Campaign, ExpectedUplift
from advisor.domain.demand import Floats, UpliftBand
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, to_epoch_s

LEAD_IN = timedelta(minutes=15)
"""Before its start a campaign already draws some: early sends, people waiting for the doors."""

TAIL = timedelta(minutes=60)
"""After its end the crowd leaves over this time; outside lead-in and tail the factor is exactly 1."""

# --- priors

PRIOR_UPLIFT = ExpectedUplift(p50=1.5, p90=3.0)
"""What a campaign does of which nothing is known but that somebody announced it."""

CLICK_THROUGH = 0.02
"""Share of the people addressed who visit."""

REQUESTS_PER_VISIT = 10.0
"""Requests that one such visit makes of the service."""

DEFAULT_SEND_MIN = 60.0
"""Minutes over which an audience is addressed when no send rate is given."""

FASTEST_RESPONSE_MIN = 10.0
"""Minutes over which people answer a message that all of them get at once."""

AUDIENCE_SIGMA = 0.9
"""Log-spread of the extra requests worked out from an audience: p90 is 3.2 times p50."""

LARGEST_UPLIFT = 1e4
"""Bound that keeps the arithmetic finite for absurd hints; what a source may claim is `max_uplift`."""


def effect_window(campaign: Campaign) -> tuple[datetime, datetime]:
    """When can this campaign move demand? Outside the window returned its factor is exactly 1."""
    return campaign.start - LEAD_IN, campaign.end + TAIL


def uplift_band(
    campaign: Campaign,
    times_s: Seconds,
    levels: Sequence[float],
    baseline_rate_per_s: float,
    max_uplift: float | None,
    step_s: int = 0,
) -> UpliftBand:
    """By what factor does this campaign multiply the baseline? `factor` has shape (steps, levels).

    factor = 1 + profile(t) * (magnitude - 1). `baseline_rate_per_s` is the service's median baseline
    at the campaign's start; it turns an audience into a factor. `max_uplift`, the policy's cap on the
    source, bounds the magnitude at every level (a cap under 1 counts as 1: distrust is not a dip).
    A factor never falls along the levels nor below 0, and is below 1 only for an expected dip.
    """
    magnitude, reason = magnitude_quantiles(campaign, levels, baseline_rate_per_s)
    if max_uplift is not None and np.any(magnitude > max(max_uplift, 1.0)):
        magnitude, reason = np.minimum(magnitude, max(max_uplift, 1.0)), Reason.UPLIFT_CAPPED_BY_SOURCE
    profile = time_profile(campaign, times_s, step_s)
    factor = 1.0 + profile[:, None] * (magnitude - 1.0)
    return UpliftBand(campaign.campaign_id, factor, reason)


def time_profile(campaign: Campaign, times_s: Seconds, step_s: int = 0) -> Floats:
    """How much of a campaign's effect is there in each step, 0 to 1? Shape (steps,).

    Rises over the lead-in to 1 at the start, stays until the end, decays over the tail to exactly 0.
    A step of `step_s` seconds takes the highest value within it, because capacity has to carry its
    busiest moment; as the profile rises once and falls once, that is the rise at the step's end
    or the fall at its beginning. With `step_s` 0 the values are those of the instants themselves.
    """
    start_s, end_s = to_epoch_s(campaign.start), to_epoch_s(campaign.end)
    lead_in_s, tail_s = LEAD_IN.total_seconds(), TAIL.total_seconds()
    rise = (times_s + step_s - (start_s - lead_in_s)) / lead_in_s
    fall = (end_s + tail_s - times_s) / tail_s
    profile: Floats = np.clip(np.minimum(rise, fall), 0.0, 1.0)
    return profile


def magnitude_quantiles(
    campaign: Campaign, levels: Sequence[float], baseline_rate_per_s: float
) -> tuple[Floats, Reason]:
    """How large is the effect at its height, per quantile level, and who says so? Shape (levels,).

    The owner's figure first, then audience and send rate, then the general prior. An audience says
    nothing about a service without a baseline (a multiple of zero), so there the prior stands in.
    """
    z = np.array([NormalDist().inv_cdf(level) for level in levels])
    if campaign.expected_uplift is not None:
        return _log_normal(campaign.expected_uplift, z), Reason.UPLIFT_FROM_OWNER
    extra_per_s = audience_rate_per_s(campaign)
    if extra_per_s is not None and baseline_rate_per_s > 0:
        extra = min(extra_per_s / baseline_rate_per_s, LARGEST_UPLIFT)
        # The spread is on the extra requests, not on the factor: no audience, no uplift at any level.
        magnitude = 1.0 + extra * np.exp(AUDIENCE_SIGMA * z)
        return np.minimum(magnitude, LARGEST_UPLIFT), Reason.UPLIFT_FROM_AUDIENCE
    return _log_normal(PRIOR_UPLIFT, z), Reason.UPLIFT_FROM_PRIOR


def audience_rate_per_s(campaign: Campaign) -> float | None:
    """How many extra requests per second do the people addressed make? None without such a hint.

    The send rate governs, but people do not answer faster than `FASTEST_RESPONSE_MIN` allows; an
    audience alone is taken to be addressed over `DEFAULT_SEND_MIN`. Rises with either hint.
    """
    audience, sends_per_min = campaign.audience, campaign.send_rate_per_min
    if audience is None and sends_per_min is None:
        return None
    if sends_per_min is None:
        sends_per_min = (audience or 0.0) / DEFAULT_SEND_MIN
    elif audience is not None:
        sends_per_min = min(sends_per_min, audience / FASTEST_RESPONSE_MIN)
    return sends_per_min / 60.0 * CLICK_THROUGH * REQUESTS_PER_VISIT


def _log_normal(uplift: ExpectedUplift, z: Floats) -> Floats:
    """The quantiles at the standard normal's `z` of the log-normal through this p50 and p90."""
    p50 = min(max(uplift.p50, 1.0 / LARGEST_UPLIFT), LARGEST_UPLIFT)
    p90 = min(max(uplift.p90, p50), LARGEST_UPLIFT)
    sigma = np.log(p90 / p50) / NormalDist().inv_cdf(0.9)
    quantiles: Floats = np.minimum(p50 * np.exp(sigma * z), LARGEST_UPLIFT)
    return quantiles
