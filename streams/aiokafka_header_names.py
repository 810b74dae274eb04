"""Reading records whose header names are not UTF-8, in the worker: for aiokafka, and Faust on top of it.

Why, and how such names are spelled, is told in :mod:`streams.header_names`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import aiokafka.consumer.fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy
from aiokafka.record.memory_records import _MemoryRecordsPy

from streams.header_names import SpelledBytes

_FORMAT_AT = struct.calcsize(">qii")  # after base offset, length and leader epoch
_WITH_HEADERS = 2  # the oldest record format that has headers


def spell_header_names() -> None:
    """From now on every aiokafka consumer reads records with such names. Doing it again changes nothing."""
    aiokafka.consumer.fetcher.MemoryRecords = _Records


class _SpelledBatch(_DefaultRecordBatchPy):
    """A batch that the fast reader refused, read by aiokafka's reader in Python."""

    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = SpelledBytes(self._buffer)


class _Batch:
    """A batch, read by aiokafka's fast reader wherever that can read it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._fast = DefaultRecordBatch(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._fast, name)

    def __iter__(self) -> Iterator[Any]:
        try:
            return iter(list(self._fast))
        except (UnicodeDecodeError, CorruptRecordException):
            return iter(_SpelledBatch(self._content))  # refuses it again if it was not for a name

    def __next__(self) -> Any:
        return next(self._fast)


class _Records(_MemoryRecordsPy):
    """What a fetch brought, batch by batch."""

    def next_batch(self) -> Any:
        """The next batch, None after the last."""
        content = self._next_slice
        if content is None or len(content) <= _FORMAT_AT or content[_FORMAT_AT] < _WITH_HEADERS:
            return super().next_batch()
        self._cache_next()
        return _Batch(bytes(content))
