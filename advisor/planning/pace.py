"""How long beforehand is a resource asked, and how long is it held: by its own time, and its place in order.

Capacity goes up from what is slow and underneath to what stands on it (quota, reservation, balancer, data,
cache, nodes, pods) and comes down the other way. So a resource that others stand on is ready before they
are asked for; one of an earlier tier is asked for no later than those of later tiers; and it is let go of a
hold after them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from graphlib import TopologicalSorter

import numpy as np

from advisor.domain.evidence import LeadTimes
from advisor.domain.limits import FreezeWindow, Hours
from advisor.domain.policy import TIERS, Policy, ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import ceil_to, floor_to
from advisor.planning.closed import first_open, last_open
from advisor.planning.lead_times import lead_time_at, usual
from advisor.planning.ramp import next_below
from advisor.planning.risk import lead_levels

NOTHING, MINUTE = timedelta(0), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """The times by which one resource is planned.

    `lead` is planned with: from the call until the units are ready, but for a risk that the policy
    takes. `usual` is the p95 of it, `chain` is how long it takes if what it depends on is asked for at the
    same time. Units are there `early` before their own need, for the sake of others, and held `late` after
    it. Nothing is changed during `freezes` and outside `hours`.
    """

    resource: ResourcePolicy
    lead: timedelta
    usual: timedelta
    early: timedelta = NOTHING
    late: timedelta = NOTHING
    chain: timedelta = NOTHING
    freezes: tuple[FreezeWindow, ...] = ()
    hours: Hours | None = None

    @property
    def ahead(self) -> timedelta:
        """How long before a need the units for it are asked for at the latest."""
        return self.lead + self.early

    @property
    def ramp_length(self) -> timedelta:
        """The longest that ramping from the minimum to the maximum can take, one way."""
        return self.resource.ramp.every * _steps_between(self.resource)

    @property
    def raise_length(self) -> timedelta:
        """How long before a need the first step towards it can be asked for."""
        return self.ahead + self.ramp_length + self.resource.ramp.hold

    @property
    def revert_length(self) -> timedelta:
        """The longest that it takes to lower a floor from its maximum to its minimum, hold by hold."""
        return self.late + self.resource.ramp.hold * (1 + _steps_between(self.resource))

    def soonest(self, now: datetime) -> datetime:
        """From when on can units serve that are asked for now, or as soon as that is allowed?"""
        return first_open(ceil_to(now, MINUTE), self.freezes, self.hours) + self.chain

    def last_moment(self, start: datetime) -> datetime:
        """Until when can units still be asked for that are to serve at `start`?"""
        return last_open(start - self.chain, self.freezes, self.hours)

    def earliest_raise(self, start: datetime) -> datetime:
        """From when on can a claim that starts at `start` have a part in the floor?"""
        first = floor_to(start - self.raise_length, self.resource.ramp.hold)
        return last_open(first, self.freezes, self.hours)

    def latest_revert(self, end: datetime) -> datetime:
        """Until when can a claim that ends at `end` have left something of its floor standing?

        What could not be lowered because nothing may be changed is lowered from then on, step by step.
        """
        length = self.revert_length + self.resource.ramp.hold
        kept = self.resource.irreversible
        if kept is not None and kept.committed is not None:
            length += kept.committed
        if self.resource.lowerings_per_day is not None:
            length += timedelta(days=1)
        last = first_open(end, self.freezes, self.hours) + length
        opened = first_open(last, self.freezes, self.hours)
        return last if opened == last else opened + length


def alone(resource: ResourcePolicy) -> Pace:
    """The pace of a resource that nothing was measured of and nothing stands on."""
    lead = resource.lead_time
    return Pace(resource, lead, lead, chain=lead)


def paces_of(policy: Policy, states: Mapping[str, ResourceState]) -> dict[str, Pace]:
    """The pace of every resource of the policy, by what was measured of it."""
    levels = lead_levels(policy)
    leads = {}
    held = {}
    for name, resource in policy.resources.items():
        times = states[name].lead_times if name in states else LeadTimes()
        planned = lead_time_at(times, resource.lead_time, levels[name])
        ahead = clock_ahead(states.get(name))
        sooner, held[name] = max(ahead, NOTHING), max(-ahead, NOTHING)
        leads[name] = (_whole(planned) + sooner, _whole(usual(times, resource.lead_time)) + sooner)
    return in_order(policy, leads, held)


def clock_ahead(state: ResourceState | None) -> timedelta:
    """How much later does the platform's clock show than ours, as far as was seen?

    Nobody can say which of the two is right. So one that is ahead is a longer lead time, and one that is
    behind a longer hold: raised by whichever shows later, lowered by whichever shows earlier.
    """
    return state.observation.clock_ahead if state is not None and state.observation else NOTHING


def in_order(
    policy: Policy,
    leads: Mapping[str, tuple[timedelta, timedelta]],
    held: Mapping[str, timedelta] | None = None,
) -> dict[str, Pace]:
    """The pace of every resource, given its lead time planned with and its usual one.

    Resources are in order with those that share a service with them, and with those they depend on. `held`
    is how much longer each is held for a reason of its own.
    """
    resources = policy.resources
    paces: dict[str, Pace] = {}
    beneath = _stood_on(policy)
    order = _from_beneath(resources, beneath)
    later: dict[str, list[str]] = {}  # service or resource depended on -> what is later in the order
    for name in reversed(order):
        resource = resources[name]
        lead, usual = leads[name]
        early, late = NOTHING, (held or {}).get(name, NOTHING)
        for other in {n: paces[n] for key in (name, *resource.serves) for n in later.get(key, ())}.values():
            if name in beneath[other.resource.resource]:  # to be ready before the other is asked for
                early = max(early, other.ahead)
            elif _is_earlier(resources, name, other.resource.resource):  # asked for no later
                early = max(early, other.ahead + other.ramp_length - lead)
            else:
                continue
            late = max(late, other.late + other.resource.ramp.hold)
        freezes = tuple(f for f in policy.freezes if not f.resources or name in f.resources)
        caps = policy.caps.get(resource.mode)
        paces[name] = Pace(resource, lead, usual, early, late, lead, freezes, caps.hours if caps else None)
        for key in (*resource.serves, *beneath[name]):
            later.setdefault(key, []).append(name)
    for name in order:
        chains = [paces[other].chain for other in beneath[name]]
        paces[name] = replace(paces[name], chain=paces[name].lead + max(chains, default=NOTHING))
    return {name: paces[name] for name in resources}


def _whole(length: timedelta) -> timedelta:
    """As many whole minutes as it takes: a plan does not move for a second that was measured."""
    return MINUTE * -(-length // MINUTE)


def _stood_on(policy: Policy) -> dict[str, set[str]]:
    """What each resource stands on: what it depends on, and what provides the pools that it draws from."""
    resources = policy.resources
    beneath = {n: {o for o in r.depends_on if o in resources} for n, r in resources.items()}
    for pool in policy.pools.values():
        for user in pool.uses:
            for provider in pool.provides:
                if user in resources and provider in resources and _is_earlier(resources, provider, user):
                    beneath[user].add(provider)
    return beneath


def _is_earlier(resources: Mapping[str, ResourcePolicy], one: str, other: str) -> bool:
    return TIERS.index(resources[one].tier) < TIERS.index(resources[other].tier)


def _from_beneath(resources: Mapping[str, ResourcePolicy], beneath: Mapping[str, set[str]]) -> list[str]:
    """Resources in the order in which they go up: by tier, and what others stand on before them."""
    by_tier = sorted(resources, key=lambda name: (TIERS.index(resources[name].tier), name))
    stands_on = {name: sorted(beneath[name]) for name in by_tier}
    place = {name: at for at, name in enumerate(TopologicalSorter(stands_on).static_order())}
    return sorted(by_tier, key=lambda name: (TIERS.index(resources[name].tier), place[name]))


@lru_cache(maxsize=65_536)
def _steps_between(resource: ResourcePolicy) -> int:
    """How many steps of a ramp lie between the maximum and the minimum?"""
    steps, units = 0, np.array([resource.maximum])
    while units[0] > resource.minimum:
        units = next_below(units, resource)
        steps += 1
    return steps
