"""What does the money leave of the plan: a campaign's budget, its team's month, and the day?

A budget cuts what is still to be asked for, not what stands already; what it leaves is shared out evenly over
the resources and the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.money import Ration
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import from_epoch_s, step_s
from advisor.planning.cluster import ClusterFloors
from advisor.planning.cuts import Cut, cut_of, share_of
from advisor.planning.estate import LaidOut, Reach
from advisor.planning.ledger import month_of, spent_on
from advisor.planning.rationed import beside, in_turn
from advisor.planning.schedule import GRID, agreed_to_stay
from advisor.planning.sizing import Units

_HOURS = step_s(GRID) / 3600
_CENT = 0.005
_DAY_S = 86_400
_HALVINGS = 12
"""Finds a share to a fortieth of a per cent."""


@dataclass(frozen=True, eq=False)
class _Part:
    """What is asked of one resource over one cluster, in units (n,) on the cluster's grid.

    `base` is asked for anyway, and `kept` is that or what stands already, which no budget takes back. What is
    left of a plan is measured from `base`, so that it stays the same while its units come one by one.
    """

    laid: LaidOut
    cluster: ClusterFloors
    base: Units
    kept: Units
    asked: Units

    @property
    def new(self) -> float:
        """What costs more than what is kept."""
        return self.cost(self.asked - self.kept)

    @property
    def own(self) -> float:
        """What all that is asked for costs above the base."""
        return self.cost(self.asked - self.base)

    def cost(self, units: Units, instants: Units | int = 1) -> float:
        """What so many units (n,) more cost: by the hour and, where they are bought for good, once.

        Each of them stands for so many `instants` of the grid.
        """
        bought = self.laid.resource.irreversible
        once = bought.price_per_unit if bought and bought.price_per_unit else 0.0
        hourly = self.laid.resource.price_per_unit_hour or 0.0
        return float((units * instants).sum()) * _HOURS * hourly + float(units.max(initial=0)) * once

    def cost_of(self, share: float) -> float:
        """What this share of all that is asked above the base costs beyond what is kept."""
        base, kept, asked, instants = self._pieces
        some = share_of(asked - base, share, base, self.laid.resource)
        return self.cost(np.maximum(kept, some) - kept, instants)

    @cached_property
    def _pieces(self) -> tuple[Units, Units, Units, Units]:
        """Base, kept and asked units of each stretch (m,) in which none changes, and its length."""
        rows = np.stack([self.base, self.kept, self.asked])
        begins = np.flatnonzero(np.r_[True, (np.diff(rows) != 0).any(axis=0)])
        base, kept, asked = rows[:, begins]
        return base, kept, asked, np.diff(np.r_[begins, rows.shape[1]])

    def left(self, share: float) -> Units:
        """Only this share of all that is asked above the base, but never less than is kept."""
        some = share_of(self.asked - self.base, share, self.base, self.laid.resource)
        return np.maximum(self.kept, some)

    def within(self, inside: NDArray[np.bool_]) -> _Part:
        """The same with nothing to be cut but at these instants."""
        base, kept = (np.where(inside, units, self.asked) for units in (self.base, self.kept))
        return _Part(self.laid, self.cluster, base, kept, self.asked)

    def cut(self, share: float, reason: Reason, detail: str, campaigns: tuple[str, ...]) -> Iterator[Cut]:
        """The cut that leaves only this share."""
        most = self.left(share)
        if (most < self.asked).any():
            yield cut_of(self.laid.name, reason, detail, campaigns, self.cluster.times_s, most)


@dataclass(frozen=True, eq=False)
class Rationed:
    """What campaigns and teams can pay for: who is rationed, and the cuts of it.

    `estate` is uncut, and tells what each campaign adds beside those that are rationed before it.
    """

    estate: tuple[LaidOut, ...]
    rations: tuple[Ration, ...]
    cuts: tuple[Cut, ...]


def ration(
    estate: Sequence[LaidOut], campaigns: Mapping[str, Campaign], policy: Policy, now: datetime
) -> Rationed:
    """Cut campaigns that cost more than they, or what is left of their teams' months, may.

    Campaign by campaign in order of start: an earlier one of a team leaves the rest to the later, and what a
    later one adds is measured beside what the earlier were left, and paid for by them while the later was not
    there: what several need together is paid for by somebody. A ration holds on once its campaign's raise
    has begun, for what is left of the money would otherwise buy more units for ever less of the time.
    """
    rations, cuts = list[Ration](), list[Cut]()
    teams: dict[tuple[str, tuple[int, int]], float] = {}
    reach, left, shares = Reach(estate), list(estate), dict[str, float]()
    later = frozenset(n for n, c in campaigns.items() if np.isfinite(_tightest(c, policy, 0.0)[1]))
    for campaign in sorted(campaigns.values(), key=lambda c: (c.start, c.campaign_id)):
        later -= {campaign.campaign_id}
        numbers = reach.numbers(campaign)
        for number in numbers:
            left[number] = beside(left[number], shares, campaign.campaign_id)
        moved = [left[number] for number in numbers]
        total = sum(laid.cost_of(campaign.campaign_id) for laid in moved)
        account = (campaign.team, month_of(campaign))
        reason, limit = _tightest(campaign, policy, teams.get(account, 0.0))
        parts = [part for laid in moved for part in _own(laid, campaign.campaign_id)]
        turn = parts
        if np.isfinite(limit):
            turn = [part for laid in moved for part in _in_turn(laid, campaign.campaign_id, shares, later)]
        paid = total + sum(part.own for part in turn) - sum(part.own for part in parts)
        unpaid = sum(part.new for part in turn)
        teams[account] = teams.get(account, 0.0) + min(paid, max(limit, paid - unpaid))
        before = list(_rationed_before(moved, campaign.campaign_id, limit))
        if max(total, paid) <= limit + _CENT and not before:
            continue
        share = min([_within(parts, total, limit), *(ration.share for ration in before)])
        counted = min([_within(turn, paid, limit), share, *(ration.beside for ration in before)])
        rations.append(Ration(campaign.campaign_id, limit, share, counted))
        shares[campaign.campaign_id] = counted
        whose = f"the budget of team {campaign.team}" if reason is Reason.OVER_TEAM_BUDGET else "its budget"
        detail = f"would cost {policy.currency} {total:,.2f}, {whose} leaves {max(0.0, limit):,.2f}"
        found = [cut for part in parts for cut in part.cut(share, reason, detail, (campaign.campaign_id,))]
        for number in numbers:
            left[number] = left[number].cut_by([c for c in found if c.resource == left[number].name], now)
        cuts += found
    told = (replace(laid, alternatives=cut.alternatives) for laid, cut in zip(estate, left, strict=True))
    return Rationed(tuple(told), tuple(rations), tuple(cuts))


def day_cuts(estate: Sequence[LaidOut], policy: Policy, now: datetime) -> Iterator[Cut]:
    """The cuts of UTC days that cost more than a day may, over all campaigns."""
    limit = policy.budgets.per_day
    if limit is None:
        return
    everything = [
        _everything(laid, n) for laid in estate if laid.is_priced for n in range(len(laid.clusters))
    ]
    for day in sorted({int(day) for part in everything for day in np.unique(part.cluster.times_s // _DAY_S)}):
        on = from_epoch_s(day * _DAY_S).date()
        spent = sum(spent_on(laid.resource, laid.state, on, now) for laid in estate)
        parts = [part.within(part.cluster.times_s // _DAY_S == day) for part in everything]
        new = sum(part.new for part in parts)
        kept = sum(_standing_cost(part, day) for part in everything)
        if spent + kept + new <= limit + _CENT or new <= 0:
            continue
        share = _affordable(parts, limit - spent - kept)
        detail = f"{on:%d %b} would cost {policy.currency} {spent + kept + new:,.2f}, a day may {limit:,.2f}"
        for part in parts:
            ids = tuple(claim.campaign_id for claim in part.cluster.claims)
            yield from part.cut(share, Reason.OVER_DAY_BUDGET, detail, ids)


def _standing_cost(part: _Part, day: int) -> float:
    """What the units above the minimum that stand already cost on a UTC day."""
    inside = part.cluster.times_s // _DAY_S == day
    return part.cost(np.where(inside, part.kept - part.laid.resource.minimum, 0))


def _affordable(parts: Sequence[_Part], money: float) -> float:
    """The largest share of what is asked for that costs no more than so much beyond what is kept."""
    if sum(part.new for part in parts) <= money + _CENT:
        return 1.0
    if money <= _CENT:  # no share that buys nothing here, but a unit of what another plan has of it
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        cost = sum(part.cost_of(share) for part in parts)
        low, high = (share, high) if cost <= money + _CENT else (low, share)
    return low


def _within(parts: Sequence[_Part], total: float, limit: float) -> float:
    """The share that a campaign may have of what costs so much in all: all of it within its limit."""
    if total <= limit + _CENT:
        return 1.0
    return _affordable(parts, sum(part.new for part in parts) - (total - limit))


def _tightest(campaign: Campaign, policy: Policy, team_spent: float) -> tuple[Reason, float]:
    """What is the most that a campaign may cost, and by whose word?

    A campaign's budget in a currency other than the policy's cannot be compared: only the policy's counts.
    """
    bounds = [(np.inf if policy.budgets.per_campaign is None else policy.budgets.per_campaign)]
    if campaign.budget is not None and campaign.budget.currency == policy.currency:
        bounds.append(campaign.budget.max_cost)
    own = min(bounds)
    team = policy.budgets.per_team.get(campaign.team)
    if team is not None and team - team_spent < own:
        return Reason.OVER_TEAM_BUDGET, team - team_spent
    return Reason.OVER_CAMPAIGN_BUDGET, own


def _rationed_before(estate: Sequence[LaidOut], campaign_id: str, limit: float) -> Iterator[Ration]:
    """What a campaign under way was rationed to, if it may spend no more now."""
    for laid in estate:
        for ration in laid.state.rationed:
            if ration.campaign_id == campaign_id and limit <= ration.limit + _CENT:
                yield ration


def _own(laid: LaidOut, campaign_id: str) -> Iterator[_Part]:
    """What a campaign alone adds on one resource, from what is asked for without it."""
    if not laid.is_priced:
        return
    for alternative in laid.alternatives_of(campaign_id):
        yield _part(laid, alternative.cluster, alternative.without)


def _in_turn(
    laid: LaidOut, campaign_id: str, shares: Mapping[str, float], later: frozenset[str]
) -> Iterator[_Part]:
    """What a campaign adds while others that come later and have to pay as well are not there."""
    if not laid.is_priced:
        return
    for alternative in laid.alternatives_of(campaign_id):
        number, found = alternative.cluster, in_turn(laid, alternative, shares, later)
        if found is None:
            yield _part(laid, number, alternative.without)
        else:
            without, asked = (np.minimum(units, laid.clusters[number].asked) for units in found)
            yield _part(laid, number, without, asked)


def _everything(laid: LaidOut, number: int) -> _Part:
    """All that is asked of one resource in one of its clusters, from its minimum on."""
    return _part(laid, number, np.full_like(laid.clusters[number].asked, laid.resource.minimum))


def _part(laid: LaidOut, number: int, base: Units, asked: Units | None = None) -> _Part:
    cluster, left_behind = laid.clusters[number], laid.left_behind(number)
    asked = np.maximum(cluster.asked if asked is None else asked, left_behind)
    base = np.minimum(np.maximum(base, left_behind), asked)
    standing = agreed_to_stay(laid.state.plan, cluster.times_s, laid.resource.minimum)
    return _Part(laid, cluster, base, np.minimum(np.maximum(base, standing), asked), asked)
