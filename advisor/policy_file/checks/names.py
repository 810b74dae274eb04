"""Does everything that is named exist: services, resources, and whom a resource serves?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from pydantic_core import PydanticCustomError

from advisor.domain.policy import TIERS
from advisor.policy_file.checks.finding import (
    Finding,
    Plain,
    all_resources,
    did_you_mean,
    entries,
    mapping,
    scalable_resources,
)
from advisor.policy_file.served import EVERYTHING, read_demand
from advisor.policy_file.text import Absent, Location
from advisor.resource_id import is_fixed

_Named = list[tuple[Location, str]]


def name_problems(data: Plain) -> Iterator[Finding]:
    """What is named but does not exist, is named twice, or stands in a circle?"""
    yield from _whom(data)
    yield from _unlisted_services(data)
    yield from _unknown_resources(data)
    yield from _circles(data)
    yield from _later_tiers(data)
    yield from _repeated_sources(data)


def _whom(data: Plain) -> Iterator[Finding]:
    """Every resource says in one of two ways whom it serves, and that is somebody."""
    somebody = bool(mapping(data.get("services"))) or any(
        name != EVERYTHING for _, section in all_resources(data) for _, name in _services_of((), section)
    )
    for resource, section in all_resources(data):
        place: Location = ("resources", resource, "serves")
        serves, demand = section.get("serves"), section.get("demand")
        if serves is None and demand is None:
            fix = "write `serves: web-shop`, or a sum such as `demand: 0.3 * checkout`"
            yield Finding(place, Absent.NOTHING, "is missing", fix)
        if serves is not None and demand is not None:
            there = ("resources", resource, "demand")
            yield Finding(there, demand, "says again what `serves` says", "keep one of the two")
        if serves == EVERYTHING and not somebody:
            fix = "list the services under `services:`"
            yield Finding(place, serves, "stands for every service, and no service is named anywhere", fix)


def _services_of(place: Location, section: Plain) -> Iterator[tuple[Location, str]]:
    """The services that a resource names, and where; those of a formula stand where it stands."""
    serves, demand = section.get("serves"), section.get("demand")
    if isinstance(serves, str):
        yield (*place, "serves"), serves
    elif isinstance(serves, list):
        yield from (((*place, "serves", n), name) for n, name in enumerate(serves) if isinstance(name, str))
    else:
        yield from (((*place, "serves", name), name) for name in mapping(serves))
    if isinstance(demand, str):
        try:
            yield from (((*place, "demand"), name) for name in read_demand(demand))
        except PydanticCustomError:
            return  # the model reports it, with the term


def _unlisted_services(data: Plain) -> Iterator[Finding]:
    listed = mapping(data.get("services"))
    if not listed:
        return
    hint = _hints(listed, "add it to `services:`, or correct the name")
    for resource, section in all_resources(data):
        for where, name in _services_of(("resources", resource), section):
            if name not in listed and name != EVERYTHING:
                yield Finding(where, name, "is not listed under `services:`", hint(name))


def _unknown_resources(data: Plain) -> Iterator[Finding]:
    known = mapping(data.get("resources"))
    hint = _hints(known, "name a resource that stands under `resources:`")
    for where, name in (*_depended_on(data), *_of_pools(data), *_of_freezes(data)):
        if name not in known:
            yield Finding(where, name, "is not a resource of this file", hint(name))
    for where, name in (*_depended_on(data), *_of_pools(data)):
        if name in known and is_fixed(name):
            fix = "remove it; its own limit is part of every plan that it is in the way of"
            yield Finding(
                where, name, "cannot be scaled, so it is never waited for and draws on nothing", fix
            )


def _later_tiers(data: Plain) -> Iterator[Finding]:
    """What is waited for is raised no later: by tier, capacity goes up from beneath."""
    shared = mapping(data.get("defaults")).get("tier", "pods")
    tiers = {name: section.get("tier", shared) for name, section in scalable_resources(data)}
    for where, name in _depended_on(data):
        own, other = tiers[str(where[1])], tiers.get(name)
        if own in TIERS and other in TIERS and TIERS.index(str(other)) > TIERS.index(str(own)):
            message = f"is of tier {other}, which is raised after {own}"
            yield Finding(where, name, message, "give the two tiers in the order in which they are needed")


def _depended_on(data: Plain) -> _Named:
    return [
        (("resources", resource, "depends_on", position), name)
        for resource, section in scalable_resources(data)
        for position, name in enumerate(entries(section.get("depends_on")))
        if isinstance(name, str)
    ]


def _of_pools(data: Plain) -> _Named:
    return [
        (("pools", pool, part, name), name)
        for pool, section in mapping(data.get("pools")).items()
        for part in ("uses", "provides")
        for name in mapping(mapping(section).get(part))
    ]


def _of_freezes(data: Plain) -> _Named:
    return [
        (("freezes", n, "resources", position), name)
        for n, freeze in enumerate(entries(data.get("freezes")))
        for position, name in enumerate(entries(mapping(freeze).get("resources")))
        if isinstance(name, str)
    ]


def _circles(data: Plain) -> Iterator[Finding]:
    """Each circle of dependence, once: found where following it comes back to what is being followed."""
    waits: dict[str, _Named] = {}
    for where, name in _depended_on(data):
        waits.setdefault(str(where[1]), []).append((where, name))
    done: set[str] = set()
    for start, first in waits.items():
        trail = {} if start in done else {start: iter(first)}  # what is followed, each to the next
        while trail:
            last = next(reversed(trail))
            for where, name in trail[last]:
                if name in trail:
                    followed = list(trail)
                    yield _circle(where, [*followed[followed.index(name) :], name])
                elif name in waits and name not in done:
                    trail[name] = iter(waits[name])
                    break
            else:
                done.add(last)
                del trail[last]


def _circle(where: Location, along: list[str]) -> Finding:
    if len(along) == 2:
        return Finding(where, along[0], "is the resource itself", "remove it")
    said = " -> ".join(along)
    fix = "remove one of these dependencies"
    return Finding(where, along[0], f"closes a circle in which each waits for the next: {said}", fix)


def _repeated_sources(data: Plain) -> Iterator[Finding]:
    seen: set[str] = set()
    for position, section in enumerate(entries(data.get("sources"))):
        source = mapping(section).get("source")
        if not isinstance(source, str):
            continue
        if source in seen:
            message = "is listed twice, so its limits would be ambiguous"
            yield Finding(("sources", position, "source"), source, message, "keep one of the two")
        seen.add(source)


def _hints(known: Plain, otherwise: str) -> Callable[[str], str]:
    """What was probably meant by a name; asked once per name, for among thousands looking takes long."""
    return cache(lambda name: did_you_mean(name, known, otherwise))
