"""Records whose header names are not UTF-8 are read, and nothing else is let through."""

from __future__ import annotations

from typing import Any

import aiokafka.consumer.fetcher
import kafka.record.memory_records
import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from streams import aiokafka_header_names, header_names


@pytest.fixture(autouse=True)
def spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both clients spell such names, in these tests only."""
    for module, name in (
        (aiokafka.consumer.fetcher, "MemoryRecords"),
        (kafka.record.memory_records, "DefaultRecordBatch"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # so that it is put back
    aiokafka_header_names.spell_header_names()
    header_names.spell_header_names()


def batch(name: bytes) -> bytes:
    """Three records; the second one has a header of this name, which must be two bytes long."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=10_000,
    )
    for offset, headers in enumerate(([], [("zz", b"content"), ("ok", b"")], [("ok", b"yes")])):
        builder.append(offset, timestamp=1_000 + offset, key=b"key", value=b"value", headers=headers)
    assert len(name) == 2
    return bytes(builder.build()).replace(b"zz", name)


def readers() -> dict[str, Any]:
    """What each client calls to read the bytes of a fetch."""
    return {
        "aiokafka": aiokafka.consumer.fetcher.MemoryRecords,
        "kafka-python": kafka.record.memory_records.MemoryRecords,
    }


def read(client: str, content: bytes) -> list[tuple[int, bytes, bytes, list[tuple[str, bytes]]]]:
    """Offset, key, value and headers of every record."""
    records, found = readers()[client](content), []
    while records.has_next():
        found += [(r.offset, r.key, r.value, list(r.headers)) for r in records.next_batch()]
    return found


@pytest.mark.parametrize("client", ["aiokafka", "kafka-python"])
def test_a_name_that_is_not_text_is_spelled_and_its_neighbours_are_read(client: str) -> None:
    """Its own record, the ones beside it in the batch, and the next batch."""
    assert read(client, batch(b"\xff\xfe") + batch(b"a\x80")) == [
        (0, b"key", b"value", []),
        (1, b"key", b"value", [(r"\xff\xfe", b"content"), ("ok", b"")]),
        (2, b"key", b"value", [("ok", b"yes")]),
        (0, b"key", b"value", []),
        (1, b"key", b"value", [(r"a\x80", b"content"), ("ok", b"")]),
        (2, b"key", b"value", [("ok", b"yes")]),
    ]


@pytest.mark.parametrize("client", ["aiokafka", "kafka-python"])
def test_a_name_that_is_text_stays_as_it_is(client: str) -> None:
    """Also one of letters that take two bytes."""
    assert read(client, batch("é".encode()))[1][3] == [("é", b"content"), ("ok", b"")]


def test_a_batch_that_is_really_broken_is_still_refused() -> None:
    """Only names are read leniently: a record cut short is no record."""
    whole = batch(b"\xff\xfe")
    broken = whole.replace(b"content", b"conten\x00", 1).replace(b"\x0econten", b"\x0aconten")

    assert broken != whole
    with pytest.raises(CorruptRecordException):
        read("aiokafka", broken)


def test_whatever_else_the_fetcher_asks_of_a_batch_is_answered() -> None:
    """Checksum, offsets and kind, as aiokafka's own reader says them."""
    (one,) = [readers()["aiokafka"](batch(b"ok")).next_batch()]

    assert one.validate_crc() is False  # the name was changed after it was made
    assert (one.base_offset, one.next_offset, one.is_control_batch, one.is_transactional) == (
        0,
        3,
        False,
        False,
    )
