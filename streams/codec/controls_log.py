"""Records of the controls topic: what stands, and how far the commands topic was dealt with.

A command's changes are written twice: first all together inside the mark that says it was dealt with, then
each under its own key. So a decider that dies in between leaves behind either none of them or all.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from advisor.errors import DecodeError
from streams.codec.versioned import read_versioned
from streams.control_entries import Changes, Entry, RehearsalEntry, ScopeEntry, WordEntry

MARK_KEY = b"@commands|"
"""No other key ends with its bar: a person has a name."""


class ScopeRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="stops"):
    """What stands on a scope; keyed by it.

    It was tagged "scope" while it held one hold at most: such a record is refused, for read as one of
    these it would say that nothing stands.
    """

    v: int = 1
    entry: ScopeEntry


class WordRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="word"):
    """A person's newest word on a campaign; keyed by campaign and person."""

    v: int = 1
    entry: WordEntry


class RehearsalRecord(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="rehearsal"):
    """What is rehearsed on a resource; keyed by it."""

    v: int = 1
    entry: RehearsalEntry


Standing = ScopeRecord | WordRecord | RehearsalRecord


class CommandsMark(msgspec.Struct, frozen=True, kw_only=True, tag_field="is", tag="mark"):
    """Every command below `next_offset` was dealt with; what the last of them changed, and events heard."""

    v: int = 1
    topic_id: str
    next_offset: int
    heard: tuple[str, ...] = ()
    changes: dict[str, Standing | None] = {}


ControlRecord = Standing | CommandsMark

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[ControlRecord] = msgspec.json.Decoder(ControlRecord)


def commands_mark(topic_id: str, next_offset: int, heard: tuple[str, ...], changes: Changes) -> CommandsMark:
    """The mark of a command that was dealt with."""
    records = {key: None if entry is None else _record(entry) for key, entry in changes.items()}
    return CommandsMark(topic_id=topic_id, next_offset=next_offset, heard=heard, changes=records)


def changes_of(mark: CommandsMark) -> Changes:
    """What the command changed that a mark is of."""
    return {key: None if record is None else record.entry for key, record in mark.changes.items()}


def encode_mark(mark: CommandsMark) -> tuple[bytes, bytes]:
    """Key and value of the mark's record."""
    return MARK_KEY, _encoder.encode(mark)


def encode_entries(changes: Mapping[str, Entry | None]) -> list[tuple[bytes, bytes | None]]:
    """Keys and values of the records of changes; no value where something stands no longer."""
    return [
        (key.encode(), None if entry is None else _encoder.encode(_record(entry)))
        for key, entry in changes.items()
    ]


def decode_control(value: bytes) -> ControlRecord:
    """A record of the controls topic. Raises DecodeError for anything that this version did not write."""
    try:
        return read_versioned(_decoder.decode, value, "record of controls")
    except DecodeError as error:
        fix = (
            "run the version of Headstart that wrote it; or stop the workers, delete the controls topic, "
            "create it with `headstart topics --create`, and give again what is to stand"
        )
        raise DecodeError(error.reason, f"{error.detail}. Fix: {fix}") from error


def _record(entry: Entry) -> Standing:
    match entry:
        case ScopeEntry():
            return ScopeRecord(entry=entry)
        case RehearsalEntry():
            return RehearsalRecord(entry=entry)
        case WordEntry():
            return WordRecord(entry=entry)
