"""Do the numbers of units of a resource agree: bounds, sizes, steps, and what a load test says of one?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from advisor.durations import format_duration
from advisor.policy_file.checks.finding import (
    Finding,
    Plain,
    duration_of,
    entries,
    is_number,
    is_whole,
    mapping,
    own_or_default,
    scalable_resources,
)
from advisor.policy_file.resource_model import RampSection

PROOF_LASTS = timedelta(minutes=10)
"""How long a load must have been carried to prove a unit's capacity."""

MOST_ACTS = 500
"""So many steps a ramp from the minimum to the maximum may take: with more, no lead time would do."""

PROOF_SHARE = 0.8
"""How much of a unit's declared capacity must have been carried to prove it."""


def unit_problems(data: Plain) -> Iterator[Finding]:
    """Which numbers of units contradict each other?"""
    for resource, section in scalable_resources(data):
        yield from _bounds(resource, section)
        yield from _multiples(resource, section)
        yield from _among_sizes(resource, section)
        yield from _step_too_small(data, resource, section)
        yield from _ramp_too_fine(data, resource, section)
        yield from _letting_go_of_all(data, resource, section)
        yield from _what_is_irreversible(resource, section)
        yield from _proves_nothing(resource, section)


def _bounds(resource: str, section: Plain) -> Iterator[Finding]:
    least, most = section.get("min"), section.get("max")
    if is_whole(least) and is_whole(most) and least > most:
        fix = f"raise max to {least} or more, or lower min"
        yield Finding(("resources", resource, "max"), most, f"is below min, which is {least}", fix)


def _multiples(resource: str, section: Plain) -> Iterator[Finding]:
    quantum = section.get("quantum")
    if not is_whole(quantum) or quantum < 1:
        return
    for bound in ("min", "max"):
        units = section.get(bound)
        if is_whole(units) and units % quantum:
            below = units - units % quantum
            message = f"is not a multiple of quantum, which is {quantum}"
            yield Finding(
                ("resources", resource, bound), units, message, f"take {below} or {below + quantum}"
            )


def _among_sizes(resource: str, section: Plain) -> Iterator[Finding]:
    sizes = _sizes(section)
    if not sizes:
        return
    said = ", ".join(map(str, sizes[:8])) + (" ..." if len(sizes) > 8 else "")
    quantum = section.get("quantum")
    if is_whole(quantum) and quantum > 1:
        fix = "keep one of the two: `sizes` where they are irregular, else `quantum`"
        yield Finding(("resources", resource, "quantum"), quantum, "stands beside `sizes`", fix)
    for bound in ("min", "max"):
        units = section.get(bound)
        if is_whole(units) and units not in sizes:
            message = "is not one of sizes, the only floors possible"
            yield Finding(("resources", resource, bound), units, message, f"take one of {said}")


def _step_too_small(data: Plain, resource: str, section: Plain) -> Iterator[Finding]:
    """A step that reaches no next floor would never let the resource be raised."""
    most, quantum = own_or_default(data, section, "max_step"), section.get("quantum")
    gaps = [after - before for before, after in pairwise(_sizes(section))]
    needed = max([*gaps, quantum if is_whole(quantum) else 1])
    if is_whole(most) and 0 < most < needed:
        message = f"is below {needed}, the widest gap between two floors: no act could get over it"
        fix = f"take {needed} or more; `max_step: null` if `ramp` bounds enough"
        yield Finding(("resources", resource, "max_step"), most, message, fix)


def _ramp_too_fine(data: Plain, resource: str, section: Plain) -> Iterator[Finding]:
    """A floor that moves in too small steps is never where it is wanted."""
    least, most, step = section.get("min"), section.get("max"), own_or_default(data, section, "max_step")
    ramp = own_or_default(data, section, "ramp")
    factor = mapping(ramp).get("factor", RampSection.model_fields["factor"].default)
    if not (is_whole(least) and is_whole(most) and least < most and is_number(factor) and factor > 1):
        return
    if len(_sizes(section)) in range(1, MOST_ACTS):
        return
    at_most = step if is_whole(step) and step > 0 else most
    acts, floor = 0, most
    while floor > least and acts <= MOST_ACTS:
        floor = max(min(floor - 1, math.ceil(floor / factor)), floor - at_most)
        acts += 1
    if acts <= MOST_ACTS:
        return
    message = f"takes more than {MOST_ACTS} acts from min {least} to max {most}"
    if at_most < most:
        enough = math.ceil((most - least) / (MOST_ACTS - 20))  # the last few acts are held smaller by `ramp`
        fix = f"take {enough} or more, or lower max"
        yield Finding(("resources", resource, "max_step"), at_most, message, fix)
    else:
        yield Finding(("resources", resource, "ramp", "factor"), factor, message, "take 1.1 or more")


def _letting_go_of_all(data: Plain, resource: str, section: Plain) -> Iterator[Finding]:
    reactive = own_or_default(data, section, "reactive")
    if reactive is False and section.get("running_quantile") is not None:
        message = "has no effect: nothing scales this resource above its floor, which is held to the end"
        fix = "remove it or, if something does scale this resource, set `reactive: true`"
        yield Finding(("resources", resource, "running_quantile"), section["running_quantile"], message, fix)


def _what_is_irreversible(resource: str, section: Plain) -> Iterator[Finding]:
    said = section.get("irreversible")
    if not isinstance(said, dict):
        return
    given = [option for option in ("committed", "price_per_unit") if said.get(option) is not None]
    if len(given) != 1:
        message = (
            "says both that units stay for a time and for good" if given else "does not say for how long"
        )
        fix = "write {committed: 30d}, or {price_per_unit: 1.2} where they are never given back"
        yield Finding(("resources", resource, "irreversible"), said, message, fix)


def _proves_nothing(resource: str, section: Plain) -> Iterator[Finding]:
    test = mapping(section.get("load_test"))
    place = ("resources", resource, "load_test")
    lasted = duration_of(test, "sustained")
    if lasted is not None and lasted < PROOF_LASTS:
        message = f"is below {format_duration(PROOF_LASTS)}, which proves nothing"
        fix = "repeat the test for longer, or leave `load_test` out until then"
        yield Finding((*place, "sustained"), test["sustained"], message, fix)
    rate, units, capacity = test.get("rate_per_s"), test.get("units"), section.get("unit_capacity")
    if is_number(rate) and is_whole(units) and units > 0 and is_number(capacity):
        carried = rate / units
        if carried < PROOF_SHARE * capacity:
            message = (
                f"is {carried:g} on each of {units} units, below {PROOF_SHARE:.0%} of unit_capacity, "
                f"which is {capacity:g}: that proves nothing"
            )
            fix = f"test at {PROOF_SHARE * capacity * units:g} or more, or lower unit_capacity"
            yield Finding((*place, "rate_per_s"), rate, message, fix)


def _sizes(section: Plain) -> list[int]:
    """The sizes if they are what they must be, else none: the model reports those that are not."""
    sizes = entries(section.get("sizes"))
    whole = [size for size in sizes if is_whole(size)]
    return whole if len(whole) == len(sizes) and whole == sorted(set(whole)) else []
