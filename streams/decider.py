"""The one decider: the owner of partition 0 of the needs topic decides for the whole estate.

It restores what the log says of resources, recommendations and campaigns, decides on every event and
at least every few seconds, and writes down what it decided before it acts on it. Every other worker
stands by to take over.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from aiokafka import TopicPartition

from advisor.actuation.actuator import Actuator
from advisor.actuation.execute import execute, observe
from advisor.domain.advice import ResourceDecision
from advisor.domain.capacity import Observation, ResourceState
from advisor.domain.evidence import Awaited
from advisor.domain.policy import Policy
from advisor.domain.timegrid import from_epoch_s
from advisor.pipeline import remember
from advisor.planning.acts import before_acting
from advisor.planning.weighing import weighed
from advisor.resource_id import scheme_of
from streams.campaign_feed import CampaignFeed
from streams.codec.needs_log import decode_needs
from streams.codec.resource_state import (
    DECIDED_KEY,
    decode_decided,
    decode_running,
    decode_state,
    encode_decided,
)
from streams.command_desk import CommandDesk
from streams.context import WorkerContext
from streams.decision_inputs import DecisionInputs
from streams.decision_metrics import left_behind, show_decision
from streams.evidence import went_on
from streams.log_reader import log_consumer, read_to_end
from streams.needs_fold import NeedsFold
from streams.publisher import Publisher
from streams.records import OutgoingRecord

log = structlog.get_logger(__name__)


class Decider:
    """Decides while this worker owns partition 0 of the needs topic; stands by otherwise."""

    def __init__(
        self,
        context: WorkerContext,
        policy: Policy,
        demand_partitions: int,
        actuators: Mapping[str, Actuator],
        resume: Callable[[Observation, Sequence[Awaited]], None],
        feed: CampaignFeed,
        publisher: Publisher,
        desk: CommandDesk,
    ) -> None:
        self._settings = context.settings
        self._names = context.names
        self._clock = context.clock
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._policy = policy
        self._demand_partitions = demand_partitions
        self._actuators = actuators
        self._resume = resume
        self._feed = feed
        self._book = feed.book()
        self._publisher = publisher
        self._desk = desk
        self._reader = log_consumer(context.settings)
        self._fold = NeedsFold()
        self._next_offset = 0
        self._states: dict[str, ResourceState] = {}
        self._decided_s = 0
        self._deciding = asyncio.Lock()
        self._active = asyncio.Event()
        self._news = asyncio.Event()
        self.finished = asyncio.Event()

    @property
    def active(self) -> bool:
        """Is this worker the decider, with its state restored?"""
        return self._active.is_set()

    @property
    def position(self) -> int:
        """One past the last record of the needs topic folded."""
        return self._next_offset

    async def start(self) -> None:
        """Connect the reader that restores state."""
        await self._reader.start()

    async def stop(self) -> None:
        """Disconnect it."""
        await self._reader.stop()

    def wake(self) -> None:
        """Something new is known: decide soon."""
        self._news.set()

    def stand_by(self) -> None:
        """Another worker decides from now on, or will once the rebalance is over."""
        self._active.clear()
        self._feed.drop_rejects()
        self._desk.stand_by()
        self._metrics.is_decider.set(0)

    async def take(self) -> None:
        """Become the decider: restore everything from the log, then begin to decide."""
        async with self._deciding:
            self._fold, self._next_offset, self._states, self._decided_s = NeedsFold(), 0, {}, 0
            await self._read_needs(0)
            await self._read_resources()
            await self._publisher.restore(self._reader)
            await self._desk.restore(self._reader)
            await self._drop_unserved()
        self._active.set()
        self._metrics.is_decider.set(1)
        self._metrics.restores.labels(topic=self._names.needs).inc()
        log.info("decider_taken", resources=len(self._states), next_offset=self._next_offset)
        for name, state in left_behind(self._states, self._policy).items():
            # Taken out of the policy, nobody says any more what may be done to it: it stays as it stands.
            log.warning("floor_left_behind", resource=name, originals=state.originals)
            self._metrics.left_behind.labels(resource=name).set(1)
        self._news.set()

    async def apply(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        """Fold one record of the needs topic, once the state is restored."""
        await self._active.wait()
        async with self._deciding:
            if offset > self._next_offset:
                await self._read_needs(self._next_offset)
            self._fold_record(offset, key, value)
        self._news.set()

    async def run(self) -> None:
        """Decide on every event, and now and then without one; until cancelled."""
        while True:
            # Not `wait_for`: before Python 3.12 that can swallow a cancellation, and we would never stop.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._settings.worker.decide_every_s):
                    await self._news.wait()
            self._news.clear()
            if not self.active:
                await self._active.wait()
            async with self._deciding:
                if not self.active:
                    continue
                if self._clock.from_events:
                    await self._decide_through()
                else:
                    await self._decide_at(self._clock.now())
            await asyncio.sleep(0 if self._clock.from_events else 0.05)  # one decision for a burst of news

    async def _decide_through(self) -> None:
        """Event clock: decide every tick up to which all demand partitions and the inbox have spoken.

        Both: another worker that assesses may have read more of the inbox than this one.
        """
        tick_s = self._settings.worker.tick_s
        told_s = self._fold.known_until_s(self._demand_partitions)
        known_s = int(min(told_s, self._feed.clock_s))
        if not known_s:
            return
        first_s = self._decided_s + tick_s if self._decided_s else self._fold.first_tick_s or known_s
        for now_s in range(first_s, known_s + 1, tick_s):
            if not self.active:
                return  # a rebalance began: another worker may decide the rest
            self._fold.settle(now_s)
            wrote = await self._decide_at(from_epoch_s(now_s))
            self._decided_s = now_s
            if wrote or now_s == known_s or now_s % (5 * tick_s) == 0:
                key, value = encode_decided(now_s, {n: s.capacity.running for n, s in self._states.items()})
                await self._outbox.send([OutgoingRecord(self._names.resources, key, value)])
        if self._fold.ended(self._demand_partitions) and self._decided_s >= told_s:
            self.finished.set()

    async def _decide_at(self, now: datetime) -> bool:
        """One run: observe, decide, write, act; True if anything was written or done."""
        book, dealt_with = self._book.at(now), self._feed.dealt_with(self._book)
        heard = await self._desk.deal_with(now, book)
        levels = self._fold.levels
        for name in self._policy.resources:
            self._states[name] = await self._observed(name, now)
        self._states |= weighed(self._states, levels, self._policy, now)
        seen = DecisionInputs(
            self._fold.needs,
            levels,
            book.standing(),
            dict(self._states),
            self._desk.controls,
            self._policy,
            now,
        )
        with self._metrics.decide_seconds.time():
            decision = seen.decide()
        wrote = await self._publisher.publish(decision, seen, book)
        campaigns = self._publisher.campaigns
        wrote = await campaigns.publish(decision.campaigns, seen, book, dealt_with) or wrote
        for made in decision.resources:
            if self._desk.has_news and not self._clock.from_events:
                self._news.set()  # perhaps a freeze: decide anew before anything more is done
                break
            wrote = await self._carry_out(made, now) or wrote
        show_decision(self._metrics, decision, self._states, self._policy, now)
        return wrote or heard

    async def _observed(self, resource: str, now: datetime) -> ResourceState:
        state = self._states.get(resource) or ResourceState(resource)
        actuator = self._actuators.get(scheme_of(resource))
        return await observe(actuator, state, now) if actuator else state

    async def _carry_out(self, made: ResourceDecision, now: datetime) -> bool:
        """Act on what is due, and keep what the resource's state has become."""
        resource = made.recommendation.resource
        before = self._states[resource]
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
        self._states[resource] = state
        return await self._publisher.publish_state(state)

    async def _read_needs(self, start: int) -> None:
        async for record in read_to_end(self._reader, {TopicPartition(self._names.needs, 0): start}):
            self._fold_record(record.offset, record.key, record.value)

    def _fold_record(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        if offset < self._next_offset:
            return
        self._next_offset = offset + 1
        if value is None:
            self._fold.forget((key or b"").decode())
        else:
            self._fold.apply(decode_needs(value))

    async def _drop_unserved(self) -> None:
        """Take back the needs of pairs that the policy no longer has."""
        serves = {name: frozenset(r.serves) for name, r in self._policy.resources.items()}
        gone = [n for n in self._fold.needs if n.service not in serves.get(n.resource, ())]
        keys = [f"{need.resource}|{need.service}" for need in gone]
        for key in keys:
            self._fold.forget(key)
        await self._outbox.send(
            OutgoingRecord(self._names.needs, key.encode(), None, partition=0) for key in keys
        )

    async def _read_resources(self) -> None:
        latest: dict[bytes, bytes] = {}
        async for record in read_to_end(self._reader, await self._publisher.whole(self._names.resources)):
            if record.key is not None and record.value is not None:
                latest[record.key] = record.value
        decided = latest.pop(DECIDED_KEY, None)
        self._decided_s = decode_decided(decided) if decided else 0
        self._fold.settle(self._decided_s)
        running = decode_running(decided) if decided else {}
        for value in latest.values():
            state = decode_state(value)
            self._publisher.remember_state(state)
            if decided:
                state = went_on(state, running, self._decided_s)
            self._states[state.resource] = state
            if state.observation is not None:
                self._resume(state.observation, state.lead_times.awaited)
