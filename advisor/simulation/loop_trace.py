"""A service's trace as the closed loop plays it: what comes, and what of it is known at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np

from advisor.aggregation.service_history import IN_USE_S, RETAIN_S
from advisor.domain.demand import Floats, Level, ServiceView
from advisor.domain.timegrid import Seconds, from_epoch_s
from advisor.domain.timegrid import step_s as seconds_of

FINEST_S = 60  # floors are planned minute by minute: longer rows are played in minutes


@dataclass(frozen=True, eq=False)
class LoopTrace:
    """A service's demand over slots of `step_s` seconds from `start_s` on, shape (n,); NaN is a gap.

    `row_s` is the width of the trace's own rows, a multiple of the slots: a row is known when it is over,
    not before, though demand is played as its mean all along it.
    """

    service: str
    start_s: int
    step_s: int
    row_s: int
    rate_per_s: Floats

    @property
    def times_s(self) -> Seconds:
        """Start of every slot, shape (n,)."""
        return self.start_s + self.step_s * np.arange(len(self.rate_per_s), dtype=np.int64)

    @property
    def end_s(self) -> int:
        """End of the last slot."""
        return self.start_s + self.step_s * len(self.rate_per_s)

    def index_of(self, instant_s: int) -> int:
        """The first slot that starts at or after an instant, within 0..n."""
        slots = -((self.start_s - instant_s) // self.step_s)
        return min(max(slots, 0), len(self.rate_per_s))

    def known_until_s(self, now_s: int) -> int:
        """End of the last row that is over at `now_s`."""
        return min(self.start_s + (now_s - self.start_s) // self.row_s * self.row_s, self.end_s)

    def highest(self, begin_s: int, end_s: int) -> float:
        """The highest demand of the slots that start in [begin_s, end_s); 0 where nothing was seen."""
        rates = self.rate_per_s[self.index_of(begin_s) : self.index_of(end_s)]
        return float(np.nanmax(np.append(rates[np.isfinite(rates)], 0.0)))

    @cached_property
    def newest_s(self) -> Seconds:
        """Per slot (n,): the end of the newest slot up to it that holds demand; -1 before the first."""
        seen = np.where(np.isfinite(self.rate_per_s), self.times_s + self.step_s, -1)
        return np.maximum.accumulate(seen)


def trace_of(times_s: Seconds, rate_per_s: Floats, row_s: int, service: str) -> LoopTrace:
    """The trace on regular slots, from rows of `row_s` seconds at `times_s` (rows,), rising.

    Absent rows are gaps. Rows longer than a minute are played in minutes, where minutes fill them. Raises
    ValueError for rows off the grid that the first one begins, or none at all.
    """
    if not len(times_s):
        raise ValueError("the trace has no rows: there is nothing to play")
    places = (times_s - times_s[0]) // row_s
    if ((times_s - times_s[0]) % row_s).any() or (np.diff(places) <= 0).any():
        raise ValueError(f"rows have to rise on a grid of {row_s} s from the first one on: mend the trace")
    rows = np.full(int(places[-1]) + 1, np.nan)
    rows[places] = rate_per_s
    parts = row_s // FINEST_S if row_s % FINEST_S == 0 else 1
    return LoopTrace(service, int(times_s[0]), row_s // parts, row_s, np.repeat(rows, parts))


class Sight:
    """What is known of a trace at an instant, on the grid that the service is forecast on."""

    def __init__(self, trace: LoopTrace, cell: timedelta) -> None:
        self._trace = trace
        self._cell_s = seconds_of(cell)
        self._first_s = trace.start_s // self._cell_s * self._cell_s
        self._cells = _means(trace, self._first_s, self._cell_s)

    def level(self, now_s: int) -> Level | None:
        """How much is in use now, and until when demand is known; None while nothing was seen.

        Demand is known until `now_s` as long as the last row that can be over is there.
        """
        trace, until_s = self._trace, self._trace.known_until_s(now_s)
        last = trace.index_of(until_s) - 1
        newest_s = int(trace.newest_s[last]) if last >= 0 else -1
        if newest_s < 0:
            return None
        known_s = now_s if newest_s == until_s and now_s < until_s + trace.row_s else newest_s
        in_use = trace.highest(until_s - max(IN_USE_S, trace.row_s), until_s)
        return Level(trace.service, from_epoch_s(known_s), in_use)

    def view(self, now_s: int) -> ServiceView:
        """The whole cells before `now_s` of the time that a worker retains, and nothing later."""
        until_s = self._trace.known_until_s(now_s)
        last = max((until_s - self._first_s) // self._cell_s, 0)
        first = max(last - RETAIN_S // self._cell_s, 0)
        values = self._cells[first:last]
        level = self.level(now_s)
        return ServiceView(
            service=self._trace.service,
            start_s=self._first_s + first * self._cell_s,
            step_s=self._cell_s,
            values=values,
            saturated=np.zeros(len(values), dtype=np.bool_),
            data_until=level.data_until if level else from_epoch_s(now_s),
            recent_rate_per_s=level.rate_per_s if level else 0.0,
        )


def _means(trace: LoopTrace, first_s: int, cell_s: int) -> Floats:
    """Mean demand per cell from `first_s` on, over the slots that start in it; NaN where there are none."""
    cells = (trace.times_s - first_s) // cell_s
    known = np.isfinite(trace.rate_per_s)
    length = int(cells[-1]) + 1
    total = np.bincount(cells[known], weights=trace.rate_per_s[known], minlength=length)
    count = np.bincount(cells[known], minlength=length)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
