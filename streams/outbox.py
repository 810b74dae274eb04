"""Everything a worker writes to Kafka goes through here, and is acknowledged before anything rests on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from advisor.settings import Settings
from streams.records import OutgoingRecord


class Outbox:
    """An idempotent producer: records of one partition keep their order and are stored once."""

    def __init__(self, settings: Settings) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=settings.kafka.bootstrap_servers,
            client_id=settings.kafka.client_id,
            enable_idempotence=True,
            acks="all",
            linger_ms=2,
            max_request_size=4 * 1024 * 1024,
        )

    @property
    def is_away(self) -> bool:
        """Is Kafka taken for away? Never: whoever sends here waits as long as it takes."""
        return False

    async def start(self) -> None:
        """Connect. Raises KafkaConnectionError if no broker answers."""
        await self._producer.start()

    async def stop(self) -> None:
        """Send what is pending and disconnect."""
        await self._producer.stop()

    async def send(self, records: Iterable[OutgoingRecord]) -> None:
        """Send in order and wait until every record is stored; raises the first failure."""
        pending = [
            await self._producer.send(
                r.topic, r.value, key=r.key, partition=r.partition, headers=list(r.headers)
            )
            for r in records
        ]
        if pending:
            await asyncio.gather(*pending)

    async def send_one(self, record: OutgoingRecord) -> tuple[int, int]:
        """Send one record and wait until it is stored; says in which partition, and at which offset."""
        stored = await self._producer.send_and_wait(
            record.topic,
            record.value,
            key=record.key,
            partition=record.partition,
            headers=list(record.headers),
        )
        return stored.partition, stored.offset

    async def partitions(self, topic: str) -> list[int]:
        """The partitions that a topic has now."""
        return sorted(await self._producer.partitions_for(topic))
