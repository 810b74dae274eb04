"""Records of the campaign-state topic: each campaign's accepted state, how far the inbox is dealt with."""

from __future__ import annotations

import msgspec

from advisor.domain.advice import CampaignReadiness, Readiness
from advisor.domain.reason import Reason
from streams.campaign_book import BookEntry
from streams.codec.versioned import read_versioned

INBOX_KEY = b"@inbox|"


class InboxMark(msgspec.Struct, frozen=True, kw_only=True):
    """Every message of an inbox partition below `next_offset` is accepted, ignored or dead-lettered."""

    v: int = 1
    topic_id: str
    partition: int
    next_offset: int


class EntryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's accepted state; keyed by campaign id."""

    v: int = 1
    entry: BookEntry
    readiness: Readiness | None = None
    reasons: tuple[Reason, ...] = ()


_encoder = msgspec.json.Encoder()
_entries = msgspec.json.Decoder(EntryRecord)
_marks = msgspec.json.Decoder(InboxMark)


def encode_entry(entry: BookEntry, assessed: CampaignReadiness | None) -> tuple[bytes, bytes]:
    """Key and value of a campaign's record, with its readiness where it is still to come."""
    record = EntryRecord(
        entry=entry,
        readiness=assessed.readiness if assessed else None,
        reasons=assessed.reasons if assessed else (),
    )
    return entry.campaign_id.encode(), _encoder.encode(record)


def encode_mark(mark: InboxMark) -> tuple[bytes, bytes]:
    """Key and value of an inbox partition's record."""
    return INBOX_KEY + str(mark.partition).encode(), _encoder.encode(mark)


def decode_entry(value: bytes) -> EntryRecord:
    """A campaign's accepted state. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_entries.decode, value, "campaign state")


def decode_mark(value: bytes) -> InboxMark:
    """An inbox mark. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_marks.decode, value, "inbox mark")
