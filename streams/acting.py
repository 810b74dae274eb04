"""What the decider does with resources: look at them, act on them, and remember each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer

from advisor.actuation.execute import Attempt, attempt, look, looked, settled
from advisor.actuation.registry import Actuators, close_all
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import ResourceDecision
from advisor.domain.capacity import Observation
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError
from advisor.pipeline import remember
from advisor.planning.acts import after_acting, before_acting, change_to_make, lowers
from advisor.planning.clobbers import forgiven
from advisor.planning.looks import is_look_due
from advisor.planning.open_acts import seen_restored, seen_set
from advisor.planning.refusals import is_put_off
from advisor.planning.weighing import weighed
from streams.context import WorkerContext
from streams.decision_metrics import show_clobbers
from streams.evidence import went_on
from streams.lanes import Lanes
from streams.log_reader import read_to_end
from streams.owed import Owed
from streams.publisher import Publisher
from streams.remembered import remembered
from streams.tenure import Tenure

log = structlog.get_logger(__name__)

PATIENCE_S = 2.0
"""By the wall clock, how long a decision waits for platforms before it goes on without their answers."""

Found = Observation | ActuationError
Work = Callable[[], Coroutine[Any, Any, Found | Attempt]]


class Acting:
    """The resources of the estate as this worker knows them, for as long as it decides."""

    def __init__(
        self,
        context: WorkerContext,
        policy: Policy,
        actuators: Actuators,
        publisher: Publisher,
        tenure: Tenure,
    ) -> None:
        self._names, self._clock, self._metrics = context.names, context.clock, context.metrics
        self._policy = policy
        self._actuators = actuators
        self._publisher = publisher
        self._tenure = tenure
        self._lanes: Lanes[Found | Attempt] = Lanes(None if context.clock.from_events else PATIENCE_S)
        self._begun: dict[str, datetime] = {}
        self._looked: dict[str, datetime] = {}
        self._owed = Owed(context.metrics)
        self.states: dict[str, ResourceState] = {}

    async def begin(self) -> None:
        """From now on this worker decides, and says so in the log; a replay has no other, and no epochs."""
        await self._lanes.stop()
        if not self._clock.from_events:
            await self._tenure.begin()

    async def restore(self, reader: AIOKafkaConsumer) -> int:
        """Know what was written of every resource; says the last tick decided (epoch seconds) or 0."""
        self._reader = reader
        records = read_to_end(reader, await self._publisher.whole(self._names.resources))
        written, decided_s, running = await remembered(records)
        self.states, self._begun, self._looked = {}, {}, {}
        for state in written:
            self._publisher.remember_state(state)
            known = went_on(state, running, decided_s) if decided_s else state
            self.states[state.resource] = known
            actuator = self._actuators.get(state.resource)
            if isinstance(actuator, SimulatedActuator) and known.observation is not None:
                actuator.resume(known.observation, known.lead_times.awaited)
        self._owed.forget_states()
        return decided_s

    async def finish(self) -> None:
        """Let what is under way on platforms come to its end, and know what became of it."""
        self._settle(await self._lanes.finish())

    async def stop(self) -> None:
        """Call off what is under way, for good; whoever decides next finds what became of it."""
        await self._lanes.stop()
        await close_all(self._actuators)

    async def look(
        self, levels: Mapping[str, Level], controls: Controls, now: datetime
    ) -> Mapping[str, ResourceState]:
        """Observe the policy's resources, and weigh what their units carry; the states from then on.

        Where a look or an act is still under way, and where nothing is going on, what was seen last stands.
        """
        work: dict[str, Work] = {}
        for name in self._policy.resources:
            state = self.states.get(name) or ResourceState(name)
            self.states[name] = forgiven(state, controls)
            actuator = self._actuators.get(name)
            if actuator is None or not self._lanes.is_free(name):
                continue
            if self._clock.from_events or is_look_due(self.states[name], self._looked.get(name), now):
                work[name], self._begun[name] = partial(look, actuator, name, now), now
                self._looked[name] = now
        self._settle(await self._lanes.run(work))
        self.states |= weighed(self.states, levels, self._policy, now)
        return dict(self.states)

    async def carry_out(
        self,
        decided: Sequence[ResourceDecision],
        controls: Callable[[], Controls],
        is_off: Callable[[], bool],
        now: datetime,
    ) -> bool:
        """Act on what is due, and keep what the resources' states have become; True if anything was written.

        Just before each act `controls` are asked for again, and `is_off`: True ends the round.
        """
        wrote = False
        work: dict[str, Work] = {}
        why_not_lower: Reason | None = None
        asked = False
        for made in decided:
            if is_off():
                break
            name = made.recommendation.resource
            self.states[name] = remember(made, self.states[name])
            if made.due and lowers(made.due, self.states[name]) and not asked:
                why_not_lower, asked = await self._why_not_lower(), True
            piece = self._piece(made, controls, is_off, why_not_lower, now) if made.due else None
            if piece is not None and made.due is not None:
                self.states[name] = before_acting(made.due, self.states[name])
                work[name], self._begun[name] = piece, now
            wrote = await self._publisher.publish_state(self.states[name]) or wrote
        self._settle(await self._lanes.run(work))
        return await self.write_down() or wrote

    async def raise_agreed(
        self,
        decided: Sequence[ResourceDecision],
        controls: Callable[[], Controls],
        is_off: Callable[[], bool],
        now: datetime,
    ) -> None:
        """While Kafka is away: carry out what is due of agreed raises, write nothing, and owe the receipts.

        The originals are on the resources themselves. Nothing is agreed anew, and nothing is lowered.
        """
        work: dict[str, Work] = {}
        for made in decided:
            name = made.recommendation.resource
            observation, due = self.states[name].observation, made.due
            if is_off() or due is None or observation is None or Reason.REHEARSAL in due.reasons:
                continue
            if due.restore or due.floor <= observation.bounds.minimum:
                continue
            piece = self._piece(made, controls, is_off, None, now)
            if piece is not None:
                self.states[name] = before_acting(due, self.states[name])
                work[name], self._begun[name] = piece, now
        self._settle(await self._lanes.run(work))

    def _piece(
        self,
        made: ResourceDecision,
        controls: Callable[[], Controls],
        is_off: Callable[[], bool],
        why_not_lower: Reason | None,
        now: datetime,
    ) -> Work | None:
        """The act that carries a decision out; None where nothing is to do, or not now."""
        name, due = made.recommendation.resource, made.due
        actuator, state = self._actuators.get(name), self.states[name]
        if actuator is None or due is None or state.observation is None or not self._lanes.is_free(name):
            return None
        change = change_to_make(due, state, self._tenure.epoch)
        if change is None:
            self.states[name] = after_acting(due, state, now)
            self._owed.receipt(seen_restored(state, self.states[name], now, self._tenure.epoch))
            return None
        if is_put_off(state, change.target, now):
            return None
        if why_not_lower is not None and lowers(due, state):
            self._metrics.acts.labels(resource=name, reason=why_not_lower).inc()
            return None

        def still_due(found: Observation) -> bool:
            seen = replace(self.states[name], observation=found)
            if is_off():
                return False
            return made.still_due is None or made.still_due(seen, controls(), self._now(now))

        return partial(attempt, actuator, due, change, state.observation, still_due, now)

    def _settle(self, ended: Mapping[str, Found | Attempt]) -> None:
        """Make of the states what looks and acts have found, and owe the receipts of what was done."""
        for name, result in ended.items():
            begun, state = self._begun.pop(name), self.states[name]
            if not isinstance(result, Attempt):
                self.states[name] = looked(state, result, begun)
                show_clobbers(self._metrics, state, self.states[name])
                self._owed.receipt(seen_set(state, self.states[name], begun))
                continue
            done = settled(result, state, begun)
            self.states[name] = done.state
            show_clobbers(self._metrics, state, done.state)
            self._owed.state(name)
            self._owed.receipt(done.receipt, is_news=done.is_news)

    def keep(self, state: ResourceState) -> None:
        """This is what is known of a resource from now on; to be written with the next decision."""
        self.states[state.resource] = state
        self._owed.state(state.resource)

    async def write_down(self) -> bool:
        """Write the receipts that are owed, and what the states have become; True if there was anything."""
        return await self._owed.pay(self._publisher, self.states, self._policy)

    async def _why_not_lower(self) -> Reason | None:
        # Nothing real is lowered in a replay, and it has one decider per tick.
        return None if self._clock.from_events else await self._tenure.why_not_lower(self._reader)

    async def is_sole(self) -> bool | None:
        """Does nobody else decide by now, as far as the log tells? None: the log cannot be asked."""
        return await self._tenure.is_last(self._reader)

    def _now(self, decided_at: datetime) -> datetime:
        return decided_at if self._clock.from_events else self._clock.now()

    async def tell_decided(self, tick_s: int) -> None:
        """Event clock: write down that every tick up to this one is decided, and what goes on then."""
        await self._publisher.publish_decided(tick_s, {n: s.capacity.running for n, s in self.states.items()})
