"""What the product can know of a world's demand: whole minutes, a little late, never the future."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from advisor.aggregation.service_history import IN_USE_S, RETAIN_S
from advisor.domain.demand import Floats, Level, Reading, ServiceView
from advisor.domain.timegrid import from_epoch_s, step_s
from advisor.simulation.readiness_world.traffic import MINUTE_S

BUCKET_S = 120
BUCKET_MINUTES = BUCKET_S // MINUTE_S
DELAY_S = 120
"""Demand is counted in buckets of so many seconds, and takes so long to come through Kafka."""


class Seen:
    """The demand of one service as it was measured, minute by minute, with what was marked as saturated."""

    def __init__(self, service: str, begin_s: int, minutes: int, cell: timedelta) -> None:
        self._service, self._begin_s, self._cell_s = service, begin_s, step_s(cell)
        self._rates: Floats = np.full(minutes, np.nan)
        self._saturated = np.zeros(minutes, dtype=np.bool_)
        self._per_cell = self._cell_s // MINUTE_S

    def note(self, minute: int, rate_per_s: float, *, saturated: bool) -> None:
        """What was measured in a minute, counted from the begin."""
        self._rates[minute], self._saturated[minute] = rate_per_s, saturated

    def newest(self, now_s: int) -> Reading | None:
        """The newest bucket that is known."""
        until = (now_s - DELAY_S - self._begin_s) // BUCKET_S * BUCKET_MINUTES
        bucket = slice(until - BUCKET_MINUTES, until)
        if bucket.start < 0:
            return None
        since_s = self._begin_s + bucket.start * MINUTE_S
        rate, breached = float(self._rates[bucket].mean()), bool(self._saturated[bucket].any())
        return Reading(from_epoch_s(since_s), from_epoch_s(since_s + BUCKET_S), rate, breached)

    def level(self, now_s: int) -> Level:
        """How much is in use, and the newest bucket."""
        until = (now_s - DELAY_S - self._begin_s) // MINUTE_S
        lately = self._rates[max(0, until - IN_USE_S // MINUTE_S) : until]
        known = from_epoch_s(self._begin_s + until * MINUTE_S)
        return Level(self._service, known, float(lately.max(initial=0.0)), self.newest(now_s))

    def view(self, now_s: int) -> ServiceView:
        """The whole cells of the time that a worker retains."""
        level = self.level(now_s)
        cells = (now_s - DELAY_S - self._begin_s) // self._cell_s
        first = max(0, cells - RETAIN_S // self._cell_s)
        minutes = (-1, self._per_cell)
        inside = slice(first * self._per_cell, cells * self._per_cell)
        return ServiceView(
            service=self._service,
            start_s=self._begin_s + first * self._cell_s,
            step_s=self._cell_s,
            values=self._rates[inside].reshape(minutes).mean(axis=1),
            saturated=np.asarray(self._saturated[inside].reshape(minutes).any(axis=1)),
            data_until=level.data_until,
            recent_rate_per_s=level.rate_per_s,
            newest=level.newest,
        )
