"""Instants on a regular grid, anchored at the Unix epoch (so at UTC midnight for steps that divide a day).

Scalars are aware UTC datetimes; arrays of instants are whole seconds since the epoch (int64).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.int64]


def to_epoch_s(instant: datetime) -> int:
    """Which whole second since the epoch is this? Raises ValueError for a naive datetime."""
    return int(_aware(instant).timestamp() // 1)


def from_epoch_s(seconds: int | float) -> datetime:
    """The aware UTC datetime of so many seconds since the epoch."""
    return datetime.fromtimestamp(float(seconds), UTC)


def to_iso(instant: datetime) -> str:
    """How is this instant written? As ISO 8601 in UTC with Z, e.g. 2026-11-27T10:00:00Z.

    Parts of a second stand only where there are any, to the microsecond. ValueError for a naive datetime.
    """
    return _aware(instant).astimezone(UTC).isoformat().replace("+00:00", "Z")


def floor_to(instant: datetime, step: timedelta) -> datetime:
    """The last grid point at or before `instant`."""
    width = step_s(step)
    return from_epoch_s(to_epoch_s(instant) // width * width)


def ceil_to(instant: datetime, step: timedelta) -> datetime:
    """The first grid point at or after `instant`."""
    floored = floor_to(instant, step)
    return floored if floored >= instant else floored + step


def step_s(step: timedelta) -> int:
    """The step in whole seconds. Raises ValueError if it is not a positive whole number of them."""
    seconds = step.total_seconds()
    if seconds <= 0 or seconds != int(seconds):
        raise ValueError(f"a grid step is a positive whole number of seconds, not {step!r}")
    return int(seconds)


def span(start: datetime, end: datetime, step: timedelta) -> Seconds:
    """Grid points in [start, end), as seconds since the epoch; `start` is floored, `end` is ceiled."""
    width = step_s(step)
    return np.arange(to_epoch_s(floor_to(start, step)), to_epoch_s(ceil_to(end, step)), width, dtype=np.int64)


def _aware(instant: datetime) -> datetime:
    """The same instant. A naive one is refused, for Python would take it for this machine's local time."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant!r} has no time zone: give an aware datetime, e.g. with tzinfo=UTC")
    return instant
