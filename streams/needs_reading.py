"""The needs topic as the decider reads it: whole when it begins, and record by record from then on."""

from __future__ import annotations

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.policy import Policy
from streams.codec.needs_log import decode_needs
from streams.log_reader import read_to_end
from streams.needs_fold import NeedsFold
from streams.records import OutgoingRecord


class NeedsReading:
    """The fold over the topic's one partition, and how far it has come."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self.fold = NeedsFold()
        self.next_offset = 0

    async def begin(self, reader: AIOKafkaConsumer) -> None:
        """Forget everything, and read the topic to its end."""
        anew = NeedsReading(self._topic)
        await anew._read(reader)
        self.fold, self.next_offset = anew.fold, anew.next_offset

    async def take(
        self, reader: AIOKafkaConsumer, offset: int, key: bytes | None, value: bytes | None
    ) -> None:
        """Fold one record, and first whatever lies before it that was not folded yet."""
        if offset > self.next_offset:
            await self._read(reader)
        self._fold_record(offset, key, value)

    def drop_unserved(self, policy: Policy) -> Iterable[OutgoingRecord]:
        """Forget the needs of pairs that the policy no longer has; the records that take them back."""
        serves = {name: frozenset(r.serves) for name, r in policy.resources.items()}
        gone = [n for n in self.fold.needs if n.service not in serves.get(n.resource, ())]
        keys = [f"{need.resource}|{need.service}" for need in gone]
        for key in keys:
            self.fold.forget(key)
        return [OutgoingRecord(self._topic, key.encode(), None, partition=0) for key in keys]

    async def _read(self, reader: AIOKafkaConsumer) -> None:
        async for record in read_to_end(reader, {TopicPartition(self._topic, 0): self.next_offset}):
            self._fold_record(record.offset, record.key, record.value)

    def _fold_record(self, offset: int, key: bytes | None, value: bytes | None) -> None:
        if offset < self.next_offset:
            return
        self.next_offset = offset + 1
        if value is None:
            self.fold.forget((key or b"").decode())
        else:
            self.fold.apply(decode_needs(value))
