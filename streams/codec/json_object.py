"""What is in a Kafka value that should be one JSON object?"""

from __future__ import annotations

from typing import Any

import msgspec

from advisor.domain.reason import Reason
from advisor.errors import DecodeError

MAX_MESSAGE_BYTES = 1024 * 1024
"""Longer values are refused unread: 1 MiB is Kafka's own default limit for a record batch."""

_SHOWN_CHARACTERS = 80


def require_bytes(value: bytes | None) -> bytes:
    """Is there a value of a size that may be read? DecodeError EMPTY_MESSAGE or MESSAGE_TOO_LARGE if not."""
    if not value:
        found = "null" if value is None else "zero bytes long"
        raise DecodeError(Reason.EMPTY_MESSAGE, f"the value is {found}. Fix: send one JSON object")
    if len(value) > MAX_MESSAGE_BYTES:
        raise DecodeError(
            Reason.MESSAGE_TOO_LARGE,
            f"the value has {len(value)} bytes, more than {MAX_MESSAGE_BYTES}. Fix: send smaller messages",
        )
    return value


def json_object(value: bytes | None) -> dict[str, Any]:
    """Which JSON object do these bytes hold?

    Strict JSON: NaN, Infinity, trailing bytes and invalid UTF-8 are refused. Raises DecodeError with
    EMPTY_MESSAGE, MESSAGE_TOO_LARGE, NOT_JSON or NOT_AN_OBJECT.
    """
    data = require_bytes(value)
    try:
        parsed = msgspec.json.decode(data)
    except (ValueError, RecursionError) as error:
        raise not_json(data, error) from error
    if not isinstance(parsed, dict):
        raise DecodeError(
            Reason.NOT_AN_OBJECT,
            f"the value is {shown(parsed)}, not a JSON object. Fix: send {{...}}, one a message",
        )
    return parsed


def not_json(value: bytes, error: Exception) -> DecodeError:
    """The DecodeError for bytes that are not JSON, showing how they start."""
    return DecodeError(
        Reason.NOT_JSON,
        f"the value is not JSON: {error} (found {shown(value)}). Fix: send UTF-8 encoded JSON",
    )


def shown(value: object) -> str:
    """`repr` of a value, cut to a length that a person can read in a log line."""
    text = repr(value[:_SHOWN_CHARACTERS] if isinstance(value, bytes | str) else value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
