"""The one decider: the owner of partition 0 of the needs topic decides for the whole estate.

It restores what the log says of resources, recommendations and campaigns, decides on every event and
at least every few seconds, and writes down what it decided before it acts on it. Every other worker
stands by to take over.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import datetime

import structlog

from advisor.domain.policy import Policy
from advisor.domain.timegrid import from_epoch_s
from streams.acting import Acting
from streams.bounded_outbox import KafkaAwayError
from streams.campaign_feed import CampaignFeed
from streams.command_desk import CommandDesk
from streams.context import WorkerContext
from streams.decision_inputs import DecisionInputs
from streams.decision_metrics import show_decision, warn_of_left_behind
from streams.kafka_outage import KafkaOutage
from streams.log_reader import log_consumer
from streams.looking_ahead import LookingAhead
from streams.needs_reading import NeedsReading
from streams.publisher import Publisher

log = structlog.get_logger(__name__)


class Decider:
    """Decides while this worker owns partition 0 of the needs topic; stands by otherwise."""

    def __init__(
        self,
        context: WorkerContext,
        policy: Policy,
        demand_partitions: int,
        acting: Acting,
        feed: CampaignFeed,
        publisher: Publisher,
        desk: CommandDesk,
        ahead: LookingAhead,
    ) -> None:
        self._settings = context.settings
        self._names = context.names
        self._clock = context.clock
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._policy = policy
        self._demand_partitions = demand_partitions
        self._acting = acting
        self._feed = feed
        self._book = feed.book()
        self._publisher = publisher
        self._desk = desk
        self._ahead = ahead
        self._reader = log_consumer(context.settings)
        self._needs = NeedsReading(context.names.needs)
        self._decided_s = 0
        self._outage = KafkaOutage(context, acting, self._restore)
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
        return self._needs.next_offset

    async def start(self) -> None:
        """Connect the reader that restores state."""
        await self._reader.start()

    async def stop(self) -> None:
        """Call off what is under way, and disconnect it."""
        await self._ahead.stop()
        await self._acting.stop()
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
            await self._restore()
        self._active.set()
        self._metrics.is_decider.set(1)
        self._metrics.restores.labels(topic=self._names.needs).inc()
        log.info("decider_taken", resources=len(self._acting.states), next_offset=self._needs.next_offset)
        warn_of_left_behind(self._metrics, self._acting.states, self._policy)
        self._news.set()

    async def _restore(self) -> None:
        """Know from the log what everybody who decided before left behind."""
        await self._acting.begin()  # first of all: what is read after that is all there is
        await self._needs.begin(self._reader)
        await self._publisher.restore(self._reader)
        self._decided_s = await self._acting.restore(self._reader)
        self._needs.fold.settle(self._decided_s)
        await self._desk.restore(self._reader)
        await self._outbox.send(self._needs.drop_unserved(self._policy))

    async def apply(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        """Fold one record of the needs topic, once the state is restored."""
        await self._active.wait()
        async with self._deciding:
            await self._needs.take(self._reader, offset, key, value)
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
                    await self._decide_live(self._clock.now())
            await asyncio.sleep(0 if self._clock.from_events else 0.05)  # one decision for a burst of news

    async def _decide_through(self) -> None:
        """Event clock: decide every tick up to which all demand partitions and the inbox have spoken.

        Both: another worker that assesses may have read more of the inbox than this one.
        """
        tick_s = self._settings.worker.tick_s
        told_s = self._needs.fold.known_until_s(self._demand_partitions)
        known_s = int(min(told_s, self._feed.clock_s))
        if not known_s:
            return
        first_s = self._decided_s + tick_s if self._decided_s else self._needs.fold.first_tick_s or known_s
        for now_s in range(first_s, known_s + 1, tick_s):
            if not self.active:
                return  # a rebalance began: another worker may decide the rest
            self._needs.fold.settle(now_s)
            wrote = await self._decide_at(from_epoch_s(now_s))
            self._decided_s = now_s
            if wrote or now_s == known_s or now_s % (5 * tick_s) == 0:
                await self._acting.tell_decided(now_s)
        if self._needs.fold.ended(self._demand_partitions) and self._decided_s >= told_s:
            self.finished.set()

    async def _decide_live(self, now: datetime) -> None:
        """Wall clock: decide, or go on with what was agreed while Kafka is away."""
        if await self._outage.is_kafka_there() and await self._decide_and_store(now):
            return
        await self._outage.carry_on(self._known, lambda: self._desk.controls, self._is_stopped, now)

    async def _decide_and_store(self, now: datetime) -> bool:
        """Decide; False if Kafka did not store what was decided."""
        try:
            if self.active:
                await self._decide_at(now)
        except KafkaAwayError as error:
            log.warning("not_stored", why=str(error))
            return False
        return True

    async def _decide_at(self, now: datetime) -> bool:
        """One run: observe, decide, write, act; True if anything was written or done."""
        book, dealt_with = self._book.at(now), self._feed.dealt_with(self._book)
        heard = await self._desk.deal_with(now, book)
        states = await self._acting.look(self._needs.fold.levels, self._desk.controls, now)
        seen = replace(self._known(now), resources=states)
        with self._metrics.decide_seconds.time():
            decision = seen.decide()
        wrote = await self._publisher.publish(decision, seen, book)
        campaigns = self._publisher.campaigns
        wrote = await campaigns.publish(decision.campaigns, seen, book, dealt_with) or wrote
        await self._ahead.look(decision.resources, now)
        wrote = (
            await self._acting.carry_out(decision.resources, lambda: self._desk.controls, self._is_off, now)
            or wrote
        )
        show_decision(self._metrics, decision, self._acting.states, self._policy, now)
        return wrote or heard

    def _known(self, now: datetime) -> DecisionInputs:
        """All that a decision is made on, with resources as they were seen last."""
        return DecisionInputs(
            self._needs.fold.needs,
            self._needs.fold.levels,
            self._book.at(now).standing(),
            dict(self._acting.states),
            self._desk.controls,
            self._policy,
            now,
        )

    def _is_off(self) -> bool:
        """Has somebody said something since, perhaps a freeze? Then all is decided anew before more acts."""
        if not self.active:
            return True  # it is another worker's to do now
        if self._clock.from_events or not self._desk.has_news:
            return False
        self._news.set()
        return True

    def _is_stopped(self) -> bool:
        """Is nothing to be done while Kafka is away, because somebody else decides, or somebody said stop?"""
        return not self.active or self._desk.is_stop_waiting
