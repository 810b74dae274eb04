"""What every platform has to offer so that a floor can be set on it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from advisor.domain.capacity import Bounds, Observation


class Actuator(Protocol):
    """Sets a resource's bounds to a target: level-triggered, idempotent, never by an increment.

    `dry_run` says that nothing outside this process changes, which is all that a replay may act on.
    Calls raise ActuationError, which says whether trying again can help.
    """

    @property
    def dry_run(self) -> bool:
        """Does acting here change nothing real?"""

    async def observe(self, resource: str, now: datetime) -> Observation:
        """How does the resource stand: its bounds, its units, and how many of them are ready?"""

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Make these the resource's bounds; setting what is already set changes nothing."""
