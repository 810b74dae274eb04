"""Simulated resources (`sim://...`): bounds that hold at once, units that are ready a lead time later.

They are an actuator like any other, in any mode, and count as a dry run: nothing outside this process
changes. Time is the caller's, so they live in a replay as they would have lived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from advisor.domain.capacity import Bounds, Observation, Verification
from advisor.domain.change import Change, Done
from advisor.domain.evidence import Awaited
from advisor.domain.policy import ResourcePolicy
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


@dataclass(slots=True)
class _Units:
    """Units of one resource: how many are ready, and the requests that are still on their way."""

    bounds: Bounds
    ready: int
    under_way: list[tuple[datetime, int]]
    originals: Bounds | None = None


class SimulatedActuator:
    """A platform with nothing behind it but lead times: the policy's, or what `lead_time` says of a call.

    `lead_time` is asked for a resource and the time of the call, and has to answer the same each time.
    """

    def __init__(
        self,
        resources: Mapping[str, ResourcePolicy],
        lead_time: Callable[[str, datetime], timedelta] | None = None,
    ) -> None:
        self._lead_time = lead_time or (lambda resource, _: resources[resource].lead_time)
        self._units = {
            name: _Units(Bounds(r.minimum, r.maximum), r.minimum, []) for name, r in resources.items()
        }

    @property
    def dry_run(self) -> bool:
        """Always: nothing real is behind it."""
        return True

    @property
    def slowest_call(self) -> timedelta:
        """None takes any time."""
        return timedelta(0)

    def resume(self, observation: Observation, awaited: Sequence[Awaited] = ()) -> None:
        """Go on from where another worker's simulation was last observed; of other resources, nothing.

        Raises that are awaited become ready when they would have; other units that were on their way a lead
        time after that observation.
        """
        if observation.resource not in self._units:
            return
        units = self._found(observation.resource)
        units.bounds, units.ready = observation.bounds, observation.ready_units
        units.originals = observation.originals
        name = observation.resource
        units.under_way = [(a.asked_at + self._lead_time(name, a.asked_at), a.units) for a in awaited]
        if observation.units > max((a.units for a in awaited), default=0):
            found_at = observation.observed_at
            units.under_way.append((found_at + self._lead_time(name, found_at), observation.units))

    async def observe(self, resource: str, now: datetime) -> Observation:
        """The resource at `now`, with every unit ready whose lead time has passed."""
        units = self._settled(resource, now)
        requested = max([units.ready, *(count for _, count in units.under_way)])
        return Observation(resource, now, units.bounds, requested, units.ready, originals=units.originals)

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        """Nothing stands in the way of simulated units."""
        self._found(resource)
        return Preflight(now, need.minimum)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """Make the bounds the change's target, and keep the originals beside them."""
        await self._compare_and_set(resource, change, change.originals, now)
        return Done()

    async def verify(self, resource: str, floor: int, now: datetime) -> Verification:
        """Has the lead time of so many units passed?"""
        units = self._settled(resource, now)
        waits = () if units.ready >= floor else ("units of a simulation, whose lead time has not passed",)
        return Verification(floor, units.ready, waits)

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """Make the bounds the change's target, and forget the originals."""
        await self._compare_and_set(resource, change, None, now)
        return Done()

    async def _compare_and_set(
        self, resource: str, change: Change, originals: Bounds | None, now: datetime
    ) -> None:
        found = self._settled(resource, now).bounds
        if found not in (change.found, change.target):
            detail = f"bounds are {found.minimum} to {found.maximum} by now: somebody else set them"
            raise ActuationError(resource, detail, retryable=True, reason=Reason.ACT_CONFLICT)
        if found != change.target:
            await self.set_bounds(resource, change.target, now)
        self._found(resource).originals = originals

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Somebody sets these bounds; a raise is ready a lead time later, a lowering at once."""
        units = self._settled(resource, now)
        units.bounds = bounds
        units.under_way = [(at, min(count, bounds.minimum)) for at, count in units.under_way]
        if bounds.minimum > units.ready:
            units.under_way.append((now + self._lead_time(resource, now), bounds.minimum))
        else:
            units.ready, units.under_way = bounds.minimum, []

    def _settled(self, resource: str, now: datetime) -> _Units:
        units = self._found(resource)
        arrived = [count for at, count in units.under_way if at <= now]
        units.ready = max([units.ready, *arrived])
        units.under_way = [(at, count) for at, count in units.under_way if at > now]
        return units

    def _found(self, resource: str) -> _Units:
        if resource not in self._units:
            raise ActuationError(
                resource,
                "no such simulated resource; name it in the policy",
                retryable=False,
                reason=Reason.RESOURCE_GONE,
            )
        return self._units[resource]
