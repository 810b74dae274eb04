"""What does the money of a day leave of everybody's plans?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import from_epoch_s
from advisor.planning.cuts import Cut
from advisor.planning.estate import LaidOut
from advisor.planning.ledger import spent_on
from advisor.planning.shares import CENT, Part, affordable, part_of

_DAY_S = 86_400


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
        if spent + kept + new <= limit + CENT or new <= 0:
            continue
        share = affordable(parts, limit - spent - kept)
        detail = f"{on:%d %b} would cost {policy.currency} {spent + kept + new:,.2f}, a day may {limit:,.2f}"
        for part in parts:
            ids = tuple(claim.campaign_id for claim in part.cluster.claims)
            yield from part.cut(share, Reason.OVER_DAY_BUDGET, detail, ids)


def _standing_cost(part: Part, day: int) -> float:
    """What the units above the minimum that stand already cost on a UTC day."""
    inside = part.cluster.times_s // _DAY_S == day
    return part.cost(np.where(inside, part.kept - part.laid.resource.minimum, 0))


def _everything(laid: LaidOut, number: int) -> Part:
    """All that is asked of one resource in one of its clusters, from its minimum on."""
    return part_of(laid, number, np.full_like(laid.clusters[number].asked, laid.resource.minimum))
