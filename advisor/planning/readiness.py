"""Is a campaign safe to launch, and if not, why, and from when on?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.advice import CampaignReadiness, Cost, Finding, Readiness, Step
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Observation
from advisor.domain.policy import Mode, Policy, ResourcePolicy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, to_epoch_s
from advisor.planning.claims import counts, mode_allowed_by_source
from advisor.planning.cost import add_up
from advisor.planning.estate import LaidOut
from advisor.planning.floors import ClusterFloors
from advisor.planning.guardrails import Situation
from advisor.planning.schedule import standing_at

SAFE_START_GRID = timedelta(minutes=5)


@dataclass(frozen=True, eq=False)
class Prospect:
    """What is known of one campaign on one resource, for the verdict.

    `cluster` is None while the forecast has not heard of the campaign yet. `agreed` is the schedule
    that was agreed before this decision, `mode` what may be done about it.
    """

    resource: ResourcePolicy
    cluster: ClusterFloors | None
    agreed: Sequence[Step]
    observation: Observation | None
    mode: Mode
    is_stale: bool
    is_unseen: bool
    over_budget: bool


def assess_campaigns(
    estate: Sequence[LaidOut],
    situations: Sequence[Situation],
    campaigns: Mapping[str, Campaign],
    costs: Mapping[str, Sequence[float]],
    over_budget: frozenset[str],
    policy: Policy,
    now: datetime,
) -> tuple[tuple[CampaignReadiness, ...], dict[str, tuple[Finding, ...]]]:
    """The verdict on every campaign still to come, and per resource what decided them, near campaigns only."""
    verdicts: list[CampaignReadiness] = []
    on_resource: dict[str, tuple[Finding, ...]] = {}
    for campaign in sorted(campaigns.values(), key=lambda c: (c.start, c.campaign_id)):
        if not counts(campaign, policy) or campaign.end <= now:
            continue
        found: list[Finding] = []
        touched: list[ResourcePolicy] = []
        for laid, situation in zip(estate, situations, strict=True):
            if not set(campaign.services) & set(laid.resource.serves):
                continue
            here = findings_on(campaign, _prospect(campaign, laid, situation, over_budget, policy), now)
            found.extend(here)
            touched.append(laid.resource)
            if any(claim.campaign_id == campaign.campaign_id for claim in situation.claims):
                name = laid.resource.resource
                on_resource[name] = (*on_resource.get(name, ()), *here)
        extra = add_up(policy.currency, costs[campaign.campaign_id])
        verdicts.append(verdict(campaign, found, extra, earliest_safe_start(touched, now)))
    return tuple(verdicts), on_resource


def findings_on(campaign: Campaign, prospect: Prospect, now: datetime) -> tuple[Finding, ...]:
    """Everything on one resource that bears on the campaign's readiness, worst first."""
    resource = prospect.resource
    if prospect.is_unseen:
        detail = "no demand of its services was seen yet: nothing to plan on"
        return (Finding(Readiness.AT_RISK, Reason.NO_DEMAND_DATA, resource.resource, detail),)
    if prospect.cluster is None:
        detail = "not forecast yet: announced a moment ago, or further away than plan_ahead"
        return (Finding(Readiness.AT_RISK, Reason.NOT_FORECAST_YET, resource.resource, detail),)
    found = [
        *_impossible(campaign, prospect, prospect.cluster, now),
        *_pending(prospect, _peak(campaign, prospect.cluster)),
    ]
    if not found:
        found.append(_met(campaign, prospect, prospect.cluster))
    return tuple(sorted(found, key=lambda f: f.readiness.rank))


def verdict(
    campaign: Campaign, findings: Sequence[Finding], extra_cost: Cost, earliest: datetime | None
) -> CampaignReadiness:
    """A campaign is as ready as its least ready resource; one that no resource serves is at risk."""
    ordered = tuple(sorted(findings, key=lambda f: (f.readiness.rank, f.resource)))
    if not ordered:
        detail = f"no resource in the policy serves {', '.join(campaign.services)}"
        ordered = (Finding(Readiness.AT_RISK, Reason.SERVICE_UNKNOWN, "", detail),)
    worst = ordered[0].readiness
    late = worst is Readiness.NOT_READY and any(f.reason is Reason.LEAD_TIME_TOO_SHORT for f in ordered)
    return CampaignReadiness(
        campaign_id=campaign.campaign_id,
        revision=campaign.revision,
        readiness=worst,
        findings=ordered,
        extra_cost=extra_cost,
        earliest_safe_start=earliest if late else None,
    )


def earliest_safe_start(resources: Sequence[ResourcePolicy], now: datetime) -> datetime:
    """The first start by which every resource can be ready if asked now."""
    longest = max((r.lead_time for r in resources), default=timedelta(0))
    return ceil_to(ceil_to(now, timedelta(minutes=1)) + longest, SAFE_START_GRID)


