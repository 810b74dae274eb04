"""Which revision of each campaign stands? A fold over the inbox in which the highest revision wins.

Whatever arrives last, a lower revision never replaces a higher one, and a revision once cancelled or
withdrawn comes back only as a higher one. Folding a message again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from advisor.domain.campaign import Campaign
from streams.codec.campaigns import Announced, Cancelled, Withdrawn

Fact = Announced | Cancelled | Withdrawn


class Standing(StrEnum):
    """What became of a campaign."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the inbox a message lies."""

    partition: int
    offset: int
    received_at: datetime

    def is_after(self, other: Position) -> bool:
        """Was this message sent after the other? Across partitions only their times can tell."""
        if self.partition == other.partition:
            return self.offset > other.offset
        return self.received_at > other.received_at


@dataclass(frozen=True, slots=True)
class BookEntry:
    """The accepted state of one campaign; the record on `headstart.campaign-state`."""

    campaign_id: str
    revision: int
    standing: Standing
    position: Position
    campaign: Campaign | None = None


class CampaignBook:
    """Every campaign ever announced and not yet forgotten, each at its highest revision."""

    def __init__(self, entries: Iterable[BookEntry] = ()) -> None:
        self._entries = {entry.campaign_id: entry for entry in entries}
        self.version = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[BookEntry, ...]:
        """All entries, in order of campaign id."""
        return tuple(self._entries[key] for key in sorted(self._entries))

    def standing(self) -> tuple[Campaign, ...]:
        """The campaigns that stand, in order of start."""
        scheduled = (e.campaign for e in self._entries.values() if e.standing is Standing.SCHEDULED)
        return tuple(sorted((c for c in scheduled if c), key=lambda c: (c.start, c.campaign_id)))

    def get(self, campaign_id: str) -> BookEntry | None:
        """What is known of one campaign."""
        return self._entries.get(campaign_id)

    def apply(self, fact: Fact, position: Position) -> bool:
        """Take in one message; True if it changed what stands."""
        entry = _after(self._entries.get(_campaign_id(fact)), fact, position)
        if entry is None:
            return False
        self._entries[entry.campaign_id] = entry
        self.version += 1
        return True

    def restore(self, entry: BookEntry) -> None:
        """Take in an accepted state written earlier, unless a higher revision is known."""
        known = self._entries.get(entry.campaign_id)
        if known is None or entry.revision >= known.revision:
            self._entries[entry.campaign_id] = entry
            self.version += 1

    def forget(self, now: datetime, keep: timedelta) -> tuple[str, ...]:
        """Drop campaigns whose window, or last word, lies further back than `keep`; says which."""
        over = tuple(
            e.campaign_id
            for e in self._entries.values()
            if max(e.campaign.end if e.campaign else e.position.received_at, e.position.received_at) + keep
            < now
        )
        for campaign_id in over:
            del self._entries[campaign_id]
            self.version += 1
        return over


def _after(known: BookEntry | None, fact: Fact, position: Position) -> BookEntry | None:
    """The entry that a message makes of what is known; None if it changes nothing."""
    match fact:
        case Announced(campaign):
            if known and campaign.revision <= known.revision:
                return None
            return BookEntry(campaign.campaign_id, campaign.revision, Standing.SCHEDULED, position, campaign)
        case Cancelled(campaign_id, revision):
            if known is None:
                return BookEntry(campaign_id, revision, Standing.CANCELLED, position)
            settled = known.standing is not Standing.SCHEDULED
            if revision < known.revision or (settled and revision == known.revision):
                return None
            return replace(known, revision=revision, standing=Standing.CANCELLED, position=position)
        case Withdrawn():
            withdrawable = known is not None and known.standing is Standing.SCHEDULED
            if known is None or not withdrawable or not position.is_after(known.position):
                return None
            return replace(known, standing=Standing.WITHDRAWN, position=position)


def _campaign_id(fact: Fact) -> str:
    return fact.campaign.campaign_id if isinstance(fact, Announced) else fact.campaign_id
