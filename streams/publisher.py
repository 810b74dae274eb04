"""Writing down what was decided: only what changed, inputs and audit before anything that rests on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.advice import CampaignReadiness, Decision, Readiness, Receipt, ResourceDecision
from advisor.domain.capacity import ResourceState
from advisor.domain.policy import Mode, Policy
from streams.audit_trail import AuditTrail
from streams.campaign_book import CampaignBook
from streams.campaign_feed import CampaignFeed, Reject, decode_or_reject
from streams.codec.audit import (
    SOURCE,
)
from streams.codec.campaign_state import INBOX_KEY, InboxMark, decode_mark, encode_entry, encode_mark
from streams.codec.recommendations import encode_recommendation, recommendation_id
from streams.codec.resource_state import encode_state
from streams.context import WorkerContext
from streams.dead_letters import dead_letter
from streams.decision_inputs import DecisionInputs
from streams.log_reader import partitions_of, read_to_end
from streams.records import OutgoingRecord

log = structlog.get_logger(__name__)

KEEP_CAMPAIGNS = timedelta(days=90)
DEAD_LETTERS_AT_ONCE = 200


class Publisher:
    """What was last written of every resource and campaign, and the way to write what is new."""

    def __init__(self, context: WorkerContext, inbox_topic_id: str, feed: CampaignFeed) -> None:
        self._names = context.names
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._inbox_topic_id = inbox_topic_id
        self._feed = feed
        self._trail = AuditTrail(context.names)
        self._recommended: dict[str, str] = {}
        self._states: dict[str, bytes] = {}
        self._entries: dict[bytes, bytes] = {}
        self._marks: dict[int, int] = {}
        self._shown: dict[str, Readiness] = {}

    async def restore(self, reader: AIOKafkaConsumer) -> None:
        """Know what was written before, by whoever decided then, and see to what they no longer could."""
        self._trail.forget()
        self._recommended, self._states, self._entries, self._marks = {}, {}, {}, {}
        async for record in read_to_end(reader, await self.whole(self._names.recommendations)):
            if record.key is not None and record.value is not None:
                self._recommended[record.key.decode()] = str(json.loads(record.value)["id"])
        async for record in read_to_end(reader, await self.whole(self._names.campaign_state)):
            if record.key is None or record.value is None:
                self._entries.pop(record.key or b"", None)
            elif record.key.startswith(INBOX_KEY):
                mark = decode_mark(record.value)
                if mark.topic_id == self._inbox_topic_id:
                    self._marks[mark.partition] = mark.next_offset
            else:
                self._entries[record.key] = record.value

        await self._dead_letter_unkept(reader)

    async def whole(self, topic: str) -> dict[TopicPartition, int]:
        """Every partition of a topic, from its beginning."""
        return dict.fromkeys(partitions_of(topic, await self._outbox.partitions(topic)), 0)

    def remember_state(self, state: ResourceState) -> None:
        """This is what the resources topic holds of a resource."""
        self._states[state.resource] = encode_state(state)[1]

    async def publish(
        self,
        decision: Decision,
        seen: DecisionInputs,
        book: CampaignBook,
    ) -> bool:
        """Write what changed: inputs and audit, then recommendations; True if any."""
        recommendations = [made for made in decision.resources if self._is_new(made, seen.resources)]
        audit = self._trail.of_decision(decision, seen, book)
        await self._record(audit)
        await self._outbox.send([self._recommendation(made) for made in recommendations])
        self._show(decision.campaigns, book)
        return bool(audit or recommendations)

    async def publish_receipt(self, receipt: Receipt, policy: Policy) -> None:
        """Write down an act."""
        await self._record(self._trail.of_act(receipt, self._states.get(receipt.resource), policy))
        log.info("acted", resource=receipt.resource, reason=receipt.reason, floor=receipt.after_floor)

    async def _record(self, records: Sequence[OutgoingRecord]) -> None:
        """Audit records only when the inputs that they name are stored: no record without its inputs."""
        await self._outbox.send(r for r in records if r.topic == self._names.inputs)
        await self._outbox.send(r for r in records if r.topic != self._names.inputs)

    async def publish_state(self, state: ResourceState) -> bool:
        """Write a resource's state if it changed; True if so."""
        key, value = encode_state(state)
        if self._states.get(state.resource) == value:
            return False
        await self._outbox.send([OutgoingRecord(self._names.resources, key, value)])
        self._states[state.resource] = value
        return True

    def _is_new(self, made: ResourceDecision, states: Mapping[str, ResourceState]) -> bool:
        """Is there something to recommend, or to take back, that was not said last?"""
        recommendation = made.recommendation
        before = states[recommendation.resource]
        concerns = recommendation.steps or made.claims or before.plan or before.claims
        known = self._recommended.get(recommendation.resource)
        return (
            bool(concerns)
            and recommendation.mode is not Mode.OBSERVE
            and recommendation_id(recommendation) != known
        )

    def _recommendation(self, made: ResourceDecision) -> OutgoingRecord:
        recommendation = made.recommendation
        self._recommended[recommendation.resource] = recommendation_id(recommendation)
        self._metrics.recommendations.labels(resource=recommendation.resource).inc()
        log.info(
            "recommended",
            resource=recommendation.resource,
            steps=len(recommendation.steps),
            readiness=recommendation.readiness,
            reasons=list(recommendation.reasons),
            decided_at=recommendation.decided_at.isoformat(),
        )
        key, value, headers = encode_recommendation(recommendation, source=SOURCE)
        return OutgoingRecord(self._names.recommendations, key, value, headers)

    async def publish_campaigns(
        self,
        assessed: Sequence[CampaignReadiness],
        book: CampaignBook,
        dealt_with: Mapping[int, int],
        now: datetime,
    ) -> bool:
        """Accepted states and dead letters first; the marks that say so only when they are stored."""
        by_id = {a.campaign_id: a for a in assessed}
        records = self._dead_letters(self._feed.take_rejects())
        for entry in book.entries:
            key, value = encode_entry(entry, by_id.get(entry.campaign_id))
            if self._entries.get(key) != value:
                self._entries[key] = value
                records.append(OutgoingRecord(self._names.campaign_state, key, value))
        for campaign_id in book.forget(now, KEEP_CAMPAIGNS):
            self._entries.pop(campaign_id.encode(), None)
            records.append(OutgoingRecord(self._names.campaign_state, campaign_id.encode(), None))
        await self._outbox.send(records)
        marks = {p: offset for p, offset in dealt_with.items() if offset > self._marks.get(p, 0)}
        self._marks.update(marks)
        await self._outbox.send(self._mark(p, offset) for p, offset in marks.items())
        return bool(records)

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

    def _show(self, assessed: Sequence[CampaignReadiness], book: CampaignBook) -> None:
        """Gauges of the campaigns still to come; those that are over leave no series behind."""
        now_shown = {a.campaign_id: a.readiness for a in assessed}
        for campaign_id in set(self._shown) - set(now_shown):
            self._metrics.campaign_starts.remove(campaign_id)
            for readiness in Readiness:
                self._metrics.campaign_readiness.remove(campaign_id, readiness)
        for campaign_id, is_now in now_shown.items():
            entry = book.get(campaign_id)
            if entry is not None and entry.campaign is not None:
                starts = self._metrics.campaign_starts.labels(campaign=campaign_id)
                starts.set(entry.campaign.start.timestamp())
            for readiness in Readiness:
                gauge = self._metrics.campaign_readiness.labels(campaign=campaign_id, readiness=readiness)
                gauge.set(1 if readiness is is_now else 0)
        self._shown = now_shown
