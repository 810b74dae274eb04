"""Records of the campaign-state topic: each campaign's accepted state, how far the inbox is dealt with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec

from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Progress, Readiness, SendGate, Shortfall
from advisor.domain.reason import Reason
from streams.campaign_book import BookEntry
from streams.codec.versioned import read_versioned

INBOX_KEY = b"@inbox|"

SAID_AGAIN = timedelta(minutes=5)
"""While a campaign is sent, its record is written at least so often: senders see that somebody decides."""

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class InboxMark(msgspec.Struct, frozen=True, kw_only=True):
    """Every message of an inbox partition below `next_offset` is accepted, ignored or dead-lettered."""

    v: int = 1
    topic_id: str
    partition: int
    next_offset: int


class EntryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's accepted state, and what was decided on it; keyed by campaign id.

    `decided_at` is when this was decided; where it was `replayed`, the stream told the time. The record is
    written again when it says something else, and now and then while the campaign is sent (see
    :meth:`is_to_be_said_again`). Records from before there was a sentence are read without one.
    """

    v: int = 1
    entry: BookEntry
    readiness: Readiness | None = None
    reasons: tuple[Reason, ...] = ()
    sentence: str = ""
    earliest_safe_start: datetime | None = None
    last_moment: datetime | None = None
    if_nothing_is_done: tuple[Shortfall, ...] = ()
    as_planned: tuple[Shortfall, ...] = ()
    send_gate: SendGate | None = None
    cost: Cost | None = None
    progress: Progress | None = None
    decided_at: datetime | None = None
    replayed: bool = False

    def says_what(self, other: EntryRecord | None) -> bool:
        """Is it the same, but for the times at which it was decided?"""
        return other is not None and _timeless(self) == _timeless(other)

    def is_to_be_said_again(self, before: EntryRecord) -> bool:
        """Do senders wait for a sign that what was said `before` is still decided?

        They do shortly before a campaign's start, and until it ends.
        """
        campaign, now = self.entry.campaign, self.decided_at
        if campaign is None or now is None or before.decided_at is None or self.readiness is None:
            return False
        is_awaited = campaign.start - SAID_AGAIN <= now < campaign.end
        return is_awaited and now - before.decided_at >= SAID_AGAIN


_encoder = msgspec.json.Encoder()
_entries = msgspec.json.Decoder(EntryRecord)
_marks = msgspec.json.Decoder(InboxMark)


def entry_record(
    entry: BookEntry,
    assessed: CampaignReadiness | None,
    decided_at: datetime | None = None,
    *,
    replayed: bool = False,
) -> EntryRecord:
    """The record of a campaign, with its readiness where that was decided at all."""
    if assessed is None:
        return EntryRecord(entry=entry, decided_at=decided_at, replayed=replayed)
    return EntryRecord(
        entry=entry,
        readiness=assessed.readiness,
        reasons=assessed.reasons,
        sentence=assessed.sentence,
        earliest_safe_start=assessed.earliest_safe_start,
        last_moment=assessed.last_moment,
        if_nothing_is_done=assessed.if_nothing_is_done,
        as_planned=assessed.as_planned,
        send_gate=assessed.send_gate,
        cost=assessed.extra_cost,
        progress=assessed.progress,
        decided_at=decided_at,
        replayed=replayed,
    )


def encode_entry(record: EntryRecord) -> tuple[bytes, bytes]:
    """Key and value of a campaign's record."""
    return record.entry.campaign_id.encode(), _encoder.encode(record)


def encode_mark(mark: InboxMark) -> tuple[bytes, bytes]:
    """Key and value of an inbox partition's record."""
    return INBOX_KEY + str(mark.partition).encode(), _encoder.encode(mark)


def decode_entry(value: bytes) -> EntryRecord:
    """A campaign's accepted state. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_entries.decode, value, "campaign state")


def decode_mark(value: bytes) -> InboxMark:
    """An inbox mark. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_marks.decode, value, "inbox mark")


def _timeless(record: EntryRecord) -> EntryRecord:
    """Without the time of deciding, which the send gate's first step has as well."""
    gate = record.send_gate
    if gate is not None and gate.steps:
        gate = replace(gate, steps=(replace(gate.steps[0], at=_ANY_TIME), *gate.steps[1:]))
    return msgspec.structs.replace(record, decided_at=None, send_gate=gate)
