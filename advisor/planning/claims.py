"""Which campaigns hold a claim on a resource, and how much demand each asks for at a time?

A claim is membership, not a number: the floor follows the forecast with every claiming campaign, so
two campaigns at once compose by what the forecast makes of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from advisor.domain.advice import Claim, Need
from advisor.domain.campaign import Campaign, CampaignStatus
from advisor.domain.demand import Floats
from advisor.domain.policy import Mode, Policy, ResourcePolicy
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.windows import effect_window
from advisor.planning.pace import Pace


def counts(campaign: Campaign, policy: Policy) -> bool:
    """May this campaign move anything? Not if it was withdrawn, or comes from an unlisted source."""
    listed = not policy.sources or campaign.source in policy.sources
    return listed and campaign.status is CampaignStatus.SCHEDULED


def mode_allowed_by_source(campaign: Campaign, policy: Policy) -> Mode:
    """How far may we go on this campaign's word? Without listed sources: recommend."""
    source = policy.sources.get(campaign.source)
    return source.max_mode if source else Mode.RECOMMEND


def claims_on(
    resource: ResourcePolicy, campaigns: Sequence[Campaign], policy: Policy, now: datetime
) -> tuple[Claim, ...]:
    """The claims on a resource that are not over yet, in order of start.

    A claim is over when its campaign's effect is (end and tail): from then on nothing is raised for it.
    """
    claims = []
    for campaign in campaigns:
        if not counts(campaign, policy) or not set(campaign.services) & set(resource.serves):
            continue
        start, end = effect_window(campaign)
        if end > now:
            claims.append(Claim(campaign.campaign_id, campaign.revision, resource.resource, start, end))
    return tuple(sorted(claims, key=lambda c: (c.start, c.campaign_id)))


def demand_on(
    resource: ResourcePolicy,
    needs: Sequence[Need],
    times_s: Seconds,
    *,
    window: tuple[datetime, datetime],
    without: str | frozenset[str] | None = None,
    level: float | None = None,
) -> Floats:
    """Demand that reaches a resource at each instant, in requests per second, shape (n,).

    Adds up its services' needs times their shares; adding quantiles of several services is on the
    safe side, since it takes their peaks to come together. 0 outside `window`, where no campaign
    holds a claim. `without` names campaigns to leave out, for what they alone add. `level` asks for
    that quantile (or the next one known) instead of the one planned for.
    """
    total = np.zeros(len(times_s))
    left_out = frozenset({without}) if isinstance(without, str) else without or frozenset()
    for need in needs:
        total += resource.serves[need.service] * _spread(need, _rates(need, left_out, level), times_s)
    start_s, end_s = (to_epoch_s(edge) for edge in window)
    return np.where((times_s >= start_s) & (times_s < end_s), total, 0.0)


def in_force(pace: Pace, claims: Sequence[Claim], since: datetime, until: datetime) -> tuple[Claim, ...]:
    """The claims that can have a part in a resource's floor at some time from `since` to `until`.

    From the earliest raise that a claim can ask for to its end. Nothing that is due outside of that
    time is its doing, and so nothing of that may be blocked on its account.
    """
    return tuple(c for c in claims if pace.earliest_raise(c.start) <= until and c.end > since)


def clusters(claims: Sequence[Claim], pace: Pace) -> tuple[tuple[Claim, ...], ...]:
    """Claims grouped so that no two groups touch, each from its earliest raise to the end of its revert."""
    groups: list[list[Claim]] = []
    reach: datetime | None = None
    for claim in sorted(claims, key=lambda c: (c.start, c.campaign_id)):
        if reach is not None and pace.earliest_raise(claim.start) < reach:
            groups[-1].append(claim)
            reach = max(reach, pace.latest_revert(claim.end))
        else:
            groups.append([claim])
            reach = pace.latest_revert(claim.end)
    return tuple(tuple(group) for group in groups)


def by_resource(needs: Sequence[Need], policy: Policy) -> Mapping[str, tuple[Need, ...]]:
    """Needs grouped by the resource they ask, each group in order of service.

    Needs of pairs that the policy does not have, as another version of it may have asked, are left out.
    """
    grouped: dict[str, list[Need]] = {}
    for need in sorted(needs, key=lambda n: (n.resource, n.service)):
        resource = policy.resources.get(need.resource)
        if resource is not None and need.service in resource.serves:
            grouped.setdefault(need.resource, []).append(need)
    return {resource: tuple(group) for resource, group in grouped.items()}


def _rates(need: Need, without: frozenset[str], level: float | None) -> Floats:
    """The need's rates with some campaigns left out.

    What several add is taken off together, for crowds add up; what is left of the ordinary demand stays.
    """
    column = None if level is None else need.column(level)
    whole = need.total if column is None else need.bands[:, column]
    gone = [other for other in need.without if other.campaign_id in without]
    rates = whole.copy() if gone else whole
    for other in gone:
        part = other.rate_per_s if column is None else other.bands[:, column]
        rows = slice(other.first, other.first + len(part))
        rates[rows] = part if len(gone) == 1 else rates[rows] - (whole[rows] - part)
    if len(gone) <= 1:
        return rates
    return np.maximum(rates, np.minimum(need.baseline, whole))


def _spread(need: Need, rate_per_s: Floats, times_s: Seconds) -> Floats:
    """The need's step that holds each instant; 0 where it has none (the past, or between windows)."""
    if not len(need.times_s):
        return np.zeros(len(times_s))
    at = np.searchsorted(need.times_s, times_s, side="right") - 1
    inside = (at >= 0) & (times_s < need.times_s[np.maximum(at, 0)] + need.step_s)
    return np.where(inside, rate_per_s[np.maximum(at, 0)], 0.0)
