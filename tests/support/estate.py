"""An estate for a test: topics on a real broker, a policy, workers, and all that lies on the topics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml
from confluent_kafka import Producer

from advisor.settings import Settings, load_settings
from streams.codec.campaign_state import INBOX_KEY, EntryRecord, decode_entry, decode_mark
from streams.codec.clock import encode_clock
from streams.codec.demand_log import BucketRecord, decode_demand
from streams.kafka_clients import producer, read_all
from streams.records import Headers, StoredRecord
from streams.topic_setup import create_topics
from streams.topics import TopicNames
from tests.support.commands import environ_for
from tests.support.workers import WorkerProcess

QUICK = {
    "HEADSTART_WORKER__BUCKET_S": "1",
    "HEADSTART_WORKER__LATENESS_S": "2",
    "HEADSTART_WORKER__DECIDE_EVERY_S": "0.5",
    "HEADSTART_KAFKA__SESSION_TIMEOUT_S": "3",
}
"""For tests by the wall clock: a sample counts three seconds after it was taken, not three minutes; a killed
worker's partitions are given away after three seconds.
"""

_DEFAULTS = {
    "HEADSTART_LOG_FORMAT": "json",
    "HEADSTART_WORKER__HTTP_HOST": "127.0.0.1",
    "HEADSTART_WORKER__HTTP_PORT": "0",
    "HEADSTART_WORKER__FORECAST_PROCESSES": "0",  # starting one more process takes longer than most tests
}


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A dead letter with its headers read."""

    reason: str
    error: str
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def place(self) -> tuple[str, int, int]:
        """Where the message lay that could not be read."""
        return self.topic, self.partition, self.offset


