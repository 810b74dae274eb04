"""What is worth telling people of a campaign: another verdict or other reasons, and another pace of sending.

What was told last is known from the notices themselves, so that a worker that takes over repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
import structlog

from advisor.domain.policy import Policy
from advisor.domain.readiness import CampaignReadiness
from advisor.domain.reason import Reason
from streams.audit_trail import why_not_counted
from streams.campaign_book import BookEntry
from streams.codec.notices import (
    CampaignNotice,
    ReadinessNotice,
    SendGateNotice,
    campaign_notice,
    decode_campaign_notice,
)
from streams.records import OutgoingRecord
from streams.send_gate import may_send

log = structlog.get_logger(__name__)

NEWS_OF_SHARE = 0.05
"""A smaller change of what may be sent is not told, unless it is from or to nothing."""


class CampaignNews:
    """What was told last of each campaign, and the notices that make up the difference."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._readiness: dict[str, ReadinessNotice] = {}
        self._gates: dict[str, SendGateNotice] = {}

    def forget(self) -> None:
        """Another worker may have told people something since."""
        self._readiness, self._gates = {}, {}

    def remember(self, key: bytes | None, value: bytes | None) -> None:
        """This lies on the topic. What is no notice of ours is passed over: nothing rests on it."""
        try:
            told = decode_campaign_notice(value or b"")
        except msgspec.DecodeError as error:
            log.warning("notice_unreadable", key=(key or b"").decode(errors="replace"), why=str(error))
            return
        if told is not None:
            self._keep((key or b"").decode(errors="replace"), told)

    def of(
        self, entry: BookEntry, assessed: CampaignReadiness | None, policy: Policy, now: datetime
    ) -> list[OutgoingRecord]:
        """The notices that are due on a campaign; from then on they count as told."""
        name = entry.campaign_id
        due: list[CampaignNotice] = [
            *self._of_readiness(entry, assessed, policy),
            *self._of_gate(entry, assessed, policy, now),
        ]
        for told in due:
            self._keep(name, told)
        return [campaign_notice(self._topic, name, now, told) for told in due]

    def _keep(self, campaign_id: str, told: CampaignNotice) -> None:
        if isinstance(told, ReadinessNotice):
            self._readiness[campaign_id] = told
        else:
            self._gates[campaign_id] = told

    def _of_readiness(
        self, entry: BookEntry, assessed: CampaignReadiness | None, policy: Policy
    ) -> Iterator[ReadinessNotice]:
        before = self._readiness.get(entry.campaign_id)
        if assessed is not None:
            text, reasons = assessed.sentence, list(assessed.reasons)
        else:
            reason, detail = why_not_counted(entry, policy)
            if before is None and reason is not Reason.SOURCE_NOT_LISTED:
                return  # over, or taken back, before anything was said of it
            title = entry.campaign.title if entry.campaign else entry.campaign_id
            text, reasons = f"{title}: nothing is done for it: {detail}", [reason]
        told = ReadinessNotice(
            text=text,
            revision=entry.revision,
            readiness=assessed.readiness if assessed else None,
            before=before.readiness if before else None,
            reasons=reasons,
        )
        if before is None or _verdict(before) != _verdict(told):
            yield told

    def _of_gate(
        self, entry: BookEntry, assessed: CampaignReadiness | None, policy: Policy, now: datetime
    ) -> Iterator[SendGateNotice]:
        known = self._gates.get(entry.campaign_id)
        before = known.share if known else 0.0
        if assessed is not None and entry.campaign is not None:
            answer = may_send(entry.campaign, assessed.send_gate, now)
            share, rate, text = answer.share, answer.rate_per_min, answer.text
            later, limited_by = list(answer.later), answer.limited_by
        else:
            share, rate, text = 0.0, None, f"no: {why_not_counted(entry, policy)[1]}"
            later, limited_by = [], ""
        if abs(share - before) < NEWS_OF_SHARE - 1e-9 and (share > 0) == (before > 0):
            return
        yield SendGateNotice(
            text=text,
            revision=entry.revision,
            share=share,
            before=before,
            rate_per_min=rate,
            limited_by=limited_by,
            later=later,
        )


def _verdict(told: ReadinessNotice) -> tuple[object, ...]:
    return told.revision, told.readiness, told.reasons
