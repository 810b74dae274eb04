"""The embedded broker: Kafka's protocol in this process's memory, for a demo that needs nothing else.

It is the mock cluster inside librdkafka, which comes with confluent-kafka. It keeps some megabytes a
partition, compacts nothing, and each fetch answers with one produced batch: producers should linger
a little. Clients: kafka-python needs `api_version=(2, 3)` and `enable_idempotence=False`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.errors import HeadstartError

if TYPE_CHECKING:
    from confluent_kafka import Producer

PARTITIONS = 4  # of every topic: the mock offers no other number
START_TIMEOUT_S = 10.0

_SILENT = logging.getLogger("headstart.demo.broker.librdkafka")


@dataclass(frozen=True)
class EmbeddedBroker:
    """A running embedded broker. It is gone, with everything in it, when its context ends."""

    bootstrap_servers: str
    _cluster: Producer

    def touch(self, topics: Sequence[str]) -> None:
        """Bring topics into being, as the mock does when somebody asks after them.

        Raises HeadstartError for a topic that does not appear, e.g. one with an illegal name.
        """
        for topic in topics:
            found = self._cluster.list_topics(topic, timeout=START_TIMEOUT_S).topics[topic]
            if found.error is not None or len(found.partitions) != PARTITIONS:
                raise HeadstartError(
                    f"the embedded broker could not make topic {topic!r}: {found.error}. "
                    "Fix: use letters, digits, '.', '_' and '-' in topic names"
                )


@contextmanager
def embedded_broker(topics: Sequence[str] = ()) -> Iterator[EmbeddedBroker]:
    """Which address does a broker listen on while this context lasts? With these topics, on loopback only.

    Raises HeadstartError if the `demo` extra is not installed or the broker does not start in 10 s.
    """
    cluster = _start()
    try:
        broker = EmbeddedBroker(_address(cluster), cluster)
        broker.touch(topics)
        yield broker
    finally:
        cluster.close()


def _start() -> Producer:
    """A producer that hosts a mock cluster; importing it is delayed to here, for only the demo needs it."""
    try:
        from confluent_kafka import Producer
    except ImportError as error:
        raise HeadstartError(
            "the demo's embedded broker needs the package confluent-kafka, which is not installed. "
            "Fix: install Headstart with its demo extra, e.g. pip install 'headstart[demo]'"
        ) from error
    _SILENT.addHandler(logging.NullHandler())
    _SILENT.propagate = False
    settings = {
        "bootstrap.servers": "ignored",
        "test.mock.num.brokers": 1,
        "topic.metadata.refresh.interval.ms": -1,
        "allow.auto.create.topics": True,
        "log_level": 0,
    }
    return Producer(settings, logger=_SILENT)


def _address(cluster: Producer) -> str:
    """Host and port of the mock's only broker."""
    from confluent_kafka import KafkaException

    try:
        brokers = list(cluster.list_topics(timeout=START_TIMEOUT_S).brokers.values())
    except KafkaException as error:
        raise HeadstartError(
            f"the embedded broker did not start within {START_TIMEOUT_S:.0f} s: {error}"
        ) from error
    return f"{brokers[0].host}:{brokers[0].port}"
