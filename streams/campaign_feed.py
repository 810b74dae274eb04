"""Following the campaign inbox: every worker reads it whole and folds it into the same book.

The accepted states on `campaign-state` come first, then the inbox since. By the wall clock a message
counts as soon as it is read; by the event clock it waits until the stream's time has reached it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from aiokafka import TopicPartition

from advisor.domain.timegrid import from_epoch_s
from advisor.errors import DecodeError
from advisor.settings import Settings
from streams.campaign_book import CampaignBook, Fact, Position
from streams.clock import Clock
from streams.codec.campaign_state import INBOX_KEY, InboxMark, decode_entry, decode_mark
from streams.codec.campaigns import Announced, Cancelled, ClockRecord, decode_campaign
from streams.log_reader import log_consumer, partitions_of, read_to_end
from streams.records import ReceivedRecord, received_at
from streams.topics import TopicNames

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reject:
    """A message of the inbox that could not be read, kept until the decider has dead-lettered it."""

    record: ReceivedRecord
    error: DecodeError


@dataclass(order=True)
class _Pending:
    event_s: float
    order: int
    fact: Fact = field(compare=False)
    position: Position = field(compare=False)


class CampaignFeed:
    """The book of campaigns as known now (wall clock) or at a tick (event clock)."""

    def __init__(self, settings: Settings, names: TopicNames, topic_id: str, clock: Clock) -> None:
        self._names = names
        self._topic_id = topic_id
        self._clock = clock
        self._consumer = log_consumer(settings)
        self._inbox: list[int] = []
        self._pending: list[_Pending] = []
        self._arrived = 0
        self._clocks: dict[int, tuple[float, bool]] = {}
        self._last_event_s: dict[int, float] = {}
        self.book = CampaignBook()
        self.on_change: Callable[[], None] = lambda: None
        self.read_through: dict[int, int] = {}
        self.rejects: list[Reject] = []

    async def start(self) -> None:
        """Read what was accepted before, and the whole inbox since; returns when caught up."""
        await self._consumer.start()
        await self._consumer._client.force_metadata_update()
        marks = await self._read_states()
        self._inbox = sorted(self._consumer.partitions_for_topic(self._names.campaigns) or {0})
        inbox = partitions_of(self._names.campaigns, self._inbox)
        # A replay's inbox is read from its beginning: its clock records are what tells the time.
        starts = {p: 0 if self._clock.from_events else marks.get(p.partition, 0) for p in inbox}
        self.read_through = {p.partition: starts[p] for p in inbox}
        async for record in read_to_end(self._consumer, starts):
            self._take(record)

    async def run(self) -> None:
        """Follow the inbox; until cancelled."""
        try:
            while True:
                batches = await self._consumer.getmany(timeout_ms=500)
                for records in batches.values():
                    for record in records:
                        self._take(record)
                if batches:
                    self.on_change()
        finally:
            await self._consumer.stop()

    @property
    def clock_s(self) -> float:
        """Event clock: everything announced before this instant (epoch seconds) has been read."""
        return min((self._clocks.get(p, (0.0, False))[0] for p in self._inbox), default=0.0)

    @property
    def ended(self) -> bool:
        """Event clock: every partition of the inbox was closed by a last clock record."""
        return all(self._clocks.get(p, (0.0, False))[1] for p in self._inbox)

    def at(self, instant: datetime) -> CampaignBook:
        """The book as of an instant of the event clock; instants must rise."""
        while self._pending and self._pending[0].event_s <= instant.timestamp():
            pending = heapq.heappop(self._pending)
            self.book.apply(pending.fact, pending.position)
        return self.book

    def dealt_with(self) -> dict[int, int]:
        """Per inbox partition, the offset below which every message is in the book or was rejected."""
        through = dict(self.read_through)
        for pending in self._pending:
            partition = pending.position.partition
            through[partition] = min(through[partition], pending.position.offset)
        return through

    def take_rejects(self) -> list[Reject]:
        """The unreadable messages since the last call."""
        rejects, self.rejects = self.rejects, []
        return rejects

    async def _read_states(self) -> dict[int, int]:
        topic = self._names.campaign_state
        partitions = sorted(self._consumer.partitions_for_topic(topic) or {0})
        marks: dict[int, InboxMark] = {}
        starts = dict.fromkeys(partitions_of(topic, partitions), 0)
        async for record in read_to_end(self._consumer, starts):
            if record.value is None:
                continue
            if record.key is not None and record.key.startswith(INBOX_KEY):
                mark = decode_mark(record.value)
                if mark.topic_id == self._topic_id:
                    marks[mark.partition] = mark
            else:
                self.book.restore(decode_entry(record.value).entry)
        return {p: mark.next_offset for p, mark in marks.items()}

    def _take(self, record: ReceivedRecord) -> None:
        self.read_through[record.partition] = record.offset + 1
        written_at = received_at(record.timestamp)
        try:
            message = decode_campaign(record.key, record.value, record.headers, received_at=written_at)
        except DecodeError as error:
            self.rejects.append(Reject(record, error))
            return
        if isinstance(message, ClockRecord):
            self._clocks[record.partition] = (message.time.timestamp(), message.end)
            self._last_event_s[record.partition] = message.time.timestamp()
            return
        position = Position(record.partition, record.offset, written_at)
        if not self._clock.from_events:
            self.book.apply(message, position)
            return
        # A tombstone carries no time of its own: it counts from when its partition last said the time.
        event_s = self._last_event_s.get(record.partition, 0.0)
        if isinstance(message, Announced):
            event_s = message.campaign.announced_at.timestamp()
        elif isinstance(message, Cancelled):
            event_s = message.announced_at.timestamp()
        self._arrived += 1
        heapq.heappush(self._pending, _Pending(event_s, self._arrived, message, position))

    def describe(self) -> dict[str, object]:
        """How far the inbox is read, for the log and the probes."""
        return {
            "campaigns": len(self.book),
            "waiting": len(self._pending),
            "read_through": dict(self.read_through),
            "clock": str(from_epoch_s(self.clock_s)) if self._clock.from_events else None,
            "partitions": [str(TopicPartition(self._names.campaigns, p)) for p in self._inbox],
        }
