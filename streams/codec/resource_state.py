"""Records of the resources topic: what the decider must remember of a resource, and how far it decided."""

from __future__ import annotations

import msgspec

from advisor.domain.capacity import ResourceState
from streams.codec.versioned import read_versioned

DECIDED_KEY = b"@decided"


class StateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A resource's state; keyed by resource id."""

    v: int = 1
    state: ResourceState


class DecidedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Event clock: every tick up to this one has been decided (epoch seconds)."""

    v: int = 1
    tick_s: int


_encoder = msgspec.json.Encoder()
_states = msgspec.json.Decoder(StateRecord)
_decided = msgspec.json.Decoder(DecidedRecord)


def encode_state(state: ResourceState) -> tuple[bytes, bytes]:
    """Key and value of a resource's record."""
    return state.resource.encode(), _encoder.encode(StateRecord(state=state))


def encode_decided(tick_s: int) -> tuple[bytes, bytes]:
    """Key and value of the record of progress."""
    return DECIDED_KEY, _encoder.encode(DecidedRecord(tick_s=tick_s))


def decode_state(value: bytes) -> ResourceState:
    """A resource's state. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_states.decode, value, "resource state").state


def decode_decided(value: bytes) -> int:
    """The last decided tick. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_decided.decode, value, "record of progress").tick_s
