"""Every resource laid out before the guardrails: its clusters of claims, its schedule, and its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.advice import Need, Step
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import ResourceState
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.timegrid import from_epoch_s
from advisor.planning.claims import claims_on
from advisor.planning.cost import add_up, cost_of_difference
from advisor.planning.floors import ClusterFloors, merge_steps, plan_clusters, without_campaign


@dataclass(frozen=True, eq=False)
class LaidOut:
    """One resource's plan as its needs and claims alone would have it.

    `clusters` reach as far as campaigns are forecast; `steps`, and so recommendations, only as far as
    the policy's horizon: what begins later will be better known by then.
    """

    resource: ResourcePolicy
    state: ResourceState
    needs: tuple[Need, ...]
    clusters: tuple[ClusterFloors, ...]
    steps: tuple[Step, ...]
    within_horizon: tuple[ClusterFloors, ...]

    def cluster_of(self, campaign_id: str) -> ClusterFloors | None:
        """The cluster in which a campaign holds its claim here; None if it holds none."""
        for cluster in self.clusters:
            if any(claim.campaign_id == campaign_id for claim in cluster.claims):
                return cluster
        return None


def lay_out(
    resource: ResourcePolicy,
    state: ResourceState,
    needs: tuple[Need, ...],
    campaigns: Mapping[str, Campaign],
    policy: Policy,
    now: datetime,
) -> LaidOut:
    """Schedule one resource for every campaign that its needs have foreseen."""
    foreseen = {without.campaign_id for need in needs for without in need.without}
    claims = [
        claim
        for claim in claims_on(resource, list(campaigns.values()), policy, now)
        if claim.campaign_id in foreseen
    ]
    clusters = plan_clusters(resource, needs, claims, campaigns, state.plan, now)
    near = tuple(c for c in clusters if from_epoch_s(int(c.times_s[0])) < now + policy.horizon)
    return LaidOut(resource, state, needs, clusters, merge_steps(resource, near, state.plan, now), near)


def extra_costs(
    estate: Sequence[LaidOut], campaigns: Mapping[str, Campaign]
) -> dict[str, list[float]]:
    """Per campaign, what it alone adds on each resource: the difference with and without it."""
    costs: dict[str, list[float]] = {campaign_id: [] for campaign_id in campaigns}
    for laid in estate:
        price = laid.resource.price_per_unit_hour
        if price is None:
            continue
        for cluster in laid.clusters:
            for claim in cluster.claims:
                without = without_campaign(laid.resource, laid.needs, cluster, campaigns, claim.campaign_id)
                costs[claim.campaign_id].append(cost_of_difference(price, cluster.asked, without))
    return costs


def over_budget(
    costs: Mapping[str, Sequence[float]], campaigns: Mapping[str, Campaign], policy: Policy
) -> frozenset[str]:
    """Campaigns whose extra cost exceeds their own budget or the policy's, whichever is lower.

    A campaign's budget in a currency other than the policy's cannot be compared: only the policy's counts.
    """
    over = set()
    for campaign_id, parts in costs.items():
        extra = add_up(policy.currency, parts).extra
        limits = [policy.budget_per_campaign]
        budget = campaigns[campaign_id].budget
        if budget is not None and budget.currency == policy.currency:
            limits.append(budget.max_cost)
        known = [limit for limit in limits if limit is not None]
        if extra is not None and known and extra > min(known):
            over.add(campaign_id)
    return frozenset(over)
