"""The audit trail as it grows: what was last written of every resource and campaign, and what is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import msgspec

from advisor.domain.advice import Decision, Receipt, ResourceDecision
from advisor.domain.policy import Policy
from advisor.domain.readiness import CampaignReadiness
from advisor.domain.reason import Reason
from advisor.planning.claims import counts
from streams.build import this_build
from streams.campaign_book import BookEntry, CampaignBook, Standing
from streams.codec.audit import (
    Origin,
    audit_act,
    audit_decision,
    audit_id,
    audit_not_counted,
    audit_readiness,
)
from streams.codec.manifest import ManifestWriter
from streams.codec.recommendations import recommendation_id
from streams.decision_inputs import DecisionInputs
from streams.inputs import Inputs
from streams.records import OutgoingRecord
from streams.topics import TopicNames

MODEL_VERSION = "pool-2"


class AuditTrail:
    """Makes audit records only of what changed; each list it returns has the inputs it rests on in front."""

    def __init__(self, names: TopicNames) -> None:
        self._names = names
        self._build = this_build()
        self.forget()

    def forget(self) -> None:
        """Another worker may have decided since: whatever is decided next counts as changed."""
        self._renew_inputs()
        self._audited: dict[str, str] = {}
        self._assessed: dict[str, str] = {}
        self._decisions: dict[str, str] = {}

    def _renew_inputs(self) -> None:
        self._inputs = Inputs(self._names.inputs)
        self._manifests = ManifestWriter(self._inputs.name)

    def of_act(self, receipt: Receipt, state: bytes | None, policy: Policy) -> list[OutgoingRecord]:
        """The records of one act; `state` is what was last written of the resource."""
        inputs = {"state": self._inputs.name(state)} if state else {}
        decision = self._decisions.get(receipt.resource)
        act = audit_act(self._names.audit, receipt, decision, self._origin(inputs, policy))
        return [*self._inputs.take(), act]

    def of_decision(
        self, decision: Decision, seen: DecisionInputs, book: CampaignBook
    ) -> list[OutgoingRecord]:
        """The records of whatever the decision says anew; empty if it repeats the last one."""
        resources = [made for made in decision.resources if self._is_news(made)]
        assessed = {a.campaign_id: a for a in decision.campaigns}
        entries = [(e, before) for e in book.entries for before in self._news_of(e, assessed, seen.policy)]
        if not resources and not entries:
            return []
        if self._inputs.are_old(seen.now):
            self._renew_inputs()
        inputs = {"decision": self._manifests.write(seen)}
        origin = self._origin(inputs, seen.policy)
        audit = [audit_decision(self._names.audit, made, origin) for made in resources]
        self._decisions |= {
            made.recommendation.resource: audit_id(record)
            for made, record in zip(resources, audit, strict=True)
        }
        audit += [
            self._of_campaign(entry, assessed.get(entry.campaign_id), before, origin, seen)
            for entry, before in entries
        ]
        return [*self._inputs.take(), *audit]

    def _is_news(self, made: ResourceDecision) -> bool:
        name = made.recommendation.resource
        said = [recommendation_id(made.recommendation)]
        said += [f"{v.guardrail}={v.outcome}:{v.reason}" for v in made.verdicts]
        fingerprint = "|".join(said if made.claims or made.recommendation.steps else said[1:])
        if self._audited.get(name) == fingerprint:
            return False
        self._audited[name] = fingerprint
        return True

    def _news_of(
        self, entry: BookEntry, assessed: Mapping[str, CampaignReadiness], policy: Policy
    ) -> Iterator[str | None]:
        """What was last said of a campaign, if something else is to be said now; else nothing."""
        readiness = assessed.get(entry.campaign_id)
        if readiness is not None:
            said = f"{entry.revision}:{readiness.readiness}:{','.join(readiness.reasons)}"
        else:
            said = f"{entry.revision}:{why_not_counted(entry, policy)[0]}"
        before = self._assessed.get(entry.campaign_id)
        if before != said:
            self._assessed[entry.campaign_id] = said
            yield before

    def _of_campaign(
        self,
        entry: BookEntry,
        readiness: CampaignReadiness | None,
        before: str | None,
        origin: Origin,
        seen: DecisionInputs,
    ) -> OutgoingRecord:
        if readiness is not None:
            return audit_readiness(self._names.audit, readiness, before, seen.now, origin)
        # It was no part of the decision, so its entry is named beside it.
        named = self._inputs.name(msgspec.json.encode(entry))
        origin = replace(origin, inputs={**origin.inputs, "entry": named})
        reason, detail = why_not_counted(entry, seen.policy)
        return audit_not_counted(self._names.audit, entry.campaign_id, reason, detail, seen.now, origin)

    def _origin(self, inputs: Mapping[str, str], policy: Policy) -> Origin:
        return Origin(inputs, policy.version, MODEL_VERSION, self._build)


def why_not_counted(entry: BookEntry, policy: Policy) -> tuple[Reason, str]:
    """Why does a campaign in the book move nothing?"""
    if entry.standing is not Standing.SCHEDULED or entry.campaign is None:
        return Reason.CAMPAIGN_CANCELLED, f"{entry.standing} at revision {entry.revision}"
    if not counts(entry.campaign, policy):
        return Reason.SOURCE_NOT_LISTED, f"source {entry.campaign.source!r} is not in the policy's sources"
    return Reason.CAMPAIGN_PAST, f"ended {entry.campaign.end:%Y-%m-%d %H:%M}Z"
