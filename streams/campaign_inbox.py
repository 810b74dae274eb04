"""What do people need from the campaign inbox? Read it whole, or write one message to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.errors import DecodeError
from advisor.settings import Settings
from streams.campaign_book import BookEntry, CampaignBook, Position
from streams.codec.campaign_state import INBOX_KEY, EntryRecord, decode_entry
from streams.codec.campaigns import ClockRecord, decode_campaign
from streams.kafka_clients import producer, read_all
from streams.records import Headers, StoredRecord, received_at
from streams.topic_setup import require_topics
from streams.topics import TopicNames


@dataclass(frozen=True, slots=True)
class Unread:
    """A message on the inbox that could not be read, and why."""

    partition: int
    offset: int
    error: str


@dataclass(frozen=True, slots=True)
class Inbox:
    """Every campaign at its highest revision, and the messages that could not be read.

    `accepted` is what the decider last said of a campaign; it may be about an older revision.
    """

    book: CampaignBook
    unread: tuple[Unread, ...]
    accepted: Mapping[str, EntryRecord]

    def assessed(self, entry: BookEntry) -> EntryRecord | None:
        """What the decider said of this very revision, if it has decided on it yet."""
        record = self.accepted.get(entry.campaign_id)
        return record if record and record.entry.revision == entry.revision else None

    def next_revision(self, campaign_id: str) -> int:
        """The lowest revision that supersedes everything said about this campaign."""
        entry = self.book.get(campaign_id)
        return entry.revision + 1 if entry else 1


def read_inbox(settings: Settings) -> Inbox:
    """What does the inbox say as of now? Reads it from the beginning, in no group.

    Begins with the states that the decider accepted, for the inbox may have forgotten what they rest on.
    Raises KafkaUnreachableError and TopicMissingError.
    """
    accepted = _accepted(settings)
    book, unread = CampaignBook(record.entry for record in accepted.values()), []
    for record in read_all(settings, TopicNames.of(settings).campaigns):
        written_at = received_at(record.timestamp_ms)
        try:
            message = decode_campaign(record.key, record.value, record.headers, received_at=written_at)
        except DecodeError as error:
            unread.append(_unread(record, error))
            continue
        if not isinstance(message, ClockRecord):
            book.apply(message, Position(record.partition, record.offset, written_at))
    return Inbox(book, tuple(unread), accepted)


def send_to_inbox(settings: Settings, message: tuple[bytes | None, bytes | None, Headers]) -> tuple[int, int]:
    """Writes one message and says where it lies: (partition, offset), once Kafka has it for good."""
    key, value, headers = message
    topic = TopicNames.of(settings).campaigns
    require_topics(settings, [topic])
    with producer(settings) as client:
        sent = client.send(topic, key=key, value=value, headers=list(headers)).get(timeout=60)
    return sent.partition, sent.offset


def _accepted(settings: Settings) -> dict[str, EntryRecord]:
    """The newest accepted state of every campaign that is not forgotten, by campaign id."""
    newest = {r.key: r.value for r in read_all(settings, TopicNames.of(settings).campaign_state)}
    records = (
        decode_entry(value)
        for key, value in newest.items()
        if value is not None and not (key or b"").startswith(INBOX_KEY)
    )
    return {record.entry.campaign_id: record for record in records}


def _unread(record: StoredRecord, error: DecodeError) -> Unread:
    return Unread(record.partition, record.offset, str(error))
