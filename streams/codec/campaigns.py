"""Campaign messages: CloudEvents on the inbox topic become one of four things that can have happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cloudevents.core.base import BaseCloudEvent

from advisor.domain.campaign import Campaign, CampaignStatus
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_iso
from advisor.errors import DecodeError
from streams.codec.campaign_model import ANYWHERE, CancelledData, ScheduledData, validated
from streams.codec.clock import ClockRecord, clock_of, clock_record, encode_clock
from streams.codec.events import (
    CAMPAIGN_CANCELLED,
    CAMPAIGN_SCHEDULED,
    CLOCK,
    ContentMode,
    IncomingHeaders,
    build_event,
    event_time,
    read_event,
    require_subject,
    write_event,
)
from streams.codec.json_object import shown
from streams.records import Headers

__all__ = [
    "Announced",
    "CampaignMessage",
    "Cancelled",
    "ClockRecord",
    "Withdrawn",
    "campaign_data",
    "campaign_of",
    "clock_of",
    "decode_campaign",
    "encode_campaign",
    "encode_cancellation",
    "encode_clock",
]

Message = tuple[bytes | None, bytes, Headers]


@dataclass(frozen=True, slots=True)
class Announced:
    """A revision of a campaign was announced."""

    campaign: Campaign


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A campaign was cancelled by a revision of its own, which must be the highest to count."""

    campaign_id: str
    revision: int
    announced_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A tombstone took back every revision of a campaign seen so far."""

    campaign_id: str


CampaignMessage = Announced | Cancelled | Withdrawn | ClockRecord


def decode_campaign(
    key: bytes | None, value: bytes | None, headers: IncomingHeaders, *, received_at: datetime
) -> CampaignMessage:
    """What does this record of the inbox say?

    `received_at` is the record's own time (aware UTC): it counts as the announcement's time if the event
    carries none. Raises DecodeError with the reason for the dead-letter topic.
    """
    if value is None:
        return Withdrawn(_campaign_id_of(key))
    if (clock := clock_of(headers, value)) is not None:
        return clock
    event = read_event(value, headers, received_at=received_at)
    if event.get_type() == CAMPAIGN_SCHEDULED:
        return Announced(_announced(event))
    if event.get_type() == CAMPAIGN_CANCELLED:
        return _cancelled(event)
    if event.get_type() == CLOCK:
        return clock_record(read_event(value, headers, received_at=None))
    raise DecodeError(
        Reason.UNKNOWN_EVENT_TYPE,
        f"type {shown(event.get_type())} is not known. "
        f"Fix: send {CAMPAIGN_SCHEDULED} or {CAMPAIGN_CANCELLED}",
    )


def encode_campaign(campaign: Campaign, *, mode: ContentMode) -> Message:
    """Key, value and headers of the event that announces this revision (or cancels, by its status)."""
    cancelled = campaign.status is CampaignStatus.CANCELLED
    return _message(
        CAMPAIGN_CANCELLED if cancelled else CAMPAIGN_SCHEDULED,
        campaign.source,
        campaign.announced_at,
        campaign_data(campaign),
        mode,
    )


def encode_cancellation(
    campaign_id: str, revision: int, *, announced_at: datetime, source: str, mode: ContentMode = "structured"
) -> Message:
    """Key, value and headers of the event that cancels a campaign from this revision on."""
    data = {"campaign_id": campaign_id, "revision": revision}
    return _message(CAMPAIGN_CANCELLED, source, announced_at, data, mode)


def _announced(event: BaseCloudEvent) -> Campaign:
    """The campaign as a domain value. Raises DecodeError naming every field at fault."""
    data = validated(ScheduledData, _data(event))
    require_subject(event, data.campaign_id, "campaign_id is")
    return campaign_of(data, announced_at=_announced_at(event), source=event.get_source())


def campaign_of(data: ScheduledData, *, announced_at: datetime, source: str) -> Campaign:
    """The campaign that checked data describe."""
    return Campaign(
        campaign_id=data.campaign_id,
        revision=data.revision,
        kind=data.kind,
        start=data.start_at,
        end=data.end_at,
        services=tuple(dict.fromkeys(data.services)),
        announced_at=announced_at,
        source=source,
        name=data.name,
        channels=tuple(data.channels),
        timezone=data.timezone,
        audience=data.audience,
        send_rate_per_min=data.send_rate_per_min,
        expected_uplift=data.expected_uplift.to_domain() if data.expected_uplift else None,
        owner=data.owner,
        team=data.team,
        budget=data.budget.to_domain() if data.budget else None,
        waves=data.waves,
    )


def _cancelled(event: BaseCloudEvent) -> Cancelled:
    data = validated(CancelledData, _data(event))
    require_subject(event, data.campaign_id, "campaign_id is")
    return Cancelled(data.campaign_id, data.revision, _announced_at(event), event.get_source())


def campaign_data(campaign: Campaign) -> dict[str, Any]:
    """The event data that `decode_campaign` reads back as this campaign; what is empty is left out."""
    uplift, budget = campaign.expected_uplift, campaign.budget
    data: dict[str, Any] = {
        "campaign_id": campaign.campaign_id,
        "revision": campaign.revision,
        "name": campaign.name,
        "kind": campaign.kind,
        "channels": list(campaign.channels),
        **_window(campaign),
        "timezone": campaign.timezone,
        "audience": campaign.audience,
        "send_rate_per_min": campaign.send_rate_per_min,
        "expected_uplift": {"p50": uplift.p50, "p90": uplift.p90} if uplift else None,
        "services": list(campaign.services),
        "owner": campaign.owner,
        "team": campaign.team,
        "budget": {"currency": budget.currency, "max_cost": budget.max_cost} if budget else None,
    }
    return {name: value for name, value in data.items() if value not in (None, "", [])}


def _window(campaign: Campaign) -> dict[str, Any]:
    """The fields that say when: instants, or a wall time by the clocks of the audience's zones."""
    if not campaign.waves:
        return {"start": to_iso(campaign.start), "end": to_iso(campaign.end)}
    first = campaign.waves[0]
    start, end = (t.astimezone(ZoneInfo(first.timezone)) for t in (first.start, first.end))
    shares = {wave.timezone: wave.share for wave in campaign.waves}
    return {
        "start": start.replace(tzinfo=None).isoformat(),
        "end": end.replace(tzinfo=None).isoformat(),
        "local_time": True,
        "audience_timezones": [] if set(shares) == set(ANYWHERE) else shares,
    }


