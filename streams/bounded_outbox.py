"""The decider's way to Kafka: it waits for Kafka for a while, and then is told that Kafka is away.

What was handed over is not lost by that: it is stored, in its order, as soon as Kafka is back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from advisor.errors import HeadstartError
from streams.failures import UNREACHABLE
from streams.outbox import Outbox
from streams.records import OutgoingRecord


class KafkaAwayError(HeadstartError):
    """Kafka did not store what it was given within the time there is. It may still."""


class BoundedOutbox(Outbox):
    """An outbox, of which every write takes at most `within_s` seconds or raises KafkaAwayError."""

    def __init__(self, outbox: Outbox, within_s: float) -> None:
        self._outbox = outbox
        self._within_s = within_s
        self._late: asyncio.Task[Any] | None = None

    @property
    def is_away(self) -> bool:
        """Is something still waiting to be stored for longer than it may?"""
        if self._late is not None and self._late.done():
            if not self._late.cancelled():
                self._late.exception()  # looked at, or asyncio would report it as overlooked
            self._late = None
        return self._late is not None

    async def start(self) -> None:
        """Nothing: the outbox behind it is connected by whoever made it."""

    async def stop(self) -> None:
        """Wait no longer for what is late."""
        if self._late is not None:
            self._late.cancel()

    async def send(self, records: Iterable[OutgoingRecord]) -> None:
        """Send in order and wait until every record is stored. Raises KafkaAwayError."""
        await self._within(self._outbox.send(list(records)))

    async def send_one(self, record: OutgoingRecord) -> tuple[int, int]:
        """Send one record; says where it is stored. Raises KafkaAwayError."""
        place: tuple[int, int] = await self._within(self._outbox.send_one(record))
        return place

    async def partitions(self, topic: str) -> list[int]:
        """The partitions that a topic has now."""
        return await self._outbox.partitions(topic)

    async def _within(self, sending: Any) -> Any:
        if self.is_away:
            sending.close()
            raise KafkaAwayError("Kafka is away: something is still waiting to be stored")
        task = asyncio.ensure_future(sending)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._within_s)
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not done:
            self._late = task
            raise KafkaAwayError(f"Kafka stored nothing for {self._within_s:g} s")
        try:
            return task.result()
        except UNREACHABLE as error:
            raise KafkaAwayError(f"Kafka does not answer: {error}") from error
