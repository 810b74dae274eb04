"""By when must which floor be asked for? Backward from the time units are needed.

All arrays lie on a dense grid of :data:`GRID`. Every function is monotone: more units needed at any
time never lowers what is asked for at any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.advice import Claim, Step
from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s
from advisor.planning.pace import Pace
from advisor.planning.ramp import highest_ahead, highest_behind, ramped
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

    def kept_until_s(self, resource: ResourcePolicy) -> int:
        """Until when is what was agreed for it not lowered, whatever the forecast has forgotten of it?

        Through its tail where the platform counts lowerings: there one is made, at its end.
        """
        return self.end_s if resource.lowerings_per_day is None else self.tail_end_s


def hold_of(resource: ResourcePolicy, claim: Claim, campaign: Campaign, step: int) -> Hold:
    """How is the floor of one campaign's claim held, on a forecast in steps of so many seconds?

    A promise ends with the forecast's step that it ends in, which is planned for as a whole.
    """
    start_s, end_s, tail_end_s = (to_epoch_s(edge) for edge in (claim.start, campaign.end, claim.end))
    promised_s = -(-to_epoch_s(promised_until(resource, campaign)) // step) * step
    return Hold(start_s, min(promised_s, end_s), end_s, tail_end_s)


def promised_until(resource: ResourcePolicy, campaign: Campaign) -> datetime:
    """Until when is the planned quantile kept for a campaign, and from when on what is expected of it?

    To its end or, where the policy lets go (`running_quantile`), for a lead time after its start, though that
    be in its tail: from then on every unit there can have been asked for by a reactive scaler that saw
    the crowd.
    """
    if not resource.lets_go:
        return campaign.end
    return campaign.last_start + resource.lead_time


def envelope(times_s: Seconds, units: Units, holds: Sequence[Hold], resource: ResourcePolicy) -> Units:
    """Units that must be ready at each instant, shape (n,), so that nothing is lowered mid-campaign.

    From a claim's start to its campaign's end the need only rises, but that it starts anew where what
    was promised ends; in the tail it only falls, and at its end alone where the platform counts
    lowerings. Needs are held over whole blocks of
    `ramp.hold`, so that floors move seldom, and so that a crowd a little early finds its units.
    """
    held = np.zeros_like(units)
    for hold in holds:
        edges = (hold.start_s, hold.promised_until_s, hold.end_s, hold.tail_end_s)
        promised, running, tail = itertools.pairwise(np.searchsorted(times_s, edges).tolist())
        for since, until in (promised, running):
            rising = np.maximum.accumulate(units[since:until])
            held[since:until] = np.maximum(held[since:until], rising)
        since, until = tail
        falling = np.maximum.accumulate(units[since:until][::-1])[::-1]
        if resource.lowerings_per_day is not None:
            falling = np.full_like(falling, falling.max(initial=0))
        held[since:until] = np.maximum(held[since:until], falling)
    return over_blocks(times_s, held, resource.ramp.hold)


def over_blocks(times_s: Seconds, units: Units, block: timedelta) -> Units:
    """The highest value of each block of the grid of `block`, at each of its instants, shape (n,)."""
    blocks = times_s // step_s(block)
    first = np.flatnonzero(np.diff(blocks, prepend=blocks[0] - 1)) if len(blocks) else np.empty(0, int)
    if not len(first):
        return units
    peaks = np.maximum.reduceat(units, first)
    return np.asarray(np.repeat(peaks, np.diff(np.append(first, len(units)))), dtype=np.int64)


def requests(ready: Units, pace: Pace, before: Units, kept: Units | None = None) -> Units:
    """Floors to ask for at each instant so that `ready` units are there in time, shape (n,).

    Asked a lead time ahead, and early and late for the sake of what stands on them; raised by at most a
    step of the ramp each `every`, on the way to what is needed, never at its cost; lowered by the same
    steps, hold by hold, from each peak and from what was asked `before` (the floors on the grid up to the
    first instant, of :func:`history_length`). Never below `kept` (n,), which was asked for already, early and
    late as it had to be, nor below the minimum or above the maximum.
    """
    resource, grid_s = pace.resource, step_s(GRID)
    asked = np.clip(ready, resource.minimum, resource.maximum)
    asked = highest_ahead(highest_behind(asked, _instants(pace.late)), _instants(pace.ahead))
    asked = ramped(asked, max(1, step_s(resource.ramp.every) // grid_s), resource)
    if kept is not None:
        asked = np.clip(np.maximum(asked, kept), resource.minimum, resource.maximum)
    if resource.lowerings_per_day is not None:  # in one step: none is to be wasted on a ramp
        return asked
    # Ramping down is ramping up in the mirror, with what went before as what is still to come.
    mirrored = np.concatenate([before, asked])[::-1]
    eased = ramped(mirrored, max(1, step_s(resource.ramp.hold) // grid_s), resource)
    return np.asarray(eased[::-1][len(before) :], dtype=np.int64)


def history_length(pace: Pace) -> int:
    """How many grid instants of past floors bear on how fast a floor may be lowered."""
    kept = pace.resource.irreversible
    length = max(pace.revert_length, kept.committed) if kept and kept.committed else pace.revert_length
    return max(1, int(length // GRID))


def floors_before(steps: Sequence[Step], first: datetime, length: int, minimum: int) -> Units:
    """The floors that a schedule had in force on the grid before `first`, shape (length,)."""
    return floors_on(to_epoch_s(first) - step_s(GRID) * np.arange(length, 0, -1), steps, minimum)


def floors_on(times_s: Seconds, steps: Sequence[Step], minimum: int) -> Units:
    """The floors that a schedule has in force at each instant, shape (n,)."""
    floors = np.full(len(times_s), minimum, dtype=np.int64)
    for step in steps:
        floors[times_s >= to_epoch_s(step.act_at)] = step.floor
    return floors


def agreed_to_stay(steps: Sequence[Step], times_s: Seconds, minimum: int) -> Units:
    """What stands just before the first instant, for as long as a schedule has it, shape (n,)."""
    stands = standing_at(steps, from_epoch_s(int(times_s[0])) - GRID, minimum)
    return np.minimum(floors_on(times_s, steps, minimum), stands)


def steps_of(times_s: Seconds, floors: Units, ceiling: int, standing: int) -> tuple[Step, ...]:
    """The instants at which the floor changes, starting from what stands."""
    changed = np.flatnonzero(np.diff(floors, prepend=standing))
    return tuple(Step(from_epoch_s(int(times_s[i])), int(floors[i]), ceiling) for i in changed)


def standing_at(steps: Sequence[Step], now: datetime, minimum: int) -> int:
    """The floor that a schedule has in force at `now`; the minimum before its first step."""
    return next((s.floor for s in reversed(steps) if s.act_at <= now), minimum)


def _instants(length: timedelta) -> int:
    """How many grid instants is that, rounded up?"""
    return -(-int(-(-length.total_seconds() // 1)) // step_s(GRID))