def _message(type: str, source: str, time: datetime, data: dict[str, Any], mode: ContentMode) -> Message:
    """One event about one campaign. Its id is its revision, so that sending it again is no new event."""
    campaign_id = data["campaign_id"]
    event = build_event(type, source, campaign_id, f"{campaign_id}/{data['revision']}", time, data)
    value, headers = write_event(event, mode)
    return campaign_id.encode(), value, headers


def _campaign_id_of(key: bytes | None) -> str:
    """Which campaign does this tombstone withdraw?"""
    if not key:
        raise DecodeError(
            Reason.KEY_MISSING, "a record without value has no key. Fix: send the campaign's id as key"
        )
    try:
        return key.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(
            Reason.FIELD_INVALID, f"key: {error} (found {shown(key)}). Fix: send the campaign's id as UTF-8"
        ) from error


def _data(event: BaseCloudEvent) -> dict[str, Any]:
    data = event.get_data()
    if not isinstance(data, dict):
        raise DecodeError(Reason.NOT_AN_OBJECT, f"data is {shown(data)}. Fix: send a JSON object")
    return data


def _announced_at(event: BaseCloudEvent) -> datetime:
    """The event's time in UTC. Raises DecodeError for one that no calendar holds there, or for none."""
    time = event_time(event)
    if time is None:
        raise DecodeError(Reason.FIELD_MISSING, "time is missing. Fix: send the time of the announcement")
    return time
