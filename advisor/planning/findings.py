"""What on one resource bears on a campaign's readiness?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from advisor.domain.advice import Claim, Finding, Readiness
from advisor.domain.campaign import Campaign
from advisor.domain.policy import Mode
from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, from_epoch_s, span, to_epoch_s
from advisor.planning.floors import ClusterFloors
from advisor.planning.presence import Standing, overdue, units_there
from advisor.planning.schedule import GRID


@dataclass(frozen=True, eq=False)
class Prospect:
    """What is known of one campaign on one resource, for the verdict.

    `cluster` is None where the forecast has nothing of the campaign: it has not heard of it yet, or takes
    it for a season (`is_season`). `over_budget` names those of the campaigns that share its raise which
    cost too much, `standing` is what was agreed and seen.
    """

    standing: Standing
    cluster: ClusterFloors | None
    is_stale: bool
    is_unseen: bool
    over_budget: tuple[str, ...]
    is_season: bool = False


def findings_on(campaign: Campaign, prospect: Prospect, now: datetime) -> tuple[Finding, ...]:
    """Everything on one resource that bears on the campaign's readiness, worst first."""
    name, cluster = prospect.standing.resource.resource, prospect.cluster
    if prospect.is_unseen:
        detail = "too little demand of its services was seen yet to plan on"
        return (Finding(Readiness.AT_RISK, Reason.NO_DEMAND_DATA, name, detail),)
    if cluster is None and prospect.is_season:
        detail = (
            "lasts for days and nothing says how large it is, so it counts only once it is seen: "
            "announce expected_uplift, audience or send_rate_per_min"
        )
        return (Finding(Readiness.AT_RISK, Reason.UPLIFT_UNKNOWN, name, detail),)
    if cluster is None:
        detail = "not forecast yet: announced a moment ago, or further away than plan_ahead"
        return (Finding(Readiness.AT_RISK, Reason.NOT_FORECAST_YET, name, detail),)
    peak = _peak(campaign, cluster)
    short = _short(campaign, prospect.standing, cluster, now)
    found = _impossible(campaign, prospect.standing, cluster, short, now)
    if prospect.is_stale:
        detail = "the newest demand is too old to rely on"
        found.append(Finding(Readiness.AT_RISK, Reason.INPUT_STALE, name, detail))
    # Where what is always there suffices, nothing is asked for and nothing needs agreement.
    if peak > prospect.standing.resource.minimum:
        found += [*_obstructed(prospect, peak, now, is_short=bool(short.any())), *_pending(prospect, peak)]
    return tuple(sorted(found or [_met(prospect.standing, peak)], key=lambda f: f.readiness.rank))


def safe_from(campaign: Campaign, prospect: Prospect, now: datetime) -> datetime:
    """From when on can the resource carry the campaign's peak, if what is missing is asked for now?"""
    soonest = ceil_to(now, GRID) + prospect.standing.resource.lead_time
    if prospect.cluster is None:
        return soonest
    peak = min(_peak(campaign, prospect.cluster), prospect.standing.resource.maximum)
    times_s = span(ceil_to(now, GRID), soonest, GRID)
    missing = times_s[units_there(prospect.standing, times_s, now) < peak]
    if not len(missing):
        return now
    return min(soonest, from_epoch_s(int(missing[-1])) + GRID)


def _short(
    campaign: Campaign, standing: Standing, cluster: ClusterFloors, now: datetime
) -> NDArray[np.bool_]:
    """When are there too few units, and nothing that is asked for now can change it? Shape (n,)."""
    soonest = ceil_to(now, GRID) + standing.resource.lead_time
    early = _from_start(campaign, cluster) & (cluster.times_s < to_epoch_s(soonest))
    needed = np.minimum(cluster.needed, standing.resource.maximum)
    return np.asarray(early & (needed > units_there(standing, cluster.times_s, now)))


