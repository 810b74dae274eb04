"""Kafka records as plain values, before and after any client is involved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

Headers = tuple[tuple[str, bytes], ...]

_LATEST_MS = 7_258_118_400_000  # 2200-01-01


def received_at(timestamp_ms: int) -> datetime:
    """When was a record written (aware UTC), by its own time? Producers may claim anything: 1970 to 2200."""
    return datetime.fromtimestamp(min(max(timestamp_ms, 0), _LATEST_MS) / 1000, UTC)


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """What is to be sent where. `partition` None leaves the choice to the key; a null `value` deletes."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """What was read where. `timestamp_ms` is the record's own time in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


class OriginalRecord(Protocol):
    """A record that was read, as any client hands it out; what a dead letter is made of."""

    @property
    def topic(self) -> str:
        """Where it was read."""

    @property
    def partition(self) -> int:
        """Which part of the topic."""

    @property
    def offset(self) -> int:
        """Its place there."""

    @property
    def key(self) -> bytes | None:
        """Its key, if any."""

    @property
    def value(self) -> bytes | None:
        """Its value; None deletes."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Its headers, in order; a name may come twice."""


class ReceivedRecord(OriginalRecord, Protocol):
    """The same with its own time, as the worker's consumers hand it out."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since the epoch; negative where the producer gave none."""
