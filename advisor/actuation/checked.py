"""An actuator of somebody's own, held to its word: in time, and with answers that can be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import TypeVar

from advisor.actuation.actuator import Actuator, close
from advisor.domain.capacity import Bounds, Observation, Verification
from advisor.domain.change import Change, Done
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

Answer = TypeVar("Answer")


class Checked:
    """The same actuator. A call ends within its `slowest_call`, and what cannot be is an ActuationError.

    Whoever decides goes on with what stands elsewhere, whatever one platform's actuator answers.
    """

    def __init__(self, actuator: Actuator) -> None:
        self._actuator = actuator

    @property
    def dry_run(self) -> bool:
        """As it says of itself."""
        return self._actuator.dry_run

    @property
    def slowest_call(self) -> timedelta:
        """As it says of itself, and is held to."""
        return self._actuator.slowest_call

    async def observe(self, resource: str, now: datetime) -> Observation:
        """What it found. Raises ActuationError where no resource can stand so."""
        found = await self._made(resource, self._actuator.observe(resource, now), Observation)
        if wrong := _wrong(found, resource):
            raise _nonsense(resource, wrong)
        return found

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        """What it foresees."""
        return await self._made(resource, self._actuator.preflight(resource, need, now), Preflight)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """What it did."""
        return await self._made(resource, self._actuator.set_floor(resource, change, now), Done)

    async def verify(self, resource: str, floor: int, now: datetime) -> Verification:
        """What it saw."""
        return await self._made(resource, self._actuator.verify(resource, floor, now), Verification)

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """What it did."""
        return await self._made(resource, self._actuator.restore(resource, change, now), Done)

    async def close(self) -> None:
        """Close its connections, if it has a word for that."""
        await close(self._actuator)

    async def _made(self, resource: str, call: Awaitable[object], kind: type[Answer]) -> Answer:
        longest_s = self.slowest_call.total_seconds()
        try:
            async with asyncio.timeout(longest_s):
                answer = await call
        except TimeoutError as error:
            detail = f"its actuator did not answer within {longest_s:g} s, its own slowest call"
            raise ActuationError(resource, detail, retryable=True, reason=Reason.ACT_TIMED_OUT) from error
        if not isinstance(answer, kind):
            raise _nonsense(resource, f"{type(answer).__name__} and no {kind.__name__}")
        return answer


def _wrong(found: Observation, resource: str) -> str:
    """What about an observation cannot be; empty where all of it can."""
    bounds = found.bounds
    if not isinstance(bounds, Bounds):
        return f"bounds that are {type(bounds).__name__} and no Bounds"
    if not 0 <= bounds.minimum <= bounds.maximum:
        return f"bounds of {bounds.minimum} to {bounds.maximum}"
    if not 0 <= found.ready_units <= found.units:
        return f"{found.ready_units} ready of {found.units} units"
    if found.resource != resource:
        return f"another resource, {found.resource}"
    return "" if found.observed_at.tzinfo is not None else "a time without a zone"


def _nonsense(resource: str, what: str) -> ActuationError:
    detail = f"its actuator answered with {what}. Fix: see docs/actuators.md"
    return ActuationError(resource, detail, retryable=False, reason=Reason.ACT_FAILED)
