"""What on one resource bears on a campaign's readiness?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from advisor.domain.advice import Outcome
from advisor.domain.campaign import Campaign
from advisor.domain.readiness import Finding, Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.domain.units import in_units
from advisor.planning.claims import demand_on
from advisor.planning.cluster import ClusterFloors
from advisor.planning.coverage import covered_level
from advisor.planning.doubts import how_often, risky, unknown, unproven
from advisor.planning.lateness import lateness, outgrown, short_at
from advisor.planning.permissions import most_by_itself
from advisor.planning.presence import Standing, missing, overdue
from advisor.planning.prospect import Prospect, claim_of, from_start, peak_units


def findings_on(campaign: Campaign, prospect: Prospect, now: datetime) -> tuple[Finding, ...]:
    """Everything on one resource that bears on the campaign's readiness, worst first."""
    name, cluster = prospect.resource_id, prospect.cluster
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
    if prospect.standing.resource.is_fixed:
        carried = (_fixed(campaign, prospect, cluster, now), *unknown(prospect))
        return tuple(sorted(carried, key=lambda f: f.readiness.rank))
    peak = peak_units(campaign, cluster)
    usual = prospect.standing.pace.usual
    short = short_at(campaign, prospect, cluster, now, usual)
    is_short = bool(short.any())
    late = lateness(campaign, prospect, cluster, short, now) if is_short else []
    lacking: list[Finding] = [*_impossible(campaign, prospect, cluster), *late]
    doubts = list(unknown(prospect))
    # Where what is always there suffices, nothing is asked for and nothing needs agreement.
    if peak > prospect.standing.always_there:
        lacking += _obstructed(prospect, peak, now, is_short=is_short)
        lacking += _foreseen(prospect, peak)
        lacking += _pending(prospect, peak)
        doubts += unproven(campaign, prospect, cluster, now, is_short=is_short)
    if is_short and not lacking:
        lacking.append(outgrown(prospect, cluster, short, now))
    found = lacking + doubts
    if all(finding.readiness is not Readiness.NOT_READY for finding in found):
        found += risky(campaign, prospect, cluster, peak, now)
    return tuple(sorted(found or [_met(prospect.standing, peak)], key=lambda f: f.readiness.rank))


def _fixed(campaign: Campaign, prospect: Prospect, cluster: ClusterFloors, now: datetime) -> Finding:
    """What cannot be scaled carries the campaign, or does not, or not as surely as the policy asks."""
    resource = prospect.standing.resource
    window = (min(c.start for c in cluster.claims), max(c.end for c in cluster.claims))
    rates = demand_on(resource, prospect.standing.laid.needs, cluster.times_s, window=window)
    need = float((rates * (1.0 + resource.headroom))[from_start(campaign, cluster)].max(initial=0.0))
    limit = f"limit {resource.unit_capacity:,.0f}/s, need {need:,.0f}/s"
    if need > resource.unit_capacity:
        detail = f"cannot be scaled: {limit}"
        return Finding(Readiness.NOT_READY, Reason.FIXED_LIMIT, resource.resource, detail)
    one = np.ones_like(cluster.ready)
    needs, since = prospect.standing.laid.needs, max(campaign.start, now)
    covered = covered_level(resource, needs, cluster, one, resource.unit_capacity, since, campaign.end)
    if covered < prospect.policy.demand_level:
        detail = f"cannot be scaled: {limit}, too little in {how_often(covered)} such campaigns"
        return Finding(Readiness.AT_RISK, Reason.RISK_TOO_HIGH, resource.resource, detail)
    return Finding(Readiness.READY, Reason.FLOOR_SUFFICIENT, resource.resource, limit)


def _impossible(campaign: Campaign, prospect: Prospect, cluster: ClusterFloors) -> Iterator[Finding]:
    """More than the ceiling, than is believed, or than pools and budgets leave."""
    resource = prospect.standing.resource
    most = int(cluster.needed[from_start(campaign, cluster)].max(initial=0))
    if most > resource.maximum:
        detail = f"needs {in_units(most)}, the ceiling is {resource.maximum}"
        yield Finding(Readiness.NOT_READY, Reason.CAPPED_BY_CEILING, resource.resource, detail)
    believable, wanted = prospect.believable_units, min(most, resource.maximum)
    if believable is not None and wanted > max(believable, prospect.standing.seen_floor):
        asked = f"needs {in_units(wanted)}, {believable} carry many times the most ever seen"
        detail = f"{asked}: are its figures right?"
        yield Finding(Readiness.NOT_READY, Reason.ABSURD_MULTIPLIER, resource.resource, detail)
    left = _most_missing(campaign, prospect, cluster)
    for cut in prospect.cuts if left else ():
        yield Finding(Readiness.NOT_READY, cut.reason, resource.resource, f"{left}: {cut.detail}")


