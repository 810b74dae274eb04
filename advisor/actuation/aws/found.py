"""How a resource of AWS was found, and what each kind of them has to offer to be set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from advisor.actuation.aws.addresses import Address
from advisor.actuation.aws.marks import Marks, marks_in
from advisor.actuation.aws.schedules import Rearmament, armed_in_order
from advisor.domain.capacity import Armed, Bounds, Observation
from advisor.domain.change import Change, Done
from advisor.domain.preflight import PreflightFinding


@dataclass(frozen=True, slots=True)
class Found:
    """A resource as AWS describes it, in the words of an Observation.

    `scope` is the word that its tags have in between, `armed` what is armed of ours by name, None where
    nothing can be. `placed` is False where there is no object yet that holds bounds, `has_maximum` where the
    platform knows no maximum of it and the policy's stands in, `settled` while it is being changed and may
    say of its units what they are going to be. `described` is AWS's own description.
    """

    at: Address
    bounds: Bounds
    units: int
    ready_units: int
    identity: str
    tags: Mapping[str, str]
    described: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""
    waiting_for: tuple[str, ...] = ()
    writer: str = ""
    owner: str = ""
    armed: Mapping[str, Armed] | None = None
    placed: bool = True
    has_maximum: bool = True
    settled: bool = True

    @property
    def serving(self) -> int:
        """How many units serve. What is being changed does not count as being where it is to be."""
        return self.ready_units if self.settled else min(self.ready_units, max(self.bounds.minimum - 1, 0))

    @property
    def marks(self) -> Marks:
        """What stands in its tags."""
        return marks_in(self.tags, self.scope)

    def stands(self, bounds: Bounds) -> bool:
        """Are these its bounds? A maximum that the platform does not know is not compared."""
        return self.bounds == bounds or (not self.has_maximum and self.bounds.minimum == bounds.minimum)

    def observation(self, now: datetime) -> Observation:
        """The same, as everything beyond AWS knows it."""
        marks = self.marks
        declared = f"declared by {marks.declared_by}" if marks.declared_by else ""
        return Observation(
            self.at.resource,
            now,
            self.bounds,
            self.units,
            self.serving,
            owner=self.owner,
            managed=marks.managed,
            originals=marks.originals,
            writer=", ".join(filter(None, (self.writer, declared))),
            identity=self.identity,
            armed=None if self.armed is None else armed_in_order(self.armed),
            waiting_for=self.waiting_for,
            epoch=marks.epoch,
        )


@dataclass(frozen=True, slots=True)
class Looked:
    """What a preflight found, and what it could not look at."""

    findings: tuple[PreflightFinding, ...] = ()
    unknown: tuple[str, ...] = ()

    def __add__(self, other: Looked) -> Looked:
        return Looked(self.findings + other.findings, self.unknown + other.unknown)


class Kind(Protocol):
    """What a kind of resource has to offer. All of it raises ActuationError, and nothing else."""

    @property
    def writes(self) -> Sequence[str]:
        """The actions that setting and restoring it need, as permissions are named."""

    async def find(self, resource: str, now: datetime) -> Found:
        """How does it stand?"""

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Put these tags on it, where there is an object to carry them."""

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Make its bounds the change's target, by one write."""

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Put and delete these actions; what was not taken, in words, or nothing."""

    async def let_go(self, found: Found, change: Change) -> Done:
        """Make its bounds exactly the change's target, and take away whatever object of it we made."""

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take these tags off it."""

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """What will keep it from having so many units?"""
