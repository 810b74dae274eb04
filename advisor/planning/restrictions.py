"""What a platform or a person does not let be done at any time: planned around, not run into.

Units that cannot be given back are kept, a resource that may be lowered so often a day is lowered no more
often, and what falls into a time in which nothing may be changed is done before it, or waits until after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.timegrid import Seconds, step_s, to_epoch_s
from advisor.planning.closed import closed_on
from advisor.planning.pace import Pace
from advisor.planning.sizing import Units

_DAY_S = 86_400


def restricted(
    times_s: Seconds, asked: Units, pace: Pace, before: Units, lowered_at: Sequence[datetime]
) -> Units:
    """The floors (n,) that can really be asked for, on a grid of equal steps.

    Never less than `asked`, but where nothing may be changed any more before it is needed. `before` are
    the floors on the grid up to the first instant, at least one; `lowered_at` the times at which the
    resource was lowered lately.
    """
    kept = pace.resource.irreversible
    if kept is not None:
        history = np.concatenate([before, asked])
        if kept.committed is None:
            history = np.maximum.accumulate(history)
        else:
            history = _committed(history, _instants(times_s, kept.committed))
        asked = history[len(before) :]
    if pace.freezes or pace.hours:
        asked = _around(asked, closed_on(times_s, pace.freezes, pace.hours), int(before[-1]))
    if pace.resource.lowerings_per_day is not None:
        asked = _seldom_lowered(times_s, asked, int(before[-1]), pace.resource.lowerings_per_day, lowered_at)
    return asked


def _committed(wanted: Units, instants: int) -> Units:
    """Units asked for are kept so many instants from then on: from each raise, and not from when last needed.

    So a plan made anew from the floors of this one keeps nothing longer than this one does.
    """
    result = wanted.copy()
    kept: list[tuple[int, int]] = []  # until which instant, so many units
    for i in range(1, len(wanted)):
        kept = [(until, units) for until, units in kept if until >= i]
        result[i] = max([int(wanted[i]), *(units for _, units in kept)])
        if result[i] > result[i - 1]:
            kept.append((i + instants, int(result[i])))
    return result


def _around(asked: Units, closed: NDArray[np.bool_], standing: int) -> Units:
    """Nothing moves while closed: raises come just before, lowerings just after."""
    result = asked.copy()
    edges = np.flatnonzero(np.diff(closed.astype(np.int8), prepend=0, append=0))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if begin == 0:  # too late to raise before it
            result[:end] = standing
            continue
        result[begin - 1 : end] = max(result[begin - 1], asked[begin:end].max())
    return result


def _seldom_lowered(
    times_s: Seconds, asked: Units, standing: int, per_day: int, lowered_at: Sequence[datetime]
) -> Units:
    """Lowered at most so often in any 24 hours: a lowering beyond that waits until one is a day old."""
    result = asked.copy()
    level, lowered = standing, sorted(to_epoch_s(at) for at in lowered_at)
    for i, wanted in enumerate(asked):
        if wanted < level:
            recent = [at for at in lowered if at > times_s[i] - _DAY_S]
            if len(recent) >= per_day:
                result[i] = level
                continue
            lowered.append(int(times_s[i]))
        level = int(wanted)
    return result


def _instants(times_s: Seconds, length: timedelta) -> int:
    """How many instants of the grid is that?"""
    return int(length.total_seconds() // (times_s[1] - times_s[0] if len(times_s) > 1 else step_s(length)))
