"""Reading records whose header names are not UTF-8, as any client but ours may write them.

Kafka stores a header's name as bytes; the protocol calls it UTF-8, and nobody checks. Both clients used
here decode the headers of every record they hand out, and one such name makes them refuse its whole
batch, for ever. With this, a byte that cannot be decoded is spelled `\\xff` instead: the record is read
like any other, by its value and the headers that we know.

Neither client has a setting or a place for a decoder, so the name under which it looks its reader of
batches up is pointed at ours. This is kafka-python's; :mod:`streams.aiokafka_header_names` is the worker's.
"""

from __future__ import annotations

from typing import Any

import kafka.record.memory_records
from kafka.record.default_records import DefaultRecordBatch


class SpelledBytes(bytearray):
    """A batch's bytes, for readers in Python: whatever is cut out of them can be decoded."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return SpelledBytes(found) if isinstance(place, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """The text, with `\\xff` for a byte that is none."""
        return super().decode(encoding, errors)


class _Batch(DefaultRecordBatch):
    """Goes over to spelling at the first name that cannot be decoded."""

    _buffer: bytearray

    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            self._buffer = SpelledBytes(self._buffer)
            return super()._read_msg()


def spell_header_names() -> None:
    """From now on kafka-python reads records with such names. Doing it again changes nothing."""
    kafka.record.memory_records.DefaultRecordBatch = _Batch
