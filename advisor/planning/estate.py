"""Every resource laid out before the guardrails: its clusters of claims, its schedule, and its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.advice import Claim, Need, ScheduleWithout, Step
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import ResourceState
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.timegrid import from_epoch_s
from advisor.planning.alternatives import Alternative, alternatives
from advisor.planning.claims import claims_on, in_force
from advisor.planning.cost import add_up
from advisor.planning.floors import ClusterFloors, merge_steps, plan_clusters
from advisor.planning.pace import Pace


@dataclass(frozen=True, eq=False)
class LaidOut:
    """One resource's plan as its needs and claims alone would have it.

    `clusters` reach as far as campaigns are forecast; `steps`, and so recommendations, only as far as
    the policy's horizon: what begins later will be better known by then. `alternatives` tell, for a
    resource with a price, what each claiming campaign adds.
    """

    pace: Pace
    state: ResourceState
    needs: tuple[Need, ...]
    clusters: tuple[ClusterFloors, ...]
    steps: tuple[Step, ...]
    within_horizon: tuple[ClusterFloors, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def resource(self) -> ResourcePolicy:
        """What is allowed and known of the resource."""
        return self.pace.resource

    @property
    def near_claims(self) -> tuple[Claim, ...]:
        """The claims within the policy's horizon, in order of start."""
        return tuple(claim for cluster in self.within_horizon for claim in cluster.claims)

    @property
    def next_claims(self) -> tuple[Claim, ...]:
        """The claims of the cluster that is running or, where none is, comes next."""
        return next((cluster.claims for cluster in self.within_horizon if cluster.claims), ())

    @property
    def without(self) -> tuple[ScheduleWithout, ...]:
        """The schedules without each campaign within the horizon, to be remembered."""
        near = {claim.campaign_id for claim in self.near_claims}
        return tuple(a.schedule for a in self.alternatives if a.schedule.campaign_id in near)

    def in_force_at(self, now: datetime) -> tuple[Claim, ...]:
        """The claims that can have a part in what is due at `now`."""
        return in_force(self.pace, self.near_claims, now, now)

    def cluster_of(self, campaign_id: str) -> ClusterFloors | None:
        """The cluster in which a campaign holds its claim here; None if it holds none."""
        for cluster in self.clusters:
            if any(claim.campaign_id == campaign_id for claim in cluster.claims):
                return cluster
        return None


def lay_out(
    pace: Pace,
    state: ResourceState,
    needs: tuple[Need, ...],
    campaigns: Mapping[str, Campaign],
    policy: Policy,
    now: datetime,
) -> LaidOut:
    """Schedule one resource for every campaign that its needs have foreseen."""
    resource = pace.resource
    foreseen = {without.campaign_id for need in needs for without in need.without}
    claims = [
        claim
        for claim in claims_on(resource, list(campaigns.values()), policy, now)
        if claim.campaign_id in foreseen
    ]
    clusters = plan_clusters(pace, needs, claims, campaigns, state, now)
    near = tuple(c for c in clusters if from_epoch_s(int(c.times_s[0])) < now + policy.horizon)
    steps = merge_steps(resource, near, state.plan, now)
    priced = resource.price_per_unit_hour is not None
    others = tuple(alternatives(pace, needs, clusters, campaigns, state, now)) if priced else ()
    return LaidOut(pace, state, needs, clusters, steps, near, others)


def extra_costs(estate: Sequence[LaidOut], campaigns: Mapping[str, Campaign]) -> dict[str, list[float]]:
    """Per campaign, what it alone adds on each resource, spent and still to come."""
    costs: dict[str, list[float]] = {campaign_id: [] for campaign_id in campaigns}
    for laid in estate:
        price = laid.resource.price_per_unit_hour
        if price is None:
            continue
        for alternative in laid.alternatives:
            costs[alternative.schedule.campaign_id].append(alternative.added_unit_hours * price)
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
        limits = [policy.budgets.per_campaign]
        budget = campaigns[campaign_id].budget
        if budget is not None and budget.currency == policy.currency:
            limits.append(budget.max_cost)
        known = [limit for limit in limits if limit is not None]
        if extra is not None and known and extra > min(known):
            over.add(campaign_id)
    return frozenset(over)
