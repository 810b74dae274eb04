"""How did capacity stand when a planned event began, and how did it leave again?

Marks that averages over a day hide: whether the units were there in time, what was missing in the first ten
minutes, what was kept long after. They are this project's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.simulation.comparison import FIRST_MINUTES, demanded_units, shortfall
from advisor.simulation.reactive import Units

LONGEST_LEAD_S = 24 * 3600
"""Readiness is looked for so far back: units that always stood are ready a day ahead, not a year."""


@dataclass(frozen=True, slots=True)
class CampaignMarks:
    """What one scaler had for one campaign on one resource.

    `first_minutes_shortfall` is the mean relative shortfall (0 to 1) over the first ten minutes, θ_U
    on [T0, T0 + 10 min]; `shortfall` that of the whole window and `minutes_short` its time with too
    few units. `readiness_lead_s` is L = T0 - t_ready, t_ready being the first instant from which what T0
    demands was ready without a break until then; where it was not, the first after which nothing was
    missing until the first ten minutes were over. Below 0 it came late, and at worst -600, which stands
    for not within them.
    """

    campaign_id: str
    first_minutes_shortfall: float
    shortfall: float
    minutes_short: float
    readiness_lead_s: float


@dataclass(frozen=True, slots=True)
class PlannedEvents:
    """One scaler's marks over all campaigns that begin in the span, in order of start.

    `lead_min_s` and `lead_p10_s` are the least and the 10 % quantile of readiness leads, None without
    campaigns. `revert_tail_unit_hours` are the ready units above demand outside of all campaigns while the
    floor was still above its minimum after one: what was paid for letting go slowly.
    """

    campaigns: tuple[CampaignMarks, ...]
    lead_min_s: float | None
    lead_p10_s: float | None
    revert_tail_unit_hours: float

    def met_from(self, nth: int) -> float | None:
        """Which share of the campaigns from the nth (from 1) on lacked nothing in their first minutes?"""
        later = self.campaigns[nth - 1 :]
        return sum(c.first_minutes_shortfall == 0 for c in later) / len(later) if later else None

    def worst_from(self, nth: int) -> float | None:
        """The worst first-ten-minutes shortfall of the campaigns from the nth on."""
        return max((c.first_minutes_shortfall for c in self.campaigns[nth - 1 :]), default=None)


def planned_events(
    times_s: Seconds,
    rate_per_s: Floats,
    ready: Units,
    floor: Units,
    minimum: int,
    unit_capacity: float,
    campaigns: Sequence[Campaign],
) -> PlannedEvents:
    """How ready was one resource for each campaign? All arrays (n,) on the same equal steps, at least two.

    Campaigns that do not begin within the steps are left out, as are steps of unknown demand (NaN).
    """
    step_s = int(times_s[1] - times_s[0])
    demanded = demanded_units(rate_per_s, unit_capacity)
    begun = [c for c in campaigns if times_s[0] <= to_epoch_s(c.start) < times_s[-1] + step_s]
    begun.sort(key=lambda c: (c.start, c.campaign_id))
    known = np.isfinite(rate_per_s)
    marks = tuple(_marks(c, times_s, step_s, demanded, ready, known) for c in begun)
    leads = [m.readiness_lead_s for m in marks]
    tail = _after(times_s, campaigns) & (floor > minimum) & known
    return PlannedEvents(
        campaigns=marks,
        lead_min_s=min(leads, default=None),
        lead_p10_s=float(np.quantile(leads, 0.1, method="lower")) if leads else None,
        revert_tail_unit_hours=float(np.maximum(ready - demanded, 0)[tail].sum()) * step_s / 3600,
    )


def _marks(
    campaign: Campaign,
    times_s: Seconds,
    step_s: int,
    demanded: Units,
    ready: Units,
    known: NDArray[np.bool_],
) -> CampaignMarks:
    start_s, end_s = to_epoch_s(campaign.start), to_epoch_s(campaign.end)
    first_s = start_s + int(FIRST_MINUTES.total_seconds())
    missing = shortfall(demanded, ready)
    overlaps = (times_s + step_s > start_s) & (times_s < end_s)
    window = overlaps & known
    first = window & (times_s < first_s)
    return CampaignMarks(
        campaign_id=campaign.campaign_id,
        first_minutes_shortfall=float(missing[first].mean()) if first.any() else 0.0,
        shortfall=float(missing[window].mean()) if window.any() else 0.0,
        minutes_short=float((missing[window] > 0).sum()) * step_s / 60,
        readiness_lead_s=_lead_s(times_s, start_s, first_s, demanded, ready, first),
    )


def _lead_s(
    times_s: Seconds, start_s: int, first_s: int, demanded: Units, ready: Units, first: NDArray[np.bool_]
) -> float:
    """How long before the start was what the start demands ready, to stay? Below 0: how long after it."""
    begun = np.flatnonzero(first)
    if not len(begun):
        return float(min(LONGEST_LEAD_S, start_s - times_s[0]))
    at = int(begun[0])
    if ready[at] >= demanded[at]:
        earliest = int(np.searchsorted(times_s, start_s - LONGEST_LEAD_S))
        lacking = np.flatnonzero(ready[earliest:at] < demanded[at])
        since = earliest + int(lacking[-1]) + 1 if len(lacking) else earliest
        return float(max(start_s - times_s[since], 0))
    lacking = begun[ready[begun] < demanded[begun]]
    later = begun[begun > lacking[-1]]
    return float(start_s - (times_s[later[0]] if len(later) else first_s))


def _after(times_s: Seconds, campaigns: Sequence[Campaign]) -> NDArray[np.bool_]:
    """Which steps are the wake of a campaign: after its end, up to the middle of the pause to the next?

    In the second half of the pause a floor above the minimum may be the raise for the next one already.
    """
    edges = sorted((to_epoch_s(c.start), to_epoch_s(c.end)) for c in campaigns)
    inside = np.zeros(len(times_s), dtype=np.bool_)
    after = np.zeros(len(times_s), dtype=np.bool_)
    starts = np.array([start for start, _ in edges], dtype=np.int64)
    for start, end in edges:
        inside |= (times_s >= start) & (times_s < end)
        next_start = starts[starts >= end].min(initial=times_s[-1] + 2 * LONGEST_LEAD_S)
        after |= (times_s >= end) & (times_s < end + (next_start - end) / 2)
    return np.asarray(after & ~inside)