def _most_missing(campaign: Campaign, prospect: Prospect, cluster: ClusterFloors) -> str:
    """How many units pools and budgets leave when they leave least of them; empty where they leave all."""
    after = prospect.left.cluster_of(campaign.campaign_id)
    if after is None:
        return ""
    claim = claim_of(campaign, cluster)
    begin_s = to_epoch_s(prospect.standing.pace.earliest_raise(claim.start))
    inside = (cluster.times_s >= begin_s) & (cluster.times_s < to_epoch_s(claim.end))
    missing = np.where(inside, cluster.asked - after.asked, 0)
    # Where as many are missing at several times, the one at which most are needed tells it best.
    worst = int(np.lexsort((cluster.asked, missing))[-1])
    return f"{after.asked[worst]} of {cluster.asked[worst]} units" if missing[worst] > 0 else ""


def _obstructed(prospect: Prospect, peak: int, now: datetime, *, is_short: bool) -> Iterator[Finding]:
    """What keeps the agreed steps from being carried out: a risk until units are missing for it."""
    standing = prospect.standing
    if standing.verified(peak):
        return
    verdict = Readiness.NOT_READY if is_short else Readiness.AT_RISK
    for obstacle in standing.obstacles:
        yield Finding(verdict, obstacle.reason, prospect.resource_id, obstacle.detail)
    if not standing.acts_by_itself or standing.obstacles:
        return
    late, may_go = overdue(standing, now), _most_by_itself(prospect)
    if standing.seen_floor < peak and peak > may_go[0]:
        detail = f"needs {in_units(peak)}, mode {standing.resource.mode} may go to {may_go[0]} by itself"
        yield Finding(verdict, Reason.ABOVE_MODE_CAP, prospect.resource_id, f"{detail} ({may_go[1]})")
        if standing.seen_floor >= may_go[0]:
            late = None  # all was asked for that may be
    if standing.problems:
        detail = f"the platform answers with an error: {standing.problems[0]}"
        yield Finding(verdict, Reason.ACT_FAILED, prospect.resource_id, detail)
    elif late is not None:
        detail = f"{late} units should be asked for by now, {standing.seen_floor} are"
        yield Finding(verdict, Reason.ACT_FAILED, prospect.resource_id, detail)
    absent = missing(standing, now)
    if absent is not None:
        detail = f"{absent[0]} units were asked for longer ago than they take, {absent[1]} are ready"
        yield Finding(verdict, Reason.UNITS_MISSING, prospect.resource_id, detail)


def _foreseen(prospect: Prospect, peak: int) -> Iterator[Finding]:
    """What the platform will not let come to pass, as a preflight found; rights are obstacles already."""
    standing, seen = prospect.standing, prospect.standing.laid.state.preflight
    if seen is None or standing.verified(peak):
        return
    for found in seen.findings:
        if found.blocks and peak > found.enough_for and found.reason is not Reason.PERMISSION_MISSING:
            detail = f"{found.detail}. Cure: {found.cure}"
            yield Finding(Readiness.NOT_READY, found.reason, prospect.resource_id, detail)


def _most_by_itself(prospect: Prospect) -> tuple[int, str]:
    """How far the resource's mode may go by itself, and why; to its maximum if nothing bounds it."""
    resource = prospect.standing.resource
    caps = prospect.policy.caps.get(resource.mode)
    return most_by_itself(caps, resource) or (resource.maximum, "its maximum")


def _pending(prospect: Prospect, peak: int) -> Iterator[Finding]:
    """What people have to agree to or to do themselves, for any of the campaigns that share the raise."""
    if prospect.standing.verified(peak):
        return
    said = set()
    for given in prospect.permissions:
        verdict = given.verdict
        if verdict.outcome is Outcome.PASS or verdict.reason in said:
            continue
        said.add(verdict.reason)
        detail = {
            Reason.MODE_OBSERVE: "the resource is only watched: nothing will be done",
            Reason.MODE_RECOMMEND: f"raise the floor to {peak}: nobody does it by itself",
            Reason.NEEDS_APPROVAL: f"a person has to approve {in_units(peak)}",
        }.get(verdict.reason, verdict.detail)
        yield Finding(Readiness.AT_RISK, verdict.reason, prospect.resource_id, detail)


def _met(standing: Standing, peak: int) -> Finding:
    name = standing.resource.resource
    if peak <= standing.always_there:
        detail = f"needs {in_units(peak)}, {standing.resource.minimum} always stand"
        return Finding(Readiness.READY, Reason.FLOOR_SUFFICIENT, name, detail)
    if standing.verified(peak):
        return Finding(Readiness.READY, Reason.VERIFIED, name, f"{in_units(peak)} needed, all ready")
    return Finding(Readiness.READY, Reason.MEETS_PLAN, name, f"{in_units(peak)} will be ready in time")
