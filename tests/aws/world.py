"""What the tests' AWS is in: its time, its lead time, and everything that moto does not keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from tests.aws.faults import Faults
from tests.support.builders import NOW
from tests.support.request_bell import RequestBell

ACCOUNT, REGION = "123456789012", "eu-central-1"


@dataclass
class Fleet:
    """Units that are there a lead time after they were asked for, and gone at once."""

    wanted: int
    ready: int
    due: list[tuple[datetime, int]] = field(default_factory=list)

    def aim(self, units: int, now: datetime, lead_time: timedelta) -> None:
        """Ask for so many."""
        if units == self.wanted:
            return
        self.wanted = units
        self.due = [(at, min(count, units)) for at, count in self.due]
        self.ready = min(self.ready, units)
        self.due.append((now + lead_time, units))
        self.settle(now)

    def settle(self, now: datetime) -> None:
        """Let time pass."""
        self.ready = max([self.ready, *(count for at, count in self.due if at <= now)])
        self.due = [(at, count) for at, count in self.due if at > now]


@dataclass
class World:
    """One AWS. Its time is the test's to move; nothing in it reads a clock."""

    now: datetime = NOW
    lead_time: timedelta = timedelta(minutes=4)
    clock_ahead: timedelta = timedelta(0)
    faults: Faults = field(default_factory=Faults)
    actions: list[str] = field(default_factory=list)
    ours: list[str] = field(default_factory=list)
    activities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    no_capacity: bool = False
    fleets: dict[str, Fleet] = field(default_factory=dict)
    state: dict[str, dict[Any, Any]] = field(default_factory=dict)
    external_ids: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    quotas: dict[str, float] = field(default_factory=dict)
    refused_actions: set[str] = field(default_factory=set)
    depends_on: str = ""
    lock: RLock = field(default_factory=RLock)
    at_once: int = 0
    most_at_once: int = 0
    bell: RequestBell = field(default_factory=RequestBell)

    def at_call(self, number: int, do: Callable[[], object] | None) -> None:
        """Do something when so many more calls have come in, before the last of them is carried out."""
        with self.lock:
            self.bell.at(number, do)

    def called(self, action: str, *, ours: bool) -> None:
        """Note a call that came in, and whether an actuator made it."""
        self.actions.append(action)
        if ours:
            self.ours.append(action)
        self.bell.came()

    def pass_time(self, by: timedelta) -> None:
        """Move the clock. What was to happen by then happens when somebody looks."""
        with self.lock:
            self.now += by

    def table(self, name: str) -> dict[Any, Any]:
        """A kind of thing that is kept here, by key."""
        return self.state.setdefault(name, {})

    def tell(self, of: str, cause: str, status: str = "Successful", **other: Any) -> None:
        """Write into the record of what a resource did, the newest first."""
        entries = self.activities.setdefault(of, [])
        entry: Mapping[str, Any] = {
            "ActivityId": f"{of}-{len(entries)}",
            "Cause": cause,
            "StatusCode": status,
            "StartTime": self.now,
            "Description": cause,
            **other,
        }
        entries.insert(0, dict(entry))
