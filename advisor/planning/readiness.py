"""Is a campaign safe to launch, and if not, why, and from when on?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from advisor.domain.advice import CampaignReadiness, Claim, Cost, Finding, Readiness
from advisor.domain.campaign import Campaign
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, step_s
from advisor.forecasting.windows import is_season
from advisor.planning.claims import counts, in_force, mode_for
from advisor.planning.cost import add_up
from advisor.planning.estate import LaidOut
from advisor.planning.findings import Prospect, claim_of, findings_on, safe_from
from advisor.planning.floors import ClusterFloors
from advisor.planning.guardrails import Situation, on_hold
from advisor.planning.pace import Pace
from advisor.planning.presence import Standing

SAFE_START_GRID = timedelta(minutes=5)


def assess_campaigns(
    estate: Sequence[LaidOut],
    situations: Sequence[Situation],
    campaigns: Mapping[str, Campaign],
    costs: Mapping[str, Sequence[float]],
    over_budget: frozenset[str],
    policy: Policy,
    now: datetime,
) -> tuple[tuple[CampaignReadiness, ...], dict[str, tuple[Finding, ...]]]:
    """The verdict on every campaign not over yet, and per resource what decided those within the horizon."""
    verdicts: list[CampaignReadiness] = []
    on_resource: dict[str, tuple[Finding, ...]] = {}
    served = frozenset(policy.services)
    for campaign in sorted(campaigns.values(), key=lambda c: (c.start, c.campaign_id)):
        if not counts(campaign, policy) or campaign.end <= now:
            continue
        found = unserved(campaign, served)
        prospects: list[Prospect] = []
        for laid, situation in zip(estate, situations, strict=True):
            if not set(campaign.services) & set(laid.resource.serves):
                continue
            prospect = _prospect(campaign, laid, situation, campaigns, over_budget, policy)
            here = findings_on(campaign, prospect, now)
            found.extend(here)
            prospects.append(prospect)
            if any(claim.campaign_id == campaign.campaign_id for claim in situation.claims):
                name = laid.resource.resource
                on_resource[name] = (*on_resource.get(name, ()), *here)
        extra = add_up(policy.currency, costs[campaign.campaign_id])
        is_late = any(finding.reason is Reason.LEAD_TIME_TOO_SHORT for finding in found)
        safe = [safe_from(campaign, prospect, now) for prospect in prospects] if is_late else []
        verdicts.append(verdict(campaign, found, extra, earliest_safe_start(safe, now) if is_late else None))
    return tuple(verdicts), on_resource


def unserved(campaign: Campaign, served: Collection[str]) -> list[Finding]:
    """A finding for every service the campaign names that no resource serves: nothing is planned for it."""
    return [
        Finding(Readiness.AT_RISK, Reason.SERVICE_UNKNOWN, "", f"no resource in the policy serves {service}")
        for service in dict.fromkeys(campaign.services or ("no service at all",))
        if service not in served
    ]


def verdict(
    campaign: Campaign, findings: Sequence[Finding], extra_cost: Cost, earliest: datetime | None
) -> CampaignReadiness:
    """A campaign is as ready as the worst of its findings, of which there is at least one.

    `earliest` is from when on it could start in time; None where it is not late.
    """
    ordered = tuple(sorted(findings, key=lambda f: (f.readiness.rank, f.resource)))
    worst = ordered[0].readiness
    return CampaignReadiness(
        campaign_id=campaign.campaign_id,
        revision=campaign.revision,
        readiness=worst,
        findings=ordered,
        extra_cost=extra_cost,
        earliest_safe_start=earliest,
    )


def earliest_safe_start(ready_from: Sequence[datetime], now: datetime) -> datetime:
    """The first start on the grid for people by which every resource can be ready."""
    return ceil_to(max([now, *ready_from]), SAFE_START_GRID)


def _prospect(
    campaign: Campaign,
    laid: LaidOut,
    situation: Situation,
    campaigns: Mapping[str, Campaign],
    over_budget: frozenset[str],
    policy: Policy,
) -> Prospect:
    cluster = laid.cluster_of(campaign.campaign_id)
    sharing = _sharing_its_raise(campaign, laid.pace, cluster) if cluster else ()
    over = tuple(claim.campaign_id for claim in sharing if claim.campaign_id in over_budget)
    standing = Standing(
        pace=laid.pace,
        agreed=laid.state.plan,
        observation=laid.state.observation,
        problems=laid.state.problems,
        mode=mode_for(laid.resource, sharing, campaigns, policy),
        held=on_hold(situation.controls, laid.resource.resource, sharing),
        is_blocked=bool(over),
    )
    # A service seen for less than one step has a level, but no forecast that a verdict could rest on.
    unforeseen = any(Reason.NO_DEMAND_DATA in need.reasons for need in laid.needs)
    is_unseen = situation.data_until is None or unforeseen
    season = is_season(campaign, step_s(policy.step))
    return Prospect(standing, cluster, situation.is_stale, is_unseen, over, season)


def _sharing_its_raise(campaign: Campaign, pace: Pace, cluster: ClusterFloors) -> tuple[Claim, ...]:
    """The claims that have a part in the floor while it is raised for a campaign, its own among them.

    The raise is one: what blocks it for one of them blocks it for all.
    """
    raised_from = pace.earliest_raise(claim_of(campaign, cluster).start)
    return in_force(pace, cluster.claims, raised_from, campaign.start)