def _prospect(
    campaign: Campaign, laid: LaidOut, situation: Situation, over_budget: frozenset[str], policy: Policy
) -> Prospect:
    trusted = mode_allowed_by_source(campaign, policy)
    return Prospect(
        resource=laid.resource,
        cluster=laid.cluster_of(campaign.campaign_id),
        agreed=laid.state.plan,
        observation=laid.state.observation,
        mode=min(laid.resource.mode, trusted, key=lambda mode: mode.rank),
        is_stale=situation.is_stale,
        is_unseen=situation.data_until is None,
        over_budget=campaign.campaign_id in over_budget,
    )


def _impossible(
    campaign: Campaign, prospect: Prospect, cluster: ClusterFloors, now: datetime
) -> list[Finding]:
    resource, found = prospect.resource, []
    after_start = (cluster.times_s >= to_epoch_s(campaign.start)) & _in_claim(campaign, cluster)
    most = int(cluster.needed[after_start].max(initial=0))
    if most > resource.maximum:
        detail = f"needs {most} units, the ceiling is {resource.maximum}"
        found.append(Finding(Readiness.NOT_READY, Reason.CAPPED_BY_CEILING, resource.resource, detail))
    # Whatever is asked for now is ready a lead time from now; until then there is what was agreed before.
    soonest = ceil_to(now, timedelta(minutes=1)) + resource.lead_time
    early = after_start & (cluster.times_s < to_epoch_s(soonest))
    needed_early = int(np.minimum(cluster.needed, resource.maximum)[early].max(initial=0))
    there = _there_before(prospect, now)
    if needed_early > there and campaign.start > now - resource.lead_time:
        minutes = (soonest - max(campaign.start, now)).total_seconds() / 60
        detail = f"needs {needed_early} units at the start, {there} can be there: {minutes:.0f} min too late"
        found.append(Finding(Readiness.NOT_READY, Reason.LEAD_TIME_TOO_SHORT, resource.resource, detail))
    return found


def _pending(prospect: Prospect, peak: int) -> list[Finding]:
    resource, found = prospect.resource, []
    if prospect.is_stale:
        detail = "the newest demand is too old to rely on"
        found.append(Finding(Readiness.AT_RISK, Reason.INPUT_STALE, resource.resource, detail))
    if peak <= resource.minimum:
        return found  # what is always there suffices: nothing is asked, nothing needs agreement
    if prospect.over_budget:
        detail = "its extra cost exceeds its budget"
        found.append(Finding(Readiness.AT_RISK, Reason.OVER_CAMPAIGN_BUDGET, resource.resource, detail))
    unagreed = {
        Mode.OBSERVE: (Reason.MODE_OBSERVE, "the resource is only watched: nothing will be done"),
        Mode.RECOMMEND: (Reason.MODE_RECOMMEND, f"raise the floor to {peak}: nobody does it by itself"),
        Mode.APPROVE: (Reason.NEEDS_APPROVAL, f"a person has to approve {peak} units"),
    }
    if prospect.mode in unagreed and not _is_there(prospect, peak):
        reason, detail = unagreed[prospect.mode]
        found.append(Finding(Readiness.AT_RISK, reason, resource.resource, detail))
    if resource.capacity_proved_by is None:
        detail = f"nobody has shown yet that one unit carries {resource.unit_capacity:g} requests/s"
        found.append(Finding(Readiness.AT_RISK, Reason.UNIT_CAPACITY_UNPROVEN, resource.resource, detail))
    return found


def _met(campaign: Campaign, prospect: Prospect, cluster: ClusterFloors) -> Finding:
    resource, peak = prospect.resource, _peak(campaign, cluster)
    if peak <= resource.minimum:
        detail = f"needs {peak} units, {resource.minimum} always stand"
        return Finding(Readiness.READY, Reason.FLOOR_SUFFICIENT, resource.resource, detail)
    if _is_there(prospect, peak):
        detail = f"{peak} units needed, all ready"
        return Finding(Readiness.READY, Reason.VERIFIED, resource.resource, detail)
    detail = f"{peak} units will be ready in time"
    return Finding(Readiness.READY, Reason.MEETS_PLAN, resource.resource, detail)


def _is_there(prospect: Prospect, peak: int) -> bool:
    observation = prospect.observation
    return observation is not None and min(observation.ready_units, observation.bounds.minimum) >= peak


def _there_before(prospect: Prospect, now: datetime) -> int:
    """Units that are there before anything asked for now could be."""
    planned = standing_at(prospect.agreed, now, prospect.resource.minimum)
    agreed = planned if prospect.mode is Mode.AUTO or prospect.observation is None else 0
    seen = prospect.observation.bounds.minimum if prospect.observation else 0
    return max(agreed, seen, prospect.resource.minimum)


def _peak(campaign: Campaign, cluster: ClusterFloors) -> int:
    return int(cluster.ready[_in_claim(campaign, cluster)].max(initial=0))


def _in_claim(campaign: Campaign, cluster: ClusterFloors) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    claim = next(c for c in cluster.claims if c.campaign_id == campaign.campaign_id)
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]] = (cluster.times_s >= to_epoch_s(claim.start)) & (
        cluster.times_s < to_epoch_s(claim.end)
    )
    return inside
