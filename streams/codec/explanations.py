"""Explanations: what a service's forecast is made of, as an event on the audit topic and as what it says.

What it *says* (:class:`Substance`) is what one is compared by with the one before: its digest is the event's
id, and it is kept on the models topic. The figures beside it move with every forecast.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec

from advisor.domain.reason import Reason
from streams.codec.audit import content_hash
from streams.codec.events import cloud_event
from streams.codec.forecasts import EvidenceRecord, Regime
from streams.codec.versioned import read_versioned
from streams.records import OutgoingRecord

FORECAST_EXPLAINED = "io.headstart.forecast.explained.v1"
SOURCE = "/headstart/assessor"
SAID_KEY = b"@explained/"

Phase = Literal["ahead", "running", "over"]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class SaidOfCampaign(msgspec.Struct, frozen=True, array_like=True):
    """What was said of one campaign. `evidence` has the mean factor of each past campaign it rests on."""

    campaign: str
    revision: int
    phase: Phase
    reason: Reason
    in_flight: float
    evidence: dict[str, float]


class Substance(msgspec.Struct, frozen=True, array_like=True):
    """What an explanation says; without arguments that there is nothing to explain. `id` is its event's."""

    id: str = ""
    regime: Regime = "ordinary"
    reasons: tuple[Reason, ...] = ()
    calibrated: bool = True
    campaigns: tuple[SaidOfCampaign, ...] = ()


NOTHING_SAID = Substance()


class SaidRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the models topic: what the audit topic was last told of a service."""

    v: int = 1
    service: str
    said: Substance


_said = msgspec.json.Decoder(SaidRecord)


class BaselineData(msgspec.Struct, frozen=True):
    """The median without campaigns in requests/s: in the first step, and where it is highest."""

    now: float
    highest: float
    highest_at: Time


class CampaignData(msgspec.Struct, frozen=True):
    """What one campaign multiplies demand by, and what that rests on.

    `mean_factor` and `peak_factor` are of the median, over the steps to come in which it moves anything (1
    without any); those of the evidence are what past campaigns did. `in_flight` is the factor by which what
    came since the start corrected it, null before. `reason` names the prior that was used, if one was.
    """

    campaign: str
    revision: int
    phase: Phase
    reason: Reason
    mean_factor: float
    peak_factor: float
    in_flight: float | None
    evidence: list[EvidenceRecord]


class ExplanationData(msgspec.Struct, frozen=True):
    """Data of io.headstart.forecast.explained.v1.

    `regime` says whether a campaign moves the first step. `cold_start` is true while there is too little
    history, and the wide band of a new service is used. `calibration` is the share of the last days' values
    below the 0.95 quantile, null where not known yet. `before` is the id of the service's explanation before
    this one, null for the first. `inputs` names the campaigns on the inputs topic by content hash.
    """

    service: str
    cutoff: Time
    regime: Regime
    baseline: BaselineData | None
    cold_start: bool
    campaigns: list[CampaignData]
    calibration: float | None
    reasons: list[Reason]
    before: str | None
    actor: str
    inputs: dict[str, str]
    policy_version: str
    model_version: str


def explanation_id(service: str, said: Substance, before: str) -> str:
    """Which explanation is this? 32 hex digits of a hash of what it says, and after which it says it.

    What is said of a service at two times has two ids, for something else was said in between. A worker that
    ended before it could remember having said it says it again under the same id.
    """
    content = [FORECAST_EXPLAINED, service, before, msgspec.structs.replace(said, id="")]
    return content_hash(msgspec.json.encode(content, order="sorted"))


def explanation_data(data: ExplanationData) -> dict[str, Any]:
    """The event's data as plain JSON values; times in UTC with Z."""
    plain: dict[str, Any] = msgspec.to_builtins(data)
    return plain


def encode_said(service: str, said: Substance) -> tuple[bytes, bytes]:
    """Key and value of the record that remembers an explanation."""
    return SAID_KEY + service.encode(), msgspec.json.encode(SaidRecord(service=service, said=said))


def decode_said(value: bytes) -> SaidRecord:
    """What was last said of a service. Raises DecodeError for anything that this version did not write."""
    return read_versioned(_said.decode, value, "record of an explanation")


def encode_explanation(topic: str, id: str, data: ExplanationData) -> OutgoingRecord:
    """The record of the audit topic, keyed by the service."""
    time = data.cutoff.astimezone(UTC)
    value, headers = cloud_event(FORECAST_EXPLAINED, SOURCE, data.service, id, time, explanation_data(data))
    return OutgoingRecord(topic, data.service.encode(), value, headers)
