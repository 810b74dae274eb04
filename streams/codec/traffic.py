"""Native JSON traffic: one reading of a service's traffic a message.

    {"service": "web-shop", "timestamp": "2026-11-27T09:59:30Z", "count": 660, "interval_s": 10}
    {"service": "web-shop", "timestamp": "2026-11-27T09:59:30Z", "rate_per_s": 66.0, "series": "eu-1"}

The message is decoded straight into a typed struct, because this is the one codec on the hot path. Only
when that fails is it read a second time, to say which field is wrong and how to mend it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec

from advisor.domain.demand import TrafficSample
from advisor.domain.reason import Reason
from advisor.domain.timegrid import from_epoch_s
from advisor.errors import DecodeError
from streams.codec.json_object import MAX_MESSAGE_BYTES, json_object, require_bytes, shown

LATEST_TIMESTAMP_S = 7_258_118_400.0  # 2200-01-01T00:00:00Z
_FIXES = {
    "service": "send the service's name, 1 to 255 characters, as the policy spells it",
    "timestamp": 'send an ISO 8601 time with Z or an offset, e.g. "2026-11-27T09:59:30Z"',
    "count": "send the number of requests, 0 or more, together with interval_s",
    "interval_s": "send the seconds that count was taken over, more than 0 and at most 86400",
    "rate_per_s": "send requests per second, 0 or more, instead of count and interval_s",
    "series": "send the name of the producer's time series, at most 1024 characters, or leave it out",
    "saturated": "send true or false, or leave it out",
}
_PATH = re.compile(r" - at `\$\.(\w+)`$")
_MISSING = re.compile(r"missing required field `(\w+)`")


class TrafficMessage(msgspec.Struct, frozen=True, gc=False):
    """One reading of a service's traffic: a count over an interval, or a rate. Extra fields are ignored."""

    service: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    timestamp: Annotated[datetime, msgspec.Meta(tz=True)]
    count: Annotated[float, msgspec.Meta(ge=0)] | None = None
    interval_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] | None = None
    rate_per_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    series: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    saturated: bool = False


_decoder = msgspec.json.Decoder(TrafficMessage)


def decode_traffic(value: bytes | None) -> TrafficSample:
    """Which traffic does this message report?

    Unknown fields are ignored. Raises DecodeError (EMPTY_MESSAGE, MESSAGE_TOO_LARGE, NOT_JSON,
    NOT_AN_OBJECT, FIELD_MISSING, FIELD_INVALID) naming the field, what was found and the fix.
    """
    if not value or len(value) > MAX_MESSAGE_BYTES:
        value = require_bytes(value)
    try:
        message = _decoder.decode(value)
        timestamp_s = message.timestamp.timestamp()
    except msgspec.ValidationError as error:
        raise _explain(value, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _explain(value, f"not JSON: {error}") from error
    has_count = message.count is not None and message.interval_s is not None
    has_rate = message.rate_per_s is not None
    if has_count is has_rate or (has_rate and (message.count, message.interval_s) != (None, None)):
        raise _neither_form(message)
    if not 0.0 <= timestamp_s < LATEST_TIMESTAMP_S:
        raise _invalid("timestamp", message.timestamp.isoformat(), "is not between 1970 and 2200")
    return TrafficSample(
        message.service,
        timestamp_s,
        message.count,
        message.interval_s,
        message.rate_per_s,
        message.series,
        message.saturated,
    )


def encode_traffic(sample: TrafficSample) -> bytes:
    """The message that `decode_traffic` reads back as this sample (times to the microsecond)."""
    message = {
        "service": sample.service,
        "timestamp": from_epoch_s(sample.timestamp_s),
        "count": sample.count,
        "interval_s": sample.interval_s,
        "rate_per_s": sample.rate_per_s,
        "series": sample.series,
        "saturated": sample.saturated or None,
    }
    return msgspec.json.encode({name: field for name, field in message.items() if field is not None})


def _explain(value: bytes, problem: str) -> DecodeError:
    """What exactly is wrong with a message that the typed decoder refused?"""
    try:
        found = json_object(value)
    except DecodeError as error:
        return error
    if missing := _MISSING.search(problem):
        name = missing.group(1)
        return DecodeError(Reason.FIELD_MISSING, f"{name} is missing. Fix: {_FIXES[name]}")
    if path := _PATH.search(problem):
        name = path.group(1)
        return _invalid(name, found.get(name), problem[: path.start()])
    return DecodeError(Reason.FIELD_INVALID, f"{problem} (found {shown(found)})")


def _invalid(name: str, found: object, problem: str) -> DecodeError:
    return DecodeError(Reason.FIELD_INVALID, f"{name}: {problem} (found {shown(found)}). Fix: {_FIXES[name]}")


def _neither_form(message: TrafficMessage) -> DecodeError:
    """Why a message gives no amount, half of one, or two that might disagree."""
    given = {
        "count": message.count,
        "interval_s": message.interval_s,
        "rate_per_s": message.rate_per_s,
    }
    found = {name: amount for name, amount in given.items() if amount is not None}
    fix = "Fix: send either count and interval_s, or rate_per_s alone"
    if message.rate_per_s is not None:
        return DecodeError(Reason.FIELD_INVALID, f"two amounts of traffic (found {found}). {fix}")
    return DecodeError(Reason.FIELD_MISSING, f"no complete amount of traffic (found {found}). {fix}")
