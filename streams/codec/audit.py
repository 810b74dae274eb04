"""The audit trail: every change of a decision and every act, with what it rested on by content hash.

The hashes name records on the inputs topic: together they are enough to make the decision again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from advisor.domain.advice import Receipt, ResourceDecision
from advisor.domain.readiness import CampaignReadiness
from advisor.domain.reason import Reason
from streams.codec.events import cloud_event
from streams.codec.recommendations import recommendation_data, recommendation_id
from streams.records import OutgoingRecord

RESOURCE_DECIDED = "io.headstart.resource.decided.v1"
CAMPAIGN_ASSESSED = "io.headstart.campaign.assessed.v1"
RESOURCE_ACTED = "io.headstart.resource.acted.v1"
SOURCE = "/headstart/decider"
ACTOR = "headstart"


@dataclass(frozen=True, slots=True)
class Origin:
    """What an audit record rests on: content hashes by name, and the versions that made the decision.

    A decision has one name, `decision`: the manifest of all it was made on (:mod:`streams.codec.manifest`).
    """

    inputs: Mapping[str, str]
    policy_version: str
    model_version: str
    build: Mapping[str, str]


def content_hash(value: bytes) -> str:
    """The name of a content on the inputs topic: 32 hex digits of its SHA-256."""
    return hashlib.sha256(value).hexdigest()[:32]


def audit_decision(topic: str, decision: ResourceDecision, origin: Origin) -> OutgoingRecord:
    """A resource's plan, or what a guardrail said of it, has changed."""
    recommendation = decision.recommendation
    data = {
        "recommendation_id": recommendation_id(recommendation),
        "recommendation": recommendation_data(recommendation),
        "claims": msgspec.to_builtins(decision.claims),
        "verdicts": msgspec.to_builtins(decision.verdicts),
        "due": msgspec.to_builtins(decision.due),
    }
    return _record(topic, RESOURCE_DECIDED, recommendation.resource, recommendation.decided_at, data, origin)


def audit_readiness(
    topic: str, readiness: CampaignReadiness, before: str | None, now: datetime, origin: Origin
) -> OutgoingRecord:
    """A campaign's readiness, or a reason for it, has changed."""
    data = {"before": before, "after": msgspec.to_builtins(readiness), "reasons": list(readiness.reasons)}
    return _record(topic, CAMPAIGN_ASSESSED, readiness.campaign_id, now, data, origin)


def audit_not_counted(
    topic: str, campaign_id: str, reason: Reason, detail: str, now: datetime, origin: Origin
) -> OutgoingRecord:
    """A campaign was recorded and moves nothing, and why."""
    data = {"before": None, "after": None, "reasons": [reason], "detail": detail}
    return _record(topic, CAMPAIGN_ASSESSED, campaign_id, now, data, origin)


def audit_act(topic: str, receipt: Receipt, decision: str | None, origin: Origin) -> OutgoingRecord:
    """A floor was set, or could not be; `decision` is the id of the record whose plan was carried out."""
    data: dict[str, Any] = msgspec.to_builtins(receipt)
    return _record(
        topic,
        RESOURCE_ACTED,
        receipt.resource,
        receipt.acted_at,
        {**data, "reasons": [receipt.reason], "decision": decision},
        origin,
    )


def audit_id(record: OutgoingRecord) -> str:
    """The id of the CloudEvent that an audit record is."""
    return msgspec.json.decode(record.value or b"", type=_Identified).id


class _Identified(msgspec.Struct):
    id: str


def _record(
    topic: str, type: str, subject: str, time: datetime, data: Mapping[str, Any], origin: Origin
) -> OutgoingRecord:
    whole = {
        **data,
        "actor": ACTOR,
        "inputs": dict(origin.inputs),
        "policy_version": origin.policy_version,
        "model_version": origin.model_version,
        "build": dict(origin.build),
    }
    identity = content_hash(
        msgspec.json.encode([type, subject, msgspec.to_builtins(time), whole], order="sorted")
    )
    value, headers = cloud_event(type, SOURCE, subject, identity, time, whole)
    return OutgoingRecord(topic, subject.encode(), value, headers)
