"""Do the values of a policy agree with each other?

The checks read the plain data rather than the validated model, so that what they find is reported
together with bad values elsewhere. A value of the wrong kind is passed over: the model reports it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from advisor.durations import format_duration, parse_duration
from advisor.policy_file.model import PolicySection, SharedOptions
from advisor.policy_file.text import Absent, Location

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement: where, what was found there, what is wrong, and how to mend it."""

    location: Location
    value: object
    message: str
    fix: str


def disagreements(data: object) -> Iterator[Finding]:
    """Which values of this policy contradict each other? `data` is the plain content of the file."""
    if not isinstance(data, Mapping):
        return
    for resource, section in _resources(data):
        yield from _bounds(resource, section)
        yield from _unlisted_services(data, resource, section)
        yield from _late_planning(data, resource, section)
        yield from _missing_price(data, resource, section)
        yield from _letting_go_of_all(data, resource, section)
    yield from _grid(data)
    yield from _repeated_sources(data)


def did_you_mean(word: object, known: Iterator[str] | Mapping[str, object], otherwise: str) -> str:
    """What did the author probably mean? `otherwise` where nothing known is close."""
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f"did you mean `{close[0]}`?" if close else otherwise


def _resources(data: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    for resource, section in _mapping(data.get("resources")).items():
        if isinstance(section, Mapping):
            yield resource, section


def _bounds(resource: str, section: Mapping[str, object]) -> Iterator[Finding]:
    least, most = section.get("min"), section.get("max")
    if _whole(least) and _whole(most) and least > most:  # type: ignore[operator]
        fix = f"raise max to {least} or more, or lower min"
        yield Finding(("resources", resource, "max"), most, f"is below min, which is {least}", fix)


def _unlisted_services(
    data: Mapping[str, object], resource: str, section: Mapping[str, object]
) -> Iterator[Finding]:
    listed, serves = data.get("services"), section.get("serves")
    if not isinstance(listed, Mapping) or not isinstance(serves, str | list | Mapping):
        return
    place: Location = ("resources", resource, "serves")
    names = [serves] if isinstance(serves, str) else list(serves)
    for position, name in enumerate(names):
        if isinstance(name, str) and name not in listed:
            where = (
                place if isinstance(serves, str) else (*place, position if isinstance(serves, list) else name)
            )
            fix = did_you_mean(name, listed, "add it to `services:`, or correct the name")
            yield Finding(where, name, "is not listed under `services:`", fix)


def _late_planning(
    data: Mapping[str, object], resource: str, section: Mapping[str, object]
) -> Iterator[Finding]:
    ahead = _duration_of(data, "plan_ahead", PolicySection.model_fields["plan_ahead"].default)
    default = _duration_of(
        _mapping(data.get("defaults")), "lead_time", SharedOptions.model_fields["lead_time"].default
    )
    lead = _duration_of(section, "lead_time", default)
    if ahead is not None and lead is not None and lead >= ahead:
        message = (
            f"is not below plan_ahead, which is {format_duration(ahead)}: no campaign could be met in time"
        )
        fix = "raise `plan_ahead:` above the longest lead time"
        yield Finding(
            ("resources", resource, "lead_time"),
            section.get("lead_time", format_duration(lead)),
            message,
            fix,
        )


def _missing_price(
    data: Mapping[str, object], resource: str, section: Mapping[str, object]
) -> Iterator[Finding]:
    bound = _mapping(data.get("budget")).get("per_campaign")
    defaults = _mapping(data.get("defaults"))
    price = section.get("price_per_unit_hour", defaults.get("price_per_unit_hour"))
    if bound is not None and price is None:
        message = "is missing, so `budget.per_campaign` could not bound this resource"
        fix = "give a price here or in `defaults:`; 0 if more units cost nothing"
        yield Finding(("resources", resource, "price_per_unit_hour"), Absent.NOTHING, message, fix)


def _letting_go_of_all(
    data: Mapping[str, object], resource: str, section: Mapping[str, object]
) -> Iterator[Finding]:
    reactive = section.get("reactive", _mapping(data.get("defaults")).get("reactive"))
    if reactive is False and section.get("running_quantile") is not None:
        message = "has no effect: nothing scales this resource above its floor, which is held to the end"
        fix = "remove it or, if something does scale this resource, set `reactive: true`"
        yield Finding(("resources", resource, "running_quantile"), section["running_quantile"], message, fix)


def _grid(data: Mapping[str, object]) -> Iterator[Finding]:
    fields = PolicySection.model_fields
    step = _duration_of(data, "step", fields["step"].default)
    horizon = _duration_of(data, "horizon", fields["horizon"].default)
    if step is not None and _DAY % step:
        fix = "take one that does, such as 1m, 5m, 10m, 15m, 30m or 1h"
        yield Finding(("step",), data.get("step"), "does not divide a day", fix)
    if step is not None and horizon is not None and horizon < step:
        message = f"is below step, which is {format_duration(step)}"
        yield Finding(("horizon",), data.get("horizon"), message, "raise horizon, 24h is usual")


def _repeated_sources(data: Mapping[str, object]) -> Iterator[Finding]:
    sections = data.get("sources")
    seen: set[str] = set()
    for position, section in enumerate(sections if isinstance(sections, list) else []):
        source = _mapping(section).get("source")
        if not isinstance(source, str):
            continue
        if source in seen:
            message = "is listed twice, so its limits would be ambiguous"
            yield Finding(("sources", position, "source"), source, message, "keep one of the two")
        seen.add(source)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _duration_of(section: Mapping[str, object], name: str, default: timedelta | None) -> timedelta | None:
    """The duration written here, `default` where none is, None where it cannot be read or is zero."""
    text = section.get(name)
    if name not in section:
        return default
    if not isinstance(text, str):
        return None
    try:
        return parse_duration(text)
    except ValueError:
        return None  # the model reports it, with the way to write it
