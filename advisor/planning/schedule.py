"""By when must which floor be asked for? Backward from the time units are needed.

All arrays lie on a dense grid of :data:`GRID`. Every function is monotone: more units needed at any
time never lowers what is asked for at any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from advisor.domain.advice import Claim, Step
from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import Seconds, floor_to, from_epoch_s, step_s, to_epoch_s
from advisor.planning.sizing import Units

GRID = timedelta(minutes=1)


def ramp_length(resource: ResourcePolicy) -> timedelta:
    """The longest that ramping from the minimum to the maximum can take, one way."""
    return resource.ramp.every * _steps_between(resource)


def raise_length(resource: ResourcePolicy) -> timedelta:
    """How long before a need the first step towards it can be asked for: lead time, ramp and hold."""
    return resource.lead_time + ramp_length(resource) + resource.ramp.hold


def earliest_raise(resource: ResourcePolicy, start: datetime) -> datetime:
    """From when on can a claim that starts at `start` have a part in the floor?"""
    return floor_to(start - raise_length(resource), resource.ramp.hold)


def revert_length(resource: ResourcePolicy) -> timedelta:
    """The longest that ramping down from the maximum to the minimum can take, hold by hold."""
    return resource.ramp.hold * (1 + _steps_between(resource))


def held_until(resource: ResourcePolicy, campaign: Campaign) -> datetime:
    """Until when is nothing lowered that a campaign was promised?

    Until its end. Where the policy lets go (`running_quantile`), until a reactive scaler that saw the crowd
    come can have units ready for what it saw: a lead time after the start. Before that nothing but the
    floor can be there in time.
    """
    if not resource.lets_go:
        return campaign.end
    return min(campaign.start + resource.lead_time, campaign.end)


def envelope(
    times_s: Seconds,
    units: Units,
    claims: Sequence[Claim],
    held_until_s: Sequence[int],
    resource: ResourcePolicy,
) -> Units:
    """Units that must be ready at each instant, shape (n,), so that what was promised is not lowered.

    From a claim's start until it is no longer held (`held_until_s`, one a claim, see :func:`held_until`)
    the need only rises. After that it only falls or, where the policy lets go, follows the forecast down
    and up again. Needs are held over whole blocks of `ramp.hold`, so that floors move seldom.
    """
    held = np.zeros_like(units)
    for claim, until_s in zip(claims, held_until_s, strict=True):
        inside = (times_s >= to_epoch_s(claim.start)) & (times_s < to_epoch_s(claim.end))
        after = inside & (times_s >= until_s)
        rising = np.where(inside & ~after, np.maximum.accumulate(np.where(inside, units, 0)), 0)
        rest = np.where(after, units, 0)
        if not resource.lets_go:
            rest = np.where(after, np.maximum.accumulate(rest[::-1])[::-1], 0)
        held = np.maximum(held, np.maximum(rising, rest))
    return over_blocks(times_s, held, resource.ramp.hold)


def over_blocks(times_s: Seconds, units: Units, block: timedelta) -> Units:
    """The highest value of each block of the grid of `block`, at each of its instants, shape (n,)."""
    blocks = times_s // step_s(block)
    first = np.flatnonzero(np.diff(blocks, prepend=blocks[0] - 1)) if len(blocks) else np.empty(0, int)
    if not len(first):
        return units
    peaks = np.maximum.reduceat(units, first)
    return np.asarray(np.repeat(peaks, np.diff(np.append(first, len(units)))), dtype=np.int64)


def requests(ready: Units, resource: ResourcePolicy, before: Units) -> Units:
    """Floors to ask for at each instant so that `ready` units are there in time, shape (n,).

    Asked a lead time ahead; raised by at most the ramp's factor each `every`, on the way to what is
    needed, never at its cost; lowered by the same factor, hold by hold, from each peak and from what
    was asked `before` (the floors on the grid up to the first instant, of
    :func:`history_length`). Never below the minimum nor above the maximum.
    """
    ramp, grid_s = resource.ramp, step_s(GRID)
    lead = -(-int(-(-resource.lead_time.total_seconds() // 1)) // grid_s)
    asked = _ahead(np.clip(ready, resource.minimum, resource.maximum), lead)
    asked = _ramped_up(asked, max(1, step_s(ramp.every) // grid_s), ramp.factor, resource.minimum)
    # Ramping down is ramping up in the mirror, with what went before as what is still to come.
    mirrored = np.concatenate([before, asked])[::-1]
    eased = _ramped_up(mirrored, max(1, step_s(ramp.hold) // grid_s), ramp.factor, resource.minimum)
    return np.asarray(eased[::-1][len(before) :], dtype=np.int64)


def history_length(resource: ResourcePolicy) -> int:
    """How many grid instants of past floors bear on how fast a floor may be lowered."""
    return int(revert_length(resource) // GRID)


def floors_before(steps: Sequence[Step], first: datetime, length: int, minimum: int) -> Units:
    """The floors that a schedule had in force on the grid before `first`, shape (length,)."""
    return floors_on(to_epoch_s(first) - step_s(GRID) * np.arange(length, 0, -1), steps, minimum)


def floors_on(times_s: Seconds, steps: Sequence[Step], minimum: int) -> Units:
    """The floors that a schedule has in force at each instant, shape (n,)."""
    floors = np.full(len(times_s), minimum, dtype=np.int64)
    for step in steps:
        floors[times_s >= to_epoch_s(step.act_at)] = step.floor
    return floors


def steps_of(times_s: Seconds, floors: Units, ceiling: int, standing: int) -> tuple[Step, ...]:
    """The instants at which the floor changes, starting from what stands."""
    changed = np.flatnonzero(np.diff(floors, prepend=standing))
    return tuple(Step(from_epoch_s(int(times_s[i])), int(floors[i]), ceiling) for i in changed)


def standing_at(steps: Sequence[Step], now: datetime, minimum: int) -> int:
    """The floor that a schedule has in force at `now`; the minimum before its first step."""
    return next((s.floor for s in reversed(steps) if s.act_at <= now), minimum)


def _steps_between(resource: ResourcePolicy) -> int:
    """How many steps of a ramp lie between the maximum and the minimum?"""
    return _ramp_steps(resource.maximum, resource.minimum, resource.ramp.factor)


@lru_cache(maxsize=4096)
def _ramp_steps(maximum: int, minimum: int, factor: float) -> int:
    steps, units = 0, np.array([maximum])
    while units[0] > minimum:
        units = _next_below(units, factor, minimum)
        steps += 1
    return steps


def _next_below(units: Units, factor: float, minimum: int) -> Units:
    """One step of a ramp further down: divided by the factor, rounded up, and always at least one less.

    Taken step by step, so that going on from any step of a ramp gives the rest of the same ramp.
    """
    lower = np.minimum(units - 1, np.ceil(units / factor).astype(np.int64))
    return np.where(lower <= max(minimum, 1), minimum, lower)


def _ahead(units: Units, width: int) -> Units:
    """Maximum over [i, i + width], by doubling: O(n log width)."""
    result, reach = units.copy(), 0
    while reach < width:
        shift = min(max(reach, 1), width - reach)
        result[:-shift] = np.maximum(result[:-shift], result[shift:])
        reach += shift
    return result


def _ramped_up(units: Units, every: int, factor: float, minimum: int) -> Units:
    result, reach = units.copy(), 1
    lower = _next_below(units, factor, minimum)
    while lower.max(initial=minimum) > minimum:
        result = np.maximum(result, _ahead(lower, every * reach))
        lower = _next_below(lower, factor, minimum)
        reach += 1
    return result
