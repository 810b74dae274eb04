"""Does every consumer progress? Compares positions with the ends of the logs, from outside the consumers.

A consumer may stop without an error. One that stands still for a minute while its log has more is
stalled: liveness fails, and Kubernetes starts the worker anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from advisor.reporting.metrics import Metrics

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 5.0
STALLED_AFTER_S = 60.0

Positions = Mapping[TopicPartition, int]


@dataclass(slots=True)
class Progress:
    """Where a partition's consumer stood when it last moved (monotonic seconds)."""

    position: int
    moved_at_s: float


def stalled(
    seen: dict[TopicPartition, Progress], positions: Positions, ends: Positions, now_s: float
) -> frozenset[TopicPartition]:
    """Which partitions have had unread records for too long without their position moving?

    `seen` is brought up to date; a partition that is no longer consumed here is forgotten.
    """
    for gone in set(seen) - set(positions):
        del seen[gone]
    for partition, position in positions.items():
        known = seen.get(partition)
        if known is None or position != known.position or position >= ends.get(partition, 0):
            seen[partition] = Progress(position, now_s)
    return frozenset(p for p, progress in seen.items() if now_s - progress.moved_at_s >= STALLED_AFTER_S)


class Watchdog:
    """Looks every few seconds, counts stalls, and knows which partitions stand still now."""

    def __init__(
        self, consumer: AIOKafkaConsumer, positions: Callable[[], Positions], metrics: Metrics
    ) -> None:
        self._consumer = consumer
        self._positions = positions
        self._metrics = metrics
        self._seen: dict[TopicPartition, Progress] = {}
        self._looked_at_s: float | None = None
        self._watched_s = 0.0  # how long it could see; while Kafka is away nobody could progress
        self.stalled: frozenset[TopicPartition] = frozenset()

    async def run(self) -> None:
        """Look until cancelled."""
        await self._consumer.start()
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.look(asyncio.get_running_loop().time())
        finally:
            await self._consumer.stop()

    async def look(self, now_s: float) -> None:
        """Compare once, `now_s` by a monotonic clock. If Kafka does not answer, nothing is judged."""
        since_s = 0.0 if self._looked_at_s is None else now_s - self._looked_at_s
        self._looked_at_s = now_s
        positions = self._positions()
        try:
            async with asyncio.timeout(LOOK_EVERY_S):  # `wait_for` may swallow a cancellation before 3.12
                ends = await self._consumer.end_offsets(list(positions))
        except (TimeoutError, OSError, KafkaError) as error:
            log.warning("watchdog_blind", why=type(error).__name__)
            return
        self._watched_s += since_s
        found = stalled(self._seen, positions, ends, self._watched_s)
        for partition in found - self.stalled:
            log.error("consumer_stalled", topic=partition.topic, partition=partition.partition)
            self._metrics.stalls.labels(consumer=partition.topic).inc()
        self.stalled = found
        lags: dict[str, int] = {}
        for partition, position in positions.items():
            lags[partition.topic] = lags.get(partition.topic, 0) + max(0, ends[partition] - position)
        for topic, lag in lags.items():
            self._metrics.consumer_lag.labels(topic=topic).set(lag)
