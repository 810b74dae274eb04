"""The dated floors of one resource: every cluster of claims scheduled backward from its need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from advisor.domain.advice import Claim, Need, Step
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import ResourceState
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import Seconds, ceil_to, from_epoch_s, span, step_s, to_epoch_s
from advisor.planning.claims import clusters, demand_on
from advisor.planning.pace import Pace
from advisor.planning.restrictions import restricted
from advisor.planning.schedule import (
    GRID,
    Hold,
    envelope,
    floors_before,
    floors_on,
    history_length,
    hold_of,
    requests,
    standing_at,
    steps_of,
)
from advisor.planning.sizing import Units, units_for


@dataclass(frozen=True, eq=False)
class ClusterFloors:
    """The schedule of claims that touch each other, on a dense grid of :data:`GRID`, shape (n,) each.

    `needed` are units by demand alone, uncapped; `ready` what must be there, held and bounded;
    `asked` the floors to ask for so that it is. `holds` say how each claim's floor is held.
    """

    claims: tuple[Claim, ...]
    times_s: Seconds
    needed: Units
    ready: Units
    asked: Units
    holds: tuple[Hold, ...] = ()


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
                planned.append(_plan_revert(pace, state, first))
            else:
                begin = first
        end = pace.latest_revert(max(c.end for c in group))
        holds = holds_of(resource, needs, group, campaigns)
        if begin > first:
            planned.append(_cluster_to_come(pace, tuple(needs), group, holds, begin, end))
        else:
            times_s = span(begin, end, GRID)
            planned.append(_plan_cluster(pace, needs, group, holds, times_s, state))
    if stands and not planned:
        planned.append(_plan_revert(pace, state, first))
    return tuple(planned)


def without_campaign(
    pace: Pace,
    needs: Sequence[Need],
    cluster: ClusterFloors,
    campaign_id: str,
    state: ResourceState,
) -> Units:
    """Floors that the cluster would ask for if one campaign did not exist, on the cluster's grid.

    `state` has the schedule as it was before without that campaign: what then stood is remembered
    and eased down just as in the schedule with it.
    """
    resource = pace.resource
    others, holds = _others(cluster, frozenset({campaign_id}))
    times_s = cluster.times_s
    if others:
        return _plan_cluster(pace, needs, others, holds, times_s, state, without=campaign_id).asked
    if standing_at(state.plan, from_epoch_s(int(times_s[0])) - GRID, resource.minimum) <= resource.minimum:
        return np.full_like(cluster.asked, resource.minimum)
    nothing = np.zeros_like(cluster.asked)
    return _ask(pace, (), times_s, nothing, nothing, state, hold_until_s=0).asked


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
    return int(_plan_cluster(pace, needs, claims, holds, times_s, nothing, without=others).asked[0])


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
    return _ask(pace, (), times_s, ready, ready, nothing, hold_until_s=0).asked


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
        steps = steps_of(cluster.times_s, cluster.asked, resource.maximum, level)
        future.extend(steps)
        level = steps[-1].floor if steps else level
    return (*past, *future)


def steps_past(resource: ResourcePolicy, previous: Sequence[Step], now: datetime) -> tuple[Step, ...]:
    """The steps already past since the floor last left its minimum; none while it is there."""
    past = tuple(s for s in previous if s.act_at < ceil_to(now, GRID))
    rested = [i for i, s in enumerate(past) if s.floor <= resource.minimum]
    return past[rested[-1] + 1 :] if rested else past


@lru_cache(maxsize=4096)
def _cluster_to_come(
    pace: Pace,
    needs: tuple[Need, ...],
    claims: tuple[Claim, ...],
    holds: tuple[Hold, ...],
    begin: datetime,
    end: datetime,
) -> ClusterFloors:
    """A cluster still to come begins at the minimum, whatever an earlier plan had there.

    So it is the same at every decision until its needs change, and is worked out once. Needs compare by
    identity: a need said again is worked out again.
    """
    return _plan_cluster(
        pace, needs, claims, holds, span(begin, end, GRID), ResourceState(pace.resource.resource)
    )


def holds_of(
    resource: ResourcePolicy,
    needs: Sequence[Need],
    claims: Sequence[Claim],
    campaigns: Mapping[str, Campaign],
) -> tuple[Hold, ...]:
    """How each claim's floor is held."""
    step = max((need.step_s for need in needs), default=step_s(GRID))
    return tuple(hold_of(resource, claim, campaigns[claim.campaign_id], step) for claim in claims)


def _plan_cluster(
    pace: Pace,
    needs: Sequence[Need],
    claims: tuple[Claim, ...],
    holds: tuple[Hold, ...],
    times_s: Seconds,
    state: ResourceState,
    *,
    without: str | frozenset[str] | None = None,
) -> ClusterFloors:
    resource = pace.resource
    window = (min(c.start for c in claims), max(c.end for c in claims))
    needed = units_for(demand_on(resource, needs, times_s, window=window, without=without), resource)
    ready = envelope(times_s, needed, holds, resource)
    begun = [
        hold.end_s
        for claim, hold in zip(claims, holds, strict=True)
        if to_epoch_s(pace.earliest_raise(claim.start)) <= times_s[0]
    ]
    planned = _ask(pace, claims, times_s, needed, ready, state, hold_until_s=max(begun, default=0))
    return replace(planned, holds=holds)


def _plan_revert(pace: Pace, state: ResourceState, first: datetime) -> ClusterFloors:
    times_s = span(first, pace.latest_revert(first), GRID)
    nothing = np.zeros(len(times_s), dtype=np.int64)
    return _ask(pace, (), times_s, nothing, nothing, state, hold_until_s=0)


def _ask(
    pace: Pace,
    claims: tuple[Claim, ...],
    times_s: Seconds,
    needed: Units,
    ready: Units,
    state: ResourceState,
    *,
    hold_until_s: int,
) -> ClusterFloors:
    """What stands is lowered on the hold grid only, and while a campaign runs only where that was agreed.

    The forecast begins at its cutoff and so has forgotten the peaks that a campaign already had: the
    agreed plan remembers them. So it does for as long as the floor is held for the sake of others, which is
    part of what was agreed: it is not held for them again.
    """
    previous = state.plan
    resource, first = pace.resource, from_epoch_s(int(times_s[0]))
    standing = standing_at(previous, first - GRID, resource.minimum)
    agreed = np.minimum.accumulate(np.minimum(floors_on(times_s, previous, resource.minimum), standing))
    until = max(first, ceil_to(from_epoch_s(hold_until_s), resource.ramp.hold)) + pace.late
    kept = np.where(times_s < to_epoch_s(until), agreed, 0)
    kept[times_s < to_epoch_s(ceil_to(first - pace.late, resource.ramp.hold) + pace.late)] = standing
    before = floors_before(previous, first, history_length(pace), resource.minimum)
    asked = restricted(times_s, requests(ready, pace, before, kept), pace, before, state.lowered_at)
    ready = np.clip(np.maximum(ready, kept), resource.minimum, resource.maximum)
    return ClusterFloors(claims, times_s, needed, ready, asked)
