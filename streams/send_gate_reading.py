"""The send gate of a campaign, as the campaign-state topic has it now or from now on."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime

from advisor.settings import Settings
from streams.campaign_book import Standing
from streams.codec.campaign_state import SAID_AGAIN, EntryRecord, decode_entry
from streams.kafka_clients import follower, read_all
from streams.send_gate import MaySend, may_send
from streams.topics import TopicNames

POLL_MS = 1000
SILENT_AFTER = 3 * SAID_AGAIN
"""When nothing was said of a campaign for so long, nobody decides: what was said last counts no more."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the decider last said of a campaign."""

    record: EntryRecord

    def now(self, wall: datetime) -> datetime:
        """What time is it for this campaign? Where a replayed stream is the clock, that of its record."""
        decided = self.record.decided_at
        return decided if decided and self.record.replayed else wall

    @property
    def stands(self) -> bool:
        """Is the campaign still announced?"""
        return self.record.entry.standing is Standing.SCHEDULED and self.record.entry.campaign is not None

    def answer(self, wall: datetime) -> MaySend:
        """May it be sent?"""
        campaign = self.record.entry.campaign
        if campaign is None or not self.stands:
            return MaySend(0.0, None, f"no: it is {self.record.entry.standing}")
        if self.record.readiness is None and campaign.end > self.now(wall):
            return MaySend(0.0, None, "no: nothing is decided for it")
        if campaign.start <= self.now(wall) < campaign.end and self.is_silent(wall):
            since = f"{self.record.decided_at:%H:%M}Z"
            return MaySend(0.0, None, f"no: nothing was decided since {since}, does a worker run?")
        return may_send(campaign, self.record.send_gate, self.now(wall))

    def is_silent(self, wall: datetime) -> bool:
        """Was nothing said for too long? Never, where a replayed stream is the clock."""
        decided = self.record.decided_at
        return decided is not None and self.now(wall) - decided > SILENT_AFTER

    def is_over(self, wall: datetime) -> bool:
        """Will nothing more be said of it?"""
        campaign = self.record.entry.campaign
        return not self.stands or campaign is None or campaign.end <= self.now(wall)


def read_told(settings: Settings, campaign_id: str) -> Told | None:
    """What the decider last said of it; None if nothing. Raises KafkaUnreachableError, TopicMissingError."""
    told: Told | None = None
    for record in read_all(settings, TopicNames.of(settings).campaign_state):
        if record.key == campaign_id.encode():
            told = _told(record.value)
    return told


def follow_told(settings: Settings, campaign_id: str) -> Generator[Told | None, None, None]:
    """What the decider says of it from now on, each time something is read, and None now and then."""
    with follower(settings, [TopicNames.of(settings).campaign_state], from_end=True) as consumer:
        while True:
            batches = consumer.poll(timeout_ms=POLL_MS)
            records = [r for batch in batches.values() for r in batch if r.key == campaign_id.encode()]
            yield _told(records[-1].value) if records else None


def _told(value: bytes | None) -> Told | None:
    return Told(decode_entry(value)) if value is not None else None
