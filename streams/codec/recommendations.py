"""Recommendations on their way out: the event's data, and the identity that its content gives it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from advisor.domain.advice import Recommendation
from advisor.domain.policy import Mode
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from streams.codec.events import RECOMMENDATION, cloud_event
from streams.records import Headers

Time = Annotated[datetime, msgspec.Meta(tz=True)]


class StepData(msgspec.Struct, frozen=True):
    """From `act_at` on at least `floor` and at most `ceiling` units."""

    act_at: Time
    floor: int
    ceiling: int


class CostData(msgspec.Struct, frozen=True):
    """Extra money over doing nothing; `extra` is null where the policy names no price."""

    currency: str
    extra: float | None


class RecommendationData(msgspec.Struct, frozen=True):
    """Data of io.headstart.recommendation.v1. Times are ISO 8601 in UTC with Z; floors are absolute."""

    resource: str
    steps: list[StepData]
    expires_at: Time
    campaigns: list[str]
    readiness: Readiness
    reasons: list[Reason]
    cost: CostData
    mode: Mode
    data_until: Time
    decided_at: Time


def recommendation_data(recommendation: Recommendation) -> dict[str, Any]:
    """The event's data as plain JSON values."""
    r = recommendation
    data = RecommendationData(
        resource=r.resource,
        steps=[StepData(step.act_at.astimezone(UTC), step.floor, step.ceiling) for step in r.steps],
        expires_at=r.expires_at.astimezone(UTC),
        campaigns=list(r.campaigns),
        readiness=r.readiness,
        reasons=list(r.reasons),
        cost=CostData(r.cost.currency, r.cost.extra),
        mode=r.mode,
        data_until=r.data_until.astimezone(UTC),
        decided_at=r.decided_at.astimezone(UTC),
    )
    plain: dict[str, Any] = msgspec.to_builtins(data)
    return plain


def recommendation_id(recommendation: Recommendation) -> str:
    """Which recommendation is this? 32 hex digits of a hash of its data without the times it was made at.

    The same id means the same content: whoever acts on recommendations may drop the ones already seen.
    """
    data = recommendation_data(recommendation)
    content = {name: value for name, value in data.items() if name not in ("data_until", "decided_at")}
    return hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()[:32]


def encode_recommendation(recommendation: Recommendation, *, source: str) -> tuple[bytes, bytes, Headers]:
    """Key (the resource id), value and headers of the recommendation's CloudEvent."""
    value, headers = cloud_event(
        RECOMMENDATION,
        source,
        recommendation.resource,
        recommendation_id(recommendation),
        recommendation.decided_at.astimezone(UTC),
        recommendation_data(recommendation),
    )
    return recommendation.resource.encode(), value, headers
