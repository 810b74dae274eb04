"""Traffic topics to demand buckets: a batch consumer whose offsets move only past durable buckets.

Each assigned source partition has a fold of its own (:mod:`advisor.aggregation.partition_fold`). After
every batch the buckets that closed are written to the demand topic, then the watermarks that say so,
and only then the offset is committed at which reading would have to begin again. A crash anywhere in
between repeats work and changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, RebalanceInProgressError

from advisor.aggregation.partition_fold import Counted, FoldPosition, PartitionFold
from advisor.domain.demand import SourcePartition
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.errors import DecodeError
from streams.codec.clock import clock_of
from streams.codec.demand_log import encode_bucket, encode_watermark
from streams.codec.traffic import decode_traffic
from streams.context import WorkerContext
from streams.dead_letters import dead_letter
from streams.ingest_positions import commit_of, committed_positions
from streams.records import OutgoingRecord, ReceivedRecord

log = structlog.get_logger(__name__)

POLL_MS = 500
POLL_RECORDS = 5000


class Ingest(ConsumerRebalanceListener):
    """One worker's share of the traffic, by source partition."""

    def __init__(
        self,
        context: WorkerContext,
        topic_ids: Mapping[str, str],
        services: Collection[str],
        demand_partitions: Sequence[int],
    ) -> None:
        self._settings = context.settings
        self._names = context.names
        self._clock = context.clock
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._topic_ids = topic_ids
        self._services = frozenset(services)
        self._demand_partitions = demand_partitions
        settings = context.settings
        self._group = f"{settings.kafka.topic_prefix}-ingest"
        self._folds: dict[TopicPartition, PartitionFold] = {}
        self._resumed_at: dict[TopicPartition, int] = {}  # below it the last owner has dead-lettered
        self._ended: set[TopicPartition] = set()
        self._quiet_until_s: dict[TopicPartition, int] = {}
        self._told: dict[TopicPartition, tuple[int, bool]] = {}
        self._committed: dict[TopicPartition, FoldPosition] = {}
        self._dead: list[OutgoingRecord] = []
        self._busy = asyncio.Lock()  # a rebalance waits for the batch in hand, and the other way round
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka.bootstrap_servers,
            client_id=f"{settings.kafka.client_id}-ingest",
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=int(settings.kafka.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.kafka.heartbeat_interval_s * 1000),
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )

    async def run(self) -> None:
        """Read, fold, write, commit; until cancelled. Any failure to write ends it: nothing is skipped."""
        self._consumer.subscribe(self._names.traffic, listener=self)
        await self._consumer.start()
        try:
            while True:
                batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=POLL_RECORDS)
                async with self._busy:
                    for partition, records in batches.items():
                        self._fold(partition, records)
                    if not self._clock.from_events:
                        await self._advance_where_caught_up()
                    await self._flush()
                await asyncio.sleep(0)  # let the heartbeats through between two full batches
        finally:
            await self._consumer.stop()

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Hand over: what has closed is written and committed, what is open the next owner folds again."""
        async with self._busy:
            await self._flush()
            for partition in revoked:
                self._folds.pop(partition, None)
                self._resumed_at.pop(partition, None)
                self._ended.discard(partition)
                self._quiet_until_s.pop(partition, None)
                self._told.pop(partition, None)
                self._committed.pop(partition, None)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Take over: go on where the last owner's commit says, with the buckets it had finished."""
        async with self._busy:
            committed = await committed_positions(self._settings, self._group, assigned)
            fresh = [p for p in assigned if p not in committed]
            for partition, offset in (await self._consumer.beginning_offsets(fresh)).items():
                committed[partition] = FoldPosition(offset, offset, 0, float("-inf"))
            for partition in assigned:
                source = SourcePartition(
                    partition.topic, self._topic_ids.get(partition.topic, ""), partition.partition
                )
                self._resumed_at[partition] = committed[partition].position
                self._folds[partition] = PartitionFold(
                    source,
                    width_s=self._settings.worker.bucket_s,
                    lateness_s=self._settings.worker.lateness_s,
                    resume=committed[partition],
                )
        log.info("traffic_assigned", partitions=sorted(f"{p.topic}/{p.partition}" for p in assigned))

    def positions(self) -> dict[TopicPartition, int]:
        """One past the last record folded, per source partition."""
        return {p: fold.position.position for p, fold in self._folds.items()}

    def _fold(self, partition: TopicPartition, records: Sequence[ReceivedRecord]) -> None:
        fold = self._folds.get(partition)
        if fold is None:  # taken away while the batch was on its way here
            return
        counts = dict.fromkeys(Counted, 0)
        unlisted = 0
        for record in records:
            try:
                clock = clock_of(record.headers, record.value)
                if clock is not None:
                    fold.skip(record.offset)
                    if self._clock.from_events:  # by the wall clock a stray one must not close the future
                        fold.advance(clock.time.timestamp())
                        if clock.end:
                            self._ended.add(partition)
                    continue
                sample = decode_traffic(record.value)
                self._refuse_future(sample.timestamp_s, record.timestamp)
            except DecodeError as error:
                fold.skip(record.offset)
                if record.offset >= self._resumed_at[partition]:
                    self._dead.append(dead_letter(record, error, topic=self._names.dead_letters))
                    self._metrics.dead_letters.labels(topic=partition.topic, reason=error.reason).inc()
                continue
            if sample.service not in self._services:
                fold.skip(record.offset)
                unlisted += 1
                continue
            counts[fold.add(sample, record.offset)] += 1
        self._report(partition, counts, unlisted)

    def _refuse_future(self, timestamp_s: float, record_ms: int) -> None:
        """A timestamp far ahead would close every bucket before it: refused by the record's own time.

        That keeps a repeat after a crash the same. Only where the producer's clock stamped the record with
        the future as well is it our own clock that refuses.
        """
        if self._clock.from_events:
            return
        skew_s, now_s = self._settings.worker.future_skew_s, self._clock.now().timestamp()
        ahead_s = timestamp_s - (min(record_ms / 1000, now_s) if record_ms >= 0 else now_s)
        if ahead_s > skew_s:
            raise DecodeError(
                Reason.TIMESTAMP_IN_FUTURE,
                f"timestamp is {ahead_s:.0f} s ahead of the record's own time; {skew_s} s are allowed. "
                "Fix: set the producer's clock, or send seconds instead of milliseconds",
            )

    async def _advance_where_caught_up(self) -> None:
        """At the end of its log a partition is complete up to the wall clock: quiet ones hold nobody up.

        That is said to those who wait for it, and its last buckets are finished. What a producer sends
        late for a time in which nothing was seen still counts.
        """
        bucket_s = self._settings.worker.bucket_s
        instant_s = to_epoch_s(self._clock.now()) - self._settings.worker.lateness_s
        for partition, fold in self._folds.items():
            try:
                highwater = self._consumer.highwater(partition)
                # Without a fetch there is no highwater, and asking for the position would wait for one.
                caught_up = highwater is not None and await self._consumer.position(partition) >= highwater
            except IllegalStateError:  # no longer assigned: its new owner advances it
                continue
            if caught_up:
                fold.finish_until(instant_s)
                self._quiet_until_s[partition] = instant_s // bucket_s * bucket_s

    async def _flush(self) -> None:
        buckets = [part for fold in self._folds.values() for part in fold.take_closed()]
        dead, self._dead = self._dead, []
        await self._outbox.send(
            [
                *dead,
                *(OutgoingRecord(self._names.demand, p.service.encode(), encode_bucket(p)) for p in buckets),
            ]
        )
        self._metrics.demand_buckets.inc(len(buckets))
        await self._outbox.send(self._watermarks())
        await self._commit()

    def _watermarks(self) -> list[OutgoingRecord]:
        records: list[OutgoingRecord] = []
        for partition, fold in self._folds.items():
            until_s = max(fold.closed_until_s, self._quiet_until_s.get(partition, 0))
            told = (until_s, partition in self._ended)
            if told == self._told.get(partition, (0, False)):
                continue
            self._told[partition] = told
            value = encode_watermark(fold.source, told[0], end=told[1])
            records.extend(
                OutgoingRecord(self._names.demand, b"@watermark", value, partition=p)
                for p in self._demand_partitions
            )
        return records

    async def _commit(self) -> None:
        changed = {p: f.position for p, f in self._folds.items() if f.position != self._committed.get(p)}
        if not changed:
            return
        offsets = {p: commit_of(at) for p, at in changed.items()}
        try:
            await self._consumer.commit(offsets)
        except (CommitFailedError, RebalanceInProgressError, IllegalStateError) as error:
            # Normal in a rebalance: the next owner begins at the older commit and folds again.
            log.info("commit_refused", why=type(error).__name__)
            self._metrics.commits_refused.inc()
            return
        self._committed.update(changed)

    def _report(self, partition: TopicPartition, counts: Mapping[Counted, int], unlisted: int) -> None:
        names = {Counted.LATE: Reason.SAMPLE_LATE, Counted.DUPLICATE: Reason.SAMPLE_DUPLICATE}
        self._metrics.samples.labels(topic=partition.topic).inc(counts[Counted.COUNTED])
        for counted, reason in names.items():
            self._metrics.samples_dropped.labels(topic=partition.topic, reason=reason).inc(counts[counted])
        if unlisted:
            self._metrics.samples_dropped.labels(
                topic=partition.topic, reason=Reason.SERVICE_NOT_IN_POLICY
            ).inc(unlisted)
