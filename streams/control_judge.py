"""What becomes of one command: is it taken, and what does it change of what stands?"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from advisor.domain.controls import EVERYTHING, Envelope, Hold, Rehearsal, Rejection
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


@dataclass(frozen=True, slots=True)
class Known:
    """What commands are judged by: the campaigns, the policy's resources, and the money it counts in."""

    campaigns: CampaignBook
    resources: Collection[str]
    currency: str


def judge(
    command: Command, arrived_at: datetime, known: Known, entries: Changes
) -> tuple[str, Changes] | Refusal:
    """The answer in words and what changes, or why the command is not taken; `entries` are what stands."""
    match command.word:
        case Approve() as word:
            return _approve(command, word, arrived_at, known)
        case Reject() as word:
            return _reject(command, word, known, entries)
        case Rehearse() as word:
            return _rehearse(command, word, known)
        case OnScope(CommandKind.RESUME, scope):
            return _resume(command, scope, entries)
        case OnScope(kind, scope, disarm):
            return _stop(
                command, kind, Hold(scope, command.by, command.at, command.why, disarm), known, entries
            )


def _approve(
    command: Command, word: Approve, arrived_at: datetime, known: Known
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


def _reject(command: Command, word: Reject, known: Known, entries: Changes) -> tuple[str, Changes] | Refusal:
    if refusal := _not_the_present(command, word, known):
        return refusal
    dropped: dict[str, Entry | None] = {
        key: None
        for key, entry in entries.items()
        if isinstance(entry, WordEntry)
        and entry.envelope is not None
        and entry.envelope.campaign_id == word.campaign_id
    }
    rejection = Rejection(word.campaign_id, word.revision, command.by, command.at, command.why)
    entry = WordEntry(_end_of(word.campaign_id, known, command.at), rejection=rejection)
    own = {word_key(word.campaign_id, command.by): entry}
    return rejected(command, len(dropped)), dropped | own


def _rehearse(command: Command, word: Rehearse, known: Known) -> tuple[str, Changes] | Refusal:
    if known.campaigns.get(word.campaign_id) is None:
        return unknown_campaign(command)
    if unknown := [name for name, _ in word.floors if name not in known.resources]:
        return unknown_resources(command, unknown)
    if word.until <= command.at:
        return expired(command, word.until)
    after: dict[str, Entry | None] = {
        rehearsal_key(name): RehearsalEntry(
            Rehearsal(
                name,
                word.campaign_id,
                floor,
                command.at,
                word.until,
                command.by,
                command.why,
                timedelta(seconds=word.watch_s),
            )
        )
        for name, floor in word.floors
    }
    return rehearsed(command, word), after


def _stop(
    command: Command, kind: CommandKind, stop: Hold, known: Known, entries: Changes
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
    before = entries.get(scope_key(scope))
    entry = before if isinstance(before, ScopeEntry) else ScopeEntry(scope)
    had = entry.freezes if freezes else entry.holds
    others = tuple(other for other in had if other.by != command.by)
    stops = (*others, stop)
    entry = replace(entry, freezes=stops) if freezes else replace(entry, holds=stops)
    return (frozen if freezes else held)(command, others), {scope_key(scope): entry}


def _resume(command: Command, scope: str, entries: Changes) -> tuple[str, Changes] | Refusal:
    lifted = {
        key: entry
        for key, entry in entries.items()
        if isinstance(entry, ScopeEntry) and scope in (EVERYTHING, entry.scope)
    }
    if not lifted:
        return nothing_to_resume(command, scope, scope_key(EVERYTHING) in entries)
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
