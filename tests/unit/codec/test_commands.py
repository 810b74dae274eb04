"""Command messages: what each kind asks for, and why the others are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.commands import (
    Approve,
    Command,
    CommandKind,
    OnScope,
    Rehearse,
    Reject,
    decode_command,
    encode_command,
)
from tests.support.messages import NOW
from tests.support.messages import command_data as data
from tests.support.messages import command_event as event

STRUCTURED = [("content-type", b"application/cloudevents+json")]
WEB = "k8s://prod/shop/hpa/web-shop"
KINDS = [kind.value for kind in CommandKind]


def decoded(value: bytes | None, headers: Any = None) -> Command:
    return decode_command(value, STRUCTURED if headers is None else headers, received_at=NOW)


def refusal(value: bytes | None, headers: Any = None) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decoded(value, headers)
    return caught.value


def test_an_approval_carries_its_bounds_in_utc() -> None:
    command = decoded(event("approve", data("approve", max_cost=120.5, why="agreed")))

    assert (command.by, command.why, command.about) == ("ada", "agreed", "bf-2026")
    assert (command.source, command.id, command.kind) == ("/people", "c1", CommandKind.APPROVE)
    assert command.at == datetime(2026, 11, 27, 7, 59, tzinfo=UTC)
    assert command.word == Approve(
        "bf-2026",
        3,
        ((WEB, 40),),
        120.5,
        "EUR",
        datetime(2026, 11, 27, 8, 30, tzinfo=UTC),
        datetime(2026, 11, 27, 13, 0, tzinfo=UTC),
        datetime(2026, 11, 27, 11, 0, tzinfo=UTC),
    )


def test_the_other_kinds_say_what_they_are_about() -> None:
    assert decoded(event("reject")).word == Reject("bf-2026", 3)
    assert decoded(event("hold")).word == OnScope(CommandKind.HOLD, "bf-2026")
    assert decoded(event("resume", data("resume", scope="*"))).word == OnScope(CommandKind.RESUME, "*")
    assert decoded(event("freeze", data("freeze", scope="*"))).word == OnScope(CommandKind.FREEZE, "*")
    disarming = decoded(event("freeze", data("freeze", scope="*", disarm=True)))
    assert disarming.word == OnScope(CommandKind.FREEZE, "*", disarm=True)
    until = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert decoded(event("rehearse")).word == Rehearse("bf-2026", ((WEB, 5),), until)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read_back(kind: str) -> None:
    command = decoded(event(kind, data(kind, why="because")))
    key, value, headers = encode_command(command)

    assert key == b"bf-2026"
    assert decode_command(value, headers, received_at=datetime(2030, 1, 1, tzinfo=UTC)) == command


def test_a_command_without_a_time_counts_from_when_it_was_received() -> None:
    assert decoded(event("hold", time=...)).at == NOW


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by", ["", "   ", "\t\n"])
def test_nobody_says_nothing(kind: str, by: str) -> None:
    """A command has to say who gives it."""
    assert refusal(event(kind, data(kind, by=...))).reason is Reason.FIELD_MISSING
    found = refusal(event(kind, data(kind, by=by)))
    assert found.reason is Reason.FIELD_INVALID
    assert "by" in found.detail
    assert "command.v1.json" in found.detail


def test_blanks_around_a_name_make_no_other_person() -> None:
    assert decoded(event("hold", data("hold", by=" ada "))).by == "ada"


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        ("approve", {"campaign_id": ...}, Reason.FIELD_MISSING),
        ("approve", {"resources": ...}, Reason.FIELD_MISSING),
        ("approve", {"resources": {}}, Reason.FIELD_INVALID),
        ("approve", {"resources": {WEB: -1}}, Reason.FIELD_INVALID),
        ("approve", {"resources": {WEB: 4.5}}, Reason.FIELD_INVALID),
        ("approve", {"resources": {"": 4}}, Reason.FIELD_INVALID),
        ("approve", {"max_cost": -1}, Reason.FIELD_INVALID),
        ("approve", {"currency": "euro"}, Reason.FIELD_INVALID),
        ("approve", {"start": "soon"}, Reason.FIELD_INVALID),
        ("approve", {"expires_at": "2026-11-27T12:00:00"}, Reason.FIELD_INVALID),
        ("approve", {"end": "0001-01-01T00:00:00+14:00"}, Reason.FIELD_INVALID),
        ("reject", {"revision": "3"}, Reason.FIELD_INVALID),
        ("hold", {"scope": ...}, Reason.FIELD_MISSING),
        ("freeze", {"scope": ""}, Reason.FIELD_INVALID),
        ("resume", {"why": "x" * 1025}, Reason.FIELD_INVALID),
    ],
)
def test_a_field_at_fault_is_named(kind: str, changes: dict[str, Any], reason: Reason) -> None:
    found = refusal(event(kind, data(kind, **changes)))
    assert found.reason is reason
    assert next(iter(changes)) in found.detail


def test_what_is_no_command_is_refused_by_name() -> None:
    assert refusal(None).reason is Reason.EMPTY_MESSAGE
    assert refusal(b"stop!").reason is Reason.NOT_JSON
    assert refusal(event("hold"), []).reason is Reason.NOT_A_CLOUDEVENT
    assert refusal(event("explode")).reason is Reason.UNKNOWN_EVENT_TYPE
    assert refusal(event("hold", "stop")).reason is Reason.NOT_AN_OBJECT
    assert refusal(event("hold", subject="another")).reason is Reason.SUBJECT_MISMATCH
