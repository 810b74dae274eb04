"""How is the risk that the policy takes shared out, and does a plan keep within it?

Half of it is for a crowd larger than planned for: that is one event, however many resources it meets. The
other half is for units that come later than usual, shared out over the resources that one campaign moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from advisor.domain.advice import Need
from advisor.domain.demand import Floats
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.claims import demand_on
from advisor.planning.floors import ClusterFloors
from advisor.planning.sizing import Units


def lead_levels(policy: Policy) -> dict[str, float]:
    """The quantile of its lead times that each resource is planned with, so that all together keep the risk."""
    sharing: dict[str, set[str]] = {}
    for name, resource in policy.resources.items():
        for service in resource.serves:
            sharing.setdefault(service, set()).add(name)
    return {
        name: 1.0 - policy.risk / 2 / max(1, len(set().union(*(sharing[s] for s in resource.serves))))
        for name, resource in policy.resources.items()
    }


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
        if not _carries(carried, rates):
            break
        covered = level
    return covered


def _carries(carried: Floats, rates: Floats) -> bool:
    return bool(np.all(carried >= rates * (1.0 - 1e-9)))
