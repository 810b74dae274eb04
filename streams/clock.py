"""The two ways of knowing what time it is: the wall clock, and the clock of a replayed event stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` for everything that is not told the time by the stream; the only place that asks for it."""

    now: Callable[[], datetime]
    from_events: bool


def wall_clock() -> Clock:
    """Real time: data_until follows the stream, now does not."""
    return Clock(now=lambda: datetime.now(UTC), from_events=False)


def event_clock() -> Clock:
    """Both clocks come from the stream: ticks carry their own time. `now` stamps what is outside of it."""
    return Clock(now=lambda: datetime.now(UTC), from_events=True)
