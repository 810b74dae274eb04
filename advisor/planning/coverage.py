"""How high a demand do the planned units carry all through a campaign?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from advisor.domain.advice import Need
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.claims import demand_on
from advisor.planning.cluster import ClusterFloors
from advisor.planning.sizing import Units

_ROUNDING = 1e-9


def covered_level(
    resource: ResourcePolicy,
    needs: Sequence[Need],
    cluster: ClusterFloors,
    ready: Units,
    capacity: float,
    since: datetime,
    until: datetime,
) -> float:
    """The highest quantile of demand that `ready` units (n,) of this capacity carry all the time; 0 if none.

    From `since` to `until`, on the cluster's grid. Headroom is for this: it is not kept free here.
    """
    inside = (cluster.times_s >= to_epoch_s(since)) & (cluster.times_s < to_epoch_s(until))
    carried = ready[inside] * capacity
    window = (min(c.start for c in cluster.claims), max(c.end for c in cluster.claims))
    levels = sorted({level for need in needs for level in need.levels})
    covered = 0.0
    for level in levels:
        rates = demand_on(resource, needs, cluster.times_s[inside], window=window, level=level)
        if not np.all(carried >= rates * (1.0 - _ROUNDING)):
            break
        covered = level
    return covered
