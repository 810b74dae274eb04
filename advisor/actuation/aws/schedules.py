"""What is armed, what is to be armed, and what has to be put there or taken away for that?

An action's name is made of what it does, so that the same action has the same name whoever arms it, and is
armed once. Only names with our prefix are ever looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from advisor.domain.capacity import Armed

PREFIX = "headstart-"
TOO_SOON = timedelta(minutes=1)
"""What would begin within this time is not sent: AWS refuses what is past when it arrives."""

_AT = re.compile(r"at\((?P<time>[0-9T:-]+)\)")
_LONG_PAST = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Rearmament:
    """What is missing of what is to be armed, and the names of what nobody asks for any more."""

    to_put: Mapping[str, Armed]
    to_delete: tuple[str, ...]


def action_name(step: Armed) -> str:
    """The name of the action that carries out a step, such as `headstart-20261127T083000Z-9-40`."""
    ceiling = "" if step.ceiling is None else f"-{step.ceiling}"
    return f"{PREFIX}{step.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{step.floor}{ceiling}"


def is_ours(name: str) -> bool:
    """Is this the name of an action of ours?"""
    return name.startswith(PREFIX)


def armed_in_order(found: Mapping[str, Armed]) -> tuple[Armed, ...]:
    """What is armed, the soonest first."""
    return tuple(sorted(found.values(), key=lambda step: (step.at, step.floor)))


def rearmament(found: Mapping[str, Armed], wanted: Sequence[Armed], now: datetime) -> Rearmament:
    """What makes what was `found` of ours into what is `wanted`, as of `now`."""
    named = {action_name(step): step for step in wanted}
    missing = {n: s for n, s in named.items() if s.at > now + TOO_SOON and found.get(n) != s}
    return Rearmament(missing, tuple(name for name in found if name not in named))


def as_scheduled_action(step: Armed) -> dict[str, Any]:
    """A step as Application Auto Scaling takes it: `at(...)` in a time zone, and the bounds that it sets."""
    ceiling = {} if step.ceiling is None else {"MaxCapacity": step.ceiling}
    return {
        "Schedule": f"at({step.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
        "Timezone": "UTC",
        "ScalableTargetAction": {"MinCapacity": step.floor, **ceiling},
    }


def armed_by(action: Mapping[str, Any]) -> Armed:
    """What such an action does, and when. One whose schedule somebody rewrote is as good as past."""
    does = action.get("ScalableTargetAction", {})
    found = _AT.fullmatch(action["Schedule"])
    zone = ZoneInfo(action.get("Timezone") or "UTC")
    at = datetime.fromisoformat(found["time"]).replace(tzinfo=zone).astimezone(UTC) if found else _LONG_PAST
    return Armed(at, does.get("MinCapacity", 0), does.get("MaxCapacity"))
