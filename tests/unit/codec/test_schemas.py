"""The published schemas say what the code accepts and writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from advisor.domain.readiness import Readiness, SendStep
from advisor.domain.reason import Reason
from streams.codec.campaigns import Announced, decode_campaign, encode_campaign
from streams.codec.command_audit import Deed, notice_of_command
from streams.codec.commands import command_data as written_data
from streams.codec.commands import decode_command
from streams.codec.notices import ReadinessNotice, SendGateNotice, campaign_notice
from streams.codec.recommendations import recommendation_data
from streams.codec.schemas import as_text, schemas, write_schemas
from streams.control_book import Answer, Heard
from tests.support.messages import NOW, RECOMMENDATION, campaign_event, command_data, command_event
from tests.support.messages import campaign_data as data

PUBLISHED = Path(__file__).parents[3] / "deploy" / "schemas"
ANSWER = Answer(Heard.ACCEPTED, "held")
COUNT = {"service": "a", "timestamp": "2026-11-27T09:59:30Z", "count": 660, "interval_s": 10}
RATE = {"service": "a", "timestamp": "2026-11-27T09:59:30Z", "rate_per_s": 66.0}


def is_valid(name: str, instance: Any) -> bool:
    schema = json.loads((PUBLISHED / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return bool(Draft202012Validator(schema).is_valid(instance))


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_published_file_is_what_the_models_generate(name: str) -> None:
    """If this fails: python -m streams.codec.schemas deploy/schemas."""
    assert (PUBLISHED / name).read_text(encoding="utf-8") == as_text(schemas()[name])


def test_writing_the_schemas_makes_the_same_files(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "schemas")
    assert {path.name: path.read_bytes() for path in written} == {
        path.name: path.read_bytes() for path in PUBLISHED.glob("*.json")
    }


def test_both_forms_of_traffic_are_valid_and_their_mixture_is_not() -> None:
    assert is_valid("traffic.v1.json", COUNT)
    assert is_valid("traffic.v1.json", RATE)
    assert not is_valid("traffic.v1.json", COUNT | RATE)
    assert not is_valid("traffic.v1.json", {k: v for k, v in COUNT.items() if k != "interval_s"})


def test_what_the_reader_of_campaigns_accepts_is_valid() -> None:
    assert is_valid("campaign.v1.json", data())
    body = data(audience=5, expected_uplift={"p50": 1, "p90": 2})
    headers = [("content-type", b"application/cloudevents+json")]
    message = decode_campaign(None, campaign_event(body), headers, received_at=NOW)
    assert isinstance(message, Announced)
    _, value, _ = encode_campaign(message.campaign, mode="binary")
    assert is_valid("campaign.v1.json", json.loads(value))


def test_a_campaign_without_services_is_not_valid() -> None:
    assert not is_valid("campaign.v1.json", data(services=[]))
    assert not is_valid("campaign.v1.json", data(services=...))


@pytest.mark.parametrize("kind", ["approve", "reject", "hold", "resume", "freeze"])
def test_what_the_reader_of_commands_accepts_is_valid_and_needs_a_name(kind: str) -> None:
    headers = [("content-type", b"application/cloudevents+json")]
    command = decode_command(command_event(kind), headers, received_at=NOW)

    assert is_valid("command.v1.json", command_data(kind))
    assert is_valid("command.v1.json", written_data(command))
    assert not is_valid("command.v1.json", command_data(kind, by=...))
    assert not is_valid("command.v1.json", command_data(kind, by=" "))


def test_what_people_are_told_is_valid() -> None:
    """Each kind of notice, as it is written; one of a kind nobody knows is not."""
    headers = [("content-type", b"application/cloudevents+json")]
    deed = Deed(decode_command(command_event("hold"), headers, received_at=NOW), 0, NOW, ANSWER)
    steps = [SendStep(NOW, 0.4, 60_000.0)]
    told = [
        notice_of_command("notices", deed),
        campaign_notice(
            "notices",
            "bf-2026",
            NOW,
            ReadinessNotice(
                text="it is ready",
                revision=1,
                readiness=Readiness.READY,
                before=None,
                reasons=[Reason.VERIFIED],
            ),
        ),
        campaign_notice(
            "notices",
            "bf-2026",
            NOW,
            SendGateNotice(
                text="yes",
                revision=1,
                share=0.4,
                before=0.0,
                rate_per_min=None,
                limited_by="",
                later=steps,
            ),
        ),
    ]

    for record in told:
        written = json.loads(record.value or b"")["data"]
        assert is_valid("notice.v1.json", written)
        assert not is_valid("notice.v1.json", written | {"kind": "gossip"})
        assert not is_valid("notice.v1.json", {k: v for k, v in written.items() if k != "text"})


def test_what_the_writer_of_recommendations_writes_is_valid() -> None:
    written = recommendation_data(RECOMMENDATION)
    assert is_valid("recommendation.v1.json", written)
    assert not is_valid("recommendation.v1.json", written | {"readiness": "MAYBE"})
