"""How long has this worker decided, and is it still the only one that does?

Raises may race, for the higher floor is the safe one. Lowering needs exclusivity: a new decider lowers
nothing until every call of the one before has ended, and a worker that slept through its own succession finds
that out from the log before it lowers anything.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.reason import Reason
from streams.codec.resource_state import DECIDER_KEY, encode_decider
from streams.failures import UNREACHABLE
from streams.log_reader import read_to_end
from streams.outbox import Outbox
from streams.records import OutgoingRecord

ANSWERS_WITHIN_S = 5.0
"""What a log takes that is there."""


class Tenure:
    """The term of one decider. Its epoch is where the log holds its first word: later ones are higher."""

    def __init__(self, outbox: Outbox, topic: str, longest_call: timedelta) -> None:
        self._outbox = outbox
        self._topic = topic
        self._longest_call_s = longest_call.total_seconds()
        self._partition: TopicPartition | None = None
        self._began = 0.0
        self.epoch = self._read_to = 0

    async def begin(self) -> None:
        """Say in the log that this worker decides from now on, before anything is read of what others did."""
        key, value = encode_decider()
        partition, offset = await self._outbox.send_one(OutgoingRecord(self._topic, key, value))
        self._partition = TopicPartition(self._topic, partition)
        self.epoch = self._read_to = offset + 1  # a decider that never spoke has 0
        self._began = time.monotonic()

    async def why_not_lower(self, reader: AIOKafkaConsumer) -> Reason | None:
        """Why may nothing be lowered now? None: it may.

        TAKEN_OVER_LATELY while a call of the decider before may still take effect, NOT_THE_DECIDER when the
        log has a later one, KAFKA_AWAY when the log cannot be asked.
        """
        if time.monotonic() - self._began < self._longest_call_s:
            return Reason.TAKEN_OVER_LATELY
        is_last = await self.is_last(reader)
        if is_last is None:
            return Reason.KAFKA_AWAY
        return None if is_last else Reason.NOT_THE_DECIDER

    async def is_last(self, reader: AIOKafkaConsumer) -> bool | None:
        """Does the log have no later decider than this one? None: it cannot be asked."""
        if self._partition is None:
            return False
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                async for record in read_to_end(reader, {self._partition: self._read_to}):
                    if record.key == DECIDER_KEY:
                        return False
                    self._read_to = record.offset + 1
        except UNREACHABLE:
            return None
        return True
