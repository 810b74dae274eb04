"""Every resource laid out before the guardrails: its clusters of claims, its schedule, and its money."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from advisor.domain.advice import Claim, Need, ScheduleWithout, Step
from advisor.domain.campaign import Campaign
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s
from advisor.planning.alternatives import Alternative, alternatives
from advisor.planning.claims import claims_on, in_force
from advisor.planning.cluster import ClusterFloors
from advisor.planning.cuts import UNBOUNDED, Cut
from advisor.planning.floors import merge_steps, plan_clusters
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID
from advisor.planning.sizing import Units


@dataclass(frozen=True, eq=False)
class LaidOut:
    """One resource's plan as its needs and claims alone would have it.

    `clusters` reach as far as campaigns are forecast; `steps`, and so recommendations, only as far as
    the policy's horizon: what begins later will be better known by then. `alternatives` tell what
    each claiming campaign adds.
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
    def name(self) -> str:
        """The resource's id."""
        return self.resource.resource

    @cached_property
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

    @property
    def most_asked(self) -> int:
        """The most units that are asked for at any time, for campaigns far away too."""
        return max((int(cluster.asked.max(initial=0)) for cluster in self.clusters), default=0)

    def floors_on(self, times_s: Seconds) -> Units:
        """The floors asked for at each instant, far campaigns included; the minimum where nothing is.

        Or what the last campaign before it leaves behind for good.
        """
        floors = np.full(len(times_s), self.resource.minimum, dtype=np.int64)
        for cluster in self.clusters:
            at = (times_s - cluster.times_s[0]) // step_s(GRID)
            inside = (at >= 0) & (at < len(cluster.asked))
            floors[inside] = np.maximum(floors[inside], cluster.asked[at[inside]])
            if self.resource.keeps_for_good:
                after = at >= len(cluster.asked)
                floors[after] = np.maximum(floors[after], cluster.asked[-1])
        return floors

    @property
    def is_priced(self) -> bool:
        """Do more units of it cost anything that is known?"""
        bought = self.resource.irreversible
        return bool(self.resource.price_per_unit_hour or (bought and bought.price_per_unit))

    @cached_property
    def _by_campaign(self) -> Mapping[str, tuple[Alternative, ...]]:
        found: dict[str, tuple[Alternative, ...]] = {}
        for alternative in self.alternatives:
            name = alternative.campaign_id
            found[name] = (*found.get(name, ()), alternative)
        return found

    def alternatives_of(self, campaign_id: str) -> tuple[Alternative, ...]:
        """The resource without this campaign; none where it holds no claim."""
        return self._by_campaign.get(campaign_id, ())

    def added_by(self, alternative: Alternative) -> Units:
        """The units (n,) that a campaign adds from now on, on its cluster's grid."""
        left_behind = self.left_behind(alternative.cluster)
        asked = np.maximum(self.clusters[alternative.cluster].asked, left_behind)
        return np.asarray(np.maximum(asked - np.maximum(alternative.without, left_behind), 0))

    def left_behind(self, cluster: int) -> int:
        """The units that the clusters before this one leave for good; the minimum where nothing stays."""
        if not self.resource.keeps_for_good:
            return self.resource.minimum
        before = (int(c.asked.max(initial=0)) for c in self.clusters[:cluster])
        return max(before, default=self.resource.minimum)

    def cost_of(self, campaign_id: str) -> float:
        """What a campaign alone adds on this resource, spent and still to come; 0 without a price."""
        cost = self.state.ledger.spent_by(campaign_id)
        for alternative in self.alternatives_of(campaign_id):
            added = self.added_by(alternative)
            hours = float(added.sum()) * step_s(GRID) / 3600 + alternative.spent_unit_hours
            cost += hours * (self.resource.price_per_unit_hour or 0.0) + self.bought_by(alternative)
        return cost

    def bought_by(self, alternative: Alternative) -> float:
        """What a campaign alone costs here once and for good."""
        bought = self.resource.irreversible
        if bought is None or not bought.price_per_unit:
            return 0.0
        return float(self.added_by(alternative).max(initial=0)) * bought.price_per_unit

    def cut_by(self, cuts: Sequence[Cut], now: datetime) -> LaidOut:
        """The same with no more than these cuts of it leave."""
        clusters = tuple(_cut(cluster, cuts) for cluster in self.clusters)
        near = tuple(clusters[self.clusters.index(c)] for c in self.within_horizon)
        steps = merge_steps(self.resource, near, self.state.plan, now)
        return replace(self, clusters=clusters, within_horizon=near, steps=steps)

    def most_units(self, claim: Claim) -> int:
        """The most units asked for at any time while a claim lasts, by whoever holds one."""
        cluster = self.cluster_of(claim.campaign_id)
        if cluster is None:
            return self.resource.minimum
        begin_s = to_epoch_s(self.pace.earliest_raise(claim.start))
        inside = (cluster.times_s >= begin_s) & (cluster.times_s < to_epoch_s(claim.end))
        return int(cluster.asked[inside].max(initial=self.resource.minimum))

    def cluster_of(self, campaign_id: str) -> ClusterFloors | None:
        """The cluster in which a campaign holds its claim here; None if it holds none."""
        for cluster in self.clusters:
            if any(claim.campaign_id == campaign_id for claim in cluster.claims):
                return cluster
        return None


class Reach:
    """Which resources does a campaign move? The estate by service, looked through once."""

    def __init__(self, estate: Sequence[LaidOut]) -> None:
        self._estate = estate
        self._serving: dict[str, list[int]] = {}
        for number, laid in enumerate(estate):
            for service in laid.resource.serves:
                self._serving.setdefault(service, []).append(number)

    def numbers(self, campaign: Campaign) -> list[int]:
        """The places in the estate of the resources that serve one of its services, in order."""
        return sorted({n for service in campaign.services for n in self._serving.get(service, ())})

    def of(self, campaign: Campaign) -> list[LaidOut]:
        """The resources that serve one of its services, in the estate's order."""
        return [self._estate[number] for number in self.numbers(campaign)]


def lay_out(
    pace: Pace,
    state: ResourceState,
    needs: tuple[Need, ...],
    campaigns: Mapping[str, Campaign],
    policy: Policy,
    now: datetime,
) -> LaidOut:
    """Schedule one resource for every campaign that its needs have foreseen. `campaigns` are all, by id.

    While there are no needs at all, those that held a claim hold it still: what was agreed for them goes on.
    """
    resource = pace.resource
    foreseen = {without.campaign_id for need in needs for without in need.without}
    if not needs:
        foreseen = {claim.campaign_id for claim in state.claims}
    known = [campaigns[name] for name in sorted(foreseen) if name in campaigns]
    claims = claims_on(resource, known, policy, now)
    clusters = plan_clusters(pace, needs, claims, campaigns, state, now)
    near = tuple(c for c in clusters if from_epoch_s(int(c.times_s[0])) < now + policy.horizon)
    steps = merge_steps(resource, near, state.plan, now)
    others = tuple(alternatives(pace, needs, clusters, campaigns, state, now))
    return LaidOut(pace, state, needs, clusters, steps, near, others)


def _cut(cluster: ClusterFloors, cuts: Sequence[Cut]) -> ClusterFloors:
    """A cluster with no more than these cuts leave of it; itself where they leave it all."""
    asked = cluster.asked
    for cut in cuts:
        at = np.searchsorted(cut.times_s, cluster.times_s, side="right") - 1
        most = np.where(at >= 0, cut.most[np.maximum(at, 0)], UNBOUNDED)
        asked = np.minimum(asked, most)
    return cluster if asked is cluster.asked else replace(cluster, asked=asked)
