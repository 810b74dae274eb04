"""Reading a topic's log by assignment, without a group: for restoring state and for following a topic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.settings import Settings
from streams.records import ReceivedRecord

BATCH = 2000


def log_consumer(settings: Settings) -> AIOKafkaConsumer:
    """A consumer without a group, that reads what it is assigned and commits nothing."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka.bootstrap_servers,
        client_id=f"{settings.kafka.client_id}-log",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
        fetch_max_wait_ms=100,  # a takeover reads several topics in turn: none should wait for news long
    )


async def read_to_end(
    consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int]
) -> AsyncIterator[ReceivedRecord]:
    """Every record from the given offsets to where each log ended when this was called.

    A start below what retention has left begins at the oldest record there is. Order is kept within a
    partition only. The consumer is assigned anew; use one reader at a time.
    """
    partitions = list(starts)
    consumer.assign(partitions)
    ends = await consumer.end_offsets(partitions)
    beginnings = await consumer.beginning_offsets(partitions)
    for partition, start in starts.items():
        consumer.seek(partition, max(start, beginnings[partition]))
    unread = {p for p in partitions if max(starts[p], beginnings[p]) < ends[p]}
    while unread:
        batches = await consumer.getmany(timeout_ms=200, max_records=BATCH)
        for records in batches.values():
            for record in records:
                yield record
        unread = {p for p in unread if await consumer.position(p) < ends[p]}


def partitions_of(topic: str, partitions: Sequence[int]) -> list[TopicPartition]:
    """The topic's partitions as the client names them."""
    return [TopicPartition(topic, p) for p in partitions]
