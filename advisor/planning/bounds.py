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
    cuts: dict[str, tuple[Cut, ...]] = {}
    left = _cut(tuple(estate), pool_cuts(estate, policy, now), cuts, now)
    rationed = ration(left, campaigns, policy, now)
    left = _cut(rationed.estate, rationed.cuts, cuts, now)
    left = _cut(left, day_cuts(left, policy, now), cuts, now)
    reach, wanted = Reach(left), Reach(estate)
    costs = {n: campaign_cost(n, reach.of(c), wanted.of(c), policy) for n, c in campaigns.items()}
    return Bounded(left, cuts, costs, rationed.rations)


def _cut(
    estate: tuple[LaidOut, ...], found: Iterable[Cut], cuts: dict[str, tuple[Cut, ...]], now: datetime
) -> tuple[LaidOut, ...]:
    new: dict[str, list[Cut]] = {}
    for cut in found:
        new.setdefault(cut.resource, []).append(cut)
    for name, more in new.items():
        cuts[name] = (*cuts.get(name, ()), *more)
    return tuple(
        laid.cut_by(new[laid.resource.resource], now) if laid.resource.resource in new else laid
        for laid in estate
    )
