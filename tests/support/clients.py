"""The same records written to Kafka by different clients, each by its own partitioner and compression."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence

from aiokafka import AIOKafkaProducer
from confluent_kafka import Producer
from kafka import KafkaProducer

from streams.records import Headers

Record = tuple[bytes, bytes, Headers]
Send = Callable[[str, str, Sequence[Record]], None]
"""Writes (key, value, headers) to a topic of a broker, in this order; returns once Kafka has them all."""

STORED_WITHIN_S = 30.0


def by_kafka_python(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """With kafka-python, compressed by gzip."""
    client = KafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, compression_type="gzip")
    sent = [
        client.send(topic, key=key, value=value, headers=list(headers)) for key, value, headers in records
    ]
    for future in sent:
        future.get(timeout=STORED_WITHIN_S)
    client.close()


def by_confluent_kafka(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """With confluent-kafka, compressed by zstd."""
    failed: list[object] = []
    client = Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "zstd"}
    )
    for key, value, headers in records:
        client.produce(
            topic, value, key, headers=list(headers), on_delivery=lambda e, _: failed.append(e) if e else None
        )
    left = client.flush(STORED_WITHIN_S)
    if left or failed:
        raise AssertionError(f"{left} records of {topic} were not stored, and these failed: {failed}")


def by_aiokafka(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """With aiokafka, compressed by snappy."""

    async def send() -> None:
        async with AIOKafkaProducer(
            bootstrap_servers=bootstrap, enable_idempotence=True, compression_type="snappy"
        ) as client:
            for key, value, headers in records:
                await client.send(topic, value, key, headers=list(headers))
            await client.flush()

    asyncio.run(send())


def by_kcat(bootstrap: str, topic: str, records: Sequence[Record]) -> None:
    """With kcat, compressed by lz4, a run for every set of headers, which its command line takes.

    Keys and values must hold neither tab nor newline. Idempotent as the others are: without it a batch that
    is tried again comes to lie behind those after it, and its samples are late.
    """
    groups: dict[Headers, list[Record]] = {}
    for record in records:
        groups.setdefault(record[2], []).append(record)
    for headers, group in groups.items():
        options = [part for name, content in headers for part in ("-H", f"{name}={content.decode()}")]
        safely = ("-X", "enable.idempotence=true")
        to = ("-b", bootstrap, "-t", topic, "-z", "lz4", *safely)
        command = [kcat_command(), "-P", *to, "-K", "\t", *options]
        lines = b"".join(key + b"\t" + value + b"\n" for key, value, _ in group)
        run = subprocess.run(command, input=lines, capture_output=True, check=False, timeout=STORED_WITHIN_S)
        if run.returncode != 0:
            raise AssertionError(f"{command} failed (exit {run.returncode}): {run.stderr.decode()}")


def kcat_command() -> str:
    """Where kcat is. Raises RuntimeError, saying how to get it, if it is nowhere."""
    found = shutil.which("kcat")
    if found is None:
        raise RuntimeError("kcat: not found by the PATH. Install it (Debian, Ubuntu: apt-get install kcat)")
    return found


CLIENTS: Mapping[str, Send] = {
    "kafka-python": by_kafka_python,
    "confluent-kafka": by_confluent_kafka,
    "aiokafka": by_aiokafka,
    "kcat": by_kcat,
}
