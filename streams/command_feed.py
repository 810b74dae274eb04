"""Following the commands topic: every worker reads it, so that whoever decides hears a word at once."""

from __future__ import annotations

from collections.abc import Callable

from aiokafka import TopicPartition

from advisor.settings import Settings
from streams.log_reader import log_consumer
from streams.records import ReceivedRecord
from streams.topics import TopicNames


class CommandFeed:
    """The commands as they arrive. They are kept for the decider only; others would keep them for nobody."""

    def __init__(self, settings: Settings, names: TopicNames) -> None:
        self._consumer = log_consumer(settings)
        self.partition = TopicPartition(names.commands, 0)
        self.position = 0
        self.on_change: Callable[[], None] = lambda: None
        self._kept: list[ReceivedRecord] | None = None  # None: another worker decides

    async def start(self) -> None:
        """Connect, at the end of the topic: what lies before it the decider reads by itself."""
        await self._consumer.start()
        self._consumer.assign([self.partition])
        ends = await self._consumer.end_offsets([self.partition])
        self.position = ends[self.partition]
        self._consumer.seek(self.partition, self.position)

    async def run(self) -> None:
        """Follow the topic; until cancelled."""
        try:
            while True:
                batches = await self._consumer.getmany(timeout_ms=500)
                for records in batches.values():
                    self._take(records)
                if batches:
                    self.on_change()
        finally:
            await self._consumer.stop()

    def keep(self) -> None:
        """From now on commands are kept for :meth:`take`: this worker decides."""
        self._kept = []

    def drop(self) -> None:
        """Keep none any more: another worker decides."""
        self._kept = None

    @property
    def kept(self) -> bool:
        """Are commands kept here, because this worker decides?"""
        return self._kept is not None

    @property
    def waiting(self) -> bool:
        """Are there commands that nobody has taken yet?"""
        return bool(self._kept)

    @property
    def untaken(self) -> tuple[ReceivedRecord, ...]:
        """The commands that nobody has taken yet."""
        return tuple(self._kept or ())

    def take(self) -> list[ReceivedRecord]:
        """The commands since the last call."""
        taken = self._kept or []
        if taken:
            self._kept = []
        return taken

    def _take(self, records: list[ReceivedRecord]) -> None:
        self.position = records[-1].offset + 1
        if self._kept is not None:
            self._kept += records
