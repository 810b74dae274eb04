"""How much of a campaign's demand would find no capacity, and how fast may it be sent so that all does?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.readiness import SendGate, SendStep, Shortfall
from advisor.domain.timegrid import Seconds, ceil_to, from_epoch_s, span, to_epoch_s
from advisor.planning.claims import demand_on
from advisor.planning.cluster import ClusterFloors
from advisor.planning.presence import Standing, units_expected, units_promised
from advisor.planning.schedule import GRID
from advisor.planning.sizing import Units, units_for

LEVELS = (0.5, 0.9)


@dataclass(frozen=True, eq=False)
class Stage:
    """One resource that a campaign plays on: what is there, what was planned, and what one unit carries."""

    standing: Standing
    cluster: ClusterFloors
    capacity: float

    def demand(self, times_s: Seconds, level: float | None = None, without: str | None = None) -> Floats:
        """The demand on the resource at each instant, shape (n,), at a quantile or the one planned for."""
        window = (min(c.start for c in self.cluster.claims), max(c.end for c in self.cluster.claims))
        laid = self.standing.laid
        return demand_on(laid.resource, laid.needs, times_s, window=window, without=without, level=level)

    def expected(self, times_s: Seconds, now: datetime) -> Units:
        """The units there at each instant, shape (n,), if what is planned is asked for from now on."""
        if self.standing.resource.is_fixed:
            return np.ones(len(times_s), dtype=np.int64)
        return units_expected(self.standing, times_s, now, self.standing.pace.usual)

    def caught_up(self, times_s: Seconds, level: float, campaign: Campaign) -> Units:
        """The units that the resource's own scaler has at each instant, shape (n,); none where it has none.

        It goes with the ordinary demand, and has what the crowd needed a lead time ago, from its start on.
        """
        resource, late_s = self.standing.resource, int(self.standing.pace.usual.total_seconds())
        if not resource.reactive or resource.is_fixed:
            return np.zeros(len(times_s), dtype=np.int64)
        ordinary = self.demand(times_s, level, without=campaign.campaign_id)
        seen_s = times_s - late_s
        crowd = np.where(seen_s >= to_epoch_s(campaign.start), self.demand(seen_s, level), 0.0)
        return np.minimum(units_for(np.maximum(ordinary, crowd), resource), resource.maximum)

    def promised(self, times_s: Seconds, now: datetime) -> Units:
        """The units that senders may count on at each instant, shape (n,)."""
        if self.standing.resource.is_fixed:
            return np.ones(len(times_s), dtype=np.int64)
        return units_promised(self.standing, times_s, now)

    def present(self, times_s: Seconds) -> Units:
        """The units that serve now, at each instant, shape (n,)."""
        return np.full(len(times_s), self.standing.ready_units, dtype=np.int64)


def shortfalls(
    campaign: Campaign, stages: Sequence[Stage], now: datetime, *, with_plan: bool
) -> tuple[Shortfall, ...]:
    """What would be missing while the campaign runs, at the median and the 0.9 quantile?

    `with_plan` counts what can still come, otherwise only what serves now; both count what a reactive scaler
    brings when it has seen the crowd. None where nothing is missing.
    """
    return tuple(
        found for level in LEVELS for found in _worst(campaign, stages, now, level, with_plan=with_plan)
    )


def send_gate(campaign: Campaign, stages: Sequence[Stage], now: datetime) -> SendGate:
    """At which share of its pace may the campaign be sent, so that all that it brings finds capacity?

    What comes is taken to follow what is sent: half the pace brings half of what the campaign adds. At
    first counts what was seen ready, later what is agreed and what is planned that needs nobody; headroom is
    kept free.
    """
    begin = ceil_to(max(now, campaign.start), GRID)
    # In its last minute, or where it lasts no longer, the minute that has begun is the one that counts.
    times_s = span(begin if begin < campaign.end else begin - GRID, campaign.end, GRID)
    shares, limited_by = np.ones(len(times_s)), ""
    least = 1.0
    for stage in stages:
        fits = _fitting(campaign, stage, times_s, now)
        if len(fits) and fits[0] < least:
            least, limited_by = float(fits[0]), stage.standing.resource.resource
        shares = np.minimum(shares, fits)
    steady = np.minimum.accumulate(shares[::-1])[::-1]  # a pace once allowed is not taken back
    return SendGate(campaign.campaign_id, tuple(_steps(campaign, times_s, steady, now)), limited_by)


def _fitting(campaign: Campaign, stage: Stage, times_s: Seconds, now: datetime) -> Floats:
    """The share of the campaign's pace that one resource carries at each instant, shape (n,)."""
    resource = stage.standing.resource
    units = stage.promised(times_s, now)
    usable = units * stage.capacity / (1.0 + resource.headroom)
    others = stage.demand(times_s, without=campaign.campaign_id)
    own = stage.demand(times_s) - others
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(own > 1e-9, (usable - others) / np.maximum(own, 1e-9), 1.0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def _steps(campaign: Campaign, times_s: Seconds, shares: Floats, now: datetime) -> Iterator[SendStep]:
    """The instants at which a higher share may be sent, the first one being now."""
    last = -1.0
    for time_s, exact in zip(times_s.tolist(), shares.tolist(), strict=True):
        share = int(exact * 100 + 1e-6) / 100  # whole per cents, never more than fits
        if share > last:
            rate = campaign.send_rate_per_min
            at = now if last < 0 else from_epoch_s(time_s)
            yield SendStep(at, share, None if rate is None else round(share * rate))
            last = share


def _worst(
    campaign: Campaign, stages: Sequence[Stage], now: datetime, level: float, *, with_plan: bool
) -> Iterator[Shortfall]:
    times_s = span(ceil_to(max(now, campaign.start), GRID), campaign.end, GRID)
    if not len(times_s):
        return
    missing, where = np.zeros(len(times_s)), np.zeros(len(times_s), dtype=np.int64)
    for number, stage in enumerate(stages):
        units = stage.expected(times_s, now) if with_plan else stage.present(times_s)
        units = np.maximum(units, stage.caught_up(times_s, level, campaign))
        demand = stage.demand(times_s, level)
        lost = np.clip(1.0 - units * stage.capacity / np.maximum(demand, 1e-9), 0.0, 1.0)
        where = np.where(lost > missing, number, where)
        missing = np.maximum(missing, lost)
    worst = int(np.argmax(missing))
    if missing[worst] > 1e-9:
        yield Shortfall(
            level=level,
            share=round(float(missing[worst]), 4),
            minutes=int((missing > 1e-9).sum()),
            resource=stages[int(where[worst])].standing.resource.resource,
            at=from_epoch_s(int(times_s[worst])),
        )
