"""What the decider does with resources: look at them, act on them, and remember each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from aiokafka import AIOKafkaConsumer

from advisor.actuation.actuator import Actuator
from advisor.actuation.execute import execute, observe
from advisor.domain.advice import ResourceDecision
from advisor.domain.capacity import Observation
from advisor.domain.demand import Level
from advisor.domain.evidence import Awaited
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.pipeline import remember
from advisor.planning.acts import before_acting
from advisor.planning.weighing import weighed
from advisor.resource_id import scheme_of
from streams.codec.resource_state import (
    DECIDED_KEY,
    decode_decided,
    decode_running,
    decode_state,
    encode_decided,
)
from streams.context import WorkerContext
from streams.decision_metrics import left_behind
from streams.evidence import went_on
from streams.log_reader import read_to_end
from streams.publisher import Publisher
from streams.records import OutgoingRecord

log = structlog.get_logger(__name__)


class Acting:
    """The resources of the estate as this worker knows them, for as long as it decides."""

    def __init__(
        self,
        context: WorkerContext,
        policy: Policy,
        actuators: Mapping[str, Actuator],
        resume: Callable[[Observation, Sequence[Awaited]], None],
        publisher: Publisher,
    ) -> None:
        self._names = context.names
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._policy = policy
        self._actuators = actuators
        self._resume = resume
        self._publisher = publisher
        self.states: dict[str, ResourceState] = {}

    async def restore(self, reader: AIOKafkaConsumer) -> int:
        """Know what was written of every resource; says the last tick decided (epoch seconds) or 0."""
        self.states = {}
        latest: dict[bytes, bytes] = {}
        async for record in read_to_end(reader, await self._publisher.whole(self._names.resources)):
            if record.key is not None and record.value is not None:
                latest[record.key] = record.value
        decided = latest.pop(DECIDED_KEY, None)
        decided_s = decode_decided(decided) if decided else 0
        running = decode_running(decided) if decided else {}
        for value in latest.values():
            state = decode_state(value)
            self._publisher.remember_state(state)
            if decided:
                state = went_on(state, running, decided_s)
            self.states[state.resource] = state
            if state.observation is not None:
                self._resume(state.observation, state.lead_times.awaited)
        return decided_s

    def warn_of_left_behind(self) -> None:
        """Of what the policy has no more nobody says what may be done: it stays as it stands."""
        for name, state in left_behind(self.states, self._policy).items():
            log.warning("floor_left_behind", resource=name, originals=state.originals)
            self._metrics.left_behind.labels(resource=name).set(1)

    async def look(self, levels: Mapping[str, Level], now: datetime) -> Mapping[str, ResourceState]:
        """Observe every resource of the policy, and weigh what its units carry; the states from then on."""
        for name in self._policy.resources:
            state = self.states.get(name) or ResourceState(name)
            actuator = self._actuators.get(scheme_of(name))
            self.states[name] = await observe(actuator, state, now) if actuator else state
        self.states |= weighed(self.states, levels, self._policy, now)
        return dict(self.states)

    async def carry_out(self, made: ResourceDecision, now: datetime) -> bool:
        """Act on what is due, and keep what the resource's state has become; True if anything was written."""
        resource = made.recommendation.resource
        before = self.states[resource]
        state = remember(made, before)
        actuator = self._actuators.get(scheme_of(resource))
        if actuator and made.due:
            state = before_acting(made.due, state)
            await self._publisher.publish_state(state)
            done = await execute(actuator, made.due, state, now)
            state = done.state
            if done.receipt:
                self._metrics.acts.labels(resource=resource, reason=done.receipt.reason).inc()
                await self._publisher.publish_receipt(done.receipt, self._policy)
        self.states[resource] = state
        return await self._publisher.publish_state(state)

    async def tell_decided(self, tick_s: int) -> None:
        """Event clock: write down that every tick up to this one is decided, and what goes on then."""
        running = {name: state.capacity.running for name, state in self.states.items()}
        key, value = encode_decided(tick_s, running)
        await self._outbox.send([OutgoingRecord(self._names.resources, key, value)])
