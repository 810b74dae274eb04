"""The embedded broker, used by the real clients of the product."""

import socket
import sys

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from advisor.errors import HeadstartError
from streams.demo.broker import PARTITIONS, embedded_broker


def all_values(address: str, topic: str, count: int) -> list[bytes]:
    """What lies in a topic, read by assignment; each fetch answers with one batch, so poll until all came."""
    consumer = KafkaConsumer(bootstrap_servers=address, api_version=(2, 3), group_id=None)
    partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    values: list[bytes] = []
    empty_polls = 0
    while len(values) < count and empty_polls < 20:
        records = [record for batch in consumer.poll(500).values() for record in batch]
        values += [record.value for record in records]
        empty_polls = 0 if records else empty_polls + 1
    consumer.close()
    return values


def test_kafka_python_produces_to_it_and_reads_back():
    with embedded_broker(["shop.traffic"]) as broker:
        producer = KafkaProducer(
            bootstrap_servers=broker.bootstrap_servers, api_version=(2, 3), enable_idempotence=False
        )
        sent = [f"record {i}".encode() for i in range(40)]
        for i, value in enumerate(sent):
            producer.send("shop.traffic", value, partition=i % PARTITIONS)
        producer.flush(10)
        producer.close()

        assert sorted(all_values(broker.bootstrap_servers, "shop.traffic", 40)) == sorted(sent)


def test_topics_are_there_before_anybody_uses_them():
    with embedded_broker(["a", "b"]) as broker:
        consumer = KafkaConsumer(
            bootstrap_servers=broker.bootstrap_servers, api_version=(2, 3), group_id=None
        )

        found = consumer.topics()
        consumer.close()

    assert {"a", "b"} <= set(found)


def test_it_listens_on_loopback_only():
    with embedded_broker() as broker:
        host, _ = broker.bootstrap_servers.split(":")

    assert host == "127.0.0.1"


def test_it_is_gone_after_its_context():
    with embedded_broker() as broker:
        host, port = broker.bootstrap_servers.split(":")

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


def test_it_is_gone_after_an_error_too():
    addresses = []

    def interrupted() -> None:
        with embedded_broker() as broker:
            addresses.append(broker.bootstrap_servers)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    host, port = addresses[0].split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)


def test_it_says_nothing(capfd: pytest.CaptureFixture[str]):
    with embedded_broker(["quiet"]):
        pass

    assert capfd.readouterr() == ("", "")


def test_without_the_demo_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)

    with pytest.raises(HeadstartError, match=r"headstart\[demo\]"), embedded_broker():
        pass
