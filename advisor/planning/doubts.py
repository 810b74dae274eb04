"""What about one resource is believed and not known, and how often is a campaign short for it?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from advisor.domain.campaign import Campaign
from advisor.domain.readiness import Finding, Readiness
from advisor.domain.reason import Reason
from advisor.planning.cluster import ClusterFloors
from advisor.planning.coverage import covered_level
from advisor.planning.lateness import short_at
from advisor.planning.pace import clock_ahead
from advisor.planning.prospect import Prospect, opening_units
from advisor.planning.schedule import promised_until


def unknown(prospect: Prospect) -> Iterator[Finding]:
    """What cannot be relied on, whatever is planned: the demand, the forecast, the clock."""
    name = prospect.resource_id
    if prospect.is_stale:
        yield Finding(Readiness.AT_RISK, Reason.INPUT_STALE, name, "the newest demand is too old to rely on")
    if prospect.is_uncalibrated:
        detail = "the forecast of its services was too low too often in the last days"
        yield Finding(Readiness.AT_RISK, Reason.OUT_OF_CALIBRATION, name, detail)
    ahead = clock_ahead(prospect.standing.laid.state)
    if ahead:
        minutes = abs(ahead) // timedelta(minutes=1)
        side = "ahead of" if ahead > timedelta(0) else "behind"
        detail = (
            f"its platform's clock is {minutes} min {side} ours, so it is raised by whichever shows later "
            "and lowered by the other: compare `date -u` on the worker's node with the platform's"
        )
        yield Finding(Readiness.AT_RISK, Reason.CLOCK_WRONG, name, detail)


def unproven(
    campaign: Campaign,
    prospect: Prospect,
    cluster: ClusterFloors,
    now: datetime,
    *,
    is_short: bool,
) -> Iterator[Finding]:
    """What was only believed so far: a unit's capacity, and its lead time."""
    standing, name, proof = prospect.standing, prospect.resource_id, prospect.proof
    if not proof.is_proven:
        yield Finding(Readiness.AT_RISK, Reason.UNIT_CAPACITY_UNPROVEN, name, proof.detail)
    if not standing.verified(opening_units(campaign, prospect, cluster, now)):
        if not prospect.is_lead_time_measured:
            usual = standing.pace.usual.total_seconds() / 60
            detail = f"nobody has measured yet that its units take no longer than {usual:g} min"
            yield Finding(Readiness.AT_RISK, Reason.LEAD_TIME_UNMEASURED, name, detail)
        elif not is_short and short_at(campaign, prospect, cluster, now, standing.pace.lead).any():
            detail = f"in time only if its units take no longer than usual ({_span(standing.pace.usual)})"
            yield Finding(Readiness.AT_RISK, Reason.LEAD_TIME_TIGHT, name, detail)


def risky(
    campaign: Campaign, prospect: Prospect, cluster: ClusterFloors, peak: int, now: datetime
) -> Iterator[Finding]:
    """The plan, with units as they were proved, is short more often than the policy allows."""
    standing, name, proof = prospect.standing, prospect.resource_id, prospect.proof
    capacity = min(standing.resource.unit_capacity, proof.proved_rate or standing.resource.unit_capacity)
    until = min(promised_until(standing.resource, campaign), campaign.end)
    since = max(campaign.start, now)
    needs = standing.laid.needs
    covered = covered_level(standing.resource, needs, cluster, cluster.ready, capacity, since, until)
    if covered < prospect.policy.demand_level:
        detail = (
            f"{peak} units of {capacity:,.0f}/s are too few in {how_often(covered)} such campaigns, "
            f"the policy's risk is {prospect.policy.risk:.0%}: {_safer(prospect, peak, capacity)}"
        )
        yield Finding(Readiness.AT_RISK, Reason.RISK_TOO_HIGH, name, detail)


def _safer(prospect: Prospect, peak: int, capacity: float) -> str:
    """What would make the plan short less often?"""
    resource, level = prospect.standing.resource, prospect.policy.demand_level
    if capacity < resource.unit_capacity:
        return f"a load test may prove the {resource.unit_capacity:,.0f}/s declared"
    if peak >= resource.maximum:
        return f"more than its maximum, {resource.maximum}, would be needed"
    if resource.quantile < level:
        return f"`quantile: {level:g}` would plan for it"
    return "more `headroom` would cover it"


def how_often(covered: float) -> str:
    """In how many campaigns is the demand above its quantile `covered`?"""
    return f"about 1 in {1 / (1 - covered):.0f}" if covered > 0.5 else "more than every second"


def _span(length: timedelta) -> str:
    return f"{length.total_seconds() / 60:g} min"
