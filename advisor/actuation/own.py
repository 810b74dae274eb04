"""Actuators that people brought along: found by their entry points, made, and looked at before use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.metadata import entry_points
from inspect import iscoroutinefunction

from advisor.actuation.actuator import Actuator
from advisor.actuation.checked import Checked
from advisor.domain.policy import ResourcePolicy
from advisor.errors import ConfigError, Problem
from advisor.resource_id import parts_of

Resources = Mapping[str, ResourcePolicy]

ENTRY_POINTS = "headstart.actuators"
"""The group of entry points under which installed packages offer actuators of their own."""

CALLS = ("observe", "preflight", "set_floor", "verify", "restore")


def own_actuators(resources: Resources) -> dict[str, Actuator]:
    """The actuator of each `own://ACTUATOR/...` resource, made once for all resources of that name.

    Raises ConfigError with everything that is wrong with any of them.
    """
    found: dict[str, Actuator] = {}
    problems: list[Problem] = []
    for name in sorted({parts_of(resource)[0] for resource in resources}):
        mine = {n: r for n, r in resources.items() if parts_of(n)[0] == name}
        actuator = _made(name, mine)
        if isinstance(actuator, Problem):
            problems.append(actuator)
        else:
            found |= dict.fromkeys(mine, actuator)
    if problems:
        raise ConfigError("actuators", problems)
    return found


def _made(name: str, mine: Resources) -> Actuator | Problem:
    """The actuator of an entry point, for these resources of its own; or what is wrong with it."""
    resource = next(iter(mine))
    offered = entry_points(group=ENTRY_POINTS)
    if name not in offered.names:
        there = ", ".join(sorted(offered.names)) or "none"
        fix = f"install the package that offers it as an entry point of {ENTRY_POINTS}; there are: {there}"
        return Problem(resource, name, "no such actuator is installed", fix)
    point = offered[name]
    try:
        actuator = point.load()(mine)
        lacking = tuple(_lacking(actuator))
    except Exception as error:  # somebody else's code: whoever reads the policy is told whose it is
        what = f"the actuator {point.value} could not be made: {type(error).__name__}: {error}"
        return Problem(resource, name, what, "see to that package, and to what it reads when it is made")
    if lacking:
        what = f"{point.value} is no actuator: {'; '.join(lacking)}"
        return Problem(resource, name, what, "see docs/actuators.md: five calls, `dry_run`, `slowest_call`")
    return Checked(actuator)


def _lacking(actuator: object) -> Iterator[str]:
    """What an object lacks of an actuator, as far as it can be told without calling a platform."""
    for call in CALLS:
        if not callable(getattr(actuator, call, None)):
            yield f"no call `{call}`"
        elif not iscoroutinefunction(getattr(actuator, call)):
            yield f"`{call}` is no `async def`"
    if not isinstance(getattr(actuator, "dry_run", None), bool):
        yield "`dry_run` is neither True nor False"
    if not isinstance(getattr(actuator, "slowest_call", None), timedelta):
        yield "`slowest_call` is no timedelta"
