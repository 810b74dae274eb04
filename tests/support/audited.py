"""An audit trail without a broker: what a decision writes, and its contents by hash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from advisor.domain.advice import Need
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.settings import load_settings
from streams.audit_log import AuditEvent, AuditRecord
from streams.audit_trail import AuditTrail
from streams.campaign_book import BookEntry, CampaignBook, Position, Standing
from streams.codec.audit import RESOURCE_ACTED
from streams.decision_inputs import DecisionInputs
from streams.records import OutgoingRecord
from streams.topics import TopicNames
from tests.support.builders import NOW, needs_for, policy

NAMES = TopicNames.of(load_settings({}))


def book_of(campaigns: Iterable[Campaign], cancelled: Iterable[Campaign] = ()) -> CampaignBook:
    """The campaigns that stand, and those taken back."""
    at = Position(0, 0, NOW)
    stand = [BookEntry(c.campaign_id, c.revision, Standing.SCHEDULED, at, c) for c in campaigns]
    gone = [BookEntry(c.campaign_id, c.revision, Standing.CANCELLED, at, c) for c in cancelled]
    return CampaignBook([*stand, *gone])


def seen(
    campaigns: Sequence[Campaign] = (),
    *,
    now: datetime = NOW,
    the_policy: Policy | None = None,
    needs: Sequence[Need] | None = None,
    states: Mapping[str, ResourceState] | None = None,
    controls: Controls | None = None,
    in_use: float = 15.0,
) -> DecisionInputs:
    """What a decision is made on, as `tests.support.builders.decided` has it."""
    rules = the_policy or policy()
    return DecisionInputs(
        tuple(needs_for(rules, campaigns) if needs is None else needs),
        {s: Level(s, now, in_use) for s in rules.services},
        tuple(campaigns),
        states or {name: ResourceState(name) for name in rules.resources},
        controls or Controls(),
        rules,
        now,
    )


@dataclass
class Audited:
    """One decider's trail: every audit record and every content that it wrote."""

    trail: AuditTrail = field(default_factory=lambda: AuditTrail(NAMES))
    records: list[AuditRecord] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)

    def decide(self, inputs: DecisionInputs, cancelled: Iterable[Campaign] = ()) -> list[AuditRecord]:
        """Decide on these inputs; the audit records of what changed."""
        book = book_of(inputs.campaigns, cancelled)
        return self.take(self.trail.of_decision(inputs.decide(), inputs, book))

    def take(self, written: Sequence[OutgoingRecord]) -> list[AuditRecord]:
        """Keep what was written; the audit records in it."""
        new = []
        for record in written:
            assert record.value is not None
            assert record.key is not None
            assert len(record.value) < 1_000_000
            if record.topic == NAMES.inputs:
                self.contents[record.key.decode()] = record.value
            else:
                new.append(as_stored(record))
        self.records += new
        return new

    @property
    def fetch(self) -> Callable[[Collection[str]], Mapping[str, bytes]]:
        """The inputs topic."""
        return lambda names: {name: self.contents[name] for name in names if name in self.contents}


def as_stored(record: OutgoingRecord) -> AuditRecord:
    """An audit record as it is read back, written when it happened."""
    assert record.value is not None
    event = msgspec.json.decode(record.value, type=AuditEvent)
    return AuditRecord(event, record.value, event.time.astimezone(UTC))


def acts(records: Iterable[AuditRecord]) -> list[AuditRecord]:
    """The receipts among audit records."""
    return [record for record in records if record.event.type == RESOURCE_ACTED]
