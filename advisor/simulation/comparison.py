"""How well did each scaler supply what was demanded, and what did it cost in unit-hours?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.simulation.reactive import Supply, Units

FIRST_MINUTES = timedelta(minutes=10)

_ROUNDING = 1e-9  # demand of exactly three units' capacity is three units, not four

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One scaler's marks.

    `minutes_short` is time with fewer ready units than demanded, over everything and inside the
    windows. `first_minutes_shortfall` is the mean relative shortfall (0 to 1) over the first ten
    minutes of the windows: what an average over a day hides. `worst_shortfall` is the largest
    relative shortfall of any step. `unit_hours` counts units from their request on, ready or not.
    """

    minutes_short: float
    minutes_short_in_windows: float
    first_minutes_shortfall: float
    worst_shortfall: float
    unit_hours: float


def demanded_units(demand: Floats, unit_capacity: float) -> Units:
    """How many units does demand need, at least? Requests per second (n,) to whole units (n,); NaN is 0."""
    if not unit_capacity > 0:
        raise ValueError(f"unit_capacity is {unit_capacity!r}: it has to be above 0")
    units = np.ceil(np.nan_to_num(demand, nan=0.0) / unit_capacity - _ROUNDING)
    return np.asarray(np.maximum(units, 0), dtype=np.int64)


def shortfall(demanded: Units, ready: Units) -> Floats:
    """Which share of the demanded units is missing? Shape (n,), 0 where there are enough."""
    missing = np.maximum(demanded - ready, 0)
    return np.asarray(missing / np.maximum(demanded, 1), dtype=np.float64)


def compare(
    times_s: Seconds,
    demand: Floats,
    unit_capacity: float,
    supplies: Mapping[str, Supply],
    windows: Sequence[Window],
) -> Mapping[str, Scorecard]:
    """Which scaler had enough units ready, when it counted?

    `times_s` (n,) are starts of equal steps, at least two. The load model is requests per second per
    unit: d = ceil(demand / unit_capacity). Windows are half-open; steps in several count once. Raises
    ValueError for a supply whose length is not n.
    """
    if len(times_s) < 2:
        raise ValueError(f"there are {len(times_s)} steps to compare over: give at least two")
    demanded = demanded_units(demand, unit_capacity)
    inside = _inside(times_s, windows)
    first = _inside(times_s, [(start, min(end, start + FIRST_MINUTES)) for start, end in windows])
    for name, supply in supplies.items():
        if len(supply.units_ready) != len(times_s):
            raise ValueError(
                f"the supply of {name!r} has {len(supply.units_ready)} steps, not {len(times_s)}"
            )
    step_s = int(times_s[1] - times_s[0])
    return {name: _score(demanded, supply, inside, first, step_s) for name, supply in supplies.items()}


def _score(
    demanded: Units, supply: Supply, inside: NDArray[np.bool_], first: NDArray[np.bool_], step_s: int
) -> Scorecard:
    missing = shortfall(demanded, supply.units_ready)
    short = missing > 0
    return Scorecard(
        minutes_short=float(short.sum() * step_s / 60),
        minutes_short_in_windows=float((short & inside).sum() * step_s / 60),
        first_minutes_shortfall=float(missing[first].mean()) if first.any() else 0.0,
        worst_shortfall=float(missing.max()),
        unit_hours=float(supply.units_requested.sum() * step_s / 3600),
    )


def _inside(times_s: Seconds, windows: Sequence[Window]) -> NDArray[np.bool_]:
    """Which steps start inside any of the windows?"""
    inside = np.zeros(len(times_s), dtype=np.bool_)
    for start, end in windows:
        inside |= (times_s >= to_epoch_s(start)) & (times_s < to_epoch_s(end))
    return inside
