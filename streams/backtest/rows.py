"""A demand file as finely as it was written: what a closed loop plays, slot by slot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, step_s, to_epoch_s, to_iso
from advisor.errors import Problem
from advisor.simulation.rolling import MAX_CELLS, Origins, series_of

_DAY_S = 86_400


@dataclass(frozen=True, eq=False)
class Rows:
    """Rising starts of slots of `width_s` seconds and their values, shapes (n,); absent slots are gaps."""

    times_s: Seconds
    values: Floats
    width_s: int


def rows_of(times_s: Seconds, values: Floats, step: timedelta) -> Rows:
    """What was seen per slot? Slots are as wide as most readings (n,), in rising order, lie apart.

    Where that divides no day, or is too fine to be held over the whole span, they are `step` wide.
    """
    width_s = _commonest_distance(times_s)
    span_s = int(times_s[-1] - times_s[0])
    if not width_s or _DAY_S % width_s or span_s // width_s >= MAX_CELLS:
        width_s = step_s(step)
    series = series_of(times_s, values, timedelta(seconds=width_s))
    seen = np.flatnonzero(np.isfinite(series.values))
    return Rows(series.start_s + width_s * seen, series.values[seen], width_s)


def problems_of_span(rows: Rows, origins: Origins) -> tuple[Problem, ...]:
    """What keeps these rows from being played from the first cutoff to the end of the last forecast."""
    start_s, end_s = to_epoch_s(origins.start), to_epoch_s(origins.end + origins.horizon)
    played = int(((rows.times_s >= start_s) & (rows.times_s < end_s)).sum())
    if played >= 2:
        return ()
    span = f"{to_iso(origins.start)} to {to_iso(origins.end + origins.horizon)}"
    said = f"leaves only {played} slots of demand from {span} to play with --policy"
    return (Problem("--start", to_iso(origins.start), said, "choose cutoffs that the demand covers"),)


def _commonest_distance(times_s: Seconds) -> int:
    """Seconds between most neighbours; the shortest of several; 0 if there are none."""
    distances = np.diff(times_s)
    found, count = np.unique(distances[distances > 0], return_counts=True)
    return int(found[np.argmax(count)]) if len(found) else 0
