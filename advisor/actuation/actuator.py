"""What every platform has to offer so that a floor can be set on it.

Five calls. Whatever decides (which floor, whether to act at all, whose write it was) is done before them and
is the same for every platform; an actuator translates, and tells the truth about what it found.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from advisor.domain.capacity import Bounds, Observation, Verification
from advisor.domain.change import Change, Done
from advisor.domain.preflight import Preflight


class Actuator(Protocol):
    """Sets a resource's bounds to a target: level-triggered, idempotent, never by an increment.

    Every call raises ActuationError, and nothing else: its reason says what kind of trouble it is, and
    `retryable` whether the same call can succeed later. A call may be cancelled at any await; what stands
    then is either what stood before or what was asked for, and the next call sets it right.
    """

    @property
    def dry_run(self) -> bool:
        """Does acting here change nothing real? That is all that a replay may act on."""

    @property
    def slowest_call(self) -> timedelta:
        """After so long nothing that was begun here can still take effect, whatever became of its caller."""

    async def observe(self, resource: str, now: datetime) -> Observation:
        """How does the resource stand: its bounds, its units, how many of them serve, who wrote last?"""

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        """What will keep the resource from having `need.minimum` units under a maximum of `need.maximum`?

        Asks for quotas, addresses, maxima and permissions, and changes nothing.
        """

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """Make the bounds, and what is armed, what the change asks for; what stands already is left alone.

        Compare-and-set: raises ActuationError with ACT_CONFLICT where neither `change.found` nor
        `change.target` stands, or the change is outdone, for then somebody else wrote. The originals are
        written on the resource too.
        """

    async def verify(self, resource: str, floor: int, now: datetime) -> Verification:
        """Do so many units serve: in service, ready, provisioned? Never by an earlier call's success."""

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """Set exactly the target, and take everything of ours off the resource: originals, marks, schedules.

        Compare-and-set as `set_floor`. Restoring what is restored changes nothing.
        """


async def close(actuator: Actuator) -> None:
    """Close what connections an actuator has. One that has any offers `close`; it is not called again."""
    closing = getattr(actuator, "close", None)
    if closing is not None:
        await closing()
