"""One cluster of claims that touch each other, scheduled backward from its need on a dense grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from advisor.domain.advice import Claim, Need
from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import Seconds, ceil_to, from_epoch_s, span, step_s, to_epoch_s
from advisor.planning.claims import demand_on
from advisor.planning.pace import Pace
from advisor.planning.restrictions import restricted
from advisor.planning.schedule import (
    GRID,
    Hold,
    agreed_to_stay,
    envelope,
    floors_before,
    history_length,
    hold_of,
    requests,
    standing_at,
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


@lru_cache(maxsize=4096)
def cluster_to_come(
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
    return plan_cluster(
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


def plan_cluster(
    pace: Pace,
    needs: Sequence[Need],
    claims: tuple[Claim, ...],
    holds: tuple[Hold, ...],
    times_s: Seconds,
    state: ResourceState,
    *,
    without: str | frozenset[str] | None = None,
) -> ClusterFloors:
    """The schedule of these claims on a grid (n,), going on from what the state's plan has before it."""
    resource = pace.resource
    window = (min(c.start for c in claims), max(c.end for c in claims))
    needed = units_for(demand_on(resource, needs, times_s, window=window, without=without), resource)
    ready = envelope(times_s, needed, holds, resource)
    begun = [
        hold.kept_until_s(resource)
        for claim, hold in zip(claims, holds, strict=True)
        if to_epoch_s(pace.earliest_raise(claim.start)) <= times_s[0]
    ]
    planned = ask(pace, claims, times_s, needed, ready, state, hold_until_s=max(begun, default=0))
    return replace(planned, holds=holds)


def plan_revert(pace: Pace, state: ResourceState, first: datetime) -> ClusterFloors:
    """The way down, from `first` on, of a floor that no claim holds any more."""
    times_s = span(first, pace.latest_revert(first), GRID)
    nothing = np.zeros(len(times_s), dtype=np.int64)
    return ask(pace, (), times_s, nothing, nothing, state, hold_until_s=0)


def ask(
    pace: Pace,
    claims: tuple[Claim, ...],
    times_s: Seconds,
    needed: Units,
    ready: Units,
    state: ResourceState,
    *,
    hold_until_s: int,
) -> ClusterFloors:
    """The floors to ask for so that `ready` units (n,) are there, or what stands if that is more.

    What stands is lowered on the hold grid only, and while a campaign runs only where that was agreed.

    The forecast begins at its cutoff and so has forgotten the peaks that a campaign already had: the
    agreed plan remembers them. So it does for as long as the floor is held for the sake of others, which is
    part of what was agreed: it is not held for them again.
    """
    previous = state.plan
    resource, first = pace.resource, from_epoch_s(int(times_s[0]))
    standing = standing_at(previous, first - GRID, resource.minimum)
    agreed = np.minimum.accumulate(agreed_to_stay(previous, times_s, resource.minimum))
    until = ceil_to(max(first, from_epoch_s(hold_until_s)), resource.ramp.hold) + pace.late
    kept = np.where(times_s < to_epoch_s(until), agreed, 0)
    kept[times_s < to_epoch_s(ceil_to(first - pace.late, resource.ramp.hold) + pace.late)] = standing
    before = floors_before(previous, first, history_length(pace), resource.minimum)
    asked = restricted(times_s, requests(ready, pace, before, kept), pace, before, state.lowered_at)
    ready = np.clip(np.maximum(ready, kept), resource.minimum, resource.maximum)
    return ClusterFloors(claims, times_s, needed, ready, asked)
