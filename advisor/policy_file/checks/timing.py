"""Do the times of a policy agree: the grid, lead times, hours and freezes?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from advisor.durations import format_duration
from advisor.policy_file.checks.finding import (
    Finding,
    Plain,
    duration_of,
    entries,
    mapping,
    scalable_resources,
)
from advisor.policy_file.model import PolicySection
from advisor.policy_file.resource_model import SharedOptions
from advisor.policy_file.times import freeze_window

_DAY = timedelta(days=1)


def timing_problems(data: Plain) -> Iterator[Finding]:
    """Which times contradict each other?"""
    yield from _late_planning(data)
    yield from _grid(data)
    yield from _no_hours(data)
    yield from _no_freeze(data)


def _late_planning(data: Plain) -> Iterator[Finding]:
    ahead = duration_of(data, "plan_ahead", PolicySection.model_fields["plan_ahead"].default)
    built_in = SharedOptions.model_fields["lead_time"].default
    default = duration_of(mapping(data.get("defaults")), "lead_time", built_in)
    for resource, section in scalable_resources(data):
        lead = duration_of(section, "lead_time", default)
        if ahead is not None and lead is not None and lead >= ahead:
            yield Finding(
                ("resources", resource, "lead_time"),
                section.get("lead_time", format_duration(lead)),
                f"is not below plan_ahead, which is {format_duration(ahead)}: "
                "no campaign could be met in time",
                "raise `plan_ahead:` above the longest lead time",
            )


def _grid(data: Plain) -> Iterator[Finding]:
    fields = PolicySection.model_fields
    step = duration_of(data, "step", fields["step"].default)
    horizon = duration_of(data, "horizon", fields["horizon"].default)
    if step is not None and _DAY % step:
        fix = "take one that does, such as 1m, 5m, 10m, 15m, 30m or 1h"
        yield Finding(("step",), data.get("step"), "does not divide a day", fix)
    if step is not None and horizon is not None and horizon < step:
        message = f"is below step, which is {format_duration(step)}"
        yield Finding(("horizon",), data.get("horizon"), message, "raise horizon, 24h is usual")


def _no_hours(data: Plain) -> Iterator[Finding]:
    for mode, caps in mapping(data.get("caps")).items():
        hours = mapping(mapping(caps).get("hours"))
        if isinstance(hours.get("from"), str) and hours["from"] == hours.get("to"):
            fix = "leave `hours` out for the whole day, or move one of the two"
            place = ("caps", mode, "hours", "to")
            yield Finding(place, hours["to"], "is the same as from, so no time is left", fix)


def _no_freeze(data: Plain) -> Iterator[Finding]:
    for position, freeze in enumerate(map(mapping, entries(data.get("freezes")))):
        start, end, zone = freeze.get("start"), freeze.get("end"), freeze.get("timezone", "UTC")
        if not (isinstance(start, str) and isinstance(end, str) and isinstance(zone, str)):
            continue
        try:
            since, until = freeze_window(start, end, zone)
        except ValueError:
            continue  # the model reports what cannot be read
        if until <= since:
            message = f"is not after start, which is {start}"
            yield Finding(("freezes", position, "end"), end, message, "move the end behind the start")
