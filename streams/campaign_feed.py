"""Following the campaign inbox: every worker reads it whole and folds it into books that agree.

The accepted states on `campaign-state` come first, then the inbox since. By the wall clock a message
counts as soon as it is read; by the event clock it waits until the stream's time has reached it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from advisor.errors import DecodeError
from advisor.settings import Settings
from streams.campaign_book import BookEntry, CampaignBook, Fact, Position
from streams.clock import Clock
from streams.codec.campaign_state import INBOX_KEY, InboxMark, decode_entry, decode_mark
from streams.codec.campaigns import Announced, Cancelled, ClockRecord, decode_campaign
from streams.log_reader import log_consumer, partitions_of, read_to_end
from streams.records import ReceivedRecord, received_at
from streams.topics import TopicNames


@dataclass(frozen=True, slots=True)
class Reject:
    """A message of the inbox that cannot be read, and why."""

    record: ReceivedRecord
    error: DecodeError


@dataclass(order=True)
class _Pending:
    event_s: float
    order: int
    fact: Fact = field(compare=False)
    position: Position = field(compare=False)


class TimedBook:
    """One reader's book. By the event clock a message waits in it until that reader's time has come.

    Each reader has its own, because one may be hours ahead of another in event time.
    """

    def __init__(self, *, from_events: bool) -> None:
        self._from_events = from_events
        self._pending: list[_Pending] = []
        self._arrived = 0
        self._book = CampaignBook()

    def restore(self, entry: BookEntry) -> None:
        """Take in an accepted state written earlier."""
        self._book.restore(entry)

    def take(self, fact: Fact, position: Position, event_s: float) -> None:
        """Take in a message of the inbox that counts from `event_s` on."""
        if not self._from_events:
            self._book.apply(fact, position)
            return
        self._arrived += 1
        heapq.heappush(self._pending, _Pending(event_s, self._arrived, fact, position))

    def at(self, instant: datetime) -> CampaignBook:
        """The book as of an instant; instants must rise. By the wall clock, the book as of now.

        What counts from that very instant waits for the next: a clock record does not say that it was read.
        """
        while self._pending and self._pending[0].event_s < instant.timestamp():
            pending = heapq.heappop(self._pending)
            self._book.apply(pending.fact, pending.position)
        return self._book

    def waiting_from(self) -> dict[int, int]:
        """Per inbox partition, the lowest offset of a message that still waits."""
        lowest: dict[int, int] = {}
        for pending in self._pending:
            at = pending.position
            lowest[at.partition] = min(lowest.get(at.partition, at.offset), at.offset)
        return lowest


def decode_or_reject(record: ReceivedRecord) -> Fact | ClockRecord | Reject:
    """What does a record of the inbox say, or why can it not be read?"""
    try:
        return decode_campaign(
            record.key, record.value, record.headers, received_at=received_at(record.timestamp)
        )
    except DecodeError as error:
        return Reject(record, error)


class CampaignFeed:
    """What the inbox says, for every part of the worker that asks for a book of its own."""

    def __init__(
        self,
        settings: Settings,
        names: TopicNames,
        topic_id: str,
        partitions: Mapping[str, Sequence[int]],
        clock: Clock,
    ) -> None:
        self._names = names
        self._topic_id = topic_id
        self._clock = clock
        self._consumer = log_consumer(settings)
        self._inbox = sorted(partitions[names.campaigns])
        self._states = sorted(partitions[names.campaign_state])
        self._books: list[TimedBook] = []
        self._clocks: dict[int, tuple[float, bool]] = {}
        self._last_event_s: dict[int, float] = {}
        self.on_change: Callable[[], None] = lambda: None
        self.read_through: dict[int, int] = {}
        self._rejects: list[Reject] | None = None  # None: another worker decides, and sees to them

    async def start(self) -> None:
        """Read what was accepted before, and the whole inbox since; returns when caught up."""
        await self._consumer.start()
        marks = await self._read_states()
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

    def book(self) -> TimedBook:
        """A book of one's own, to be asked for before the feed starts."""
        book = TimedBook(from_events=self._clock.from_events)
        self._books.append(book)
        return book

    def dealt_with(self, book: TimedBook) -> dict[int, int]:
        """Per inbox partition, the offset below which every message is in this book or was rejected."""
        waiting = book.waiting_from()
        return {p: min(offset, waiting.get(p, offset)) for p, offset in self.read_through.items()}

    def keep_rejects(self) -> dict[int, int]:
        """From now on unreadable messages are kept for :meth:`take_rejects`: this worker decides.

        Says, per inbox partition, the offset below which they were read without being kept.
        """
        self._rejects = []
        return dict(self.read_through)

    def drop_rejects(self) -> None:
        """Keep none any more: another worker decides, and sees to them."""
        self._rejects = None

    def take_rejects(self) -> list[Reject]:
        """The unreadable messages since the last call."""
        rejects = self._rejects or []
        if rejects:
            self._rejects = []
        return rejects

    async def _read_states(self) -> dict[int, int]:
        topic = self._names.campaign_state
        marks: dict[int, InboxMark] = {}
        starts = dict.fromkeys(partitions_of(topic, self._states), 0)
        async for record in read_to_end(self._consumer, starts):
            if record.value is None:
                continue
            if record.key is not None and record.key.startswith(INBOX_KEY):
                mark = decode_mark(record.value)
                if mark.topic_id == self._topic_id:
                    marks[mark.partition] = mark
            else:
                entry = decode_entry(record.value).entry
                for book in self._books:
                    book.restore(entry)
        return {p: mark.next_offset for p, mark in marks.items()}

    def _take(self, record: ReceivedRecord) -> None:
        self.read_through[record.partition] = record.offset + 1
        message = decode_or_reject(record)
        if isinstance(message, Reject):
            if self._rejects is not None:
                self._rejects.append(message)
            return
        if isinstance(message, ClockRecord):
            self._clocks[record.partition] = (message.time.timestamp(), message.end)
            self._last_event_s[record.partition] = message.time.timestamp()
            return
        # A tombstone carries no time of its own: it counts from when its partition last said the time.
        event_s = self._last_event_s.get(record.partition, 0.0)
        if isinstance(message, Announced):
            event_s = message.campaign.announced_at.timestamp()
        elif isinstance(message, Cancelled):
            event_s = message.announced_at.timestamp()
        position = Position(record.partition, record.offset, received_at(record.timestamp))
        for book in self._books:
            book.take(message, position, event_s)
