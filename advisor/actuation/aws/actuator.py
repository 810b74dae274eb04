"""The five calls, for every kind of resource of AWS: read, compare, mark, write once, arm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from advisor.actuation.aws.found import Found, Kind
from advisor.actuation.aws.marks import marks_for, our_keys
from advisor.actuation.aws.permissions import may_not
from advisor.actuation.aws.schedules import Rearmament, rearmament
from advisor.actuation.aws.sessions import Sessions
from advisor.actuation.conflicts import refuse_conflict
from advisor.domain.capacity import Armed, Bounds, Observation, Verification
from advisor.domain.change import Carried, Change, Done
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


class AwsActuator:
    """An actuator of one kind of resource. A whole call takes `patience` at most, in seconds."""

    def __init__(self, sessions: Sessions, kind: Kind, patience_s: float = 60.0) -> None:
        self._sessions = sessions
        self._kind = kind
        self._patience_s = patience_s

    @property
    def dry_run(self) -> bool:
        """Never: it is real, and costs money."""
        return False

    @property
    def slowest_call(self) -> timedelta:
        """A call begins no request after its patience, and the last one goes on until boto3 gives it up."""
        return timedelta(seconds=self._patience_s) + self._sessions.slowest_call

    async def observe(self, resource: str, now: datetime) -> Observation:
        """How does it stand, with what is armed, what is written on it and what its units wait for?"""
        async with self._in_time(resource):
            found = await self._kind.find(resource, now)
        return replace(found.observation(now), clock_ahead=self._sessions.clock_ahead(found.at.account))

    async def verify(self, resource: str, floor: int, now: datetime) -> Verification:
        """Do so many units serve, and if not, what do they wait for?"""
        async with self._in_time(resource):
            found = await self._kind.find(resource, now)
        idle = (f"{found.units} units are asked for, and {floor} are needed",)
        waits = () if found.serving >= floor else found.waiting_for or idle
        return Verification(floor, found.serving, waits)

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        """What will keep it from having so many units: maxima, quotas, addresses, permissions?"""
        async with self._in_time(resource):
            found = await self._kind.find(resource, now)
            looked = await self._kind.obstacles(found, need)
            looked += await may_not(self._sessions, found, self._kind.writes)
        return Preflight(now, need.minimum, looked.findings, looked.unknown)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """Write the originals on it, then the bounds, then arm what is to be armed."""
        async with self._in_time(resource):
            found = await self._found_as_decided(resource, change, now)
            if (found.marks.originals, found.marks.epoch) != (change.originals, change.epoch):
                await self._kind.mark(found, marks_for(change, found.scope, made=not found.placed))
            done = Done()
            if not found.stands(change.target) or (change.armed and not found.placed):
                done = await self._kind.set_bounds(found, change)
            return _together(done, await self._arm(found, change.armed, now))

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """Disarm, set exactly the target, and then, last of all, take the tags off.

        As long as a part is missing the tags stay, so that another restore goes on from there.
        """
        async with self._in_time(resource):
            found = await self._found_as_decided(resource, change, now)
            done = await self._arm(found, (), now)
            if not found.stands(change.target) or found.marks.made:
                done = _together(done, await self._kind.let_go(found, change))
            keys = our_keys(found.tags, found.scope)
            if keys and done.carried is Carried.WHOLE:
                await self._kind.unmark(found, keys)
            return done

    async def close(self) -> None:
        """Begin no further call."""
        self._sessions.close()

    async def _found_as_decided(self, resource: str, change: Change, now: datetime) -> Found:
        found = await self._kind.find(resource, now)
        refuse_conflict(
            change,
            is_as_decided=found.stands(change.found) or found.stands(change.target),
            bounds=found.bounds,
            by=f"somebody else (last change: {found.writer})" if found.writer else "somebody else",
            epoch=found.marks.epoch,
        )
        return found

    async def _arm(self, found: Found, armed: tuple[Armed, ...] | None, now: datetime) -> Done:
        if found.armed is None or armed is None:
            return Done()
        todo = rearmament(found.armed, armed, now)
        if todo == Rearmament({}, ()):
            return Done()
        missing = await self._kind.arm(found, todo)
        return Done(Carried.PARTLY, missing) if missing else Done()

    @asynccontextmanager
    async def _in_time(self, resource: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience_s):
                yield
        except TimeoutError as error:
            detail = f"AWS did not answer within {self._patience_s:g} s"
            raise ActuationError(resource, detail, retryable=True, reason=Reason.ACT_TIMED_OUT) from error


def _together(one: Done, other: Done) -> Done:
    """Whole if both are, with what either has to say."""
    carried = Carried.WHOLE if Carried.PARTLY not in (one.carried, other.carried) else Carried.PARTLY
    return Done(carried, "; ".join(filter(None, (one.detail, other.detail))))
