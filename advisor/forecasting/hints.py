"""What a campaign's owner lets expect of it before anything is learned: a magnitude with a spread.

The figures below the heading "priors" are defaults to be replaced by measurement, not facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from statistics import NormalDist

from advisor.domain.campaign import Campaign, ExpectedUplift
from advisor.domain.reason import Reason

# --- priors

PRIOR_UPLIFT = ExpectedUplift(p50=1.3, p90=3.0)
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

_Z90 = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True, slots=True)
class Expectation:
    """A log-normal magnitude: the factor's median `p50`, and `sigma`, the spread of its logarithm."""

    p50: float
    sigma: float
    reason: Reason


def expectation(campaign: Campaign, baseline_rate_per_s: float) -> Expectation:
    """How large is the effect at its height likely to be, and who says so?

    The owner's figure first, then audience and send rate, then the general prior. An audience says
    nothing about a service without a baseline (a multiple of zero), so there the prior stands in.
    """
    if campaign.expected_uplift is not None:
        return _through(campaign.expected_uplift, Reason.UPLIFT_FROM_OWNER)
    extra_per_s = audience_rate_per_s(campaign)
    if extra_per_s is not None and baseline_rate_per_s > 0:
        extra = min(extra_per_s / baseline_rate_per_s, LARGEST_UPLIFT)
        # The spread is on the extra requests, not on the factor: no audience, no uplift at any level.
        unlikely = 1.0 + extra * exp(AUDIENCE_SIGMA * _Z90)
        return _through(ExpectedUplift(1.0 + extra, unlikely), Reason.UPLIFT_FROM_AUDIENCE)
    return GENERAL


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


def _through(uplift: ExpectedUplift, reason: Reason) -> Expectation:
    """The log-normal through this p50 and p90."""
    p50 = max(uplift.p50, 1.0 / LARGEST_UPLIFT)
    return Expectation(min(p50, LARGEST_UPLIFT), log(max(uplift.p90, p50) / p50) / _Z90, reason)


GENERAL = _through(PRIOR_UPLIFT, Reason.UPLIFT_FROM_PRIOR)
"""What is expected of a campaign of which nothing is known."""
