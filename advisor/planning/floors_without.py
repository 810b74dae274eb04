"""What would a cluster of claims ask for without some of its campaigns, or planned for another quantile?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.domain.advice import Claim, Need
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import from_epoch_s
from advisor.planning.claims import demand_on
from advisor.planning.cluster import ClusterFloors, ask, plan_cluster
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID, Hold, envelope, standing_at
from advisor.planning.sizing import Units, units_for


def without_campaigns(
    pace: Pace,
    needs: Sequence[Need],
    cluster: ClusterFloors,
    names: frozenset[str],
    state: ResourceState,
) -> Units:
    """Floors that the cluster would ask for if some campaigns did not exist, on the cluster's grid.

    `state` has the schedule as it was before without them: what then stood is remembered and eased down just
    as in the schedule with them.
    """
    resource = pace.resource
    others, holds = _others(cluster, names)
    times_s = cluster.times_s
    if others:
        return plan_cluster(pace, needs, others, holds, times_s, state, without=names).asked
    if standing_at(state.plan, from_epoch_s(int(times_s[0])) - GRID, resource.minimum) <= resource.minimum:
        return np.full_like(cluster.asked, resource.minimum)
    nothing = np.zeros_like(cluster.asked)
    return ask(pace, (), times_s, nothing, nothing, state, hold_until_s=0).asked


def floor_without(
    pace: Pace,
    needs: Sequence[Need],
    cluster: ClusterFloors,
    others: frozenset[str],
) -> int:
    """The floor that a cluster would ask for at its first instant, from nothing, without some campaigns."""
    claims, holds = _others(cluster, others)
    if not claims:
        return pace.resource.minimum
    nothing = ResourceState(pace.resource.resource)
    times_s = cluster.times_s
    return int(plan_cluster(pace, needs, claims, holds, times_s, nothing, without=others).asked[0])


def _others(cluster: ClusterFloors, without: frozenset[str]) -> tuple[tuple[Claim, ...], tuple[Hold, ...]]:
    """The claims of all other campaigns in a cluster, and how their floors are held."""
    kept = [
        pair for pair in zip(cluster.claims, cluster.holds, strict=True) if pair[0].campaign_id not in without
    ]
    return tuple(claim for claim, _ in kept), tuple(hold for _, hold in kept)


def floors_for_level(
    pace: Pace,
    needs: Sequence[Need],
    cluster: ClusterFloors,
    holds: Sequence[Hold],
    level: float,
    *,
    without: str | None = None,
) -> Units:
    """Floors that the cluster would ask for, from nothing, if it were planned for another quantile.

    On the cluster's grid, shape (n,). `holds` are those of its claims; `without` leaves a campaign out.
    """
    kept = [pair for pair in zip(cluster.claims, holds, strict=True) if pair[0].campaign_id != without]
    if not kept:
        return np.full_like(cluster.asked, pace.resource.minimum)
    window = (min(c.start for c, _ in kept), max(c.end for c, _ in kept))
    times_s = cluster.times_s
    rates = demand_on(pace.resource, needs, times_s, window=window, without=without, level=level)
    ready = envelope(times_s, units_for(rates, pace.resource), [hold for _, hold in kept], pace.resource)
    nothing = ResourceState(pace.resource.resource)
    return ask(pace, (), times_s, ready, ready, nothing, hold_until_s=0).asked
