"""Which steps to forecast: the near horizon, and the windows of campaigns further out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.domain.campaign import Campaign, CampaignStatus
from advisor.domain.demand import ServiceView
from advisor.domain.policy import Policy
from advisor.domain.timegrid import Seconds, ceil_to, from_epoch_s, span
from advisor.forecasting.windows import effect_window


def relevant(campaigns: Sequence[Campaign], service: str) -> tuple[Campaign, ...]:
    """Which campaigns count for this service: scheduled and naming it, ordered by id.

    A cancelled campaign counts for nothing. The order makes every later sum independent of the
    order in which campaigns arrived.
    """
    chosen = (c for c in campaigns if c.status is CampaignStatus.SCHEDULED and service in c.services)
    return tuple(sorted(chosen, key=lambda c: (c.campaign_id, c.revision)))


def forecast_times(view: ServiceView, campaigns: Sequence[Campaign], policy: Policy) -> Seconds:
    """Which steps must be forecast? Their starts, sorted and unique, all at or after the cutoff.

    Every step of `policy.horizon` from the cutoff on, and the effect window of every scheduled
    campaign of this service that starts within `policy.plan_ahead`: one two weeks out has its
    forecast now, without forecasting everything in between. Of one campaign at most `plan_ahead`
    (or the horizon, if that is longer) is forecast at a time, so that an end in a far year cannot
    exhaust memory; the rest follows as the cutoff moves on.
    """
    cutoff = ceil_to(from_epoch_s(view.cutoff_s), policy.step)
    pieces = [span(cutoff, cutoff + policy.horizon, policy.step)]
    reach = max(policy.plan_ahead, policy.horizon)
    for campaign in relevant(campaigns, view.service):
        start, end = effect_window(campaign)
        first = max(start, cutoff)
        if campaign.start < cutoff + policy.plan_ahead and end > first:
            last = end if end - first <= reach else first + reach
            pieces.append(span(first, last, policy.step))
    times: Seconds = np.unique(np.concatenate(pieces))
    return times
