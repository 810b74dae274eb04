"""What do a campaign's budget and its team's month leave of the plan?

A budget cuts what is still to be asked for, not what stands already; what it leaves is shared out evenly over
the resources and the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.money import Ration
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.planning.cuts import Cut
from advisor.planning.estate import LaidOut, Reach
from advisor.planning.ledger import month_of
from advisor.planning.rationed import beside, in_turn
from advisor.planning.shares import CENT, Part, affordable, part_of


@dataclass(frozen=True, eq=False)
class Rationed:
    """What campaigns and teams can pay for: who is rationed, and the cuts of it.

    `estate` is what they leave, and tells what each campaign adds beside those that are rationed before it.
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
        account = (campaign.team, month_of(campaign))
        reason, limit = _tightest(campaign, policy, teams.get(account, 0.0))
        numbers = reach.numbers(campaign)
        for number in numbers:
            left[number] = beside(left[number], shares, campaign.campaign_id)
        moved = [left[number] for number in numbers]
        bill = _bill(campaign.campaign_id, moved, shares, later if np.isfinite(limit) else frozenset())
        teams[account] = teams.get(account, 0.0) + min(bill.charged, max(limit, bill.charged - bill.unspent))
        given = _ration(campaign.campaign_id, bill, limit, moved)
        if given is None:
            continue
        rations.append(given)
        shares[given.campaign_id] = given.beside
        whose = f"the budget of team {campaign.team}" if reason is Reason.OVER_TEAM_BUDGET else "its budget"
        detail = f"would cost {policy.currency} {bill.total:,.2f}, {whose} leaves {max(0.0, limit):,.2f}"
        ids = (campaign.campaign_id,)
        found = [cut for part in bill.own for cut in part.cut(given.share, reason, detail, ids)]
        for number in numbers:
            ours = [cut for cut in found if cut.resource == left[number].name]
            left[number] = left[number].cut_by(ours, now) if ours else left[number]
        cuts += found
    return Rationed(tuple(left), tuple(rations), tuple(cuts))


@dataclass(frozen=True, eq=False)
class _Bill:
    """What one campaign costs: what it alone adds, and what it adds to those before it.

    `total` is what it alone adds and has added, `own` the parts of that still to come; `in_turn` are the
    parts that it adds while those after it are not there.
    """

    total: float
    own: list[Part]
    in_turn: list[Part]

    @property
    def charged(self) -> float:
        """What is to be paid from its money: with its part of what it needs together with others."""
        return self.total + sum(part.own for part in self.in_turn) - sum(part.own for part in self.own)

    @property
    def unspent(self) -> float:
        """What of that could still be left undone."""
        return sum(part.new for part in self.in_turn)


def _bill(
    campaign_id: str, moved: Sequence[LaidOut], shares: Mapping[str, float], later: frozenset[str]
) -> _Bill:
    priced = [laid for laid in moved if laid.is_priced]
    total = sum(laid.cost_of(campaign_id) for laid in moved)
    own = [part for laid in priced for part in _own(laid, campaign_id)]
    if not later:
        return _Bill(total, own, own)
    return _Bill(total, own, [part for laid in priced for part in _in_turn(laid, campaign_id, shares, later)])


def _ration(campaign_id: str, bill: _Bill, limit: float, moved: Sequence[LaidOut]) -> Ration | None:
    """What a campaign is rationed to; None if it may have all, now and since its raise began."""
    before = list(_rationed_before(moved, campaign_id, limit))
    if max(bill.total, bill.charged) <= limit + CENT and not before:
        return None
    share = min([_within(bill.own, bill.total, limit), *(ration.share for ration in before)])
    counted = min([_within(bill.in_turn, bill.charged, limit), share, *(r.beside for r in before)])
    return Ration(campaign_id, limit, share, counted)


def _within(parts: Sequence[Part], total: float, limit: float) -> float:
    """The share that a campaign may have of what costs so much in all: all of it within its limit."""
    if total <= limit + CENT:
        return 1.0
    return affordable(parts, sum(part.new for part in parts) - (total - limit))


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
            if ration.campaign_id == campaign_id and limit <= ration.limit + CENT:
                yield ration


def _own(laid: LaidOut, campaign_id: str) -> Iterator[Part]:
    """What a campaign alone adds on one resource, from what is asked for without it."""
    for alternative in laid.alternatives_of(campaign_id):
        yield part_of(laid, alternative.cluster, alternative.without)


def _in_turn(
    laid: LaidOut, campaign_id: str, shares: Mapping[str, float], later: frozenset[str]
) -> Iterator[Part]:
    """What a campaign adds while others that come later and have to pay as well are not there."""
    for alternative in laid.alternatives_of(campaign_id):
        number, found = alternative.cluster, in_turn(laid, alternative, shares, later)
        if found is None:
            yield part_of(laid, number, alternative.without)
        else:
            without, asked = (np.minimum(units, laid.clusters[number].asked) for units in found)
            yield part_of(laid, number, without, asked)
