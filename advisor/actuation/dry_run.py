"""A dry run: everything real is looked at, nothing is changed, and what would have been done is played.

From the first change on a resource lives as it would have lived: its bounds are those asked for, and its
units come a lead time later, until somebody really sets it. What is decided and told is what it would be, up
to the platform's answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from advisor.actuation.actuator import Actuator, close
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds, Observation, Verification
from advisor.domain.change import Change, Done
from advisor.domain.policy import ResourcePolicy
from advisor.domain.preflight import Preflight


class DryRun:
    """Stands in for an actuator that would change something."""

    def __init__(self, real: Actuator, resources: Mapping[str, ResourcePolicy]) -> None:
        self._real = real
        self._played = SimulatedActuator(resources)
        self._stood: dict[str, Bounds] = {}  # as it really was when it would first have been changed

    @property
    def dry_run(self) -> bool:
        """Always."""
        return True

    @property
    def slowest_call(self) -> timedelta:
        """No call takes effect."""
        return timedelta(0)

    async def observe(self, resource: str, now: datetime) -> Observation:
        """The resource as it is; once it would have been changed, as it would be."""
        found = await self._real.observe(resource, now)
        if self._stood.get(resource) != found.bounds:
            self._stood.pop(resource, None)  # never changed, or somebody really did
            return found
        played = await self._played.observe(resource, now)
        return replace(
            found,
            bounds=played.bounds,
            units=max(found.units, played.units),
            ready_units=max(found.ready_units, played.ready_units),
            originals=played.originals,
            armed=None,
        )

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        """As the platform answers: it is only asked."""
        return await self._real.preflight(resource, need, now)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """Play the change. Raises what an impossible look would."""
        await self._begin(resource, now)
        return await self._played.set_floor(resource, change, now)

    async def verify(self, resource: str, floor: int, now: datetime) -> Verification:
        """Would so many units serve?"""
        if resource not in self._stood:
            return await self._real.verify(resource, floor, now)
        return await self._played.verify(resource, floor, now)

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """Play no more: the resource is what it always was."""
        await self._begin(resource, now)
        done = await self._played.restore(resource, change, now)
        self._stood.pop(resource, None)
        return done

    async def close(self) -> None:
        """Close what is behind it."""
        await close(self._real)

    async def _begin(self, resource: str, now: datetime) -> None:
        """From now on play the resource, beginning with how it really stands."""
        if resource not in self._stood:
            found = await self._real.observe(resource, now)
            self._played.resume(found)
            self._stood[resource] = found.bounds
