"""The owner of demand partitions: keeps their services' histories, forecasts them, and says what they need.

By the wall clock it assesses whenever something new is known; by the event clock it does so tick by
tick, each with the demand and the campaigns known at that tick, however fast the stream was read.
Forecasts run in a process pool: the event loop only folds and sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor

import structlog

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Level, ServiceView, SourcePartition
from advisor.domain.policy import Policy
from advisor.domain.timegrid import from_epoch_s
from advisor.forecasting.learned import Learned
from advisor.pipeline import Assessment, assess, level_of
from streams.campaign_feed import CampaignFeed
from streams.codec.needs_log import encode_tick
from streams.context import WorkerContext
from streams.demand_partition import DemandPartition
from streams.explanations import Explainer
from streams.log_reader import log_consumer
from streams.records import OutgoingRecord
from streams.state import catch_up, last_ticks, restore_demand
from streams.telling import Telling

log = structlog.get_logger(__name__)

Work = tuple[ServiceView, tuple[Campaign, ...], Learned]


def assess_all(work: Sequence[Work], policy: Policy) -> list[Assessment]:
    """Assess a batch of services: what runs in the pool's processes."""
    return [assess(view, campaigns, policy, learned) for view, campaigns, learned in work]


class Assessor:
    """The demand partitions this worker owns, and what their services were last said to need."""

    def __init__(
        self,
        context: WorkerContext,
        policy: Policy,
        sources: Sequence[SourcePartition],
        feed: CampaignFeed,
        pool: Executor,
    ) -> None:
        self._settings = context.settings
        self._names = context.names
        self._clock = context.clock
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._policy = policy
        self._explainer = Explainer(context.names, context.outbox, policy)
        self._services = frozenset(policy.services)
        self._sources = sources
        self._feed = feed
        self._book = feed.book()
        self._pool = pool
        self._reader = log_consumer(context.settings)
        self._reading = asyncio.Lock()
        self._assessing = asyncio.Lock()
        self._states: dict[int, DemandPartition] = {}
        self._ready: dict[int, asyncio.Event] = {}
        self._news = asyncio.Event()
        self._assessed: dict[str, tuple[int, tuple[Campaign, ...]]] = {}
        self._telling = Telling(context.names)
        self._ticked_s: dict[int, int] = {}
        self._end_told: set[int] = set()
        self.taken = False

    async def start(self) -> None:
        """Connect the reader that restores state."""
        await self._reader.start()

    async def stop(self) -> None:
        """Disconnect it."""
        await self._reader.stop()

    def wake(self) -> None:
        """Something new may be known: assess soon."""
        self._news.set()

    @property
    def owned(self) -> tuple[int, ...]:
        """The demand partitions whose state is complete."""
        return tuple(p for p in sorted(self._states) if self._ready[p].is_set())

    def position(self, partition: int) -> int | None:
        """One past the last record folded; None while the partition is not owned."""
        state = self._states.get(partition)
        return state.next_offset if state else None

    def suspend(self, partitions: Sequence[int]) -> None:
        """A rebalance began: nothing is said of these partitions until they are taken again."""
        self.taken = False
        for partition in partitions:
            self._ready.setdefault(partition, asyncio.Event()).clear()

    async def take(self, partitions: Sequence[int]) -> None:
        """Own exactly these partitions: keep what is known of them, restore the others from the log."""
        async with self._assessing, self._reading:
            for partition in set(self._states) - set(partitions):
                self._drop(partition)
            new = [p for p in partitions if p not in self._states]
            await catch_up(self._reader, self._names, list(self._states.values()))
            restored = await restore_demand(
                self._reader, self._names, new, int(self._policy.step.total_seconds())
            )
            if self._clock.from_events and new:
                self._ticked_s = await last_ticks(self._reader, self._names)
            self._states.update(restored)
        for partition in partitions:
            self._ready.setdefault(partition, asyncio.Event()).set()
        self.taken = True
        self._metrics.restores.labels(topic=self._names.demand).inc(len(new))
        log.info("demand_taken", partitions=list(partitions), restored=new)
        self._news.set()

    async def apply(self, partition: int, offset: int, value: bytes | None) -> None:
        """Fold one record of the log, once the partition's state is restored."""
        await self._ready.setdefault(partition, asyncio.Event()).wait()
        state = self._states.get(partition)
        if state is None:
            return
        if offset > state.next_offset:  # something was passed over: the log itself has it
            async with self._reading:
                await catch_up(self._reader, self._names, [state])
        state.apply(offset, value)
        self._news.set()

    async def run(self) -> None:
        """Assess whenever there is news; until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._assessing:
                states = [self._states[p] for p in self.owned]
                if len(states) < len(self._states):
                    continue  # a rebalance is under way; taking the partitions wakes us again
                if self._clock.from_events:
                    await self._tick_through(states)
                else:
                    await self._assess(states, self._book.at(self._clock.now()).standing(), None)
            await asyncio.sleep(0 if self._clock.from_events else 0.05)  # one assessment for a burst of news

    async def snapshot(self) -> None:
        """Write what is retained of every owned partition to the models topic."""
        for partition in self.owned:
            await self._outbox.send(self._states[partition].snapshot(self._names.models))

    def _drop(self, partition: int) -> None:
        for service in self._states.pop(partition).histories:
            self._assessed.pop(service, None)
        self._ready.pop(partition, None)
        self._telling.forget()  # whatever the next owner says, it must be said again if we come back

    async def _tick_through(self, states: Sequence[DemandPartition]) -> None:
        """Event clock: take every tick that both demand and campaigns are known up to, in order."""
        if not states:
            return
        tick_s = self._settings.worker.tick_s
        complete_s = min(s.complete_until_s(self._sources) for s in states)
        known_s = int(min(complete_s, self._feed.clock_s))
        # Asked together with how far it is known: both go on while the ticks below are taken.
        ended = self._feed.ended and all(s.ended(self._sources) for s in states)
        if known_s == 0:
            return
        first_s = min((s.earliest_s for s in states if s.earliest_s is not None), default=known_s)
        begun = {s.partition: self._ticked_s.get(s.partition, first_s // tick_s * tick_s) for s in states}
        for now_s in range(min(begun.values()) + tick_s, known_s + 1, tick_s):
            due = [s for s in states if begun[s.partition] < now_s]
            await self._assess(due, self._book.at(from_epoch_s(now_s)).standing(), now_s)
            if not self.taken:
                return  # a rebalance began: another worker may go on from the last tick told
            await self._tell_tick(due, now_s, end=False)
        if ended:
            untold = [s for s in states if s.partition not in self._end_told]
            if untold:
                await self._tell_tick(untold, max(known_s, *begun.values()), end=True)

    async def _tell_tick(self, states: Sequence[DemandPartition], now_s: int, *, end: bool) -> None:
        partitions = [s.partition for s in states]
        key, value = encode_tick(partitions, now_s, end=end)
        await self._outbox.send([OutgoingRecord(self._names.needs, key, value, partition=0)])
        self._ticked_s.update(dict.fromkeys(partitions, now_s))
        if end:
            self._end_told.update(partitions)

    async def _assess(
        self, states: Sequence[DemandPartition], campaigns: tuple[Campaign, ...], tick_s: int | None
    ) -> None:
        """Say what is new: of every service its level, and its needs where its forecast can have changed."""
        work: list[Work] = []
        owners: dict[str, DemandPartition] = {}
        levels: list[Level] = []
        for state in states:
            complete_s = tick_s if tick_s is not None else state.complete_until_s(self._sources)
            for service, history in state.histories.items():
                known_s = min(complete_s, history.newest_end_s)
                if service not in self._services or not known_s:
                    continue
                view = history.view(from_epoch_s(known_s))
                levels.append(level_of(view, by_cell=tick_s is not None))
                theirs = tuple(c for c in campaigns if service in c.services)
                if self._assessed.get(service) != (view.cutoff_s, theirs):
                    self._assessed[service] = (view.cutoff_s, theirs)
                    work.append((view, theirs, state.learned(service)))
                    owners[service] = state
        assessments: list[Assessment] = []
        if work:
            with self._metrics.assess_seconds.time():
                loop = asyncio.get_running_loop()
                assessments = await loop.run_in_executor(self._pool, assess_all, work, self._policy)
        if not self.taken:
            for service in owners:
                self._assessed.pop(service, None)  # to be done anew by whoever owns it after the rebalance
            return
        for assessment in assessments:
            service = assessment.forecast.service
            owners[service].keep_learned(service, assessment.learned)
        forecasts = [assessment.forecast for assessment in assessments]
        await self._outbox.send(self._telling.records(assessments, levels, tick_s))
        self._show(assessments, levels)
        # Last: what is needed waits for no explanation, nor fails with it.
        await self._explainer.tell((f, self._assessed[f.service][1], owners[f.service]) for f in forecasts)

    def _show(self, assessments: Sequence[Assessment], levels: Sequence[Level]) -> None:
        for level in levels:
            self._metrics.demand_rate.labels(service=level.service).set(level.rate_per_s)
            self._metrics.data_until.labels(service=level.service).set(level.data_until.timestamp())
        for assessment in assessments:
            forecast = assessment.forecast
            if len(forecast.times_s):
                for quantile, rate in zip(forecast.levels, forecast.total[0], strict=True):
                    labels = {"service": forecast.service, "level": f"{quantile:g}"}
                    self._metrics.forecast_rate.labels(**labels).set(rate)
