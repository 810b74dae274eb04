"""What the controls topic says, whoever wrote to it and whatever happened to the commands topic."""

from __future__ import annotations

import pytest

from advisor.domain.controls import Hold
from advisor.errors import DecodeError
from streams.codec.controls_log import commands_mark, encode_entries, encode_mark
from streams.control_entries import ScopeEntry, scope_key
from streams.controls_fold import ControlsFold
from tests.support.builders import NOW, PODS

HELD = {scope_key(PODS): ScopeEntry(PODS, holds=(Hold(PODS, "ada", NOW, "legal"), Hold(PODS, "bob", NOW)))}


def folded(topic_id: str | None, *records: tuple[bytes, bytes | None]) -> ControlsFold:
    fold = ControlsFold(topic_id)
    for key, value in records:
        fold.apply(key, value)
    return fold


def mark(topic_id: str, next_offset: int, **changes: ScopeEntry | None) -> tuple[bytes, bytes]:
    return encode_mark(commands_mark(topic_id, next_offset, ("/people c1",), changes))


def test_what_stands_and_what_was_heard_is_read_back() -> None:
    fold = folded("t", mark("t", 4), *encode_entries(HELD))

    assert fold.book.entries == HELD
    assert fold.book.heard == ("/people c1",)
    assert fold.next_offset == 4


def test_a_tombstone_ends_what_stood() -> None:
    fold = folded("t", *encode_entries(HELD), *encode_entries(dict.fromkeys(HELD)))

    assert fold.book.entries == {}


def test_what_a_mark_says_counts_though_its_own_records_were_never_written() -> None:
    fold = folded("t", mark("t", 4, **HELD))

    assert fold.book.entries == HELD
    assert fold.last_changes == HELD


def test_a_commands_topic_made_anew_is_read_from_its_beginning_and_what_stands_stands() -> None:
    fold = folded("new", mark("old", 4, **HELD))
    assert (fold.next_offset, fold.book.entries) == (0, HELD)

    fold.deal_with(0)
    assert fold.next_offset == 1

    again = folded("new", mark("old", 4, **HELD), mark("new", 1))
    assert again.next_offset == 1
    assert folded(None, mark("old", 4), mark("new", 1)).next_offset == 1


def test_a_mark_that_comes_too_late_is_not_counted() -> None:
    """A decider that was paused wrote it, when another had long taken over."""
    fold = folded("t", mark("t", 5), mark("t", 4, **HELD))

    assert (fold.next_offset, fold.book.entries) == (5, {})


def test_what_this_version_did_not_write_is_refused() -> None:
    _, value = mark("t", 5)

    with pytest.raises(DecodeError, match="version 2"):
        folded("t", (b"@commands|", value.replace(b'"v":1', b'"v":2')))
    with pytest.raises(DecodeError, match="record of controls"):
        folded("t", (b"x", b"not ours"))


def test_a_hold_written_when_there_was_one_at_most_is_refused_and_not_forgotten() -> None:
    """Read as what is written now, it would say that nothing stands: then things would be changed again."""
    hold = b'{"at":"2026-11-27T06:00:00Z","by":"ada","scope":"sim://pods","why":"legal"}'
    old = b'{"is":"scope","entry":{"freeze":null,"hold":' + hold + b',"scope":"sim://pods"},"v":1}'
    mark_of_old = b'{"is":"mark","v":1,"topic_id":"t","next_offset":1,"changes":{"sim://pods":' + old + b"}}"

    for key, value in ((b"sim://pods", old), (b"@commands|", mark_of_old)):
        with pytest.raises(DecodeError, match="Fix: run the version of Headstart that wrote it; or"):
            folded("t", (key, value))
