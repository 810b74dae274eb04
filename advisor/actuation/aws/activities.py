"""Who changed a resource last, and why is it not there yet? From the platform's own record of what it did."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_SCHEDULED = re.compile(r"scheduled action (?:name )?(?P<name>[^\s,.]+)")
_POLICY = re.compile(r"(?:in state ALARM triggered policy|triggered policy|policy) (?P<name>[^\s,.]+)")

_BOUNDS = re.compile(r"(?:minimum|maximum) capacity was set")

_DONE = ("Successful", "Cancelled", "Overridden")


def cause_of(activities: Sequence[Mapping[str, Any]]) -> str:
    """Who wrote last, as far as the newest activity tells? Empty: nobody knows."""
    for activity in activities:
        cause = str(activity.get("Cause", ""))
        if named := _SCHEDULED.search(cause):
            return f"scheduled action {named['name']}"
        if "user request" in cause:
            return "a user request"
        if _BOUNDS.search(cause):
            return "a change of the bounds"
        if named := _POLICY.search(cause):
            return f"scaling policy {named['name']}"
    return ""


def unfinished(activities: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What the platform says of what it did not finish, the newest of each kind once.

    What lies before its last success is over.
    """
    said: list[str] = []
    for activity in activities:
        if activity.get("StatusCode") in _DONE:
            break
        message = activity.get("StatusMessage") or activity.get("Description") or ""
        reasons = ", ".join(str(r["Code"]) for r in activity.get("NotScaledReasons", ()))
        said += [f"{activity.get('StatusCode', 'Unknown')}: {message}" + (f" ({reasons})" if reasons else "")]
    return tuple(dict.fromkeys(said))[:3]
