"""Campaign messages: what each kind of record on the inbox means, and why the others are refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from advisor.domain.campaign import CampaignBudget, CampaignStatus, ExpectedUplift
from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.campaigns import (
    Announced,
    Cancelled,
    ClockRecord,
    Withdrawn,
    clock_of,
    decode_campaign,
    encode_campaign,
    encode_cancellation,
    encode_clock,
)
from tests.support.messages import campaign_data as data
from tests.support.messages import campaign_event as event

RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=UTF-8")]


def decoded(value: bytes | None, headers: Any = None, key: bytes | None = b"bf-2026") -> Any:
    return decode_campaign(key, value, STRUCTURED if headers is None else headers, received_at=RECEIVED)


def campaign(**fields: Any) -> Any:
    message = decoded(event(data(**fields)))
    assert isinstance(message, Announced)
    return message.campaign


def refusal(value: bytes | None, headers: Any = None, key: bytes | None = b"bf-2026") -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decoded(value, headers, key)
    return caught.value


def test_the_required_fields_alone_make_a_campaign() -> None:
    found = campaign()
    assert (found.campaign_id, found.revision, found.kind) == ("bf-2026", 3, "flash_sale")
    assert found.start == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert found.end == datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert found.services == ("web-shop",)
    assert found.announced_at == datetime(2026, 11, 20, 8, 12, 3, tzinfo=UTC)
    assert found.source == "/marketing"
    assert found.status is CampaignStatus.SCHEDULED


def test_every_optional_field_reaches_the_campaign() -> None:
    found = campaign(
        name="Black Friday",
        channels=["email", "push"],
        audience=1_800_000,
        send_rate_per_min=150_000,
        expected_uplift={"p50": 3, "p90": 5.5},
        owner="crm",
        team="growth",
        budget={"currency": "EUR", "max_cost": 4000},
    )
    assert found.title == "Black Friday"
    assert found.channels == ("email", "push")
    assert (found.audience, found.send_rate_per_min) == (1_800_000, 150_000)
    assert found.expected_uplift == ExpectedUplift(3.0, 5.5)
    assert (found.owner, found.team) == ("crm", "growth")
    assert found.budget == CampaignBudget("EUR", 4000.0)


def test_local_times_are_resolved_in_the_owners_zone() -> None:
    found = campaign(timezone="Europe/Berlin", start="2026-11-27T10:00:00", end="2026-11-27T23:59:00")
    assert found.start == datetime(2026, 11, 27, 9, tzinfo=UTC)
    assert found.timezone == "Europe/Berlin"


def test_an_offset_wins_over_the_zone() -> None:
    found = campaign(timezone="Europe/Berlin", start="2026-11-27T10:00:00+05:00")
    assert found.start == datetime(2026, 11, 27, 5, tzinfo=UTC)


def test_local_times_without_a_zone_are_utc() -> None:
    assert campaign(start="2026-11-27T09:00:00").start == datetime(2026, 11, 27, 9, tzinfo=UTC)


def test_an_ambiguous_local_time_means_the_first_of_the_two() -> None:
    """On 2026-10-25 in Berlin 02:30 happens at 00:30 and at 01:30 UTC."""
    found = campaign(timezone="Europe/Berlin", start="2026-10-25T02:30:00")
    assert found.start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_local_time_that_the_clocks_skip_is_shifted_forward() -> None:
    """On 2026-03-29 in Berlin 02:30 does not happen: 03:30 summer time is meant."""
    found = campaign(timezone="Europe/Berlin", start="2026-03-29T02:30:00")
    assert found.start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_service_named_twice_counts_once() -> None:
    assert campaign(services=["web-shop", "search", "web-shop"]).services == ("web-shop", "search")


def test_an_event_without_time_was_announced_when_it_was_received() -> None:
    assert decoded(event(time=...)).campaign.announced_at == RECEIVED


def test_header_names_and_content_types_are_compared_without_case() -> None:
    assert decoded(event(), [("Content-Type", b"Application/CloudEvents+JSON")]) == decoded(event())


def test_a_null_value_withdraws_the_campaign_in_the_key() -> None:
    assert decoded(None, []) == Withdrawn("bf-2026")


@pytest.mark.parametrize("key", [None, b""])
def test_a_null_value_without_a_key_withdraws_nothing(key: bytes | None) -> None:
    assert refusal(None, [], key).reason is Reason.KEY_MISSING


def test_a_cancellation_needs_only_the_id_and_the_revision() -> None:
    value = event({"campaign_id": "bf-2026", "revision": 4}, type="io.headstart.campaign.cancelled.v1")
    announced_at = datetime(2026, 11, 20, 8, 12, 3, tzinfo=UTC)
    assert decoded(value) == Cancelled("bf-2026", 4, announced_at, "/marketing")


def test_a_subject_that_names_another_campaign_is_refused() -> None:
    assert decoded(event(subject="bf-2026")) == decoded(event())
    assert refusal(event(subject="bf-2027")).reason is Reason.SUBJECT_MISMATCH


@pytest.mark.parametrize(
    ("value", "headers", "reason"),
    [
        (b"", None, Reason.EMPTY_MESSAGE),
        (b"{", None, Reason.NOT_JSON),
        (event().replace(b": 3", b": NaN"), None, Reason.NOT_JSON),
        (b"[]", None, Reason.NOT_AN_OBJECT),
        (b" " * (1024 * 1024 + 1), None, Reason.MESSAGE_TOO_LARGE),
        (event("text"), None, Reason.NOT_AN_OBJECT),
        (event([1]), None, Reason.NOT_AN_OBJECT),
        (event(id=...), None, Reason.NOT_A_CLOUDEVENT),
        (event(source=""), None, Reason.NOT_A_CLOUDEVENT),
        (event(specversion="0.3"), None, Reason.NOT_A_CLOUDEVENT),
        (event(time="soon"), None, Reason.NOT_A_CLOUDEVENT),
        (event(time=5), None, Reason.NOT_A_CLOUDEVENT),
        (event(time="0001-01-01T00:00:00+10:00"), None, Reason.FIELD_INVALID),
        (event(type="com.example.other"), None, Reason.UNKNOWN_EVENT_TYPE),
        (event(), [], Reason.NOT_A_CLOUDEVENT),
        (event(), [("content-type", b"application/json")], Reason.NOT_A_CLOUDEVENT),
        (event(), [("ce_type", b"\xff")], Reason.NOT_A_CLOUDEVENT),
    ],
)
def test_what_is_no_campaign_event_is_refused_by_name(value: bytes, headers: Any, reason: Reason) -> None:
    assert refusal(value, headers).reason is reason


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("campaign_id", ""),
        ("revision", -1),
        ("revision", "3"),
        ("revision", True),
        ("revision", 2**31),
        ("kind", ""),
        ("services", []),
        ("services", "web-shop"),
        ("services", [""]),
        ("timezone", "Berlin"),
        ("timezone", "../etc/passwd"),
        ("timezone", "a\0b"),
        ("start", "2026-11-27"),
        ("start", "in a while"),
        ("start", "0001-01-01T00:00:00+23:00"),
        ("end", "2026-11-27T09:00:00Z"),
        ("expected_uplift", {"p50": 3.0, "p90": 2.0}),
        ("expected_uplift", {"p50": 0, "p90": 2.0}),
        ("budget", {"currency": "euro", "max_cost": 5}),
        ("audience", -1),
        ("send_rate_per_min", 0),
    ],
)
def test_an_invalid_field_is_named(field: str, found: object) -> None:
    error = refusal(event(data(**{field: found})))
    assert error.reason is Reason.FIELD_INVALID
    assert field in error.detail


@pytest.mark.parametrize("field", ["campaign_id", "revision", "kind", "start", "end", "services"])
def test_a_missing_field_is_named(field: str) -> None:
    error = refusal(event(data(**{field: ...})))
    assert error.reason is Reason.FIELD_MISSING
    assert f"{field} is missing" in error.detail


def test_every_problem_is_named_at_once() -> None:
    """Problems between fields are reported beside those within them, not after."""
    error = refusal(event(data(kind=..., revision=-1, end="2026-11-27T08:00:00Z", timezone="Berlin")))
    for field in ("kind", "revision", "end", "timezone"):
        assert field in error.detail
    assert "not after start" in error.detail


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_what_is_written_is_read_back_the_same(mode: Any) -> None:
    original = campaign(name="Jubiläum", expected_uplift={"p50": 2, "p90": 4}, timezone="Europe/Berlin")
    key, value, headers = encode_campaign(original, mode=mode)
    assert decoded(value, headers, key) == Announced(original)


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_cancellation_is_read_back_the_same(mode: Any) -> None:
    key, value, headers = encode_cancellation("bf-2026", 9, announced_at=RECEIVED, source="/x", mode=mode)
    assert decoded(value, headers, key) == Cancelled("bf-2026", 9, RECEIVED, "/x")


def test_a_clock_record_is_recognised_on_both_topics() -> None:
    key, value, headers = encode_clock(RECEIVED, end=True)
    assert key  # a compacted topic refuses records without one
    assert clock_of(headers, value) == ClockRecord(RECEIVED, end=True)
    assert decoded(value, headers, key) == ClockRecord(RECEIVED, end=True)


def test_other_records_are_no_clock_and_are_not_even_parsed() -> None:
    assert clock_of([], b"not json") is None
    assert clock_of(None, b"not json") is None
    assert clock_of([("ce_type", b"other"), ("trace", None)], b"not json") is None


def test_a_clock_without_its_time_is_refused_in_either_mode() -> None:
    _, value, headers = encode_clock(RECEIVED, end=False)
    timeless = [(name, content) for name, content in headers if name != "ce_time"]
    structured = event({"end": False}, type="io.headstart.clock.v1", time=...)
    assert refusal(value, timeless).reason is Reason.FIELD_MISSING
    assert refusal(structured).reason is Reason.FIELD_MISSING


def test_a_clock_that_does_not_say_whether_it_ends_is_refused() -> None:
    _, _, headers = encode_clock(RECEIVED, end=False)
    assert refusal(b'{"end": 1}', headers).reason is Reason.FIELD_INVALID
