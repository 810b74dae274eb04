"""Whoever writes the campaign event, and in whichever content mode, Headstart reads the same campaign."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings import kafka as binding
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from streams.codec.campaigns import Announced, decode_campaign
from streams.codec.events import cloud_event, read_event

RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TIME = datetime(2026, 11, 20, 8, 12, 3, tzinfo=UTC)
DATA = {
    "campaign_id": "bf-2026",
    "revision": 3,
    "kind": "flash_sale",
    "name": "Jubiläum",
    "start": "2026-11-27T10:00:00",
    "end": "2026-11-27T23:59:00",
    "timezone": "Europe/Berlin",
    "services": ["web-shop", "search"],
    "expected_uplift": {"p50": 3.0, "p90": 5.5},
}
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "0d9f",
    "source": "/marketing/eu",
    "type": "io.headstart.campaign.scheduled.v1",
    "subject": "bf-2026",
    "datacontenttype": "application/json",
}


def by_the_library(mode: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers as the CloudEvents library writes them."""
    event = CloudEvent({**ATTRIBUTES, "time": TIME}, dict(DATA))
    write = binding.to_structured if mode == "structured" else binding.to_binary
    message = write(event, JSONFormat())
    return message.value, list(message.headers.items())


def by_hand(mode: str) -> tuple[bytes, list[tuple[str, bytes]]]:
    """Value and headers as the Kafka protocol binding's text asks for them."""
    attributes = {**ATTRIBUTES, "time": "2026-11-20T08:12:03Z"}
    if mode == "structured":
        value = json.dumps({**attributes, "data": DATA}, ensure_ascii=False).encode()
        return value, [("Content-Type", b"application/cloudevents+json; charset=UTF-8")]
    headers = [
        (f"ce_{name}", text.encode()) for name, text in attributes.items() if name != "datacontenttype"
    ]
    return json.dumps(DATA).encode(), [*headers, ("content-type", b"application/json")]


@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize("write", [by_the_library, by_hand])
def test_every_writer_and_mode_gives_the_same_campaign(write: Any, mode: str) -> None:
    value, headers = write(mode)
    message = decode_campaign(b"bf-2026", value, headers, received_at=RECEIVED)
    assert isinstance(message, Announced)
    found = message.campaign
    assert (found.campaign_id, found.revision, found.name) == ("bf-2026", 3, "Jubiläum")
    assert found.start == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert found.announced_at == TIME
    assert found.source == "/marketing/eu"
    other_value, other_headers = by_hand("structured")
    assert message == decode_campaign(None, other_value, other_headers, received_at=RECEIVED)


def test_extension_attributes_and_foreign_headers_do_no_harm() -> None:
    value, headers = by_the_library("binary")
    more = [*headers, ("ce_traceparent", b"00-ab-cd-01"), ("x-team", b"\xff\x00"), ("empty", None)]
    found = decode_campaign(None, value, more, received_at=RECEIVED)
    assert found == decode_campaign(None, value, headers, received_at=RECEIVED)


def test_an_outgoing_event_is_one_that_the_library_reads() -> None:
    value, headers = cloud_event("io.headstart.x.v1", "/headstart", "web", "1", TIME, {"a": 1})
    event = binding.from_structured(binding.KafkaMessage(dict(headers), None, value), JSONFormat())
    assert event.get_data() == {"a": 1}
    assert (event.get_type(), event.get_subject(), event.get_time()) == ("io.headstart.x.v1", "web", TIME)
    assert read_event(value, headers, received_at=None).get_attributes() == event.get_attributes()
