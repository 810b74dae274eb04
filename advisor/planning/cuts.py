"""What is shared by several leaves less for one of them: a cut of a resource's plan, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.domain.advice import Step
from advisor.domain.policy import ResourcePolicy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s
from advisor.planning.schedule import GRID, floors_on, standing_at
from advisor.planning.sizing import Units, permitted_below

UNBOUNDED = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Cut:
    """From each of `times_s` (n,) on at most so many units, `most` (n,), of one resource.

    `campaigns` are those whose plan is cut by it. UNBOUNDED stands where nothing is.
    """

    resource: str
    reason: Reason
    detail: str
    campaigns: tuple[str, ...]
    times_s: Seconds
    most: Units


def clamped(steps: Sequence[Step], cut: Cut, minimum: int) -> tuple[Step, ...]:
    """A schedule with no more than the cut leaves, from the cut's first instant on."""
    if not len(cut.times_s):
        return tuple(steps)
    begin_s = int(cut.times_s[0])
    past = tuple(s for s in steps if to_epoch_s(s.act_at) < begin_s)
    ceilings = {to_epoch_s(s.act_at): s.ceiling for s in steps}
    times_s = np.array(
        sorted({*cut.times_s.tolist(), *(t for t in ceilings if t >= begin_s)}), dtype=np.int64
    )
    at = np.searchsorted(cut.times_s, times_s, side="right") - 1
    floors = np.maximum(np.minimum(floors_on(times_s, steps, minimum), cut.most[at]), minimum)
    level = past[-1].floor if past else minimum
    ceiling = steps[0].ceiling if steps else minimum
    kept = list(past)
    for time_s, floor in zip(times_s.tolist(), floors.tolist(), strict=True):
        ceiling = ceilings.get(time_s, ceiling)
        if floor != level:
            kept.append(Step(from_epoch_s(time_s), floor, ceiling))
            level = floor
    return tuple(kept)


def at_most(steps: Sequence[Step], bound: Sequence[Step], minimum: int) -> tuple[Step, ...]:
    """A schedule with no more than another one has at any time."""
    kept: list[Step] = []
    for step in sorted((*steps, *bound), key=lambda step: step.act_at):
        floor = min(standing_at(some, step.act_at, minimum) for some in (steps, bound))
        if floor != (kept[-1].floor if kept else minimum):
            kept = [k for k in kept if k.act_at < step.act_at]
            kept.append(replace(step, floor=floor))
    return tuple(kept)


def share_of(own: Units, share: float, above: Units, resource: ResourcePolicy) -> Units:
    """Floors with only a share of what is asked for `above` others, on sizes that the resource can have.

    Never below `above` and never above `above` + `own`, all of shape (n,).
    """
    if share >= 1.0:
        return np.asarray(above + own)
    rounded = permitted_below(above + np.floor(own * max(share, 0.0)).astype(np.int64) + 1, resource)
    return np.asarray(np.clip(rounded, above, above + own))


def cut_of(
    resource: str, reason: Reason, detail: str, campaigns: tuple[str, ...], times_s: Seconds, most: Units
) -> Cut:
    """The cut of one stretch of time, with only those instants at which it changes; unbound after it."""
    changed = np.flatnonzero(np.diff(most, prepend=-1))
    bounded_s = np.append(times_s[changed], times_s[-1] + step_s(GRID))
    return Cut(resource, reason, detail, campaigns, bounded_s, np.append(most[changed], UNBOUNDED))
