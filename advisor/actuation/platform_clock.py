"""How far is a platform's clock ahead of ours? By the `Date` of its answers (RFC 9110, section 6.6.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

MINUTE = timedelta(minutes=1)
"""Clocks that differ by less agree: an answer that took its time on the way tells no better."""


class PlatformClock:
    """What the answers of one cluster or account tell of its clock."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    @property
    def ahead(self) -> timedelta:
        """How much later it shows than ours, in whole minutes; negative where it shows earlier."""
        return self._ahead

    def answered(self, date: str | None, received: datetime | None = None) -> None:
        """An answer came with this `Date`, at `received` by our clock: now, unless another time is given.

        What is known stays known while answers are within a minute of it, so that it does not flicker. An
        answer without a date, or with one that cannot be read, tells nothing.
        """
        said = _read(date)
        if said is None:
            return
        ahead = said - (received or datetime.now(UTC))
        if abs(ahead - self._ahead) > MINUTE:
            self._ahead = round(ahead / MINUTE) * MINUTE


def _read(date: str | None) -> datetime | None:
    try:
        said = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    return said.replace(tzinfo=UTC) if said and said.tzinfo is None else said
