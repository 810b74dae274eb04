"""The estate while a timeline runs: platform, people's words, and what the decider remembers and wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import Need
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError
from streams.campaign_book import CampaignBook
from streams.codec.resource_state import decode_state, encode_state
from tests.support.builders import NOW, need

FORECAST_HOURS = 96


@dataclass(frozen=True)
class Act:
    """One call of ours that the platform took: the bounds before and after it."""

    at: datetime
    resource: str
    before: Bounds
    after: Bounds


class Platform(SimulatedActuator):
    """A simulated platform that others write to as well, and that fails when told to."""

    def __init__(self, policy: Policy, people_set: Mapping[str, Bounds]) -> None:
        super().__init__(policy.resources)
        for name, bounds in people_set.items():
            self.resume(Observation(name, NOW, bounds, bounds.minimum, bounds.minimum))
        self.refuses: set[str] = set()
        self.hides: set[str] = set()
        self.acts: list[Act] = []
        self._bounds = dict(people_set)

    def bounds(self, resource: str) -> Bounds:
        """The bounds that stand now."""
        return self._bounds[resource]

    def write(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Somebody else sets them."""
        self._bounds[resource] = bounds
        done(super().set_bounds(resource, bounds, now))

    async def observe(self, resource: str, now: datetime) -> Observation:
        """As the simulation has it, unless it shows nothing."""
        if resource in self.hides:
            raise ActuationError(resource, "the platform does not answer", retryable=True)
        return await super().observe(resource, now)

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Set them, unless it refuses."""
        if resource in self.refuses:
            raise ActuationError(resource, "quota exceeded", retryable=True)
        self.acts.append(Act(now, resource, self._bounds[resource], bounds))
        self._bounds[resource] = bounds
        await super().set_bounds(resource, bounds, now)


@dataclass
class World:
    """All that events change and that decisions are made on.

    `written` is what the log has of each resource; on those `unseen` is a write that we have not seen yet.
    """

    policy: Policy
    baseline: Mapping[str, float]
    platform: Platform
    wanted: dict[str, Bounds]
    book: CampaignBook = field(default_factory=CampaignBook)
    controls: Controls = field(default_factory=Controls)
    states: dict[str, ResourceState] = field(default_factory=dict)
    written: dict[str, bytes] = field(default_factory=dict)
    messages: int = 0
    unseen: set[str] = field(default_factory=set)
    dies: str = ""
    silent_since: datetime | None = None
    away_until: datetime | None = None
    load: float = 1.0
    needs: dict[tuple[object, ...], Need] = field(default_factory=dict)

    def restart(self) -> None:
        """Forget everything, and read it from the log again."""
        self.states = {
            name: decode_state(self.written[name]) if name in self.written else ResourceState(name)
            for name in self.states
        }

    def write_down(self, state: ResourceState) -> None:
        """Put a resource's state into the log."""
        self.written[state.resource] = encode_state(state)[1]

    def levels(self, now: datetime) -> dict[str, Level]:
        """What is known of demand: how much is in use, and until when."""
        until = self.silent_since or now
        return {s: Level(s, until, self.in_use(s, now)) for s in self.policy.services}

    def in_use(self, service: str, now: datetime) -> float:
        """A service's real demand in requests per second: what campaigns bring that run, times the load."""
        rate = self.baseline[service]
        for one in self.book.standing():
            if service in one.services and one.start <= now < one.end and one.expected_uplift:
                rate += self.baseline[service] * (one.expected_uplift.p50 - 1.0)
        return rate * self.load

    def asked(self, campaigns: tuple[Campaign, ...]) -> list[Need]:
        """What every service asks of its resources; the same value as long as the campaigns are the same.

        Nobody forecasts what comes from sources that are not listed.
        """
        found = []
        listed = tuple(c for c in campaigns if c.source in self.policy.sources)
        for service in self.policy.services:
            ours = tuple(c for c in listed if service in c.services)
            for resource in self.policy.resources_of(service):
                key = (service, resource.resource, *((c.campaign_id, c.revision) for c in ours))
                if key not in self.needs:
                    self.needs[key] = need(
                        ours,
                        baseline=self.baseline[service],
                        service=service,
                        name=resource.resource,
                        hours=FORECAST_HOURS,
                    )
                found.append(self.needs[key])
        return found


def done(step: object) -> object:
    """The result of a coroutine that waits for nothing; running a loop for each call would be slow."""
    try:
        step.send(None)  # type: ignore[attr-defined]
    except StopIteration as end:
        return end.value
    raise RuntimeError(f"{step!r} waits for something; the simulated platform never does")
