"""Builders of messages: a valid one, with whatever a test wants to be different."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from advisor.domain.advice import Recommendation, Step
from advisor.domain.money import Cost
from advisor.domain.policy import Mode
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
RECOMMENDATION = Recommendation(
    resource="k8s://prod/shop/hpa/web-shop",
    steps=(Step(NOW + timedelta(minutes=30), 40, 60), Step(NOW + timedelta(hours=4), 4, 60)),
    expires_at=NOW + timedelta(hours=5),
    campaigns=("bf-2026",),
    readiness=Readiness.AT_RISK,
    reasons=(Reason.CAMPAIGN_CLAIM, Reason.UNIT_CAPACITY_UNPROVEN),
    cost=Cost("EUR", 31.2),
    mode=Mode.RECOMMEND,
    data_until=NOW - timedelta(seconds=30),
    decided_at=NOW,
)


def campaign_data(**fields: Any) -> dict[str, Any]:
    """The least that a campaign needs, with some fields replaced; a field set to `...` is left out."""
    base = {
        "campaign_id": "bf-2026",
        "revision": 3,
        "kind": "flash_sale",
        "start": "2026-11-27T09:00:00Z",
        "end": "2026-11-27T12:00:00Z",
        "services": ["web-shop"],
    }
    return {name: value for name, value in {**base, **fields}.items() if value is not ...}


def campaign_event(body: Any = None, **attributes: Any) -> bytes:
    """A structured campaign event with some attributes replaced; one set to `...` is left out."""
    base = {
        "specversion": "1.0",
        "id": "1",
        "source": "/marketing",
        "type": "io.headstart.campaign.scheduled.v1",
        "time": "2026-11-20T08:12:03Z",
        "data": campaign_data() if body is None else body,
    }
    return json.dumps({n: v for n, v in {**base, **attributes}.items() if v is not ...}).encode()


def command_data(kind: str, **fields: Any) -> dict[str, Any]:
    """The least that a command of this kind needs, some fields replaced; one set to `...` is left out."""
    word = {"campaign_id": "bf-2026", "revision": 3}
    bounds = {
        "resources": {"k8s://prod/shop/hpa/web-shop": 40},
        "currency": "EUR",
        "start": "2026-11-27T08:30:00Z",
        "end": "2026-11-27T13:00:00Z",
        "expires_at": "2026-11-27T12:00:00+01:00",
    }
    tried = {
        "campaign_id": "bf-2026",
        "floors": {"k8s://prod/shop/hpa/web-shop": 5},
        "until": "2026-11-27T09:00:00Z",
    }
    others: dict[str, dict[str, Any]] = {"approve": word | bounds, "reject": word, "rehearse": tried}
    base: dict[str, Any] = {"by": "ada"} | others.get(kind, {"scope": "bf-2026"})
    return {name: value for name, value in {**base, **fields}.items() if value is not ...}


def command_event(kind: str, body: Any = None, **attributes: Any) -> bytes:
    """A structured command event with some attributes replaced; one set to `...` is left out."""
    base = {
        "specversion": "1.0",
        "id": "c1",
        "source": "/people",
        "type": f"io.headstart.command.{kind}.v1",
        "time": "2026-11-27T07:59:00Z",
        "data": command_data(kind) if body is None else body,
    }
    return json.dumps({n: v for n, v in {**base, **attributes}.items() if v is not ...}).encode()
