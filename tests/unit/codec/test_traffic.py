"""Native JSON traffic messages: what is read, what is refused, and in which words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from advisor.domain.demand import TrafficSample
from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.codec.traffic import decode_traffic, encode_traffic

TIME = "2026-11-27T09:59:30Z"
TIME_S = datetime(2026, 11, 27, 9, 59, 30, tzinfo=UTC).timestamp()


def message(**fields: object) -> bytes:
    """A valid rate message with some fields replaced; a field set to `...` is left out."""
    base: dict[str, object] = {"service": "web-shop", "timestamp": TIME, "rate_per_s": 66.0}
    return json.dumps({k: v for k, v in {**base, **fields}.items() if v is not ...}).encode()


def refusal(value: bytes | None) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decode_traffic(value)
    return caught.value


def test_a_count_over_an_interval_is_read() -> None:
    value = b'{"service": "web-shop", "timestamp": "2026-11-27T09:59:30Z", "count": 660, "interval_s": 10}'
    assert decode_traffic(value) == TrafficSample("web-shop", TIME_S, count=660.0, interval_s=10.0)


def test_a_rate_with_its_series_and_saturation_is_read() -> None:
    value = message(series="eu-1", saturated=True)
    expected = TrafficSample("web-shop", TIME_S, rate_per_s=66.0, series="eu-1", saturated=True)
    assert decode_traffic(value) == expected


@pytest.mark.parametrize(
    "text", [TIME, "2026-11-27T10:59:30+01:00", "2026-11-27T09:59:30.000Z", "2026-11-27 09:59:30Z"]
)
def test_the_same_instant_reads_the_same_however_its_offset_is_written(text: str) -> None:
    assert decode_traffic(message(timestamp=text)).timestamp_s == TIME_S


def test_unknown_fields_are_ignored() -> None:
    assert decode_traffic(message(region="eu", tags={"a": [1, 2]})) == decode_traffic(message())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.EMPTY_MESSAGE),
        (b"", Reason.EMPTY_MESSAGE),
        (b"hello", Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b'{"service": "a', Reason.NOT_JSON),
        (message() + b" again", Reason.NOT_JSON),
        (b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}", Reason.NOT_JSON),
        (b"[1]", Reason.NOT_AN_OBJECT),
        (b"null", Reason.NOT_AN_OBJECT),
        (b'"a"', Reason.NOT_AN_OBJECT),
        (message(x="y" * 1024 * 1024), Reason.MESSAGE_TOO_LARGE),
    ],
)
def test_a_value_that_is_no_json_object_is_refused_by_name(value: bytes | None, reason: Reason) -> None:
    assert refusal(value).reason is reason


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_not_json(number: str) -> None:
    value = message().replace(b"66.0", number.encode())
    assert refusal(value).reason is Reason.NOT_JSON


@pytest.mark.parametrize("field", ["service", "timestamp"])
def test_a_missing_field_is_named_with_its_fix(field: str) -> None:
    error = refusal(message(**{field: ...}))
    assert error.reason is Reason.FIELD_MISSING
    assert field in error.detail
    assert "Fix: " in error.detail


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("service", ""),
        ("service", "x" * 256),
        ("service", 7),
        ("timestamp", "yesterday"),
        ("timestamp", "2026-11-27T09:59:30"),
        ("timestamp", 1_764_237_570),
        ("timestamp", "9999-12-31T23:59:59-23:59"),
        ("timestamp", "1969-12-31T23:59:59Z"),
        ("rate_per_s", -0.1),
        ("rate_per_s", "66"),
        ("rate_per_s", True),
        ("rate_per_s", 10**400),
        ("saturated", "yes"),
        ("series", 5),
    ],
)
def test_an_invalid_field_is_named_with_what_was_found_and_the_fix(field: str, found: object) -> None:
    error = refusal(message(**{field: found}))
    assert error.reason is Reason.FIELD_INVALID
    assert error.detail.startswith(f"{field}: ")
    assert "found " in error.detail
    assert "Fix: " in error.detail


@pytest.mark.parametrize("interval", [0, -1, 86_401])
def test_an_interval_is_longer_than_nothing_and_at_most_a_day(interval: int) -> None:
    error = refusal(message(rate_per_s=..., count=1, interval_s=interval))
    assert error.reason is Reason.FIELD_INVALID
    assert error.detail.startswith("interval_s: ")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"rate_per_s": ...}, Reason.FIELD_MISSING),
        ({"rate_per_s": None}, Reason.FIELD_MISSING),
        ({"rate_per_s": ..., "count": 5}, Reason.FIELD_MISSING),
        ({"rate_per_s": ..., "interval_s": 5}, Reason.FIELD_MISSING),
        ({"count": 5, "interval_s": 10}, Reason.FIELD_INVALID),
        ({"count": 5}, Reason.FIELD_INVALID),
        ({"interval_s": 5}, Reason.FIELD_INVALID),
    ],
)
def test_exactly_one_form_of_amount_is_accepted(fields: dict[str, object], reason: Reason) -> None:
    error = refusal(message(**fields))
    assert error.reason is reason
    assert "either count and interval_s, or rate_per_s alone" in error.detail


def test_the_largest_message_allowed_is_read() -> None:
    padding = 1024 * 1024 - len(message(x=""))
    assert decode_traffic(message(x="y" * padding)).service == "web-shop"


def test_what_is_written_is_read_back_the_same() -> None:
    sample = TrafficSample("web-shop", TIME_S + 0.25, count=3.0, interval_s=0.5, series="a", saturated=True)
    assert decode_traffic(encode_traffic(sample)) == sample
