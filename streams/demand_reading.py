"""What is retained of a few services' demand, read from the models and demand topics by somebody who asks.

Only the partitions that hold these services are read, and of the demand only what lies behind the last
snapshot: with a worker running, some minutes of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from aiokafka.partitioner import DefaultPartitioner

from advisor.aggregation.service_history import ServiceHistory
from advisor.forecasting.learned import Learned
from advisor.settings import Settings
from streams.codec.snapshots import MARKER_KEY, decode_marker, decode_snapshot
from streams.demand_partition import DemandPartition
from streams.estate_now import OnProgress
from streams.kafka_clients import partitions_of, read_all
from streams.topics import TopicNames


@dataclass(frozen=True, slots=True, eq=False)
class KnownService:
    """A service's history, and what was learned of it when that was written down last."""

    history: ServiceHistory
    learned: Learned


def read_services(
    settings: Settings, names: TopicNames, services: Collection[str], step_s: int, on_progress: OnProgress
) -> dict[str, KnownService]:
    """What is known of each of these services; one that was never seen is not in it.

    Raises KafkaUnreachableError, TopicMissingError and DecodeError.
    """
    numbers = partitions_of(settings, names.demand)
    choose = DefaultPartitioner()  # as the workers' own producer does it
    holds: dict[int, set[bytes]] = {}
    for key in {service.encode() for service in services}:
        holds.setdefault(choose(key, numbers, numbers), set()).add(key)
    states = {p: DemandPartition(p, step_s) for p in holds}
    _read_snapshots(settings, names.models, states, holds, on_progress)

    def tell(done: int, total: int) -> None:
        on_progress(f"demand of {', '.join(sorted(services))}", done, total)

    starts = {p: state.next_offset for p, state in states.items()}
    for record in read_all(settings, names.demand, starts=starts, on_progress=tell):
        if record.key in holds[record.partition]:
            states[record.partition].apply(record.offset, record.value)
    return {
        key.decode(): KnownService(state.histories[key.decode()], state.learned(key.decode()))
        for partition, state in states.items()
        for key in holds[partition]
        if key.decode() in state.histories
    }


def _read_snapshots(
    settings: Settings,
    topic: str,
    states: dict[int, DemandPartition],
    holds: dict[int, set[bytes]],
    on_progress: OnProgress,
) -> None:
    """Restore what the models topic has: the newest marker of each partition, the newest of each service."""
    latest: dict[tuple[int, bytes], bytes] = {}

    def tell(done: int, total: int) -> None:
        on_progress("what was learned", done, total)

    for record in read_all(settings, topic, starts=dict.fromkeys(states, 0), on_progress=tell):
        key = record.key or b""
        if record.value is not None and (key == MARKER_KEY or key in holds[record.partition]):
            latest[record.partition, key] = record.value
    for partition, state in states.items():
        marker = latest.pop((partition, MARKER_KEY), None)
        if marker is not None:
            state.restore_marker(decode_marker(marker))
    for (partition, _), value in latest.items():
        states[partition].restore_service(decode_snapshot(value))
