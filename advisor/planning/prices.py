"""What does one campaign cost, and what would it cost to plan it for another quantile of demand?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from advisor.domain.advice import Need
from advisor.domain.money import Cost, Rung
from advisor.domain.policy import Policy
from advisor.domain.timegrid import step_s
from advisor.planning.cluster import ClusterFloors
from advisor.planning.cost import in_cents
from advisor.planning.estate import LaidOut
from advisor.planning.floors_without import floors_for_level
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID, Hold

LEVELS = (0.5, 0.9, 0.95, 0.99)
"""The quantiles of demand that the price of being sure is told for."""


def campaign_cost(
    campaign_id: str, moved: Sequence[LaidOut], wanted: Sequence[LaidOut], policy: Policy
) -> Cost:
    """What a campaign alone costs over the resources that it moves, with the price of other quantiles.

    `wanted` are the same resources before pools and budgets. The rungs of the ladder are plans made at once
    for the whole campaign, without those; once money is spent on it there is none, for nothing can be chosen
    any more.
    """
    priced = [laid for laid in moved if laid.is_priced and laid.alternatives_of(campaign_id)]
    if not priced:
        return Cost(policy.currency, 0.0 if any(laid.is_priced for laid in moved) else None)
    parts = [(laid, alternative) for laid in priced for alternative in laid.alternatives_of(campaign_id)]
    spent = sum(a.spent_unit_hours * (laid.resource.price_per_unit_hour or 0.0) for laid, a in parts)
    return Cost(
        currency=policy.currency,
        extra=in_cents(sum(laid.cost_of(campaign_id) for laid in priced)),
        spent=in_cents(spent),
        committed=in_cents(sum(_committed(laid, campaign_id) for laid in priced)),
        ladder=() if spent else tuple(_ladder(campaign_id, [w for w in wanted if w.is_priced])),
    )


def _ladder(campaign_id: str, priced: Sequence[LaidOut]) -> Iterator[Rung]:
    for level in LEVELS:
        yield Rung(level, in_cents(sum(_cost_at(laid, campaign_id, level) for laid in priced)))


def _committed(laid: LaidOut, campaign_id: str) -> float:
    """What of a campaign's cost cannot be taken back once its units were asked for."""
    if laid.resource.irreversible is None:
        return 0.0
    return laid.cost_of(campaign_id)


def _cost_at(laid: LaidOut, campaign_id: str, level: float) -> float:
    """What a campaign would cost on one resource if it were planned for this quantile."""
    cost = 0.0
    bought = laid.resource.irreversible
    once = bought.price_per_unit if bought and bought.price_per_unit else 0.0
    for alternative in laid.alternatives_of(campaign_id):
        cluster = laid.clusters[alternative.cluster]
        hours, most = _added_at(laid.pace, laid.needs, cluster, cluster.holds, campaign_id, level)
        cost += hours * (laid.resource.price_per_unit_hour or 0.0) + most * once
    return cost


@lru_cache(maxsize=16_384)
def _added_at(
    pace: Pace,
    needs: tuple[Need, ...],
    cluster: ClusterFloors,
    holds: tuple[Hold, ...],
    campaign_id: str,
    level: float,
) -> tuple[float, int]:
    """The unit-hours and the most units that a campaign adds at this quantile.

    A cluster still to come is the same value at every decision, and so is worked out once.
    """
    whole = floors_for_level(pace, needs, cluster, holds, level)
    without = floors_for_level(pace, needs, cluster, holds, level, without=campaign_id)
    added = (whole - without).clip(min=0)
    return float(added.sum()) * step_s(GRID) / 3600, int(added.max(initial=0))
