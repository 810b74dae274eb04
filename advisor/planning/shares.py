"""What does a share of what is asked for cost, and which share can be paid?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.domain.reason import Reason
from advisor.domain.timegrid import step_s
from advisor.planning.cluster import ClusterFloors
from advisor.planning.cuts import Cut, cut_of, share_of
from advisor.planning.estate import LaidOut
from advisor.planning.schedule import GRID, agreed_to_stay
from advisor.planning.sizing import Units

CENT = 0.005
"""Costs that differ by less are the same."""

_HOURS = step_s(GRID) / 3600
_HALVINGS = 12
"""Finds a share to a fortieth of a per cent."""


@dataclass(frozen=True, eq=False)
class Part:
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

    def within(self, inside: NDArray[np.bool_]) -> Part:
        """The same with nothing to be cut but at these instants."""
        base, kept = (np.where(inside, units, self.asked) for units in (self.base, self.kept))
        return Part(self.laid, self.cluster, base, kept, self.asked)

    def cut(self, share: float, reason: Reason, detail: str, campaigns: tuple[str, ...]) -> Iterator[Cut]:
        """The cut that leaves only this share."""
        most = self.left(share)
        if (most < self.asked).any():
            yield cut_of(self.laid.name, reason, detail, campaigns, self.cluster.times_s, most)


def part_of(laid: LaidOut, number: int, base: Units, asked: Units | None = None) -> Part:
    """What is asked of a resource in one of its clusters above `base` (n,): all, or what is `asked` (n,).

    What earlier clusters leave for good is asked for anyway.
    """
    cluster, left_behind = laid.clusters[number], laid.left_behind(number)
    asked = np.maximum(cluster.asked if asked is None else asked, left_behind)
    base = np.minimum(np.maximum(base, left_behind), asked)
    standing = agreed_to_stay(laid.state.plan, cluster.times_s, laid.resource.minimum)
    return Part(laid, cluster, base, np.minimum(np.maximum(base, standing), asked), asked)


def affordable(parts: Sequence[Part], money: float) -> float:
    """The largest share of what is asked for that costs no more than so much beyond what is kept."""
    if sum(part.new for part in parts) <= money + CENT:
        return 1.0
    if money <= CENT:  # no share that buys nothing here, but a unit of what another plan has of it
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        cost = sum(part.cost_of(share) for part in parts)
        low, high = (share, high) if cost <= money + CENT else (low, share)
    return low
