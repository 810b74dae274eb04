"""Is a campaign safe to launch, and if not, why, until when can one act, and from when on would it be?"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.money import Cost
from advisor.domain.policy import Policy
from advisor.domain.readiness import CampaignReadiness, Finding, Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, from_epoch_s, span, step_s
from advisor.forecasting.windows import is_season
from advisor.planning.bounds import Bounded
from advisor.planning.claims import counts, in_force
from advisor.planning.estate import LaidOut, Reach
from advisor.planning.findings import findings_on
from advisor.planning.lead_times import is_measured
from advisor.planning.obstacles import obstacles_to
from advisor.planning.permissions import Permission
from advisor.planning.plan_guardrails import CALIBRATED_FROM
from advisor.planning.presence import Standing, units_there
from advisor.planning.progress import progress_of
from advisor.planning.promise import as_guarded, without_withheld
from advisor.planning.prospect import Prospect, claim_of, peak_units
from advisor.planning.schedule import GRID
from advisor.planning.shortfall import Stage, send_gate, shortfalls
from advisor.planning.situation import Situation
from advisor.planning.unit_capacity import proof_of
from advisor.planning.wording import sentence_of

LATE = frozenset(
    {Reason.LEAD_TIME_TOO_SHORT, Reason.LEAD_TIME_TIGHT, Reason.FREEZE_WINDOW, Reason.OUTSIDE_HOURS}
)
"""What a later start mends."""

SAFE_START_GRID = timedelta(minutes=5)


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything laid out for one decision, resource by resource: plans, and what is permitted of them.

    `estate` is as needs and claims alone would have it, `bounded` what pools and budgets leave of it.
    """

    estate: Sequence[LaidOut]
    bounded: Bounded
    situations: Sequence[Situation]
    permissions: Sequence[Mapping[str, Permission]]
    controls: Controls
    policy: Policy
    now: datetime


def assess_campaigns(
    scene: Scene, campaigns: Mapping[str, Campaign]
) -> tuple[tuple[CampaignReadiness, ...], dict[str, tuple[Finding, ...]]]:
    """The verdict on every campaign not over yet, and per resource what decided those within the horizon."""
    verdicts: list[CampaignReadiness] = []
    on_resource: dict[str, tuple[Finding, ...]] = {}
    served = frozenset(scene.policy.services)
    reach = Reach(scene.bounded.estate)
    for campaign in sorted(campaigns.values(), key=lambda c: (c.start, c.campaign_id)):
        if not counts(campaign, scene.policy) or campaign.end <= scene.now:
            continue
        found = [*unserved(campaign, served), *_unbounded(campaign, scene.policy)]
        prospects: list[Prospect] = []
        for number in reach.numbers(campaign):
            laid = scene.bounded.estate[number]
            prospect = _prospect(campaign, number, scene)
            here = findings_on(campaign, prospect, scene.now)
            found.extend(here)
            prospects.append(prospect)
            if any(claim.campaign_id == campaign.campaign_id for claim in laid.near_claims):
                name = laid.resource.resource
                on_resource[name] = (*on_resource.get(name, ()), *here)
        cost = scene.bounded.costs[campaign.campaign_id]
        verdicts.append(_answer(campaign, found, cost, prospects, scene.now))
    return tuple(verdicts), on_resource


def unserved(campaign: Campaign, served: Collection[str]) -> list[Finding]:
    """A finding for every service the campaign names that no resource serves: nothing is planned for it."""
    return [
        Finding(Readiness.AT_RISK, Reason.SERVICE_UNKNOWN, "", f"no resource in the policy serves {service}")
        for service in dict.fromkeys(campaign.services or ("no service at all",))
        if service not in served
    ]


def _unbounded(campaign: Campaign, policy: Policy) -> list[Finding]:
    """A finding for a budget that bounds nothing, for it is in money that the policy does not count in."""
    budget = campaign.budget
    if budget is None or budget.currency == policy.currency:
        return []
    detail = (
        f"its budget of {budget.currency} {budget.max_cost:,.2f} bounds nothing: costs are counted in "
        f"{policy.currency}, announce it in that"
    )
    return [Finding(Readiness.AT_RISK, Reason.CURRENCY_MISMATCH, "", detail)]


def verdict(campaign: Campaign, findings: Sequence[Finding], extra_cost: Cost) -> CampaignReadiness:
    """A campaign is as ready as the worst of its findings, of which there is at least one."""
    ordered = tuple(sorted(findings, key=lambda f: (f.readiness.rank, f.resource)))
    return CampaignReadiness(
        campaign_id=campaign.campaign_id,
        revision=campaign.revision,
        readiness=ordered[0].readiness,
        findings=ordered,
        extra_cost=extra_cost,
    )


def safe_from(campaign: Campaign, prospect: Prospect, now: datetime) -> datetime:
    """From when on can the resource carry the campaign's peak, if what is missing is asked for now?"""
    soonest = prospect.standing.pace.soonest(now)
    if prospect.cluster is None:
        return soonest
    peak = min(peak_units(campaign, prospect.cluster), prospect.standing.resource.maximum)
    times_s = span(ceil_to(now, GRID), soonest, GRID)
    missing = times_s[units_there(prospect.standing, times_s, now) < peak]
    if not len(missing):
        return now
    return min(soonest, from_epoch_s(int(missing[-1])) + GRID)


