"""Notices: what people and their tools are told, a sentence in an event.

`kind` says what occasioned it: a command, a change of a campaign's readiness or of what may be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from advisor.domain.readiness import Readiness, SendStep
from advisor.domain.reason import Reason
from streams.codec.audit import SOURCE, content_hash
from streams.codec.events import cloud_event
from streams.records import OutgoingRecord

NOTICE = "io.headstart.notice.v1"

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class CommandNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="command"):
    """A person's command was dealt with."""

    text: str
    command: str
    command_id: str
    outcome: str
    by: str
    reasons: list[Reason]


class ReadinessNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="readiness"):
    """A campaign's readiness changed, or the reasons for it. `text` is the sentence.

    `readiness` is null where nothing is done for the campaign (any more), `before` also where nothing was
    said of it yet.
    """

    text: str
    revision: int
    readiness: Readiness | None
    before: Readiness | None
    reasons: list[Reason]


class SendGateNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="send_gate"):
    """What may be sent of a campaign now changed, from a share of its pace `before` to `share`.

    `rate_per_min` is the latter in messages a minute, null where the campaign names no rate; `later` are
    the steps planned.
    """

    text: str
    revision: int
    share: Share
    before: Share
    rate_per_min: float | None
    limited_by: str
    later: list[SendStep]


Notice = CommandNotice | ReadinessNotice | SendGateNotice
CampaignNotice = ReadinessNotice | SendGateNotice


class _Kind(msgspec.Struct):
    kind: str


class _Event(msgspec.Struct):
    data: msgspec.Raw


_events = msgspec.json.Decoder(_Event)
_kinds = msgspec.json.Decoder(_Kind)
_of_campaigns = msgspec.json.Decoder(CampaignNotice)
_KINDS_OF_CAMPAIGNS = frozenset({"readiness", "send_gate"})


def notice(
    topic: str, about: str, text: str, at: datetime, kind: str, data: Mapping[str, Any]
) -> OutgoingRecord:
    """A notice about a campaign or a scope. The same one written again has the same id.

    `kind` says what occasioned it, e.g. `command`; `data` is what tools may want beside the text.
    """
    whole = {"kind": kind, "text": text, **data}
    identity = content_hash(
        msgspec.json.encode([NOTICE, about, msgspec.to_builtins(at), whole], order="sorted")
    )
    value, headers = cloud_event(NOTICE, SOURCE, about, identity, at, whole)
    return OutgoingRecord(topic, about.encode(), value, headers)


def campaign_notice(topic: str, campaign_id: str, at: datetime, told: CampaignNotice) -> OutgoingRecord:
    """The record of a notice about a campaign."""
    data: dict[str, Any] = msgspec.to_builtins(told)
    return notice(topic, campaign_id, data.pop("text"), at, data.pop("kind"), data)


def decode_campaign_notice(value: bytes) -> CampaignNotice | None:
    """What a notice says of a campaign; None for one of another kind. Raises msgspec.DecodeError."""
    data = _events.decode(value).data
    return _of_campaigns.decode(data) if _kinds.decode(data).kind in _KINDS_OF_CAMPAIGNS else None
