"""CloudEvents 1.0 over Kafka, in both content modes, by the CloudEvents project's own library.

Which mode a message is in is decided by the Kafka protocol binding's rule: a `content-type` header that
starts with `application/cloudevents` means structured (the whole event is in the value), anything else
means binary (attributes are `ce_` headers, the value is the data). Header names are compared without case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import (
    KafkaMessage,
    from_binary,
    from_structured,
    to_binary,
    to_structured,
)
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.json_object import json_object, require_bytes, shown
from streams.records import Headers

CAMPAIGN_SCHEDULED = "io.headstart.campaign.scheduled.v1"
CAMPAIGN_CANCELLED = "io.headstart.campaign.cancelled.v1"
CLOCK = "io.headstart.clock.v1"
RECOMMENDATION = "io.headstart.recommendation.v1"

ContentMode = Literal["structured", "binary"]
IncomingHeaders = Sequence[tuple[str, bytes | None]]

_FORMAT = JSONFormat()
_REQUIRED = ("specversion", "id", "source", "type")


def read_event(
    value: bytes | None, headers: IncomingHeaders, *, received_at: datetime | None
) -> BaseCloudEvent:
    """Which CloudEvent does this Kafka message carry? Its data is a JSON object.

    `received_at` (aware UTC) stands in for an absent `time`; with None an absent time is refused. Raises
    DecodeError: EMPTY_MESSAGE, MESSAGE_TOO_LARGE, NOT_JSON, NOT_AN_OBJECT, NOT_A_CLOUDEVENT, FIELD_MISSING.
    """
    data = require_bytes(value)
    lowered = _own_headers(headers)
    structured = lowered.get("content-type", b"").lower().startswith(b"application/cloudevents")
    json_object(data)  # refused here in our own words; the library would let NaN and plain text through

    def factory(attributes: dict[str, Any], body: dict[str, Any] | str | bytes | None) -> BaseCloudEvent:
        if missing := [name for name in _REQUIRED if name not in attributes]:
            raise DecodeError(Reason.NOT_A_CLOUDEVENT, _missing(missing, structured=structured))
        if "time" not in attributes:
            if received_at is None:
                raise DecodeError(Reason.FIELD_MISSING, "time is missing. Fix: send the event's time")
            attributes["time"] = received_at
        return CloudEvent(attributes, body)

    read = from_structured if structured else from_binary
    try:
        event = read(KafkaMessage(lowered, None, data), _FORMAT, factory)
    except CloudEventValidationError as error:
        raise DecodeError(Reason.NOT_A_CLOUDEVENT, _listed(error)) from error
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise DecodeError(
            Reason.NOT_A_CLOUDEVENT, f"an attribute cannot be read: {error}. Fix: follow CloudEvents 1.0"
        ) from error
    if not isinstance(event.get_data(), dict):
        raise DecodeError(
            Reason.NOT_AN_OBJECT,
            f"data is {shown(event.get_data())} of content type {event.get_datacontenttype()!r}. "
            "Fix: send a JSON object as application/json",
        )
    return event


def event_time(event: BaseCloudEvent) -> datetime | None:
    """The event's time in UTC, if it has one. Raises DecodeError for one that no calendar holds there."""
    time = event.get_time()
    return None if time is None else in_utc(time)


def in_utc(time: datetime) -> datetime:
    """An event's time in UTC. Raises DecodeError for one that no calendar holds there."""
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise DecodeError(
            Reason.FIELD_INVALID, f"time: {error} (found {time.isoformat()}). Fix: send a real time"
        ) from error


def require_subject(event: BaseCloudEvent, about: str, said: str) -> None:
    """Is the subject, if there is one, what the data is `about`? What else is a mix-up: refuse both.

    `said` tells how the data names it, as in "campaign_id is".
    """
    subject = event.get_subject()
    if subject is not None and subject != about:
        raise DecodeError(
            Reason.SUBJECT_MISMATCH,
            f"subject is {shown(subject)}, {said} {shown(about)}. Fix: send the same in both",
        )


def write_event(event: BaseCloudEvent, mode: ContentMode) -> tuple[bytes, Headers]:
    """The Kafka value and headers that carry this event in this content mode."""
    message = (to_structured if mode == "structured" else to_binary)(event, _FORMAT)
    return message.value, tuple(message.headers.items())


def build_event(
    type: str, source: str, subject: str | None, id: str, time: datetime, data: dict[str, Any]
) -> BaseCloudEvent:
    """A CloudEvent with JSON data; `time` is aware UTC, a `subject` of None is left out.

    Raises DecodeError NOT_A_CLOUDEVENT for what nobody could read back, such as an empty source.
    """
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "type": type,
        "source": source,
        "id": id,
        "time": time,
        "datacontenttype": "application/json",
    }
    if subject is not None:
        attributes["subject"] = subject
    try:
        return CloudEvent(attributes, data)
    except CloudEventValidationError as error:
        raise DecodeError(Reason.NOT_A_CLOUDEVENT, _listed(error)) from error


def cloud_event(
    type: str, source: str, subject: str | None, id: str, time: datetime, data: dict[str, Any]
) -> tuple[bytes, Headers]:
    """The Kafka value and headers of an outgoing event, in structured mode."""
    return write_event(build_event(type, source, subject, id, time, data), "structured")


def _own_headers(headers: IncomingHeaders) -> dict[str, bytes]:
    """The headers that CloudEvents defines, by lower-case name; others may hold anything at all."""
    lowered = ((name.lower(), content) for name, content in headers)
    return {
        name: content
        for name, content in lowered
        if content is not None and (name == "content-type" or name.startswith("ce_"))
    }


def _missing(names: Sequence[str], *, structured: bool) -> str:
    """How to mend an event without its required attributes, in the mode it was taken for."""
    if structured:
        return f"the event lacks {', '.join(names)}. Fix: add them beside `data`"
    wanted = ", ".join(f"ce_{name}" for name in names)
    return (
        f"the headers lack {wanted}. Fix: add them, or send the whole event as the value with the header "
        "content-type: application/cloudevents+json"
    )


def _listed(error: CloudEventValidationError) -> str:
    """Everything the library found wrong with the attributes, on one line."""
    problems = "; ".join(str(problem) for found in error.errors.values() for problem in found)
    return f"{problems}. Fix: follow CloudEvents 1.0"
