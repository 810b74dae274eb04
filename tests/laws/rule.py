"""The claims' rule worked out again, minute by minute and by brute force, to hold the plan against.

floor(t) = max(base, size(forecast with every claiming campaign)), asked for early enough to be there in time.
Nothing of `advisor.planning` is used, and everything is plain loops over minutes since the timeline's begin.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from advisor.domain.campaign import Campaign
from advisor.domain.policy import TIERS, Policy, ResourcePolicy
from tests.support.builders import NOW

LEAD_IN, TAIL, FORECAST_STEP = 30, 60, 5
"""Minutes in which a campaign draws before its start and after its end, and that one forecast step lasts."""


def minute_of(instant: datetime) -> int:
    """Whole minutes from the timeline's begin to the first full minute at or after an instant."""
    return math.ceil((instant - NOW).total_seconds() / 60)


def minutes(length: timedelta) -> int:
    """A length in minutes, rounded up."""
    return math.ceil(length.total_seconds() / 60)


def demand(
    resource: ResourcePolicy, campaigns: Sequence[Campaign], baseline: Mapping[str, float], minute: int
) -> float:
    """What reaches the resource in a minute if all these campaigns take place, by the forecast's steps."""
    begin = minute // FORECAST_STEP * FORECAST_STEP
    total = 0.0
    for service, share in resource.serves.items():
        rate = baseline[service]
        for one in campaigns:
            runs = minute_of(one.start) < begin + FORECAST_STEP and begin < minute_of(one.end)
            if runs and service in one.services and one.expected_uplift:
                rate += baseline[service] * (one.expected_uplift.p50 - 1.0)
        total += share * rate
    return total


def size(resource: ResourcePolicy, rate: float) -> int:
    """The fewest units, of those the resource can have, that carry a rate with its headroom."""
    return allowed(resource, carrying(resource, rate))


def carrying(resource: ResourcePolicy, rate: float) -> int:
    """The fewest units that carry it, whether or not the resource can have just so many."""
    return math.ceil(rate * (1 + resource.headroom) / resource.unit_capacity - 1e-9)


def allowed(resource: ResourcePolicy, units: int) -> int:
    """The smallest size that is no less."""
    if resource.sizes:
        return next((s for s in resource.sizes if s >= units), units)
    return -(-units // resource.quantum) * resource.quantum


def one_step_down(resource: ResourcePolicy, units: int) -> int:
    """Where a ramp was one step before it reached so many units."""
    least = resource.minimum
    lower = min(units - 1, math.ceil(units / resource.ramp.factor))
    if resource.max_step is not None:
        lower = max(lower, units - resource.max_step)
    lower = allowed(resource, lower)
    if lower >= units:
        if resource.sizes:
            lower = max((s for s in (least, *resource.sizes) if s < units), default=least)
        else:
            lower = (units - 1) // resource.quantum * resource.quantum
    return least if lower <= max(least, 1) else lower


def ramp_steps(resource: ResourcePolicy) -> int:
    """How many steps lie between the maximum and the minimum?"""
    units, steps = resource.maximum, 0
    while units > resource.minimum:
        units, steps = one_step_down(resource, units), steps + 1
    return steps


def ahead_and_behind(policy: Policy, name: str) -> tuple[int, int]:
    """Minutes that a resource is asked before its need, and held after it, for its lead and those on it."""
    resource = policy.resources[name]
    lead = minutes(resource.lead_time)
    early = late = 0
    for other_name, other in policy.resources.items():
        if other_name == name:
            continue
        stands_on_it = name in other.depends_on
        is_later = TIERS.index(resource.tier) < TIERS.index(other.tier)
        if not stands_on_it and not (is_later and set(resource.serves) & set(other.serves)):
            continue
        other_ahead, other_late = ahead_and_behind(policy, other_name)
        ramp = ramp_steps(other) * minutes(other.ramp.every)
        early = max(early, other_ahead if stands_on_it else other_ahead + ramp - lead)
        late = max(late, other_late + minutes(other.ramp.hold))
    return lead + early, late


def needed(
    resource: ResourcePolicy,
    campaigns: Sequence[Campaign],
    baseline: Mapping[str, float],
    begin: int,
    end: int,
) -> list[int]:
    """Units by demand alone, in each minute in which a campaign holds a claim; none in others."""
    spans = [
        (minute_of(c.start) - LEAD_IN, minute_of(c.end) + TAIL)
        for c in campaigns
        if set(c.services) & set(resource.serves)
    ]
    inside = [any(a <= m < b for a, b in spans) for m in range(begin, end)]
    return [
        size(resource, demand(resource, campaigns, baseline, m)) if claimed else 0
        for m, claimed in zip(range(begin, end), inside, strict=True)
    ]


def held(
    resource: ResourcePolicy, campaigns: Sequence[Campaign], units: Sequence[int], begin: int
) -> list[int]:
    """Units that must be there: only rising while a campaign runs, only falling after, by whole holds."""
    end = begin + len(units)
    result = [0] * len(units)
    for one in campaigns:
        if not set(one.services) & set(resource.serves):
            continue
        first, last = minute_of(one.start) - LEAD_IN, minute_of(one.end)
        most = 0
        for m in range(max(first, begin), min(last, end)):
            most = max(most, units[m - begin])
            result[m - begin] = max(result[m - begin], most)
        most = 0
        for m in range(min(last + TAIL, end) - 1, max(last, begin) - 1, -1):
            most = max(most, units[m - begin])
            result[m - begin] = max(result[m - begin], most)
    block = minutes(resource.ramp.hold)
    for start in range(begin // block * block, end, block):
        part = slice(max(start, begin) - begin, start + block - begin)
        result[part] = [max(result[part])] * len(result[part])
    return result


def floors(
    policy: Policy,
    name: str,
    campaigns: Sequence[Campaign],
    baseline: Mapping[str, float],
    begin: int,
    end: int,
) -> list[int]:
    """The floors to ask for in each minute from `begin` to `end`, if nothing stands before `begin`."""
    resource = policy.resources[name]
    ahead, behind = ahead_and_behind(policy, name)
    room = ahead + ramp_steps(resource) * minutes(resource.ramp.every) + minutes(resource.ramp.hold)
    units = held(resource, campaigns, needed(resource, campaigns, baseline, begin, end + room), begin)
    units = [min(max(u, resource.minimum), resource.maximum) for u in units]
    kept = [max(units[max(0, i - behind) : i + 1]) for i in range(len(units))]
    early = [max(kept[i : i + ahead + 1]) for i in range(len(kept))]
    every, hold = minutes(resource.ramp.every), minutes(resource.ramp.hold)
    for i in range(len(early) - 2, -1, -1):
        early[i] = max(early[i], one_step_down(resource, max(early[i + 1 : i + 1 + every])))
    for i in range(1, len(early)):
        early[i] = max(early[i], one_step_down(resource, max(early[max(0, i - hold) : i])))
    return early[: end - begin]
