"""A recommendation's identity is its content, not the moment it was made."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from advisor.domain.money import Cost
from advisor.domain.policy import Mode
from advisor.domain.readiness import Readiness
from streams.codec.events import read_event
from streams.codec.recommendations import encode_recommendation, recommendation_data, recommendation_id
from tests.support.messages import NOW, RECOMMENDATION


def test_the_data_has_the_published_shape() -> None:
    data = recommendation_data(RECOMMENDATION)
    assert data["steps"][0] == {"act_at": "2026-11-27T08:30:00Z", "floor": 40, "ceiling": 60}
    assert data["readiness"] == "AT_RISK"
    assert data["reasons"] == ["CAMPAIGN_CLAIM", "UNIT_CAPACITY_UNPROVEN"]
    assert data["cost"] == {"currency": "EUR", "extra": 31.2}
    assert data["decided_at"] == "2026-11-27T08:00:00Z"


def test_deciding_the_same_again_later_gives_the_same_id() -> None:
    later = timedelta(minutes=5)
    again = replace(RECOMMENDATION, decided_at=NOW + later, data_until=NOW + later)
    assert recommendation_id(again) == recommendation_id(RECOMMENDATION)


def test_any_other_change_gives_another_id() -> None:
    changes = [
        replace(RECOMMENDATION, steps=RECOMMENDATION.steps[:1]),
        replace(RECOMMENDATION, expires_at=NOW),
        replace(RECOMMENDATION, campaigns=()),
        replace(RECOMMENDATION, readiness=Readiness.READY),
        replace(RECOMMENDATION, cost=Cost("EUR", None)),
        replace(RECOMMENDATION, mode=Mode.AUTO),
    ]
    ids = {recommendation_id(changed) for changed in [RECOMMENDATION, *changes]}
    assert len(ids) == len(changes) + 1


def test_the_event_is_about_the_resource_and_carries_the_content_id() -> None:
    key, value, headers = encode_recommendation(RECOMMENDATION, source="/headstart/shop")
    event = read_event(value, headers, received_at=None)
    assert key == b"k8s://prod/shop/hpa/web-shop"
    assert event.get_subject() == RECOMMENDATION.resource
    assert event.get_id() == recommendation_id(RECOMMENDATION)
    assert event.get_time() == NOW
    assert event.get_data() == recommendation_data(RECOMMENDATION)
