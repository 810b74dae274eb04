"""What would demand have been without the campaigns that moved it? Their windows bridged from their banks."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.days import DAY_S, Days, heights_of
from advisor.forecasting.robust import fill_circular

NEAR_S = 1800
FAR_S = DAY_S
"""How high the level was beside a window: in the clean half hour next to it, and in the day."""

FADE_S = 8 * 3600.0
"""Into a window, what the half hour was above its day fades: one noisy cell does not lift a whole holiday."""

WEEK = 7

BRIDGED_WEIGHT = 0.5
"""What a bridged cell counts beside one that was seen."""


@dataclass(frozen=True, eq=False)
class Bridged:
    """A history without campaigns: `logs` (n,), NaN at gaps, and `weights` (n,), 0 at gaps."""

    logs: Floats
    weights: Floats


def bridge(logs: Floats, masked: NDArray[np.bool_], days: Days, flat: Seconds) -> Bridged:
    """The same history (n,), with the cells in `masked` (n,) replaced by what their neighbours say.

    Each run of masked cells follows the ordinary shape of the day, lifted to the level just before it,
    the level just after it, and evenly from one to the other in between; what the last half hour on either
    side was above its day fades into the run. So a level that changed
    while the campaign ran is told apart from what the campaign did on top of it, and neither is
    credited twice. A run at the end of the history keeps the level before it. A mask over everything
    is no mask: then campaigns are what is ordinary.
    """
    seen = np.isfinite(logs)
    clean = seen & ~masked
    if not clean.any():
        return Bridged(logs, seen.astype(np.float64))
    shape = _shape(np.where(clean, logs, np.nan), days, flat)
    above = logs - shape
    known = np.flatnonzero(clean)
    sums = np.concatenate([[0.0], np.cumsum(above[known])])
    near, far = max(1, NEAR_S // days.step_s), max(1, FAR_S // days.step_s)
    filled = logs.copy()
    for first, end in runs_of(masked):
        left, right = np.searchsorted(known, (first, end))
        day_before, day_after = np.searchsorted(known, (first - far, end + far))
        # Beside a gap of more than a day there is no day: then it is the half hour beyond the gap.
        near_before, near_after = max(0, left - near), min(len(known), right + near)
        before = _Bank.of(sums, left, near_before, min(day_before, near_before)) if left else None
        after = _Bank.of(sums, right, near_after, max(day_after, near_after)) if right < len(known) else None
        filled[first:end] = shape[first:end] + _levels(before, after, end - first, FADE_S / days.step_s)
    weights = np.where(masked, BRIDGED_WEIGHT, 1.0) * seen
    return Bridged(np.where(seen, filled, np.nan), weights)


@dataclass(frozen=True, slots=True)
class _Bank:
    """How far above the shape is the half hour next to a window, and the day?"""

    near: float
    far: float

    @classmethod
    def of(cls, sums: Floats, edge: int, near: int, far: int) -> _Bank:
        """Of clean cells counted from `edge` to `near` and to `far`, on either side; `sums` run over all."""
        means = [float((sums[edge] - sums[other]) / (edge - other)) for other in (near, far)]
        return cls(*means)


def _levels(before: _Bank | None, after: _Bank | None, steps: int, fade: float) -> Floats:
    """The level within a window of so many steps, from what is known on its sides, one at least."""
    since, until = np.arange(1, steps + 1), np.arange(steps, 0, -1)
    sides = [
        (bank.far + (bank.near - bank.far) * np.exp(-away / fade))
        for bank, away in ((before, since), (after, until))
        if bank is not None
    ]
    later = since / (steps + 1)
    levels: Floats = (1 - later) * sides[0] + later * sides[-1]
    return levels


def runs_of(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The runs of True as half-open ranges, in order."""
    edges = np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def _shape(clean: Floats, days: Days, flat: Seconds) -> Floats:
    """How far is each cell (n,) above or below its day, by its slot of the day?"""
    grid = days.grid(flat, clean)
    known = ~np.isnan(grid)
    heights = heights_of(grid)
    above = np.where(known, grid - heights[:, None], 0.0).sum(axis=0)
    per_slot = known.sum(axis=0)
    shape = np.divide(above, per_slot, out=np.full(days.slots, np.nan), where=per_slot > 0)
    by_slot, by_weekday = fill_circular(shape), _of_weekday(heights, known.sum(axis=1) > 0)
    cells: Floats = by_slot[flat % days.slots] + by_weekday[flat // days.slots % WEEK]
    return cells


def _of_weekday(heights: Floats, seen: NDArray[np.bool_]) -> Floats:
    """How far above the week around it is each day of the week (7,), counted from the first day?

    0 for all until there are two weeks, and for one that was not seen twice with the week around it.
    """
    weekly = np.zeros(7)
    if len(heights) < 2 * WEEK:
        return weekly
    padded = np.pad(np.where(seen, heights, np.nan), WEEK // 2, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, WEEK)
    counted = np.isfinite(around).sum(axis=1)
    means = np.where(np.isfinite(around), around, 0.0).sum(axis=1) / np.maximum(counted, 1)
    whole = seen & (counted == WEEK)
    for weekday in range(7):
        rows = np.flatnonzero(whole[weekday::7]) * 7 + weekday
        if len(rows) >= 2:
            weekly[weekday] = median((heights[rows] - means[rows]).tolist())
    return weekly
