"""A history laid out as days by slots of the day, which is how a service's ordinary week is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds

DAY_S = 86_400

LEAST_MEMORY = 90.0
"""Steps that a memory of errors reaches back at least until they count half."""

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Days:
    """`count` days from `first` (days since the epoch, in UTC), each of `slots` steps of `step_s` seconds.

    Flat indices run over the days' slots in order of time. The last slot of a day is short where the
    step does not divide a day.
    """

    first: int
    count: int
    step_s: int

    @property
    def slots(self) -> int:
        """Steps a day."""
        return -(-DAY_S // self.step_s)

    @property
    def size(self) -> int:
        """Steps in all."""
        return self.count * self.slots

    def flat(self, times_s: Seconds) -> Seconds:
        """Flat indices of the steps that start at these instants, shape as given."""
        index: Seconds = (times_s // DAY_S - self.first) * self.slots + times_s % DAY_S // self.step_s
        return index

    def grid(self, flat: Seconds, values: Floats, missing: float = np.nan) -> Floats:
        """Values (n,) at flat indices (n,), as an array (days, slots); `missing` where there are none."""
        spread = np.full(self.size, missing)
        spread[flat] = values
        return spread.reshape(self.count, self.slots)

    def weekdays(self) -> Seconds:
        """Weekday (Monday 0) of every day, shape (days,)."""
        return weekday_of(np.arange(self.first, self.first + self.count))


def half_life_d(days: float, slots: int) -> float:
    """After how many days do errors count half: so many, but at least :data:`LEAST_MEMORY` steps.

    Where a step is a day, a week of errors is seven figures: no quantile can be learned from them.
    """
    return max(days, LEAST_MEMORY / slots)


def weekday_of(days: Seconds) -> Seconds:
    """Which weekday (Monday 0) is the so-manieth day since the epoch, a Thursday?"""
    weekdays: Seconds = (days + 3) % 7
    return weekdays


def is_weekend(weekdays: Seconds) -> NDArray[np.bool_]:
    """Which of these weekdays (Monday 0) are Saturdays or Sundays?"""
    weekend: NDArray[np.bool_] = weekdays >= _SATURDAY
    return weekend


def days_of(times_s: Seconds, step_s: int) -> Days:
    """The days that these instants (n,), rising and n > 0, lie in."""
    first, last = int(times_s[0] // DAY_S), int(times_s[-1] // DAY_S)
    return Days(first, last - first + 1, step_s)


def heights_of(grid: Floats) -> Floats:
    """How high is each day above the mean of its slots? Shape (days,); 0 for a day without values.

    `grid` (days, slots) with NaN where unknown. Compared slot by slot, so that a day of which only the
    quiet hours are known is not taken for a quiet day.
    """
    known = ~np.isnan(grid)
    filled = np.where(known, grid, 0.0)
    of_slot = _mean(filled.sum(axis=0), known.sum(axis=0))
    heights: Floats = _mean(np.where(known, filled - of_slot, 0.0).sum(axis=1), known.sum(axis=1))
    return heights


def _mean(sums: Floats, counts: Seconds) -> Floats:
    return np.divide(sums, counts, out=np.zeros(len(sums)), where=counts > 0)
