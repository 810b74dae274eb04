"""Writing down what was decided: only what changed, inputs and audit before anything that rests on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from advisor.domain.advice import Decision, Receipt, ResourceDecision
from advisor.domain.evidence import Running
from advisor.domain.policy import Mode, Policy
from advisor.domain.resource_state import ResourceState
from streams.audit_trail import AuditTrail
from streams.campaign_book import CampaignBook
from streams.campaign_feed import CampaignFeed
from streams.campaign_records import CampaignRecords
from streams.codec.audit import SOURCE
from streams.codec.recommendations import encode_recommendation, recommendation_id
from streams.codec.resource_state import encode_decided, encode_state
from streams.context import WorkerContext
from streams.decision_inputs import DecisionInputs
from streams.log_reader import partitions_of, read_to_end
from streams.records import OutgoingRecord

log = structlog.get_logger(__name__)


class Publisher:
    """What was last written of every resource, and the way to write what is new; so too of `campaigns`."""

    def __init__(self, context: WorkerContext, inbox_topic_id: str, feed: CampaignFeed) -> None:
        self._names = context.names
        self._outbox = context.outbox
        self._metrics = context.metrics
        self.campaigns = CampaignRecords(context, inbox_topic_id, feed)
        self._trail = AuditTrail(context.names)
        self._recommended: dict[str, str] = {}
        self._states: dict[str, bytes] = {}

    async def restore(self, reader: AIOKafkaConsumer) -> None:
        """Know what was written before, by whoever decided then, and see to what they no longer could."""
        self._trail.forget()
        self._recommended, self._states = {}, {}
        async for record in read_to_end(reader, await self.whole(self._names.recommendations)):
            if record.key is not None and record.value is not None:
                self._recommended[record.key.decode()] = str(json.loads(record.value)["id"])
        await self.campaigns.restore(reader)

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

    async def publish_decided(self, tick_s: int, running: Mapping[str, Running]) -> None:
        """Event clock: every tick up to this one is decided, and this goes on per resource."""
        key, value = encode_decided(tick_s, running)
        await self._outbox.send([OutgoingRecord(self._names.resources, key, value)])

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
