"""The dated floors of one resource: every cluster of claims scheduled backward from its need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from advisor.domain.advice import Claim, Need, Step
from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import ceil_to, span
from advisor.planning.claims import clusters
from advisor.planning.cluster import (
    ClusterFloors,
    cluster_to_come,
    holds_of,
    plan_cluster,
    plan_revert,
)
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID, standing_at, steps_of


def plan_clusters(
    pace: Pace,
    needs: Sequence[Need],
    claims: Sequence[Claim],
    campaigns: Mapping[str, Campaign],
    state: ResourceState,
    now: datetime,
) -> tuple[ClusterFloors, ...]:
    """Schedule every cluster of claims from `now` on, and the way down from whatever stands unclaimed."""
    resource = pace.resource
    first = ceil_to(now, GRID)
    stands = standing_at(state.plan, first - GRID, resource.minimum) > resource.minimum
    planned: list[ClusterFloors] = []
    for group in clusters(claims, pace):
        begin = max(pace.earliest_raise(min(c.start for c in group)), first)
        if stands and not planned:
            # What stands from before is part of the first schedule, unless it is over long before.
            if begin > pace.latest_revert(first):
                planned.append(plan_revert(pace, state, first))
            else:
                begin = first
        end = pace.latest_revert(max(c.end for c in group))
        holds = holds_of(resource, needs, group, campaigns)
        if begin > first:
            planned.append(cluster_to_come(pace, tuple(needs), group, holds, begin, end))
        else:
            times_s = span(begin, end, GRID)
            planned.append(plan_cluster(pace, needs, group, holds, times_s, state))
    if stands and not planned:
        planned.append(plan_revert(pace, state, first))
    return tuple(planned)


def merge_steps(
    resource: ResourcePolicy,
    planned: Sequence[ClusterFloors],
    previous: Sequence[Step],
    now: datetime,
) -> tuple[Step, ...]:
    """One schedule: the steps of the present cluster already past, then everything still to come.

    Past steps stay as they were told, so that a schedule which did not change reads the same at every
    decision. Once the floor is back at its minimum, what led there is history and is dropped.
    """
    past = steps_past(resource, previous, now)
    future: list[Step] = []
    level = past[-1].floor if past else resource.minimum
    for cluster in planned:
        asked = cluster.asked
        if resource.keeps_for_good:  # whatever a budget left of it later
            asked = np.maximum.accumulate(np.maximum(asked, level))
        steps = steps_of(cluster.times_s, asked, resource.maximum, level)
        future.extend(steps)
        level = steps[-1].floor if steps else level
    return (*past, *future)


def steps_past(resource: ResourcePolicy, previous: Sequence[Step], now: datetime) -> tuple[Step, ...]:
    """The steps already past since the floor last left its minimum; none while it is there."""
    past = tuple(s for s in previous if s.act_at < ceil_to(now, GRID))
    rested = [i for i, s in enumerate(past) if s.floor <= resource.minimum]
    return past[rested[-1] + 1 :] if rested else past
