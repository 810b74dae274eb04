"""What is written of campaigns: accepted states, notices, dead letters, and how far the inbox was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.readiness import CampaignReadiness
from streams.campaign_book import CampaignBook
from streams.campaign_feed import CampaignFeed, Reject, decode_or_reject
from streams.campaign_metrics import CampaignGauges
from streams.campaign_news import CampaignNews
from streams.codec.campaign_state import (
    INBOX_KEY,
    EntryRecord,
    InboxMark,
    decode_entry,
    decode_mark,
    encode_entry,
    encode_mark,
    entry_record,
)
from streams.context import WorkerContext
from streams.dead_letters import dead_letter
from streams.decision_inputs import DecisionInputs
from streams.log_reader import partitions_of, read_to_end
from streams.records import OutgoingRecord

KEEP_CAMPAIGNS = timedelta(days=90)
DEAD_LETTERS_AT_ONCE = 200


class CampaignRecords:
    """What was last written of every campaign, and the way to write what is new."""

    def __init__(self, context: WorkerContext, inbox_topic_id: str, feed: CampaignFeed) -> None:
        self._names = context.names
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._replayed = context.clock.from_events
        self._inbox_topic_id = inbox_topic_id
        self._feed = feed
        self._news = CampaignNews(context.names.notices)
        self._entries: dict[str, EntryRecord] = {}
        self._marks: dict[int, int] = {}
        self._gauges = CampaignGauges(context.metrics)

    async def restore(self, reader: AIOKafkaConsumer) -> None:
        """Know what was written before, by whoever decided then, and see to what they no longer could."""
        self._entries, self._marks = {}, {}
        self._news.forget()
        async for record in read_to_end(reader, await self._whole(self._names.campaign_state)):
            key = record.key or b""
            if record.value is None:
                self._entries.pop(key.decode(), None)
            elif key.startswith(INBOX_KEY):
                mark = decode_mark(record.value)
                if mark.topic_id == self._inbox_topic_id:
                    self._marks[mark.partition] = mark.next_offset
            else:
                self._entries[key.decode()] = decode_entry(record.value)
        async for record in read_to_end(reader, await self._whole(self._names.notices)):
            self._news.remember(record.key, record.value)
        await self._dead_letter_unkept(reader)

    async def publish(
        self,
        assessed: Sequence[CampaignReadiness],
        seen: DecisionInputs,
        book: CampaignBook,
        dealt_with: Mapping[int, int],
    ) -> bool:
        """Notices, accepted states, dead letters; the marks that say so only when those are stored."""
        by_id = {a.campaign_id: a for a in assessed}
        records = self._dead_letters(self._feed.take_rejects())
        for entry in book.entries:
            answer = by_id.get(entry.campaign_id)
            records += self._news.of(entry, answer, seen.policy, seen.now)
            state = entry_record(entry, answer, seen.now, replayed=self._replayed)
            before = self._entries.get(entry.campaign_id)
            if before is None or not state.says_what(before) or state.is_to_be_said_again(before):
                self._entries[entry.campaign_id] = state
                records.append(OutgoingRecord(self._names.campaign_state, *encode_entry(state)))
        for campaign_id in book.forget(seen.now, KEEP_CAMPAIGNS):
            self._entries.pop(campaign_id, None)
            records.append(OutgoingRecord(self._names.campaign_state, campaign_id.encode(), None))
        await self._outbox.send(records)
        marks = {p: offset for p, offset in dealt_with.items() if offset > self._marks.get(p, 0)}
        self._marks.update(marks)
        await self._outbox.send(self._mark(p, offset) for p, offset in marks.items())
        self._gauges.show(assessed, {c.campaign_id: c for c in book.standing()})
        return bool(records)

    async def _whole(self, topic: str) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions_of(topic, await self._outbox.partitions(topic)), 0)

    async def _dead_letter_unkept(self, reader: AIOKafkaConsumer) -> None:
        """The unreadable messages since the last decider's marks: a worker standing by does not keep them."""
        unkept = self._feed.keep_rejects()
        starts = {TopicPartition(self._names.campaigns, p): self._marks.get(p, 0) for p in unkept}
        rejects: list[Reject] = []
        async for record in read_to_end(reader, starts):
            message = decode_or_reject(record)
            if isinstance(message, Reject) and record.offset < unkept[record.partition]:
                rejects.append(message)
            if len(rejects) == DEAD_LETTERS_AT_ONCE:
                await self._outbox.send(self._dead_letters(rejects))
                rejects.clear()
        await self._outbox.send(self._dead_letters(rejects))

    def _dead_letters(self, rejects: Sequence[Reject]) -> list[OutgoingRecord]:
        """Their dead letters, but of those that the marks say were seen to before."""
        new = [r for r in rejects if r.record.offset >= self._marks.get(r.record.partition, 0)]
        for reject in new:
            self._metrics.dead_letters.labels(topic=reject.record.topic, reason=reject.error.reason).inc()
        return [dead_letter(r.record, r.error, topic=self._names.dead_letters) for r in new]

    def _mark(self, partition: int, next_offset: int) -> OutgoingRecord:
        mark = InboxMark(topic_id=self._inbox_topic_id, partition=partition, next_offset=next_offset)
        return OutgoingRecord(self._names.campaign_state, *encode_mark(mark))
