"""How is each kind of value in a policy written, and what is said when it is not?

Errors raised here carry a message that is ready to print, and the way to mend the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from advisor.domain.policy import Mode
from advisor.durations import PATTERN, format_duration, parse_duration
from advisor.resource_id import RESOURCE_ID_PATTERN, why_not_a_resource_id

OWN = "headstart"
"""The type of the errors raised here; `message` and `fix` are in their context."""


def _wrong(message: str, fix: str) -> PydanticCustomError:
    # pydantic fills {names} in the template from the context; values are never part of the template
    return PydanticCustomError(OWN, "{message}", {"message": message, "fix": fix})


def _duration(least: str, most: str) -> Callable[[object], timedelta]:
    low, high = parse_duration(least), parse_duration(most)

    def read(value: object) -> timedelta:
        fix = f"write a whole number and s, m, h or d, from {least} to {most}"
        if not isinstance(value, str):
            raise _wrong("must be a duration with its unit", fix)
        try:
            duration = parse_duration(value)
        except ValueError as error:
            raise _wrong("is not a duration", fix) from error
        if not low <= duration <= high:
            raise _wrong(f"must be from {least} to {most}", fix)
        return duration

    return read


_AsText = PlainSerializer(format_duration, return_type=str)
_DurationSchema = WithJsonSchema({"type": "string", "pattern": PATTERN})
UpToADay = Annotated[timedelta, BeforeValidator(_duration("1s", "1d")), _AsText, _DurationSchema]
UpToAWeek = Annotated[timedelta, BeforeValidator(_duration("1s", "7d")), _AsText, _DurationSchema]
UpToTwoWeeks = Annotated[timedelta, BeforeValidator(_duration("1m", "14d")), _AsText, _DurationSchema]
UpToAYear = Annotated[timedelta, BeforeValidator(_duration("1h", "366d")), _AsText, _DurationSchema]
StepWidth = Annotated[timedelta, BeforeValidator(_duration("10s", "6h")), _AsText, _DurationSchema]


def _resource_id(value: str) -> str:
    if why := why_not_a_resource_id(value):
        raise _wrong(why.message, why.fix)
    return value


def _service_name(value: str) -> str:
    if not re.fullmatch(r"\w[\w.:/@+-]{0,254}", value):
        raise _wrong(
            "is not a service name",
            "use letters, digits and . : / @ + - _, at most 255 of them, as in the traffic's `service` field",
        )
    return value


def _topic_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", value) or value in {".", ".."}:
        raise _wrong("is not a Kafka topic name", "use letters, digits and . _ -, at most 249 of them")
    return value


def _free_text(value: str) -> str:
    if any(not (c.isprintable() or c.isspace()) for c in value) or not value.strip():
        raise _wrong("must be readable text", "write a few words without control characters")
    return value


def _day(value: object) -> date:
    fix = "write year, month and day, such as 2026-10-12"
    if not isinstance(value, str):
        raise _wrong("must be a day", fix)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise _wrong("is not a day", fix) from error


def _serves(value: object) -> object:
    """Bring the three ways to write `serves` to the one they mean: service -> share."""
    if isinstance(value, str):
        return {value: 1.0}
    if not isinstance(value, list):
        return value
    names = [item for item in value if isinstance(item, str)]
    if len(names) < len(value):
        raise _wrong("must list service names", "write [web-shop, search], or {web-shop: 1.0, checkout: 0.3}")
    if len(set(names)) < len(names):
        raise _wrong("names a service twice", "name each service once; a share is written {web-shop: 2.0}")
    return dict.fromkeys(names, 1.0)


ResourceId = Annotated[
    str, AfterValidator(_resource_id), WithJsonSchema({"type": "string", "pattern": RESOURCE_ID_PATTERN})
]
ServiceName = Annotated[
    str, AfterValidator(_service_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255})
]
TopicName = Annotated[
    str, AfterValidator(_topic_name), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 249})
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
FreeText = Annotated[str, AfterValidator(_free_text), Field(max_length=1000)]
Share = Annotated[float, Field(gt=0, le=1000)]
_SERVES_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        {
            "type": "object",
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
            "minProperties": 1,
        },
    ]
}
Serves = Annotated[
    dict[ServiceName, Share], Field(min_length=1), BeforeValidator(_serves), WithJsonSchema(_SERVES_SCHEMA)
]
ModeName = Annotated[Mode, Field(strict=False)]
Tier = Literal["quota", "reservation", "balancer", "data", "cache", "nodes", "pods"]
