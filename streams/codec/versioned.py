"""Records of our own topics carry their version: another version is refused by name, never misread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec

from advisor.domain.reason import Reason
from advisor.errors import DecodeError

VERSION = 1


class Versioned(Protocol):
    """A record that says which version of us wrote it."""

    @property
    def v(self) -> int:
        """The version."""


RecordT = TypeVar("RecordT", bound=Versioned)


def read_versioned(read: Callable[[bytes], RecordT], value: bytes, what: str) -> RecordT:
    """The record that `read` makes of a value. Raises DecodeError for anything this version did not write."""
    try:
        record = read(value)
    except msgspec.DecodeError as error:
        raise DecodeError(Reason.FIELD_INVALID, f"not a {what}: {error}") from error
    if record.v != VERSION:
        raise DecodeError(
            Reason.FIELD_INVALID, f"{what} of version {record.v}; this worker reads version {VERSION}"
        )
    return record
