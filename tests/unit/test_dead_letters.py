"""A dead letter keeps what could not be read, why, and from where."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.domain.reason import Reason
from advisor.errors import DecodeError
from streams.dead_letters import MAX_ORIGIN_HEADER_BYTES, MAX_VALUE_BYTES, dead_letter


@dataclass(frozen=True)
class Received:
    """A received record, as any Kafka client describes one."""

    topic: str = "shop.traffic"
    partition: int = 3
    offset: int = 42
    key: bytes | None = b"\xffkey"
    value: bytes | None = b"not json"
    headers: tuple[tuple[str, bytes | None], ...] = field(default=())


ERROR = DecodeError(Reason.NOT_JSON, "the value is not JSON")


def test_the_original_bytes_and_their_origin_are_kept() -> None:
    letter = dead_letter(Received(), ERROR, topic="headstart.dead-letters")
    assert letter.topic == "headstart.dead-letters"
    assert letter.key == b"shop.traffic"
    assert letter.value == b"not json"
    assert letter.partition is None
    assert dict(letter.headers) == {
        "headstart-reason": b"NOT_JSON",
        "headstart-error": b"the value is not JSON",
        "headstart-topic": b"shop.traffic",
        "headstart-partition": b"3",
        "headstart-offset": b"42",
        "headstart-key": b"\xffkey",
    }


def test_original_headers_are_kept_under_a_prefix() -> None:
    record = Received(headers=(("ce_type", b"x"), ("empty", None), ("headstart-reason", b"forged")))
    headers = dict(dead_letter(record, ERROR, topic="d").headers)
    assert headers["original-ce_type"] == b"x"
    assert headers["original-empty"] == b""
    assert headers["original-headstart-reason"] == b"forged"
    assert headers["headstart-reason"] == b"NOT_JSON"


def test_a_record_without_key_or_value_makes_a_letter_without_them() -> None:
    letter = dead_letter(Received(key=None, value=None), ERROR, topic="d")
    assert letter.value is None
    assert "headstart-key" not in dict(letter.headers)


def test_a_long_error_is_cut_between_characters() -> None:
    error = DecodeError(Reason.FIELD_INVALID, "x" + "ü" * 1000)
    detail = dict(dead_letter(Received(), error, topic="d").headers)["headstart-error"]
    assert len(detail) == 1023
    assert detail.decode() == "x" + "ü" * 511


def test_an_original_too_long_for_kafka_is_cut_and_says_so() -> None:
    letter = dead_letter(Received(value=b"x" * (2 * 1024 * 1024)), ERROR, topic="d")
    assert letter.value is not None
    assert len(letter.value) == MAX_VALUE_BYTES
    assert dict(letter.headers)["headstart-truncated-from"] == b"2097152"


def test_headers_too_large_to_keep_are_left_out_and_counted() -> None:
    record = Received(headers=(("big", b"x" * MAX_ORIGIN_HEADER_BYTES), ("small", b"y")))
    headers = dict(dead_letter(record, ERROR, topic="d").headers)
    assert "original-big" not in headers
    assert headers["original-small"] == b"y"
    assert headers["headstart-headers-left-out"] == b"1"
