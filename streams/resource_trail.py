"""What the audit topic holds that may concern one resource, as far as a chain of reasons needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from streams.audit_log import AuditEvent, AuditRecord
from streams.codec.audit import CAMPAIGN_ASSESSED, RESOURCE_ACTED, RESOURCE_DECIDED
from streams.codec.explanations import FORECAST_EXPLAINED

COMMAND = "io.headstart.command."
"""Types of the records of what people sent begin with this."""


@dataclass(slots=True)
class ResourceTrail:
    """Records up to a time (None: to the topic's end).

    All decisions and acts on the resource, what people sent, and the newest word on each service's forecast
    and each campaign's readiness. `first` is when anything was ever decided on the resource.
    """

    resource: str
    until: datetime | None
    decided: list[AuditRecord] = field(default_factory=list)
    acts: list[AuditEvent] = field(default_factory=list)
    commands: list[AuditEvent] = field(default_factory=list)
    explained: dict[str, AuditEvent] = field(default_factory=dict)
    assessed: dict[str, AuditEvent] = field(default_factory=dict)
    first: datetime | None = None

    def take(self, record: AuditRecord) -> None:
        """Keep the record if it may be part of the chain."""
        event = record.event
        own = event.subject == self.resource
        if own and event.type == RESOURCE_DECIDED:
            self.first = min(self.first or event.time, event.time)
        if self.until is not None and event.time > self.until:
            return
        if own and event.type == RESOURCE_DECIDED:
            self.decided.append(record)
        elif own and event.type == RESOURCE_ACTED:
            self.acts.append(event)
        elif event.type == FORECAST_EXPLAINED:
            _keep_newest(self.explained, event)
        elif event.type == CAMPAIGN_ASSESSED:
            _keep_newest(self.assessed, event)
        elif event.type.startswith(COMMAND):
            self.commands.append(event)


def _keep_newest(newest: dict[str, AuditEvent], event: AuditEvent) -> None:
    known = newest.get(event.subject)
    if known is None or event.time >= known.time:
        newest[event.subject] = event
