"""How are times written in a policy: durations, days, moments, hours of the day, and zones?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from advisor.durations import PATTERN, format_duration, parse_duration
from advisor.policy_file.values import wrong

_NOTHING = "0s"
_YEARS = range(1970, 2200)
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?$"
_CLOCK = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"


def write_duration(duration: timedelta) -> str:
    """How is a duration written, if it may be none at all?"""
    return format_duration(duration) if duration else _NOTHING


def zone_named(name: str) -> tzinfo:
    """The IANA time zone of this name. Raises ValueError for a name the zone database does not hold."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # a folder of zones (`Europe`) is an OSError
        raise ValueError(f"{name!r} is not an IANA time zone") from error


def moments(text: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """When is this in UTC? Twice, for a local time that the clocks' change repeats or leaves out.

    The earlier of the two readings first; they are the same at any other time, or where `text` carries an
    offset of its own. Raises ValueError for what is no moment between 1970 and 2199.
    """
    if not re.fullmatch(_MOMENT, text) or text.endswith("\n"):
        raise ValueError(f"{text!r} is not written as 2026-11-26T00:00")
    written = datetime.fromisoformat(text)
    if written.year not in _YEARS:
        raise ValueError(f"{text!r} is not between {_YEARS.start} and {_YEARS.stop - 1}")
    if written.tzinfo is not None:
        return (written.astimezone(UTC),) * 2
    read = sorted(written.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return read[0], read[1]


def freeze_window(start: str, end: str, zone: str) -> tuple[datetime, datetime]:
    """From when until when is a freeze, in UTC? Where a local time has two readings, the longer freeze.

    Raises ValueError for what is no moment, or no zone.
    """
    place = zone_named(zone)
    return moments(start, place)[0], moments(end, place)[1]


def _duration(least: str, most: str) -> Callable[[object], timedelta]:
    low, high = _parsed(least), _parsed(most)

    def read(value: object) -> timedelta:
        fix = f"write a whole number and s, m, h or d, from {least} to {most}"
        if not isinstance(value, str):
            raise wrong("must be a duration with its unit", fix)
        try:
            duration = _parsed(value) if not low else parse_duration(value)
        except ValueError as error:
            raise wrong("is not a duration", fix) from error
        if not low <= duration <= high:
            raise wrong(f"must be from {least} to {most}", fix)
        return duration

    return read


def _parsed(text: str) -> timedelta:
    return timedelta(0) if text == _NOTHING else parse_duration(text)


def _day(value: object) -> date:
    fix = "write year, month and day, such as 2026-10-12"
    if not isinstance(value, str):
        raise wrong("must be a day", fix)
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise wrong("is not a day", fix) from error


def _moment(value: str) -> str:
    try:
        moments(value, UTC)
    except ValueError as error:
        fix = "write day and time, local or with an offset, such as 2026-11-26T00:00"
        raise wrong("is not a time between 1970 and 2199", fix) from error
    return value


def _clock(value: object) -> time:
    if not isinstance(value, str) or not re.fullmatch(_CLOCK, value):
        raise wrong("is not a time of day", "write hours and minutes, such as 08:00; midnight is 00:00")
    return time.fromisoformat(value)


def _zone(value: str) -> str:
    try:
        zone_named(value)
    except ValueError as error:
        close = difflib.get_close_matches(value, available_timezones(), n=1)
        fix = f"did you mean `{close[0]}`?" if close else "write e.g. Europe/Berlin"
        raise wrong("is not an IANA time zone", fix) from error
    return value


_AsText = PlainSerializer(write_duration, return_type=str)
_DurationSchema = WithJsonSchema({"type": "string", "pattern": PATTERN})
_WaitSchema = WithJsonSchema({"type": "string", "pattern": f"^{_NOTHING}$|{PATTERN}"})
UpToADay = Annotated[timedelta, BeforeValidator(_duration("1s", "1d")), _AsText, _DurationSchema]
NothingToADay = Annotated[timedelta, BeforeValidator(_duration(_NOTHING, "1d")), _AsText, _WaitSchema]
UpToAWeek = Annotated[timedelta, BeforeValidator(_duration("1s", "7d")), _AsText, _DurationSchema]
UpToTwoWeeks = Annotated[timedelta, BeforeValidator(_duration("1m", "14d")), _AsText, _DurationSchema]
UpToAYear = Annotated[timedelta, BeforeValidator(_duration("1h", "366d")), _AsText, _DurationSchema]
UpToThreeYears = Annotated[timedelta, BeforeValidator(_duration("1m", "1096d")), _AsText, _DurationSchema]
StepWidth = Annotated[timedelta, BeforeValidator(_duration("10s", "6h")), _AsText, _DurationSchema]
Day = Annotated[
    date,
    BeforeValidator(_day),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Moment = Annotated[str, AfterValidator(_moment), WithJsonSchema({"type": "string", "pattern": _MOMENT})]
ClockTime = Annotated[time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": _CLOCK})]
ZoneName = Annotated[str, Field(max_length=255), AfterValidator(_zone)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
