"""Kafka clients for commands: connect, produce, administer, read a topic to its end.

The worker's own loops use other clients; these serve the command line, where a clear sentence after a
few seconds matters more than throughput.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import AuthorizationError, KafkaError

from advisor.errors import HeadstartError
from advisor.settings import Settings
from streams.header_names import spell_header_names
from streams.records import StoredRecord

CONNECT_TIMEOUT_S = 8.0
READ_STALL_S = 10.0
EMBEDDED_API_VERSION = (2, 3)
"""What the demo's in-process broker speaks; it has no idempotent producers."""


class KafkaUnreachableError(HeadstartError):
    """Kafka did not answer, or not in time; commands end with exit code 3."""


class TopicMissingError(HeadstartError):
    """A topic that a command needs does not exist; commands end with exit code 3."""


@contextmanager
def admin(settings: Settings) -> Iterator[Any]:
    """A connected KafkaAdminClient, closed afterwards. Raises KafkaUnreachableError within 10 s."""
    with _connected(settings, KafkaAdminClient, request_timeout_ms=int(CONNECT_TIMEOUT_S * 1000)) as client:
        yield client


@contextmanager
def producer(settings: Settings) -> Iterator[Any]:
    """A connected KafkaProducer that keeps the order of every partition, flushed and closed afterwards.

    Raises KafkaUnreachableError within 10 s if there is no connection to begin with.
    """
    ordered: dict[str, Any] = {"acks": "all", "linger_ms": 5, "max_block_ms": int(CONNECT_TIMEOUT_S * 1000)}
    if settings.kafka.embedded:  # without idempotence only one request at a time keeps the order
        ordered |= {"enable_idempotence": False, "max_in_flight_requests_per_connection": 1}
    else:  # a typing error must not become a topic
        ordered["allow_auto_create_topics"] = False
    with _connected(settings, KafkaProducer, delivery_timeout_ms=60_000, **ordered) as client:
        yield client
        client.flush(timeout=60)


def unheard(_done: int, _total: int) -> None:
    """A listener to progress that does nothing."""


def read_all(
    settings: Settings,
    topic: str,
    *,
    on_progress: Callable[[int, int], None] = unheard,
    starts: Mapping[int, int] | None = None,
) -> Iterator[StoredRecord]:
    """Every record of a topic from its beginning to its end as of now, in each partition's order.

    `starts` reads only these partitions, each from this offset (or the oldest record there is).
    `on_progress` is told, after each batch, how many offsets of how many are read. Joins no group and
    commits nothing. Raises KafkaUnreachableError, also if reading stalls for 10 s, and
    TopicMissingError.
    """
    spell_header_names()
    with _connected(settings, KafkaConsumer, enable_auto_commit=False) as consumer:
        numbers = _partitions(consumer, topic)
        partitions = [TopicPartition(topic, n) for n in numbers if starts is None or n in starts]
        consumer.assign(partitions)
        beginnings = consumer.beginning_offsets(partitions)
        ends = consumer.end_offsets(partitions)
        froms = {p: max(beginnings[p], (starts or {}).get(p.partition, 0)) for p in partitions}
        for partition, offset in froms.items():
            consumer.seek(partition, offset)
        begins = sum(froms.values())

        def tell(position: int) -> None:
            on_progress(position - begins, sum(ends.values()) - begins)

        yield from _until_end(consumer, ends, tell)


def partitions_of(settings: Settings, topic: str) -> list[int]:
    """The partitions that a topic has now. Raises KafkaUnreachableError and TopicMissingError."""
    with _connected(settings, KafkaConsumer, enable_auto_commit=False) as consumer:
        return _partitions(consumer, topic)


def _partitions(consumer: Any, topic: str) -> list[int]:
    numbers = consumer.partitions_for_topic(topic)
    if not numbers:
        raise TopicMissingError(f"topic {topic!r} does not exist. Fix: run `headstart topics --create`")
    return sorted(numbers)


@contextmanager
def follower(settings: Settings, topics: Sequence[str], *, from_end: bool = False) -> Iterator[Any]:
    """A KafkaConsumer on every partition of these topics, in no group, from their beginnings.

    With `from_end`: on what is written from now on.
    """
    with _connected(settings, KafkaConsumer, enable_auto_commit=False) as consumer:
        partitions = [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(partitions)
        if from_end:
            for partition, end in consumer.end_offsets(partitions).items():
                consumer.seek(partition, end)
        else:
            consumer.seek_to_beginning(*partitions)
        yield consumer


def _until_end(consumer: Any, ends: dict[Any, int], tell: Callable[[int], None]) -> Iterator[StoredRecord]:
    """Polls until every partition's position has reached its end; offsets may have gaps."""
    moved_at, before = time.monotonic(), -1
    while True:
        positions = {partition: consumer.position(partition) for partition in ends}
        if all(positions[partition] >= end for partition, end in ends.items()):
            return
        if sum(positions.values()) != before:
            moved_at, before = time.monotonic(), sum(positions.values())
            tell(before)
        elif time.monotonic() - moved_at > READ_STALL_S:
            raise KafkaUnreachableError(f"reading stalled for {READ_STALL_S:g} s at {positions}, ends {ends}")
        for partition, records in consumer.poll(timeout_ms=200).items():
            for record in records:
                if record.offset < ends[partition]:
                    yield _stored(record)


def _stored(record: Any) -> StoredRecord:
    return StoredRecord(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers or ()),
    )


@contextmanager
def _connected(settings: Settings, kind: Any, **options: Any) -> Iterator[Any]:
    """A client of this kind; what Kafka refuses from here on becomes one HeadstartError."""
    if settings.kafka.embedded:
        options["api_version"] = EMBEDDED_API_VERSION
    servers: Sequence[str] = settings.kafka.bootstrap_servers.split(",")
    with _quiet_logs():
        try:
            client = kind(
                bootstrap_servers=list(servers),
                client_id=settings.kafka.client_id,
                bootstrap_timeout_ms=int(CONNECT_TIMEOUT_S * 1000),
                **options,
            )
        except (KafkaError, OSError, ValueError) as error:
            raise _unreachable(settings, error) from error
        try:
            yield client
        except AuthorizationError as error:
            raise HeadstartError(f"Kafka does not allow this: {error}. Fix: grant the permission") from error
        except KafkaError as error:
            raise _unreachable(settings, error) from error
        finally:
            client.close()


def _unreachable(settings: Settings, error: Exception) -> KafkaUnreachableError:
    return KafkaUnreachableError(
        f"Kafka does not answer at {settings.kafka.bootstrap_servers} ({error}). "
        "Fix: start it, or set HEADSTART_KAFKA__BOOTSTRAP_SERVERS"
    )


@contextmanager
def _quiet_logs() -> Iterator[None]:
    """The client logs every attempt to connect; one sentence from us at the end says all of it."""
    logger = logging.getLogger("kafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
