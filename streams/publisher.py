"""Writing down what was decided: only what changed, inputs and audit before anything that rests on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.advice import CampaignReadiness, Decision, Readiness, Receipt, ResourceDecision
from advisor.domain.capacity import ResourceState
from advisor.domain.policy import Mode, Policy
from advisor.planning.claims import counts
from advisor.domain.reason import Reason
from advisor.policy_file import policy_document
from advisor.reporting.metrics import Metrics
from streams.campaign_book import BookEntry, CampaignBook, Standing
from streams.campaign_feed import CampaignFeed
from streams.codec.audit import (
    SOURCE,
    Origin,
    audit_act,
    audit_decision,
    audit_not_counted,
    audit_readiness,
    content_hash,
)
from streams.codec.campaign_state import INBOX_KEY, InboxMark, decode_mark, encode_entry, encode_mark
from streams.codec.needs_log import encode_level, encode_need
from streams.codec.recommendations import encode_recommendation, recommendation_id
from streams.codec.resource_state import encode_state
from streams.dead_letters import dead_letter
from streams.log_reader import partitions_of, read_to_end
from streams.inputs import Inputs
from streams.needs_fold import NeedsFold
from streams.outbox import Outbox
from streams.records import OutgoingRecord
from streams.topics import TopicNames

log = structlog.get_logger(__name__)

MODEL_VERSION = "seasonal-1"
KEEP_CAMPAIGNS = timedelta(days=90)


class Publisher:
    """What was last written of every resource and campaign, and the way to write what is new."""

    def __init__(
        self, names: TopicNames, inbox_topic_id: str, feed: CampaignFeed, outbox: Outbox, metrics: Metrics
    ) -> None:
        self._names = names
        self._inbox_topic_id = inbox_topic_id
        self._feed = feed
        self._outbox = outbox
        self._metrics = metrics
        self._inputs = Inputs(names.inputs)
        self._recommended: dict[str, str] = {}
        self._audited: dict[str, str] = {}
        self._assessed: dict[str, str] = {}
        self._states: dict[str, bytes] = {}
        self._entries: dict[bytes, bytes] = {}
        self._marks: dict[int, int] = {}
        self._shown: dict[str, Readiness] = {}

    async def restore(self, reader: AIOKafkaConsumer) -> None:
        """Know what was written before, by whoever decided then."""
        self._recommended, self._audited, self._assessed = {}, {}, {}
        self._states, self._entries, self._marks = {}, {}, {}
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

    async def whole(self, topic: str) -> dict[TopicPartition, int]:
        """Every partition of a topic, from its beginning."""
        return dict.fromkeys(partitions_of(topic, await self._outbox.partitions(topic)), 0)

    def remember_state(self, state: ResourceState) -> None:
        """This is what the resources topic holds of a resource."""
        self._states[state.resource] = encode_state(state)[1]

    async def publish(
        self,
        decision: Decision,
        fold: NeedsFold,
        book: CampaignBook,
        states: Mapping[str, ResourceState],
        policy: Policy,
        now: datetime,
    ) -> bool:
        """Write what changed: inputs and audit, then recommendations, then campaign states; True if any."""
        recommendations = [made for made in decision.resources if self._is_new(made, states)]
        audit = [
            *self._resource_audit(decision.resources, fold, book, states, policy),
            *self._campaign_audit(decision.campaigns, book, policy, now),
        ]
        await self._outbox.send([*self._inputs.take(), *audit])
        await self._outbox.send([self._recommendation(made) for made in recommendations])
        wrote = await self._publish_campaigns(decision.campaigns, book, now)
        self._show(decision.campaigns, book)
        return wrote or bool(audit or recommendations)

    async def publish_receipt(self, receipt: Receipt, policy: Policy) -> None:
        """Write down an act."""
        state = self._states.get(receipt.resource)
        inputs = {"state": self._inputs.name(state)} if state else {}
        await self._outbox.send(
            [*self._inputs.take(), audit_act(self._names.audit, receipt, _origin(inputs, policy))]
        )
        log.info("acted", resource=receipt.resource, reason=receipt.reason, floor=receipt.after_floor)

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

    def _resource_audit(
        self,
        made: Sequence[ResourceDecision],
        fold: NeedsFold,
        book: CampaignBook,
        states: Mapping[str, ResourceState],
        policy: Policy,
    ) -> list[OutgoingRecord]:
        records = []
        for decision in made:
            name = decision.recommendation.resource
            said = [recommendation_id(decision.recommendation)]
            said += [f"{v.guardrail}={v.outcome}:{v.reason}" for v in decision.verdicts]
            fingerprint = "|".join(said if decision.claims or decision.recommendation.steps else said[1:])
            if self._audited.get(name) == fingerprint:
                continue
            self._audited[name] = fingerprint
            origin = _origin(self._inputs_of(name, fold, book, states, policy), policy)
            records.append(audit_decision(self._names.audit, decision, origin))
        return records

    def _inputs_of(
        self,
        resource: str,
        fold: NeedsFold,
        book: CampaignBook,
        states: Mapping[str, ResourceState],
        policy: Policy,
    ) -> dict[str, str]:
        serves = policy.resources[resource].serves
        needs = [n for n in fold.needs if n.resource == resource]
        campaigns = [c for c in book.standing() if set(c.services) & set(serves)]
        # The traffic's topics are where demand came from, not what was decided on: they are left out.
        named = {"policy": self._inputs.name(msgspec.json.encode(policy_document(policy, {})))}
        named |= {f"need:{n.service}": self._inputs.name(encode_need(n, None)[1]) for n in needs}
        levels = {s: level for s, level in fold.levels.items() if s in serves}
        named |= {f"level:{s}": self._inputs.name(encode_level(at, None)[1]) for s, at in levels.items()}
        named |= {f"campaign:{c.campaign_id}": self._inputs.name(msgspec.json.encode(c)) for c in campaigns}
        named["state"] = self._inputs.name(encode_state(states[resource])[1])
        return named

    def _campaign_audit(
        self, assessed: Sequence[CampaignReadiness], book: CampaignBook, policy: Policy, now: datetime
    ) -> list[OutgoingRecord]:
        records = []
        by_id = {a.campaign_id: a for a in assessed}
        for entry in book.entries:
            readiness = by_id.get(entry.campaign_id)
            if readiness is not None:
                said = f"{entry.revision}:{readiness.readiness}:{','.join(readiness.reasons)}"
            else:
                reason, detail = _why_not_counted(entry, policy)
                said = f"{entry.revision}:{reason}"
            before = self._assessed.get(entry.campaign_id)
            if before == said:
                continue
            self._assessed[entry.campaign_id] = said
            content = msgspec.json.encode(entry)
            origin = _origin({f"campaign:{entry.campaign_id}": self._inputs.name(content)}, policy)
            if readiness is not None:
                records.append(audit_readiness(self._names.audit, readiness, before, now, origin))
            else:
                records.append(
                    audit_not_counted(self._names.audit, entry.campaign_id, reason, detail, now, origin)
                )
        return records

    async def _publish_campaigns(
        self, assessed: Sequence[CampaignReadiness], book: CampaignBook, now: datetime
    ) -> bool:
        """Accepted states and dead letters first; the marks that say so only when they are stored."""
        by_id = {a.campaign_id: a for a in assessed}
        dealt_with = self._feed.dealt_with()
        rejects = [
            r for r in self._feed.take_rejects() if r.record.offset >= self._marks.get(r.record.partition, 0)
        ]
        for reject in rejects:
            self._metrics.dead_letters.labels(topic=reject.record.topic, reason=reject.error.reason).inc()
        records = [dead_letter(r.record, r.error, topic=self._names.dead_letters) for r in rejects]
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


def _why_not_counted(entry: BookEntry, policy: Policy) -> tuple[Reason, str]:
    """Why does a campaign in the book move nothing?"""
    if entry.standing is not Standing.SCHEDULED or entry.campaign is None:
        return Reason.CAMPAIGN_CANCELLED, f"{entry.standing} at revision {entry.revision}"
    if not counts(entry.campaign, policy):
        return Reason.SOURCE_NOT_LISTED, f"source {entry.campaign.source!r} is not in the policy's sources"
    return Reason.CAMPAIGN_PAST, f"ended {entry.campaign.end:%Y-%m-%d %H:%M}Z"


def _origin(inputs: Mapping[str, str], policy: Policy) -> Origin:
    return Origin(inputs, policy.version, MODEL_VERSION)
