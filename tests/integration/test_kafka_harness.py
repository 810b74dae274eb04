"""The broker that other tests rest on: it is real, it can crash, and it never outlives the run."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from tests.kafka import jars
from tests.kafka.broker import Broker
from tests.support.deadline import eventually


def create_topic(bootstrap: str, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        admin.close()


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        for future in [producer.send(topic, value=value, partition=0) for value in values]:
            future.get(timeout=20)
    finally:
        producer.close()


def read_all(bootstrap: str, topic: str) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=bootstrap)
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        end = consumer.end_offsets([partition])[partition]
        values: list[bytes] = []

        def everything_read() -> bool:
            for records in consumer.poll(timeout_ms=200).values():
                values.extend(record.value for record in records)
            return bool(consumer.position(partition) >= end)

        eventually(everything_read, 20)
        return values
    finally:
        consumer.close()


def test_the_shared_broker_keeps_what_it_is_given(kafka_broker: str, topic_prefix: str) -> None:
    """A record produced to the session's broker is read back from it."""
    topic = f"{topic_prefix}.words"
    create_topic(kafka_broker, topic)

    produce(kafka_broker, topic, [b"ready", b"steady"])

    assert read_all(kafka_broker, topic) == [b"ready", b"steady"]


def test_a_killed_broker_comes_back_with_its_records(own_broker: Broker) -> None:
    """Records acknowledged before a SIGKILL are there after a restart, at the same address."""
    bootstrap, crashed = own_broker.bootstrap, own_broker.pid
    create_topic(bootstrap, "orders")
    produce(bootstrap, "orders", [b"before"])

    own_broker.kill()
    assert not own_broker.running
    assert not psutil.pid_exists(crashed)
    own_broker.restart()
    produce(bootstrap, "orders", [b"after"])

    assert own_broker.bootstrap == bootstrap
    assert own_broker.pid != crashed
    assert read_all(bootstrap, "orders") == [b"before", b"after"]


def test_a_stopped_broker_ends_in_order(own_broker: Broker) -> None:
    """`stop` leaves no process, may be called twice, and the broker can be started again."""
    first = own_broker.pid

    own_broker.stop()
    own_broker.stop()

    assert not psutil.pid_exists(first)
    assert own_broker.start().running


def test_a_broker_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    """A test run killed by SIGKILL leaves no broker behind."""
    script = (
        "import sys, time; from pathlib import Path; from tests.kafka.broker import Broker\n"
        "broker = Broker(Path(sys.argv[1])).start(); print(broker.pid, flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[2]
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    with run.stdout:
        broker_pid = int(run.stdout.readline())
        assert psutil.pid_exists(broker_pid)

        run.send_signal(signal.SIGKILL)
        run.wait(10)

    eventually(lambda: not psutil.pid_exists(broker_pid), 10, what="the orphaned broker is gone")


def test_a_broken_start_says_what_the_broker_said(tmp_path: Path) -> None:
    """A broker that cannot start raises at once, with the end of its own log in the message."""
    broker = Broker(tmp_path, properties={"node.id": "not-a-number"})

    with pytest.raises(jars.KafkaUnavailableError, match="not-a-number"):
        broker.start()

    assert not broker.running


def test_a_machine_without_java_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a JDK the error names the tool, where it was looked for, and the fix."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(jars.KafkaUnavailableError, match=r"java: not found by the PATH\. Install a JDK 17"):
        jars.java_command()


def test_a_machine_without_maven_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without Maven, and with no jars fetched yet, the error says so."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(jars, "CACHE", tmp_path / "kafka")

    with pytest.raises(jars.KafkaUnavailableError, match="mvn: not found"):
        jars.fetch()
