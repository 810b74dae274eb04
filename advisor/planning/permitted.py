"""How high may a floor be raised now, by what each campaign may have that can have a part in it?

A plan is for all that hold a claim, and remembers what stood in it, whether or not it was ever asked for. A
raise needs somebody who may ask for it now: so what is permitted is planned again, from nothing, with those
campaigns alone that may have all, and then one by one with the part that the others may have.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from advisor.planning.cluster import ClusterFloors
from advisor.planning.estate import LaidOut
from advisor.planning.floors_without import floor_without
from advisor.planning.permissions import Permission
from advisor.planning.sizing import permitted_below


def permitted_floor(
    laid: LaidOut,
    given: Mapping[str, Permission],
    wanted: int,
) -> int:
    """The most of the `wanted` units that may be asked for now.

    `given` are the permissions of all claims of the cluster that is in force. Never below the minimum. What
    we set before and others lowered since is ours to repair while nothing is withheld.
    """
    minimum = laid.resource.minimum
    cluster = next((c for c in laid.clusters if {k.campaign_id for k in c.claims} == set(given)), None)
    if not given or cluster is None:
        return minimum
    full = {name for name, permission in given.items() if permission.is_full}
    level = whole = _planned_for(full, cluster, laid, wanted)
    for name, permission in given.items():
        if name in full or permission.share <= 0.0:
            continue
        full.add(name)
        before, whole = whole, _planned_for(full, cluster, laid, wanted)
        more = level + int((whole - before) * permission.share)
        if permission.most_units is not None:
            more = min(more, permission.most_units)
        level = max(level, more)
    if all(permission.is_full for permission in given.values()) and laid.state.originals is not None:
        level = max([level, *(min(bounds.minimum, wanted) for bounds in laid.state.set_by_us)])
    allowed = int(permitted_below(np.array(level + 1), laid.resource))
    return max(minimum, allowed)


def _planned_for(names: set[str], cluster: ClusterFloors, laid: LaidOut, wanted: int) -> int:
    """The floor that would be due now if only these campaigns existed, of the units wanted."""
    others = frozenset(c.campaign_id for c in cluster.claims) - names
    return min(wanted, floor_without(laid.pace, laid.needs, cluster, others))
