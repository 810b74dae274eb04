"""What do pools and budgets leave of everybody's plans, and what does each campaign then cost?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from advisor.domain.advice import ScheduleWithout
from advisor.domain.campaign import Campaign
from advisor.domain.money import Cost, Ration
from advisor.domain.policy import Policy
from advisor.planning.budgets import ration
from advisor.planning.cuts import Cut
from advisor.planning.day_budget import day_cuts
from advisor.planning.estate import LaidOut, Reach
from advisor.planning.pools import pool_cuts
from advisor.planning.prices import campaign_cost


@dataclass(frozen=True, eq=False)
class Bounded:
    """The estate with no more than pools and budgets leave, the cuts by resource, and costs by campaign.

    `rations` are what budgets left of campaigns that cost too much.
    """

    estate: tuple[LaidOut, ...]
    cuts: Mapping[str, tuple[Cut, ...]]
    costs: Mapping[str, Cost]
    rations: tuple[Ration, ...]

    def without_of(self, resource: str) -> tuple[ScheduleWithout, ...]:
        """One resource's schedules without each of its campaigns, to be remembered."""
        return self._by_name[resource].without

    @cached_property
    def _by_name(self) -> Mapping[str, LaidOut]:
        return {laid.name: laid for laid in self.estate}


def bound(
    estate: Sequence[LaidOut], campaigns: Mapping[str, Campaign], policy: Policy, now: datetime
) -> Bounded:
    """Cut the plans to what is there: what resources share, then each campaign's money, then the day's."""
    pools = tuple(pool_cuts(estate, policy, now))
    rationed = ration(_cut(estate, _by_resource(pools), now), campaigns, policy, now)
    days = tuple(day_cuts(rationed.estate, policy, now))
    left = _cut(rationed.estate, _by_resource(days), now)
    reach, wanted = Reach(left), Reach(estate)
    costs = {n: campaign_cost(n, reach.of(c), wanted.of(c), policy) for n, c in campaigns.items()}
    return Bounded(left, _by_resource((*pools, *rationed.cuts, *days)), costs, rationed.rations)


def _cut(
    estate: Sequence[LaidOut], cuts: Mapping[str, tuple[Cut, ...]], now: datetime
) -> tuple[LaidOut, ...]:
    return tuple(laid.cut_by(cuts[laid.name], now) if laid.name in cuts else laid for laid in estate)


def _by_resource(found: Iterable[Cut]) -> dict[str, tuple[Cut, ...]]:
    cuts: dict[str, tuple[Cut, ...]] = {}
    for cut in found:
        cuts[cut.resource] = (*cuts.get(cut.resource, ()), cut)
    return cuts
