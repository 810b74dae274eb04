"""By when must which floor be asked for? Backward from the time units are needed.

All arrays lie on a dense grid of :data:`GRID`. Every function is monotone: more units needed at any
time never lowers what is asked for at any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np

from advisor.domain.advice import Claim, Step
from advisor.domain.campaign import Campaign
from advisor.domain.policy import RampPolicy, ResourcePolicy
from advisor.domain.timegrid import Seconds, floor_to, from_epoch_s, step_s, to_epoch_s
from advisor.planning.sizing import Units

GRID = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hold:
    """The instants (epoch seconds, rising) between which a claim's floor is held, each in its way.

    The claim begins, what was promised ends (see :func:`promised_until`), the campaign ends, its tail ends.
    """

    start_s: int
    promised_until_s: int
    end_s: int
    tail_end_s: int


def hold_of(resource: ResourcePolicy, claim: Claim, campaign: Campaign, step: int) -> Hold:
    """How is the floor of one campaign's claim held, on a forecast in steps of so many seconds?

    A promise ends with the forecast's step that it ends in, which is planned for as a whole.
    """
    start_s, end_s, tail_end_s = (to_epoch_s(edge) for edge in (claim.start, campaign.end, claim.end))
    promised_s = -(-to_epoch_s(promised_until(resource, campaign)) // step) * step
    return Hold(start_s, min(promised_s, end_s), end_s, tail_end_s)


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


def promised_until(resource: ResourcePolicy, campaign: Campaign) -> datetime:
    """Until when is the planned quantile kept for a campaign, and from when on what is expected of it?

    To its end or, where the policy lets go (`running_quantile`), for a lead time after its start, though that
    be in its tail: from then on every unit there can have been asked for by a reactive scaler that saw
    the crowd.
    """
    if not resource.lets_go:
        return campaign.end
    return campaign.start + resource.lead_time


def envelope(times_s: Seconds, units: Units, holds: Sequence[Hold], ramp: RampPolicy) -> Units:
    """Units that must be ready at each instant, shape (n,), so that nothing is lowered mid-campaign.

    From a claim's start to its campaign's end the need only rises, but that it starts anew where what
    was promised ends; in the tail it only falls. Needs are held over whole blocks of
    `ramp.hold`, so that floors move seldom, and so that a crowd a little early finds its units.
    """
    held = np.zeros_like(units)
    for hold in holds:
        edges = (hold.start_s, hold.promised_until_s, hold.end_s, hold.tail_end_s)
        promised, running, tail = (
            (times_s >= since) & (times_s < until) for since, until in itertools.pairwise(edges)
        )
        for inside in (promised, running):
            rising = np.maximum.accumulate(np.where(inside, units, 0))
            held = np.maximum(held, np.where(inside, rising, 0))
        falling = np.maximum.accumulate(np.where(tail, units, 0)[::-1])[::-1]
        held = np.maximum(held, np.where(tail, falling, 0))
    return over_blocks(times_s, held, ramp.hold)


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
