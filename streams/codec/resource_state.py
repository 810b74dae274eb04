"""Records of the resources topic: what the decider must remember of a resource, and how far it decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from advisor.domain.evidence import Running
from advisor.domain.resource_state import ResourceState
from streams.codec.versioned import read_versioned

DECIDED_KEY = b"@decided"
DECIDER_KEY = b"@decider"
OWN_KEYS = frozenset({DECIDED_KEY, DECIDER_KEY})
"""Keys of the topic that are no resource's."""


class StateRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A resource's state; keyed by resource id."""

    v: int = 1
    state: ResourceState


class DecidedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Event clock: every tick up to this one has been decided (epoch seconds).

    `running` is per resource what was going on then: ticks taken again after a crash begin with it, and so
    prove what they would have proved without the crash.
    """

    v: int = 1
    tick_s: int
    running: dict[str, Running] = msgspec.field(default_factory=dict)


_encoder = msgspec.json.Encoder()
_states = msgspec.json.Decoder(StateRecord)
_decided = msgspec.json.Decoder(DecidedRecord)


def encode_state(state: ResourceState) -> tuple[bytes, bytes]:
    """Key and value of a resource's record.

    What changes with every look at it is left out, or there would be a record of every look.
    """
    written = replace(
        state,
        lead_times=replace(state.lead_times, looked_at=None),
        capacity=replace(state.capacity, running=Running()),
    )
    return state.resource.encode(), _encoder.encode(StateRecord(state=written))


def encode_decided(tick_s: int, running: Mapping[str, Running] | None = None) -> tuple[bytes, bytes]:
    """Key and value of the record of progress, with what is going on per resource."""
    return DECIDED_KEY, _encoder.encode(DecidedRecord(tick_s=tick_s, running=dict(running or {})))


def encode_decider() -> tuple[bytes, bytes]:
    """Key and value of the record with which a worker begins to decide: what counts is its place."""
    return DECIDER_KEY, b'{"v":1}'


def decode_state(value: bytes) -> ResourceState:
    """A resource's state. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_states.decode, value, "resource state").state


def decode_decided(value: bytes) -> int:
    """The last decided tick. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_decided.decode, value, "record of progress").tick_s


def decode_running(value: bytes) -> dict[str, Running]:
    """What was going on per resource at the last decided tick. DecodeError as :func:`decode_decided`."""
    return read_versioned(_decided.decode, value, "record of progress").running
