"""What of people's words stands, as entries under keys: a scope, or a campaign and a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.controls import Envelope, Hold, Rehearsal, Rejection


@dataclass(frozen=True, slots=True)
class ScopeEntry:
    """What stands on a resource, a campaign or everything: of each person one hold and one freeze at most.

    They are in the order in which they were said.
    """

    scope: str
    holds: tuple[Hold, ...] = ()
    freezes: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class WordEntry:
    """One person's newest word on a campaign: one of the two. It is kept for a while past `campaign_end`."""

    campaign_end: datetime
    envelope: Envelope | None = None
    rejection: Rejection | None = None


@dataclass(frozen=True, slots=True)
class RehearsalEntry:
    """What is rehearsed on one resource."""

    rehearsal: Rehearsal


Entry = ScopeEntry | WordEntry | RehearsalEntry
Changes = Mapping[str, Entry | None]
"""New entries by key; None where something no longer stands."""


def scope_key(scope: str) -> str:
    """Under which key lies what stands on a scope?"""
    return _escaped(scope)


def word_key(campaign_id: str, by: str) -> str:
    """Under which key lies a person's word on a campaign?"""
    return f"{_escaped(campaign_id)}|{_escaped(by)}"


def rehearsal_key(resource: str) -> str:
    """Under which key lies what is rehearsed on a resource? No other ends with its bar but the mark's."""
    return f"@rehearsal|{_escaped(resource)}|"


def _escaped(text: str) -> str:
    """The text without the bar that stands between the parts of a key."""
    return text.replace("%", "%25").replace("|", "%7C")
