"""Does what all resources ask for together fit into what they share: quotas, addresses, connections?

Two campaigns that are ready alone may not be ready together: each of them is then told of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.limits import Pool
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, ceil_to, from_epoch_s, step_s, to_epoch_s
from advisor.planning.cuts import UNBOUNDED, Cut, cut_of, share_of
from advisor.planning.estate import LaidOut
from advisor.planning.schedule import GRID, floors_on
from advisor.planning.sizing import Units

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class _Member:
    """One resource that draws from a pool: how much a unit takes, and its floors at some instants (n,).

    `wanted` are the floors it asks for, `kept` the least of them that nobody may take from it: what stands
    there for a campaign already running, and the minimum.
    """

    laid: LaidOut
    per_unit: float
    wanted: Units
    kept: Units


def pool_cuts(estate: Sequence[LaidOut], policy: Policy, now: datetime) -> Iterator[Cut]:
    """What each pool leaves for the resources that ask for too much of it together."""
    by_name = {laid.resource.resource: laid for laid in estate}
    for pool in policy.pools.values():
        times_s = _instants([by_name[name] for name in (*pool.uses, *pool.provides) if name in by_name], now)
        if len(times_s):
            yield from _cuts_of(pool, by_name, times_s, now)


def _cuts_of(pool: Pool, by_name: Mapping[str, LaidOut], times_s: Seconds, now: datetime) -> Iterator[Cut]:
    members = [
        _Member(by_name[name], per_unit, by_name[name].floors_on(times_s), _kept(by_name[name], times_s, now))
        for name, per_unit in pool.uses.items()
        if name in by_name
    ]
    there = np.full(len(times_s), pool.limit)
    for name, per_unit in pool.provides.items():
        if name in by_name:
            lead_s = int(by_name[name].pace.lead.total_seconds())
            there += per_unit * by_name[name].floors_on(times_s - lead_s)
    used = sum((m.per_unit * m.wanted for m in members), np.zeros(len(times_s)))
    short = used > there + _ROUNDING
    if not short.any():
        return
    members = [_with_what_was_bought(member, short) for member in members]
    kept = sum((m.per_unit * m.kept for m in members), np.zeros(len(times_s)))
    share = np.clip((there - kept) / np.maximum(used - kept, _ROUNDING), 0.0, 1.0)
    for clash, campaigns in _clashes(members, times_s, short):
        worst = int(np.argmax(np.where(clash, used - there, -np.inf)))
        detail = (
            f"pool {pool.name}: {used[worst]:g} needed at {from_epoch_s(int(times_s[worst])):%d %b %H:%M}Z, "
            f"there are {there[worst]:g}"
        )
        shared = f"{detail}, shared by {', '.join(campaigns)}" if len(campaigns) > 1 else detail
        for member in members:
            left = _left_for(member, share, clash)
            if (left < member.wanted).any():
                yield cut_of(member.laid.name, Reason.POOL_EXHAUSTED, shared, campaigns, times_s, left)


def _left_for(member: _Member, share: Floats, clash: NDArray[np.bool_]) -> Units:
    """The floors that a resource is left at each instant of a clash, unbound outside of it, shape (n,)."""
    asked, resource = member.wanted - member.kept, member.laid.resource
    left = np.full(len(clash), UNBOUNDED)
    left[clash] = [share_of(asked[i], share[i], member.kept[i], resource) for i in np.flatnonzero(clash)]
    if resource.keeps_for_good:  # nothing is bought that leaves too little for others later in the clash
        left[clash] = np.maximum(np.minimum.accumulate(left[clash][::-1])[::-1], member.kept[clash])
    return left


def _with_what_was_bought(member: _Member, short: NDArray[np.bool_]) -> _Member:
    """The same, keeping what it may buy for good while there is enough for all."""
    if not member.laid.resource.keeps_for_good:
        return member
    had = np.maximum.accumulate(np.where(short, 0, member.wanted))
    return replace(member, kept=np.maximum(member.kept, np.minimum(had, member.wanted)))


def _clashes(
    members: Sequence[_Member], times_s: Seconds, short: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.bool_], tuple[str, ...]]]:
    """The instants (n,) at which too much is asked for, apart where the campaigns are others.

    Each with the campaigns that have a part in it.
    """
    edges = np.flatnonzero(np.diff(short, prepend=False, append=False)).reshape(-1, 2)
    clashes: list[tuple[NDArray[np.bool_], frozenset[str]]] = []
    for begin, end in edges.tolist():
        mask = np.zeros(len(short), dtype=np.bool_)
        mask[begin:end] = True
        until_s = int(times_s[end]) if end < len(times_s) else UNBOUNDED
        campaigns = _claiming(members, int(times_s[begin]), until_s)
        apart = []
        for other in clashes:
            if other[1] & campaigns:
                mask, campaigns = mask | other[0], campaigns | other[1]
            else:
                apart.append(other)
        clashes = [*apart, (mask, campaigns)]
    for mask, campaigns in clashes:
        yield mask, tuple(sorted(campaigns))


def _kept(laid: LaidOut, times_s: Seconds, now: datetime) -> Units:
    """What a resource keeps of a pool whatever others ask: its minimum, and what stands there already."""
    minimum = laid.resource.minimum
    standing = floors_on(np.array([to_epoch_s(now)]), laid.state.plan, minimum)[0]
    agreed = np.minimum(floors_on(times_s, laid.state.plan, minimum), standing)
    return np.asarray(np.minimum(np.maximum(agreed, minimum), laid.floors_on(times_s)))


def _instants(members: Sequence[LaidOut], now: datetime) -> Seconds:
    """Every instant from now on at which a floor of any of these resources changes, or its plan ends."""
    first_s = to_epoch_s(ceil_to(now, GRID))
    changes: set[int] = set()
    for laid in members:
        lead_s = int(laid.pace.lead.total_seconds())
        for cluster in laid.clusters:
            moved = cluster.times_s[np.flatnonzero(np.diff(cluster.asked, prepend=-1))]
            moved = np.append(moved, cluster.times_s[-1] + step_s(GRID))
            changes.update((*moved.tolist(), *(moved + lead_s).tolist()))
    return np.array(
        sorted({first_s, *(t for t in changes if t > first_s)} if changes else ()), dtype=np.int64
    )


def _claiming(members: Sequence[_Member], since_s: int, until_s: int) -> frozenset[str]:
    """The campaigns that have a part in a floor of these resources from `since_s` to `until_s`."""
    found = set()
    for member in members:
        for cluster in member.laid.clusters:
            for claim in cluster.claims:
                begin_s = to_epoch_s(member.laid.pace.earliest_raise(claim.start))
                if begin_s < until_s and to_epoch_s(claim.end) > since_s:
                    found.add(claim.campaign_id)
    return frozenset(found)
