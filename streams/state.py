"""Rebuilding state from the log: snapshots first, then every record since, to the end.

Nothing rests on the offsets that a consumer group committed: a worker that takes a partition knows what
the log says, whoever owned the partition before and however that owner ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.codec.explanations import SAID_KEY
from streams.codec.needs_log import TickRecord, decode_needs
from streams.codec.snapshots import MARKER_KEY, decode_marker, decode_snapshot
from streams.demand_partition import DemandPartition
from streams.log_reader import partitions_of, read_to_end
from streams.topics import TopicNames


async def restore_demand(
    reader: AIOKafkaConsumer, names: TopicNames, partitions: Sequence[int], step_s: int
) -> dict[int, DemandPartition]:
    """The state of these demand partitions as of the end of the log now."""
    states = {p: DemandPartition(p, step_s) for p in partitions}
    latest: dict[tuple[int, bytes], bytes] = {}
    async for record in read_to_end(reader, dict.fromkeys(partitions_of(names.models, partitions), 0)):
        if record.key is not None and record.value is not None:
            latest[record.partition, record.key] = record.value
    for partition, state in states.items():
        marker = latest.pop((partition, MARKER_KEY), None)
        if marker is not None:
            state.restore_marker(decode_marker(marker))
    for (partition, key), value in latest.items():
        if key.startswith(SAID_KEY):
            states[partition].restore_explained(value)
        else:
            states[partition].restore_service(decode_snapshot(value))
    await catch_up(reader, names, list(states.values()))
    return states


async def catch_up(reader: AIOKafkaConsumer, names: TopicNames, states: Sequence[DemandPartition]) -> None:
    """Fold what the log holds beyond what these states have seen."""
    by_partition = {s.partition: s for s in states}
    starts = {TopicPartition(names.demand, s.partition): s.next_offset for s in states}
    async for record in read_to_end(reader, starts):
        by_partition[record.partition].apply(record.offset, record.value)


async def last_ticks(reader: AIOKafkaConsumer, names: TopicNames) -> dict[int, int]:
    """Event clock: the last tick that was told for each demand partition (epoch seconds)."""
    told: dict[int, int] = {}
    async for record in read_to_end(reader, {TopicPartition(names.needs, 0): 0}):
        if record.value is None:
            continue
        tick = decode_needs(record.value)
        if isinstance(tick, TickRecord):
            for partition in tick.partitions:
                told[partition] = max(told.get(partition, 0), tick.tick_s)
    return told
