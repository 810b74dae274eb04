"""What of people's words stands? A fold over the commands topic, in its order: later words win.

A word heard again (the same event) changes nothing. Words that cannot be taken are answered with a Reason
and change nothing either. What stands lies under keys: a scope, or a campaign and a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from advisor.domain.controls import EVERYTHING, Controls, Envelope, Hold, Rehearsal, Rejection
from advisor.domain.reason import Reason
from streams.campaign_book import CampaignBook, Standing
from streams.codec.commands import Approve, Command, CommandKind, OnScope, Rehearse, Reject
from streams.control_entries import (
    Changes,
    Entry,
    RehearsalEntry,
    ScopeEntry,
    WordEntry,
    rehearsal_key,
    scope_key,
    word_key,
)
from streams.control_words import (
    Refusal,
    approved,
    campaign_frozen,
    cancelled,
    currency_differs,
    expired,
    frozen,
    held,
    nothing_to_resume,
    rehearsed,
    rejected,
    resumed,
    revision_differs,
    unknown_campaign,
    unknown_resources,
    unknown_scope,
    window_empty,
)

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


@dataclass(frozen=True, slots=True)
class Known:
    """What commands are judged by: the campaigns, the policy's resources, and the money it counts in."""

    campaigns: CampaignBook
    resources: Collection[str]
    currency: str


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
        judged = self._judge(said, arrived_at, known)
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

    def _judge(self, command: Command, arrived_at: datetime, known: Known) -> tuple[str, Changes] | Refusal:
        match command.word:
            case Approve() as word:
                return self._approve(command, word, arrived_at, known)
            case Reject() as word:
                return self._reject(command, word, known)
            case Rehearse() as word:
                return self._rehearse(command, word, known)
            case OnScope(CommandKind.RESUME, scope):
                return self._resume(command, scope)
            case OnScope(kind, scope, disarm):
                return self._stop(
                    command, kind, Hold(scope, command.by, command.at, command.why, disarm), known
                )

    def _approve(
        self, command: Command, word: Approve, arrived_at: datetime, known: Known
    ) -> tuple[str, Changes] | Refusal:
        if refusal := _not_the_present(command, word, known) or _not_an_envelope(
            command, word, arrived_at, known
        ):
            return refusal
        envelope = Envelope(
            word.campaign_id,
            word.revision,
            word.most_units,
            word.max_cost,
            word.currency,
            word.start,
            word.end,
            word.expires_at,
            command.by,
            command.at,
        )
        entry = WordEntry(_end_of(word.campaign_id, known, command.at), envelope=envelope)
        return approved(command, envelope), {word_key(word.campaign_id, command.by): entry}

    def _reject(self, command: Command, word: Reject, known: Known) -> tuple[str, Changes] | Refusal:
        if refusal := _not_the_present(command, word, known):
            return refusal
        dropped: dict[str, Entry | None] = {
            key: None
            for key, entry in self._entries.items()
            if isinstance(entry, WordEntry)
            and entry.envelope is not None
            and entry.envelope.campaign_id == word.campaign_id
        }
        rejection = Rejection(word.campaign_id, word.revision, command.by, command.at, command.why)
        entry = WordEntry(_end_of(word.campaign_id, known, command.at), rejection=rejection)
        own = {word_key(word.campaign_id, command.by): entry}
        return rejected(command, len(dropped)), dropped | own

    def _rehearse(self, command: Command, word: Rehearse, known: Known) -> tuple[str, Changes] | Refusal:
        if known.campaigns.get(word.campaign_id) is None:
            return unknown_campaign(command)
        if unknown := [name for name, _ in word.floors if name not in known.resources]:
            return unknown_resources(command, unknown)
        if word.until <= command.at:
            return expired(command, word.until)
        after: dict[str, Entry | None] = {
            rehearsal_key(name): RehearsalEntry(
                Rehearsal(name, word.campaign_id, floor, command.at, word.until, command.by, command.why)
            )
            for name, floor in word.floors
        }
        return rehearsed(command, word), after

    def _stop(
        self, command: Command, kind: CommandKind, stop: Hold, known: Known
    ) -> tuple[str, Changes] | Refusal:
        """Hold or freeze a scope; what others said of it stands beside it, an own word before is replaced."""
        scope = stop.scope
        freezes = kind is CommandKind.FREEZE
        exists = scope in known.resources or (
            scope == EVERYTHING if freezes else known.campaigns.get(scope) is not None
        )
        if not exists:
            is_campaign = known.campaigns.get(scope) is not None
            return campaign_frozen(command) if is_campaign else unknown_scope(command, scope)
        before = self._entries.get(scope_key(scope))
        entry = before if isinstance(before, ScopeEntry) else ScopeEntry(scope)
        had = entry.freezes if freezes else entry.holds
        others = tuple(other for other in had if other.by != command.by)
        stops = (*others, stop)
        entry = replace(entry, freezes=stops) if freezes else replace(entry, holds=stops)
        return (frozen if freezes else held)(command, others), {scope_key(scope): entry}

    def _resume(self, command: Command, scope: str) -> tuple[str, Changes] | Refusal:
        lifted = {
            key: entry
            for key, entry in self._entries.items()
            if isinstance(entry, ScopeEntry) and scope in (EVERYTHING, entry.scope)
        }
        if not lifted:
            return nothing_to_resume(command, scope, scope_key(EVERYTHING) in self._entries)
        return resumed(command, sorted(lifted.values(), key=lambda e: e.scope)), dict.fromkeys(lifted)


def _end_of(campaign_id: str, known: Known, otherwise: datetime) -> datetime:
    entry = known.campaigns.get(campaign_id)
    return entry.campaign.end if entry and entry.campaign else otherwise


def _not_the_present(command: Command, word: Approve | Reject, known: Known) -> Refusal | None:
    """Why is this not about a campaign as it stands? None if it is."""
    entry = known.campaigns.get(word.campaign_id)
    if entry is None:
        return unknown_campaign(command)
    if entry.standing is not Standing.SCHEDULED:
        return cancelled(command, entry.standing, entry.revision)
    if entry.revision != word.revision:
        return revision_differs(command, word.revision, entry.revision)
    return None


def _not_an_envelope(command: Command, word: Approve, arrived_at: datetime, known: Known) -> Refusal | None:
    """Why can nothing be done within this approval? None if something can."""
    if word.end <= word.start:
        return window_empty(command, word)
    if min(word.end, word.expires_at) <= arrived_at:
        return expired(command, min(word.end, word.expires_at))
    unknown = [resource for resource, _ in word.most_units if resource not in known.resources]
    if unknown:
        return unknown_resources(command, unknown)
    if word.currency != known.currency:
        return currency_differs(command, word.currency, known.currency)
    return None
