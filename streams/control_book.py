"""What of people's words stands? A fold over the commands topic, in its order: later words win.

A word heard again (the same event) changes nothing. Words that cannot be taken are answered with a Reason
and change nothing either. What stands lies under keys: a scope, or a campaign and a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from advisor.domain.controls import Controls
from advisor.domain.reason import Reason
from streams.campaign_book import CampaignBook
from streams.codec.commands import Command
from streams.control_entries import (
    Changes,
    Entry,
    RehearsalEntry,
    ScopeEntry,
    WordEntry,
)
from streams.control_judge import Known, judge
from streams.control_words import Refusal

REMEMBERED = 200
"""So many events are known again; a producer repeats a message within seconds, not after so many others."""


class Heard(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one command, in a sentence for people, and what it changed."""

    heard: Heard
    text: str = ""
    reason: Reason | None = None
    before: Changes = field(default_factory=dict, hash=False)
    after: Changes = field(default_factory=dict, hash=False)


class ControlBook:
    """All that people decided and that stands, and which of their events were heard already."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._heard: dict[str, None] = {}

    @property
    def entries(self) -> Changes:
        """All entries by key, in the keys' order."""
        return {key: self._entries[key] for key in sorted(self._entries)}

    @property
    def heard(self) -> tuple[str, ...]:
        """The newest events heard, oldest first."""
        return tuple(self._heard)

    @property
    def controls(self) -> Controls:
        """What stands, as the decision takes it."""
        entries = self.entries.values()
        scopes = [e for e in entries if isinstance(e, ScopeEntry)]
        words = [e for e in entries if isinstance(e, WordEntry)]
        rehearsals = (e.rehearsal for e in entries if isinstance(e, RehearsalEntry))
        return Controls(
            holds=tuple(hold for e in scopes for hold in e.holds),
            freezes=tuple(freeze for e in scopes for freeze in e.freezes),
            envelopes=tuple(e.envelope for e in words if e.envelope),
            rejections=tuple(e.rejection for e in words if e.rejection),
            rehearsals=tuple(rehearsals),
        )

    def apply(self, command: Command, arrived_at: datetime, known: Known) -> Answer:
        """Take in one command. One that is dated in the future counts as of when it arrived."""
        event = f"{command.source} {command.id}"
        if event in self._heard:
            return Answer(Heard.REPEATED)
        self.hear([event])
        said = replace(command, at=min(command.at, arrived_at))
        judged = judge(said, arrived_at, known, self._entries)
        if isinstance(judged, Refusal):
            return Answer(Heard.REFUSED, judged.text, judged.reason)
        text, after = judged
        before = {key: self._entries.get(key) for key in after}
        self.put(after)
        return Answer(Heard.ACCEPTED, text, None, before, after)

    def put(self, changes: Changes) -> None:
        """Take in changes as they were made earlier."""
        for key, entry in changes.items():
            if entry is None:
                self._entries.pop(key, None)
            else:
                self._entries[key] = entry

    def hear(self, events: Iterable[str]) -> None:
        """Know these events again; the oldest are forgotten."""
        for event in events:
            self._heard[event] = None
        for old in list(self._heard)[:-REMEMBERED]:
            del self._heard[old]

    def forget(self, now: datetime, keep: timedelta, campaigns: CampaignBook) -> Changes:
        """Drop words on campaigns that ended further back than `keep`, and rehearsals that are over.

        Says which. Holds stay for ever.
        """
        over: dict[str, Entry | None] = {}
        for key, entry in self._entries.items():
            if isinstance(entry, RehearsalEntry) and entry.rehearsal.until < now:
                over[key] = None
            if not isinstance(entry, WordEntry):
                continue
            word = entry.envelope or entry.rejection
            known = campaigns.get(word.campaign_id) if word else None
            end = known.campaign.end if known and known.campaign else entry.campaign_end
            if word is None or max(end, word.at) + keep < now:
                over[key] = None
        self.put(over)
        return over