class Estate:
    """A prefix on a broker. As a context manager it kills, at its end, every worker that still runs."""

    def __init__(self, bootstrap: str, prefix: str, folder: Path, **environ: str) -> None:
        self.bootstrap, self.prefix, self.folder = bootstrap, prefix, folder
        self.policy = folder / "policy.yaml"
        self.workers: list[WorkerProcess] = []
        self._given = environ
        self._environ = _DEFAULTS | environ_for(bootstrap, prefix) | environ
        self.settings: Settings = load_settings(self._environ)
        self.names = TopicNames.of(self.settings)

    def create(self, resources: Mapping[str, Mapping[str, Any]], **options: Any) -> Estate:
        """Write the policy and create every topic. `options` are further sections of the policy."""
        self.write_policy(resources, **options)
        create_topics(self.settings)
        return self

    def write_policy(self, resources: Mapping[str, Mapping[str, Any]], **options: Any) -> Path:
        """Write the policy file of these resources, by id."""
        document = {"version": 1, **options, "resources": {name: dict(r) for name, r in resources.items()}}
        self.policy.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return self.policy

    def worker(self, *arguments: str, **environ: str) -> WorkerProcess:
        """A worker of this estate, started; `environ` on top of the estate's own."""
        log = self.folder / f"worker-{len(self.workers)}.log"
        policy = ("--policy", str(self.policy))
        worker = WorkerProcess((*policy, *arguments), self._environ | environ, log)
        self.workers.append(worker)
        return worker.start()

    def send(
        self,
        topic: str,
        records: Iterable[tuple[bytes | None, bytes | None, Headers]],
        timestamp_ms: int | None = None,
    ) -> list[tuple[int, int]]:
        """Write (key, value, headers), in this order; (partition, offset) of each, once Kafka has them all.

        Compressed, so that a message may be far larger than the broker's limit on what it stores.
        """
        client = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "compression.type": "gzip",
                "message.max.bytes": 16 * 1024 * 1024,
            }
        )
        stored: dict[int, tuple[int, int]] = {}

        def keep(number: int, error: object, message: Any) -> None:
            if error:
                raise AssertionError(f"Kafka refused message {number} for {topic}: {error}")
            stored[number] = message.partition(), message.offset()

        number = -1
        for number, (key, value, headers) in enumerate(records):
            at = {} if timestamp_ms is None else {"timestamp": timestamp_ms}
            client.produce(topic, value, key, headers=list(headers), on_delivery=partial(keep, number), **at)
        client.flush(30)
        if len(stored) != number + 1:
            raise AssertionError(f"Kafka has {len(stored)} of {number + 1} messages for {topic} after 30 s")
        return [stored[n] for n in range(number + 1)]

    def beside(self, name: str, **environ: str) -> Estate:
        """Another estate on the same broker, whose workers end with this one's; `environ` on top of its."""
        folder = self.folder / name
        folder.mkdir()
        other = Estate(self.bootstrap, f"{self.prefix}-{name}", folder, **(self._given | environ))
        other.workers = self.workers
        return other

    def tell_time(self, at: datetime, *, end: bool, topics: Sequence[str] = ()) -> None:
        """Write a clock record to every partition of the traffic and the inbox, as a replay does.

        Only to these topics, if any are given.
        """
        key, value, headers = encode_clock(at, end)
        with producer(self.settings) as client:
            for topic in topics or (*self.names.traffic, self.names.campaigns):
                for partition in client.partitions_for(topic):
                    client.send(topic, key=key, value=value, headers=list(headers), partition=partition)

    def records(self, topic: str) -> list[StoredRecord]:
        """Everything that lies on a topic now, partition by partition in order."""
        return list(read_all(self.settings, topic))

    def recommendations(self) -> list[dict[str, Any]]:
        """Every recommendation ever issued, as whole CloudEvents."""
        return [json.loads(r.value) for r in self.records(self.names.recommendations) if r.value]

    def audit(self, subject: str | None = None) -> list[dict[str, Any]]:
        """The audit trail, as whole CloudEvents; only of one resource or campaign, if one is given."""
        events = [json.loads(r.value) for r in self.records(self.names.audit) if r.value]
        return [e for e in events if subject is None or e["subject"] == subject]

    def campaign_states(self) -> dict[str, EntryRecord]:
        """The accepted state of every campaign that is not forgotten, as the last record of each says."""
        newest = {r.key: r.value for r in self.records(self.names.campaign_state)}
        found = [
            decode_entry(value)
            for key, value in newest.items()
            if value is not None and not (key or b"").startswith(INBOX_KEY)
        ]
        return {record.entry.campaign_id: record for record in found}

    def read_through(self) -> dict[int, int]:
        """Per partition of the inbox, below which offset everything is dealt with and written down."""
        newest = {r.key: r.value for r in self.records(self.names.campaign_state)}
        marks = [
            decode_mark(v) for k, v in newest.items() if v is not None and (k or b"").startswith(INBOX_KEY)
        ]
        return {mark.partition: mark.next_offset for mark in marks}

    def buckets(self, service: str) -> dict[int, tuple[BucketRecord, ...]]:
        """The demand buckets of a service by start: of each source partition the part that counts."""
        parts: dict[tuple[int, str, int], BucketRecord] = {}
        for record in self.records(self.names.demand):
            part = decode_demand(record.value)
            if not isinstance(part, BucketRecord) or part.service != service:
                continue
            place = (part.start_s, part.topic, part.partition)
            if place not in parts or parts[place].through_offset <= part.through_offset:
                parts[place] = part
        starts = sorted({start_s for start_s, _, _ in parts})
        return {s: tuple(parts[place] for place in sorted(parts) if place[0] == s) for s in starts}

    def counted(self, service: str) -> dict[int, float]:
        """How many requests of a service lie in each bucket, over all source partitions."""
        return {s: sum(part.count for part in parts) for s, parts in self.buckets(service).items()}

    def dead_letters(self) -> list[DeadLetter]:
        """Every dead letter."""
        return [_dead_letter(record) for record in self.records(self.names.dead_letters)]

    def __enter__(self) -> Estate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for worker in self.workers:
            if worker.running:
                worker.kill()


def _dead_letter(record: StoredRecord) -> DeadLetter:
    named = {name: content or b"" for name, content in record.headers}
    return DeadLetter(
        reason=named["headstart-reason"].decode(),
        error=named["headstart-error"].decode(),
        topic=named["headstart-topic"].decode(),
        partition=int(named["headstart-partition"]),
        offset=int(named["headstart-offset"]),
        key=named.get("headstart-key"),
        value=record.value,
        headers=record.headers,
    )