def earliest_safe_start(ready_from: Sequence[datetime], now: datetime) -> datetime:
    """The first start on the grid for people by which every resource can be ready."""
    return ceil_to(max([now, *ready_from]), SAFE_START_GRID)


def _answer(
    campaign: Campaign,
    found: Sequence[Finding],
    cost: Cost,
    prospects: Sequence[Prospect],
    now: datetime,
) -> CampaignReadiness:
    """The verdict with all that people need to act on it."""
    answer = verdict(campaign, found, cost)
    # A later start helps against what is late, and is not offered where something else is in the way as well.
    is_late = any(f.reason in LATE for f in found)
    is_late = is_late and all(f.reason in LATE for f in found if f.readiness is Readiness.NOT_READY)
    missing = [p for p in prospects if p.cluster is not None and not _is_there(campaign, p)]
    moments = [p.standing.pace.last_moment(campaign.start) for p in missing]
    stages = [
        Stage(p.promised, p.cluster, p.standing.resource.unit_capacity)
        for p in prospects
        if p.cluster is not None and not p.is_unseen
    ]
    answer = replace(
        answer,
        earliest_safe_start=(
            earliest_safe_start([safe_from(campaign, p, now) for p in prospects], now) if is_late else None
        ),
        last_moment=min(moments, default=None),
        if_nothing_is_done=shortfalls(campaign, stages, now, with_plan=False),
        as_planned=shortfalls(campaign, stages, now, with_plan=True),
        send_gate=send_gate(campaign, stages, now) if stages else None,
        progress=progress_of([p.standing for p in prospects if p.cluster is not None], now),
    )
    return replace(answer, sentence=sentence_of(campaign, answer, now))


def _is_there(campaign: Campaign, prospect: Prospect) -> bool:
    """Is all that one resource must have for a campaign always there, or seen there?"""
    if prospect.cluster is None or prospect.standing.resource.is_fixed:
        return True
    peak = peak_units(campaign, prospect.cluster)
    return peak <= prospect.standing.always_there or prospect.standing.verified(peak)


def _prospect(campaign: Campaign, number: int, scene: Scene) -> Prospect:
    wanted, laid, situation = scene.estate[number], scene.bounded.estate[number], scene.situations[number]
    cluster = wanted.cluster_of(campaign.campaign_id)
    permissions = scene.permissions[number]
    sharing = [permissions[name] for name in _raised_with(campaign, laid)]
    beside = [permissions[name] for name in _beside(campaign, laid)]
    name = laid.resource.resource
    ids = {given.campaign_id for given in beside}
    cuts = [c for c in scene.bounded.cuts.get(name, ()) if not ids.isdisjoint(c.campaigns)]
    # A service seen for less than one step has a level, but no forecast that a verdict could rest on.
    unforeseen = any(Reason.NO_DEMAND_DATA in need.reasons for need in laid.needs)
    known = situation.calibration
    acts_by_itself = all(given.is_full for given in sharing)
    obstacles = obstacles_to(situation)
    withheld = [given.campaign_id for given in beside if not given.is_full and given not in sharing]
    promised = without_withheld(as_guarded(laid, situation), withheld)
    return Prospect(
        standing=Standing(wanted, acts_by_itself, obstacles),
        left=laid,
        promised=Standing(promised, acts_by_itself, obstacles),
        cluster=cluster,
        permissions=tuple(beside),
        cuts=tuple(cuts),
        proof=proof_of(laid.state.capacity, laid.resource, scene.now),
        is_lead_time_measured=is_measured(laid.state.lead_times),
        policy=scene.policy,
        is_stale=situation.is_stale,
        is_uncalibrated=known is not None and known < CALIBRATED_FROM,
        is_unseen=situation.data_until is None or unforeseen,
        is_season=is_season(campaign, step_s(scene.policy.step)),
        believable_units=situation.believable_units,
    )


def _raised_with(campaign: Campaign, laid: LaidOut) -> list[str]:
    """The campaigns that have a part in the floor while it is raised for this one, its own first.

    The raise is one: what withholds a part of it from one of them leaves too little for all.
    """
    cluster = laid.cluster_of(campaign.campaign_id)
    if cluster is None:
        return []
    raised_from = laid.pace.earliest_raise(claim_of(campaign, cluster).start)
    sharing = in_force(laid.pace, cluster.claims, raised_from, campaign.start)
    return sorted((c.campaign_id for c in sharing), key=lambda name: name != campaign.campaign_id)


def _beside(campaign: Campaign, laid: LaidOut) -> list[str]:
    """The campaigns whose crowds or raises come while this one claims its floor, itself first."""
    cluster = laid.cluster_of(campaign.campaign_id)
    if cluster is None:
        return []
    own = claim_of(campaign, cluster)
    raised_from = laid.pace.earliest_raise(own.start)
    come = (c.campaign_id for c in cluster.claims if c.start < own.end and c.end > raised_from)
    return list(dict.fromkeys([*_raised_with(campaign, laid), *come]))
