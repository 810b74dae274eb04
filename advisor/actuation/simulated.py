"""Simulated resources (`sim://...`): bounds that hold at once, units that are ready a lead time later.

They are an actuator like any other, in any mode, and count as a dry run: nothing outside this process
changes. Time is the caller's, so they live in a replay as they would have lived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from advisor.domain.capacity import Bounds, Observation
from advisor.domain.evidence import Awaited
from advisor.domain.policy import ResourcePolicy
from advisor.errors import ActuationError


@dataclass(slots=True)
class _Units:
    """Units of one resource: how many are ready, and the requests that are still on their way."""

    bounds: Bounds
    ready: int
    under_way: list[tuple[datetime, int]]


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

    def resume(self, observation: Observation, awaited: Sequence[Awaited] = ()) -> None:
        """Go on from where another worker's simulation was last observed; of other resources, nothing.

        Raises that are awaited become ready when they would have; other units that were on their way a lead
        time after that observation.
        """
        if observation.resource not in self._units:
            return
        units = self._found(observation.resource)
        units.bounds, units.ready = observation.bounds, observation.ready_units
        name = observation.resource
        units.under_way = [(a.asked_at + self._lead_time(name, a.asked_at), a.units) for a in awaited]
        if observation.units > max((a.units for a in awaited), default=0):
            found_at = observation.observed_at
            units.under_way.append((found_at + self._lead_time(name, found_at), observation.units))

    async def observe(self, resource: str, now: datetime) -> Observation:
        """The resource at `now`, with every unit ready whose lead time has passed."""
        units = self._settled(resource, now)
        requested = max([units.ready, *(count for _, count in units.under_way)])
        return Observation(resource, now, units.bounds, requested, units.ready)

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Raise or lower the bounds; a raise is ready a lead time later, a lowering at once."""
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
                resource, "no such simulated resource; name it in the policy", retryable=False
            )
        return self._units[resource]
