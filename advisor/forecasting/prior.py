"""What is expected of a campaign before anything was learned of its like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.hints import Expectation, expectation
from advisor.forecasting.holidays import SIGMA, holiday_curve, is_holiday
from advisor.forecasting.windows import time_profile


@dataclass(frozen=True, eq=False)
class Prior:
    """The log ratio expected in each step, shape (steps,), and the spread `sigma` of the whole of it."""

    log_ratios: Floats
    sigma: float
    reason: Reason


def prior_of(
    campaign: Campaign,
    times_s: Seconds,
    step_s: int,
    baseline: Baseline,
    share: float | Floats,
    rate_per_s: float = 0.0,
) -> Prior:
    """What does this campaign's announcement let expect in these steps?

    Its owner's figures, where there are any, against `rate_per_s`, what comes without it at its start; for a
    holiday, that it looks like a Sunday; or else the general prior. Log ratios are of demand plus the
    scale's offset, of which demand is `share`, one for all or (steps,).
    """
    hint = expectation(campaign, rate_per_s)
    if hint.reason is Reason.UPLIFT_FROM_PRIOR and is_holiday(campaign.kind) and not baseline.cold:
        curve = holiday_curve(campaign, times_s, step_s, baseline)
        return Prior(curve, SIGMA, Reason.UPLIFT_LIKE_SUNDAY)
    return from_hint(campaign, times_s, step_s, hint, share)


def from_hint(
    campaign: Campaign, times_s: Seconds, step_s: int, hint: Expectation, share: float | Floats = 1.0
) -> Prior:
    """A magnitude spread over the campaign's window, brought from demand onto the scale."""
    profile = time_profile(campaign, times_s, step_s)
    curve = np.log1p(np.maximum(profile * (hint.p50 - 1.0) * share, -0.999))
    raised = hint.p50 * np.mean(share)
    sigma = hint.sigma * float(raised / (raised + 1.0 - np.mean(share)))
    return Prior(curve, sigma, hint.reason)
