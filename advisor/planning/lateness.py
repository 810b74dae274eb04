"""When are there too few units for a campaign although all is asked for that can be, and why?"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.readiness import Finding, Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.domain.units import in_units
from advisor.planning.closed import is_within
from advisor.planning.cluster import ClusterFloors
from advisor.planning.presence import Standing, units_expected
from advisor.planning.prospect import Prospect, from_start
from advisor.planning.schedule import GRID


def short_at(
    campaign: Campaign, prospect: Prospect, cluster: ClusterFloors, now: datetime, lead: timedelta
) -> NDArray[np.bool_]:
    """When from the start on are there too few units, although all is asked for that can be? Shape (n,)."""
    expected = units_expected(prospect.standing, cluster.times_s, now, lead)
    needed = np.minimum(cluster.needed, prospect.standing.resource.maximum)
    to_come = cluster.times_s >= to_epoch_s(now)
    return np.asarray(from_start(campaign, cluster) & to_come & (needed > expected))


def lateness(
    campaign: Campaign, prospect: Prospect, cluster: ClusterFloors, short: NDArray[np.bool_], now: datetime
) -> list[Finding]:
    """Why there will be too few units; nothing once the campaign has run for a lead time without them."""
    standing, lead = prospect.standing, prospect.standing.pace.usual
    if campaign.start <= now - lead:
        return []
    at, units, there = _worst(prospect, cluster, short, now)
    begins, last = (from_epoch_s(int(edge)) for edge in cluster.times_s[short][[0, -1]])
    minutes = (last + GRID - begins).total_seconds() / 60
    when = "at the start" if at == campaign.start else f"at {at:%H:%M}Z"
    detail = f"needs {in_units(units)} {when}, {there} can be there: {minutes:.0f} min too late"
    reason = Reason.LEAD_TIME_TOO_SHORT
    closed = _closed_until(standing, now, begins - lead)
    if closed is not None:
        reason, why = closed
        detail = f"needs {in_units(units)}, {there} can be there: {why}"
    return [Finding(Readiness.NOT_READY, reason, prospect.resource_id, detail)]


def outgrown(prospect: Prospect, cluster: ClusterFloors, short: NDArray[np.bool_], now: datetime) -> Finding:
    """More is needed of a campaign that runs than was planned for it: until it is there, that is a risk."""
    _, units, there = _worst(prospect, cluster, short, now)
    until = from_epoch_s(int(cluster.times_s[short][-1])) + GRID
    detail = f"needs {in_units(units)} now that it runs, {there} are there until {until:%H:%M}Z"
    return Finding(Readiness.AT_RISK, Reason.LEAD_TIME_TOO_SHORT, prospect.resource_id, detail)


def _worst(
    prospect: Prospect, cluster: ClusterFloors, short: NDArray[np.bool_], now: datetime
) -> tuple[datetime, int, int]:
    """The first instant at which most units are lacking, how many are needed then, how many can be there."""
    standing = prospect.standing
    expected = units_expected(standing, cluster.times_s, now, standing.pace.usual)
    needed = np.minimum(cluster.needed, standing.resource.maximum)
    row = int(np.argmax(np.where(short, needed - expected, 0)))
    return from_epoch_s(int(cluster.times_s[row])), int(needed[row]), int(expected[row])


def _closed_until(standing: Standing, now: datetime, ask_by: datetime) -> tuple[Reason, str] | None:
    """Why nothing may be changed from now until it should be asked for at the latest; None if it may."""
    if ask_by <= now:
        return None
    for freeze in standing.pace.freezes:
        if freeze.start <= now < freeze.end:
            return Reason.FREEZE_WINDOW, f"{freeze.why} until {freeze.end:%d %b %H:%M}Z"
    hours = standing.pace.hours
    if hours is not None and not is_within(hours, now):
        return Reason.OUTSIDE_HOURS, f"mode {standing.resource.mode} acts {hours} only"
    return None
