"""Messages that nobody can read, of every kind we could think of, each with the reason it is refused for."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from advisor.domain.reason import Reason
from streams.records import Headers
from tests.support.messages import campaign_data, campaign_event

Poison = tuple[Reason, bytes | None, bytes | None, Headers]
"""Why it is refused, then its key, value and headers."""

STRUCTURED: Headers = (("content-type", b"application/cloudevents+json"),)
NOT_TEXT = b"\xff\xfe\x00\x80"


def traffic_poison(number: int, now: datetime) -> list[Poison]:
    """One of every kind for a traffic topic; `number` makes them differ from another call's."""
    good = {"service": "web", "timestamp": now.isoformat(), "count": 1, "interval_s": 1, "n": number}

    def value(**changes: Any) -> bytes:
        return json.dumps({k: v for k, v in {**good, **changes}.items() if v is not ...}).encode()

    clock: Headers = (("ce_type", b"io.headstart.clock.v1"),)
    kinds: list[tuple[Reason, bytes | None, Headers]] = [
        (Reason.NOT_JSON, NOT_TEXT + bytes([number]), ()),
        (Reason.NOT_JSON, b"web 200 12ms", ()),
        (Reason.NOT_JSON, value()[:-1], ()),
        (Reason.NOT_JSON, value() + b"}", ()),
        (Reason.NOT_JSON, value(count=float("nan")), ()),
        (Reason.NOT_JSON, b"[" * 50_000, ()),
        (Reason.NOT_JSON, NOT_TEXT, (("x-team", NOT_TEXT), ("empty", b""))),
        (Reason.NOT_AN_OBJECT, b"[]", ()),
        (Reason.NOT_AN_OBJECT, b"7", ()),
        (Reason.NOT_AN_OBJECT, b'"web"', ()),
        (Reason.NOT_AN_OBJECT, b"null", ()),
        (Reason.EMPTY_MESSAGE, b"", ()),
        (Reason.EMPTY_MESSAGE, None, ()),
        (Reason.MESSAGE_TOO_LARGE, value(padding=" " * (1024 * 1024)), ()),
        (Reason.FIELD_MISSING, b"{}", ()),
        (Reason.FIELD_MISSING, value(service=...), ()),
        (Reason.FIELD_MISSING, value(timestamp=...), ()),
        (Reason.FIELD_MISSING, value(interval_s=...), ()),
        (Reason.FIELD_MISSING, campaign_event(), STRUCTURED),
        (Reason.FIELD_INVALID, value(service=7), ()),
        (Reason.FIELD_INVALID, value(service=""), ()),
        (Reason.FIELD_INVALID, value(count=-1), ()),
        (Reason.FIELD_INVALID, value(count="12"), ()),
        (Reason.FIELD_INVALID, value(interval_s=0), ()),
        (Reason.FIELD_INVALID, value(rate_per_s=3), ()),
        (Reason.FIELD_INVALID, value(timestamp="yesterday"), ()),
        (Reason.FIELD_INVALID, value(timestamp="2026-11-27T10:00:00"), ()),
        (Reason.TIMESTAMP_IN_FUTURE, value(timestamp=(now + timedelta(hours=1)).isoformat()), ()),
        (Reason.TIMESTAMP_IN_FUTURE, value(timestamp="2199-12-31T00:00:00Z"), ()),
        (Reason.NOT_A_CLOUDEVENT, b'{"end": true}', clock),
        (Reason.NOT_JSON, NOT_TEXT, clock),
    ]
    return [(reason, b"web", value, headers) for reason, value, headers in kinds]


def campaign_poison(number: int) -> list[Poison]:
    """One of every kind for the inbox; `number` makes them differ from another call's."""
    binary: dict[str, bytes] = {
        "ce_specversion": b"1.0",
        "ce_id": str(number).encode(),
        "ce_source": b"/marketing",
        "ce_type": b"io.headstart.campaign.scheduled.v1",
        "content-type": b"application/json",
    }

    def data(**changes: Any) -> bytes:
        return campaign_event(campaign_data(campaign_id=f"poison-{number}", **changes))

    def headers(**changes: bytes) -> Headers:
        named = {name.replace("content_type", "content-type"): content for name, content in changes.items()}
        return tuple((binary | named).items())

    without_type = tuple(header for header in headers() if header[0] != "ce_type")

    body = json.dumps(campaign_data(campaign_id=f"poison-{number}")).encode()
    kinds: list[tuple[Reason, bytes | None, Headers]] = [
        (Reason.NOT_JSON, NOT_TEXT + bytes([number]), STRUCTURED),
        (Reason.NOT_JSON, NOT_TEXT, headers()),
        (Reason.NOT_JSON, b"BEGIN:VCALENDAR", ()),
        (Reason.NOT_AN_OBJECT, b"[%d]" % number, (("content-type", b"application/cloudevents-batch+json"),)),
        (Reason.NOT_AN_OBJECT, b'"sale"', headers()),
        (Reason.NOT_AN_OBJECT, campaign_event("sale"), STRUCTURED),
        (Reason.NOT_AN_OBJECT, body, headers(content_type=b"text/plain")),
        (Reason.EMPTY_MESSAGE, b"", STRUCTURED),
        (Reason.MESSAGE_TOO_LARGE, data(name=" " * (1024 * 1024)), STRUCTURED),
        (Reason.NOT_A_CLOUDEVENT, body, ()),
        (Reason.NOT_A_CLOUDEVENT, body, STRUCTURED),
        (Reason.NOT_A_CLOUDEVENT, body, without_type),
        (Reason.NOT_A_CLOUDEVENT, body, headers(ce_specversion=b"0.3")),
        (Reason.NOT_A_CLOUDEVENT, body, headers(ce_source=NOT_TEXT)),
        (Reason.NOT_A_CLOUDEVENT, body, headers(ce_time=b"noon")),
        (Reason.UNKNOWN_EVENT_TYPE, body, headers(ce_type=b"com.example.order.placed")),
        (Reason.SUBJECT_MISMATCH, body, headers(ce_subject=b"another")),
        (Reason.FIELD_MISSING, campaign_event({}), STRUCTURED),
        (Reason.FIELD_MISSING, data(start=...), STRUCTURED),
        (Reason.FIELD_INVALID, data(revision="3"), STRUCTURED),
        (Reason.FIELD_INVALID, data(revision=-1), STRUCTURED),
        (Reason.FIELD_INVALID, data(services=[]), STRUCTURED),
        (Reason.FIELD_INVALID, data(services="web"), STRUCTURED),
        (Reason.FIELD_INVALID, data(end="2026-11-27T08:00:00Z"), STRUCTURED),
        (Reason.FIELD_INVALID, data(start="27.11.2026 10:00"), STRUCTURED),
        (Reason.FIELD_INVALID, data(timezone="Berlin"), STRUCTURED),
        (Reason.FIELD_INVALID, data(expected_uplift={"p50": 5, "p90": 2}), STRUCTURED),
        (Reason.NOT_JSON, data(audience=float("inf")), STRUCTURED),
    ]
    keyed = [(reason, b"poison-%d" % number, value, sent) for reason, value, sent in kinds]
    tombstones: list[Poison] = [
        (Reason.KEY_MISSING, None, None, ()),
        (Reason.KEY_MISSING, b"", None, ()),
        (Reason.FIELD_INVALID, NOT_TEXT, None, ()),
    ]
    return [*keyed, *tombstones]
