"""One resource of one actuator, and all that it takes to put it through the contract of all actuators.

The resource is freshly made, with bounds 2 to 40 and its two units ready.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from advisor.actuation.actuator import Actuator
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Change

FRESH = Bounds(2, 40)
"""The bounds of a resource that was just made."""

Interrupt = Callable[[Coroutine[Any, Any, Any], int], Awaitable[bool]]
"""Carries a call out and cancels it at its n-th step; True if it had not ended by then."""


async def interrupted(call: Coroutine[Any, Any, Any], step: int) -> bool:
    """Cancel a call that has been given so many turns of the event loop."""
    task = asyncio.ensure_future(call)
    for _ in range(step):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


@dataclass
class ActuatorCase:
    """A resource and the platform behind it.

    `gone` is the id of a resource of this kind that does not exist. `somebody_sets` writes bounds as others
    do, past the actuator; `recreate` makes the resource anew under its name. `schedules` says whether the
    platform can be armed, `own_maximum` whether it keeps a maximum, `lowers` whether it can be lowered.
    """

    actuator: Actuator
    name: str
    gone: str
    lead_time: timedelta
    now: Callable[[], datetime]
    pass_time: Callable[[timedelta], None]
    somebody_sets: Callable[[Bounds], Awaitable[None]]
    recreate: Callable[[], Awaitable[None]] | None = None
    interrupt: Interrupt = interrupted
    schedules: bool = False
    own_maximum: bool = True
    lowers: bool = True

    def change(
        self,
        target: Bounds,
        found: Bounds = FRESH,
        originals: Bounds = FRESH,
        armed: tuple[Armed, ...] | None = None,
    ) -> Change:
        """A change of this resource, planned for now."""
        return Change(self.name, found, target, originals, self.now(), epoch=7, armed=armed)
