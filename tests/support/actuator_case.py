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
from advisor.domain.change import Carried, Change

FRESH = Bounds(2, 40)
"""The bounds of a resource that was just made."""

RAISED = Bounds(9, 40)

Interrupt = Callable[[Coroutine[Any, Any, Any], int], Awaitable[bool]]
"""Carries a call out and cancels it at its n-th step; True if it had not ended by then."""

AtRequest = Callable[[int, Callable[[], object] | None], None]
"""Does something, on any thread, once so many more requests have come in; the last is answered after it."""


async def interrupted(call: Coroutine[Any, Any, Any], step: int) -> bool:
    """Cancel a call that has been given so many turns of the event loop."""
    task = asyncio.ensure_future(call)
    for _ in range(step):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    return task.cancelled()


def interrupted_at(at_request: AtRequest) -> Interrupt:
    """Cancels a call as soon as its n-th request has come in: there a call can be half done."""

    async def interrupt(call: Coroutine[Any, Any, Any], step: int) -> bool:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(call)
        at_request(step, lambda: loop.call_soon_threadsafe(task.cancel))
        await asyncio.wait([task])
        at_request(0, None)
        return task.cancelled()

    return interrupt


@dataclass
class ActuatorCase:
    """A resource and the platform behind it.

    `gone` is the id of a resource of this kind that does not exist. `somebody_sets` writes bounds as others
    do, past the actuator; `recreate` makes the resource anew under its name. After `pass_time`, of no time at
    all too, and after `somebody_sets` nothing moves by itself until time passes. `schedules` says whether the
    platform can be armed, `own_maximum` whether it keeps a maximum, `lowers` whether it can be lowered.
    `cut_off` makes the platform unreachable from then on. `at_request` and `writes`, which sets bounds as
    others do and at once, are of platforms that compare by themselves what a write rests on. `answers` makes
    the platform answer every request from then on with this status of HTTP.
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
    cut_off: Callable[[], None] | None = None
    at_request: AtRequest | None = None
    writes: Callable[[Bounds], object] | None = None
    answers: Callable[[int], None] | None = None

    def change(
        self,
        target: Bounds,
        found: Bounds = FRESH,
        originals: Bounds = FRESH,
        armed: tuple[Armed, ...] | None = None,
    ) -> Change:
        """A change of this resource, planned for now."""
        return Change(self.name, found, target, originals, self.now(), epoch=7, armed=armed)


async def raised(case: ActuatorCase, to: Bounds = RAISED) -> None:
    """The resource is raised, and its units are there."""
    done = await case.actuator.set_floor(case.name, case.change(to), case.now())
    assert done.carried is Carried.WHOLE
    case.pass_time(case.lead_time)


async def given_back(case: ActuatorCase) -> None:
    """Restored as executing does it: by the bounds that stand, until nothing is missing."""
    for _ in range(4):
        stands = (await case.actuator.observe(case.name, case.now())).bounds
        done = await case.actuator.restore(case.name, case.change(FRESH, stands), case.now())
        if done.carried is Carried.WHOLE:
            return
        case.pass_time(case.lead_time)
    raise AssertionError(f"not given back: {done.detail}")
