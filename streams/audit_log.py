"""The audit topic and the inputs topic, read back: what was recorded, and the contents it names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from advisor.settings import Settings
from streams.kafka_clients import read_all
from streams.records import StoredRecord, received_at
from streams.topics import TopicNames

KEPT_BYTES = 256 * 1024 * 1024
"""Contents held in memory beside those asked for: where all fit, the topic is read once."""

OnProgress = Callable[[int, int], None]
"""So many records are read of so many."""


class AuditEvent(msgspec.Struct, frozen=True):
    """A CloudEvent of the audit topic."""

    id: str
    type: str
    time: datetime
    subject: str = ""
    data: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """An event with the bytes that it was read from, and when the broker got them."""

    event: AuditEvent
    value: bytes
    written_at: datetime

    @property
    def was_live(self) -> bool:
        """Was it written when it happened? Not where the clock was that of a replayed stream."""
        return abs(self.written_at - self.event.time) < timedelta(hours=1)


_events = msgspec.json.Decoder(AuditEvent)


def decode_audit(record: StoredRecord) -> AuditRecord:
    """The audit record. Raises DecodeError, naming the place, for what is no CloudEvent with JSON data."""
    value = record.value or b""
    try:
        return AuditRecord(_events.decode(value), value, received_at(record.timestamp_ms))
    except msgspec.DecodeError as error:
        place = f"{record.topic}/{record.partition} at offset {record.offset}"
        raise DecodeError(
            Reason.NOT_A_CLOUDEVENT, f"{place}: {error}. Fix: see who else writes there"
        ) from error


def read_audit(settings: Settings, on_progress: OnProgress) -> Generator[AuditRecord, None, None]:
    """Every audit record, in each partition's order; records of one resource or campaign share one."""
    for record in read_all(settings, TopicNames.of(settings).audit, on_progress=on_progress):
        if record.value is not None:
            yield decode_audit(record)


class InputsTopic:
    """Contents by hash from the inputs topic: a reading keeps what it was asked for, and what else fits."""

    def __init__(self, settings: Settings, on_progress: OnProgress, keep_bytes: int = KEPT_BYTES) -> None:
        self._settings = settings
        self._topic = TopicNames.of(settings).inputs
        self._on_progress = on_progress
        self._room = keep_bytes
        self._found: dict[str, bytes] = {}
        self._whole = False

    def __call__(self, names: Collection[str]) -> Mapping[str, bytes]:
        """The contents of these names that the topic has."""
        wanted = set(names)
        if not self._whole and not wanted <= self._found.keys():
            self._read(wanted)
        return {name: self._found[name] for name in wanted & self._found.keys()}

    def _read(self, wanted: set[str]) -> None:
        self._whole = True
        for record in read_all(self._settings, self._topic, on_progress=self._on_progress):
            name, content = (record.key or b"").decode(errors="replace"), record.value or b""
            if name in self._found:
                continue
            if name in wanted or len(content) <= self._room:
                self._found[name] = content
                self._room -= len(content)
            else:
                self._whole = False
