"""When may a resource not be changed: in freezes, and outside the hours in which its mode may act?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from advisor.domain.limits import FreezeWindow, Hours
from advisor.domain.timegrid import Seconds, from_epoch_s, to_epoch_s

_DAY = timedelta(days=1)
_MOST_STRETCHES = 400


def closed_on(times_s: Seconds, freezes: Sequence[FreezeWindow], hours: Hours | None) -> NDArray[np.bool_]:
    """At which instants may nothing be changed? Shape (n,)."""
    closed = np.zeros(len(times_s), dtype=np.bool_)
    for freeze in freezes:
        closed |= (times_s >= to_epoch_s(freeze.start)) & (times_s < to_epoch_s(freeze.end))
    if hours is None or not len(times_s):
        return closed
    within = np.zeros(len(times_s), dtype=np.bool_)
    for begin, end in _open_stretches(hours, from_epoch_s(int(times_s[0])), from_epoch_s(int(times_s[-1]))):
        within |= (times_s >= to_epoch_s(begin)) & (times_s < to_epoch_s(end))
    return np.asarray(closed | ~within)


def is_within(hours: Hours | None, instant: datetime) -> bool:
    """Does an instant lie within these hours? Always, where there are none."""
    if hours is None:
        return True
    return any(begin <= instant < end for begin, end in _open_stretches(hours, instant, instant))


def last_open(instant: datetime, freezes: Sequence[FreezeWindow], hours: Hours | None) -> datetime:
    """The instant itself if something may be changed then, else the last minute before at which it may.

    Where nothing may be changed for months before it, the instant itself: then there is no way around.
    """
    found = instant
    for _ in range(_MOST_STRETCHES):
        before = found
        for freeze in freezes:
            if freeze.start <= found < freeze.end:
                found = freeze.start - timedelta(minutes=1)
        if not is_within(hours, found) and hours is not None:
            ended = [e for _, e in _open_stretches(hours, found - 8 * _DAY, found) if e <= found]
            if not ended:
                return instant
            found = max(ended) - timedelta(minutes=1)
        if found == before:
            return found
    return instant


def first_open(instant: datetime, freezes: Sequence[FreezeWindow], hours: Hours | None) -> datetime:
    """The instant itself if something may be changed then, else the first one after at which it may."""
    found = instant
    for _ in range(_MOST_STRETCHES):
        before = found
        for freeze in freezes:
            if freeze.start <= found < freeze.end:
                found = freeze.end
        if not is_within(hours, found) and hours is not None:
            begun = [b for b, _ in _open_stretches(hours, found, found + 8 * _DAY) if b >= found]
            if not begun:
                return instant
            found = min(begun)
        if found == before:
            return found
    return instant


def _open_stretches(hours: Hours, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of these hours that reach into [since, until], by the clock of their zone.

    Where the clock is changed, a stretch is an hour longer or shorter, as people's working day is.
    """
    zone = ZoneInfo(hours.timezone)
    day: date = since.astimezone(zone).date() - _DAY
    while day <= until.astimezone(zone).date():
        if day.weekday() in hours.days:
            last = day if hours.end > hours.start else day + _DAY
            begin = datetime.combine(day, hours.start, zone).astimezone(UTC)
            end = datetime.combine(last, hours.end, zone).astimezone(UTC)
            if end > since and begin <= until:
                yield begin, end
        day += _DAY