def _impossible(
    campaign: Campaign,
    standing: Standing,
    cluster: ClusterFloors,
    short: NDArray[np.bool_],
    now: datetime,
) -> list[Finding]:
    resource, found = standing.resource, []
    most = int(cluster.needed[_from_start(campaign, cluster)].max(initial=0))
    if most > resource.maximum:
        detail = f"needs {most} units, the ceiling is {resource.maximum}"
        found.append(Finding(Readiness.NOT_READY, Reason.CAPPED_BY_CEILING, resource.resource, detail))
    if short.any() and campaign.start > now - resource.lead_time:
        needed = int(np.minimum(cluster.needed, resource.maximum)[short].max())
        there = int(units_there(standing, cluster.times_s, now)[short].min())
        enough_from = from_epoch_s(int(cluster.times_s[short][-1])) + GRID
        minutes = (enough_from - campaign.start).total_seconds() / 60
        detail = f"needs {needed} units at the start, {there} can be there: {minutes:.0f} min too late"
        found.append(Finding(Readiness.NOT_READY, Reason.LEAD_TIME_TOO_SHORT, resource.resource, detail))
    return found


def _obstructed(prospect: Prospect, peak: int, now: datetime, *, is_short: bool) -> list[Finding]:
    """What keeps the agreed steps from being carried out: a risk until units are missing for it."""
    standing, found = prospect.standing, []
    if standing.verified(peak):
        return []
    if standing.held:
        detail = f"on hold ({', '.join(standing.held)}): nobody sets {peak} units until it is released"
        found.append((Reason.HELD, detail))
    if prospect.over_budget:
        detail = f"its extra cost exceeds its budget: {', '.join(prospect.over_budget)}"
        found.append((Reason.OVER_CAMPAIGN_BUDGET, detail))
    late = overdue(standing, now)
    if standing.mode is Mode.AUTO and standing.problems:
        found.append((Reason.ACT_FAILED, f"the platform answers with an error: {standing.problems[0]}"))
    elif standing.mode is Mode.AUTO and late is not None and not found:
        detail = f"{late} units should be asked for by now, {standing.seen_floor} are"
        found.append((Reason.ACT_FAILED, detail))
    verdict = Readiness.NOT_READY if is_short else Readiness.AT_RISK
    return [Finding(verdict, reason, standing.resource.resource, detail) for reason, detail in found]


def _pending(prospect: Prospect, peak: int) -> list[Finding]:
    standing, resource, found = prospect.standing, prospect.standing.resource, []
    unagreed = {
        Mode.OBSERVE: (Reason.MODE_OBSERVE, "the resource is only watched: nothing will be done"),
        Mode.RECOMMEND: (Reason.MODE_RECOMMEND, f"raise the floor to {peak}: nobody does it by itself"),
        Mode.APPROVE: (Reason.NEEDS_APPROVAL, f"a person has to approve {peak} units"),
    }
    if standing.mode in unagreed and not standing.verified(peak):
        reason, detail = unagreed[standing.mode]
        found.append(Finding(Readiness.AT_RISK, reason, resource.resource, detail))
    if resource.load_test is None:
        detail = f"nobody has shown yet that one unit carries {resource.unit_capacity:g} requests/s"
        found.append(Finding(Readiness.AT_RISK, Reason.UNIT_CAPACITY_UNPROVEN, resource.resource, detail))
    return found


def _met(standing: Standing, peak: int) -> Finding:
    name, minimum = standing.resource.resource, standing.resource.minimum
    if peak <= minimum:
        detail = f"needs {peak} units, {minimum} always stand"
        return Finding(Readiness.READY, Reason.FLOOR_SUFFICIENT, name, detail)
    if standing.verified(peak):
        return Finding(Readiness.READY, Reason.VERIFIED, name, f"{peak} units needed, all ready")
    return Finding(Readiness.READY, Reason.MEETS_PLAN, name, f"{peak} units will be ready in time")


def _peak(campaign: Campaign, cluster: ClusterFloors) -> int:
    return int(cluster.ready[_in_claim(claim_of(campaign, cluster), cluster)].max(initial=0))


def _from_start(campaign: Campaign, cluster: ClusterFloors) -> NDArray[np.bool_]:
    inside = _in_claim(claim_of(campaign, cluster), cluster)
    return np.asarray(inside & (cluster.times_s >= to_epoch_s(campaign.start)))


def claim_of(campaign: Campaign, cluster: ClusterFloors) -> Claim:
    """The campaign's claim in a cluster that holds it."""
    return next(c for c in cluster.claims if c.campaign_id == campaign.campaign_id)


def _in_claim(claim: Claim, cluster: ClusterFloors) -> NDArray[np.bool_]:
    start_s, end_s = to_epoch_s(claim.start), to_epoch_s(claim.end)
    return np.asarray((cluster.times_s >= start_s) & (cluster.times_s < end_s))
