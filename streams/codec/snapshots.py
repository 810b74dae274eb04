"""Records of the models topic: what is retained of a service, and the offset it has seen.

Binary (MessagePack, deflated), for a service's history is an array. The marker of a partition says up to
which offset of the demand topic *all* its services' snapshots reach: reading begins there.
"""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

from advisor.aggregation.service_history import HistoryState
from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.demand_log import WatermarkRecord
from streams.codec.learned_state import LearnedState
from streams.codec.versioned import read_versioned

MARKER_KEY = b"@through"


class ServiceSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A service's history as of `next_offset` of its demand partition; keyed by service.

    `learned` may be older than the history, or absent: it is brought up to date from the history.
    """

    v: int = 1
    next_offset: int
    history: HistoryState
    learned: LearnedState | None = None


class PartitionMarker(msgspec.Struct, frozen=True, kw_only=True):
    """Every service of the partition is snapshotted up to `next_offset`, and these were the watermarks."""

    v: int = 1
    next_offset: int
    watermarks: list[WatermarkRecord]


Kind = TypeVar("Kind", ServiceSnapshot, PartitionMarker)

_encoder = msgspec.msgpack.Encoder()
_services = msgspec.msgpack.Decoder(ServiceSnapshot)
_markers = msgspec.msgpack.Decoder(PartitionMarker)


def encode_snapshot(snapshot: ServiceSnapshot | PartitionMarker) -> bytes:
    """The value of a snapshot's record."""
    return zlib.compress(_encoder.encode(snapshot), level=1)


def decode_snapshot(value: bytes) -> ServiceSnapshot:
    """A service's snapshot. Raises DecodeError for anything that this version did not write."""
    return _decode(_services, value)


def decode_marker(value: bytes) -> PartitionMarker:
    """A partition's marker. Raises DecodeError for anything that this version did not write."""
    return _decode(_markers, value)


def _decode(decoder: msgspec.msgpack.Decoder[Kind], value: bytes) -> Kind:
    try:
        inflated = zlib.decompress(value)
    except zlib.error as error:
        raise DecodeError(Reason.FIELD_INVALID, f"not a snapshot: {error}") from error
    return read_versioned(decoder.decode, inflated, "snapshot")
