"""Clock records: how a replay tells its consumers what time it is.

A clock record on a partition says: no record from before this time follows here. It is a CloudEvent in
binary mode, so that it is told from traffic by one header, without reading any value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cloudevents.core.base import BaseCloudEvent

from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.events import CLOCK, IncomingHeaders, build_event, in_utc, read_event, write_event
from streams.codec.json_object import shown
from streams.records import Headers

_TYPE = CLOCK.encode()


@dataclass(frozen=True, slots=True)
class ClockRecord:
    """No record from before `time` (aware UTC) follows on this partition; after `end`, none at all."""

    time: datetime
    end: bool


def clock_of(headers: IncomingHeaders | None, value: bytes | None) -> ClockRecord | None:
    """Is this record a clock record? None for every other; cheap enough to ask of every message.

    Raises DecodeError for one that calls itself a clock but cannot be read.
    """
    if not headers or not any(content == _TYPE and name.lower() == "ce_type" for name, content in headers):
        return None
    return clock_record(read_event(value, headers, received_at=None))


def clock_record(event: BaseCloudEvent) -> ClockRecord:
    """What does this clock event say? Raises DecodeError if its time or its `end` is missing or wrong."""
    time, data = event.get_time(), event.get_data()
    if time is None:
        raise DecodeError(Reason.FIELD_MISSING, "time is missing. Fix: send the event's time")
    end = data.get("end") if isinstance(data, dict) else None
    if not isinstance(end, bool):
        raise DecodeError(
            Reason.FIELD_INVALID,
            f"end: not true or false (found {shown(end)}). Fix: send true on the last clock record only",
        )
    return ClockRecord(in_utc(time), end)


def encode_clock(time: datetime, end: bool) -> tuple[bytes, bytes, Headers]:
    """Key (compacted topics refuse records without one), value and headers of a clock record."""
    at = in_utc(time)
    event = build_event(CLOCK, "/headstart/replay", None, f"clock-{at.isoformat()}", at, {"end": end})
    value, headers = write_event(event, "binary")
    return _TYPE, value, headers
