"""The audit trail as it grows: what was last written of every resource and campaign, and what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from advisor.domain.advice import CampaignReadiness, Decision, Receipt, ResourceDecision
from advisor.domain.capacity import ResourceState
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.planning.claims import counts
from advisor.policy_file import policy_document
from streams.campaign_book import BookEntry, CampaignBook, Standing
from streams.codec.audit import Origin, audit_act, audit_decision, audit_not_counted, audit_readiness
from streams.codec.needs_log import encode_level, encode_need
from streams.codec.recommendations import recommendation_id
from streams.codec.resource_state import encode_state
from streams.inputs import Inputs
from streams.needs_fold import NeedsFold
from streams.records import OutgoingRecord
from streams.topics import TopicNames

MODEL_VERSION = "pool-2"


class AuditTrail:
    """Makes audit records only of what changed; each list it returns has the inputs it rests on in front."""

    def __init__(self, names: TopicNames) -> None:
        self._topic = names.audit
        self._inputs = Inputs(names.inputs)
        self._audited: dict[str, str] = {}
        self._assessed: dict[str, str] = {}

    def forget(self) -> None:
        """Another worker may have decided since: whatever is decided next counts as changed."""
        self._audited, self._assessed = {}, {}

    def of_act(self, receipt: Receipt, state: bytes | None, policy: Policy) -> list[OutgoingRecord]:
        """The records of one act; `state` is what was last written of the resource."""
        inputs = {"state": self._inputs.name(state)} if state else {}
        act = audit_act(self._topic, receipt, _origin(inputs, policy))
        return [*self._inputs.take(), act]

    def of_decision(
        self,
        decision: Decision,
        fold: NeedsFold,
        book: CampaignBook,
        states: Mapping[str, ResourceState],
        policy: Policy,
        now: datetime,
    ) -> list[OutgoingRecord]:
        """The records of whatever the decision says anew; empty if it repeats the last one."""
        audit = [
            *self._of_resources(decision.resources, fold, book, states, policy),
            *self._of_campaigns(decision.campaigns, book, policy, now),
        ]
        return [*self._inputs.take(), *audit]

    def _of_resources(
        self,
        made: Sequence[ResourceDecision],
        fold: NeedsFold,
        book: CampaignBook,
        states: Mapping[str, ResourceState],
        policy: Policy,
    ) -> list[OutgoingRecord]:
        records = []
        for decision in made:
            name = decision.recommendation.resource
            said = [recommendation_id(decision.recommendation)]
            said += [f"{v.guardrail}={v.outcome}:{v.reason}" for v in decision.verdicts]
            fingerprint = "|".join(said if decision.claims or decision.recommendation.steps else said[1:])
            if self._audited.get(name) == fingerprint:
                continue
            self._audited[name] = fingerprint
            origin = _origin(self._inputs_of(name, fold, book, states, policy), policy)
            records.append(audit_decision(self._topic, decision, origin))
        return records

    def _inputs_of(
        self,
        resource: str,
        fold: NeedsFold,
        book: CampaignBook,
        states: Mapping[str, ResourceState],
        policy: Policy,
    ) -> dict[str, str]:
        serves = policy.resources[resource].serves
        needs = [n for n in fold.needs if n.resource == resource]
        campaigns = [c for c in book.standing() if set(c.services) & set(serves)]
        # The traffic's topics are where demand came from, not what was decided on: they are left out.
        named = {"policy": self._inputs.name(msgspec.json.encode(policy_document(policy, {})))}
        named |= {f"need:{n.service}": self._inputs.name(encode_need(n, None)[1]) for n in needs}
        levels = {s: level for s, level in fold.levels.items() if s in serves}
        named |= {f"level:{s}": self._inputs.name(encode_level(at, None)[1]) for s, at in levels.items()}
        named |= {f"campaign:{c.campaign_id}": self._inputs.name(msgspec.json.encode(c)) for c in campaigns}
        named["state"] = self._inputs.name(encode_state(states[resource])[1])
        return named

    def _of_campaigns(
        self, assessed: Sequence[CampaignReadiness], book: CampaignBook, policy: Policy, now: datetime
    ) -> list[OutgoingRecord]:
        records = []
        by_id = {a.campaign_id: a for a in assessed}
        for entry in book.entries:
            readiness = by_id.get(entry.campaign_id)
            if readiness is not None:
                said = f"{entry.revision}:{readiness.readiness}:{','.join(readiness.reasons)}"
            else:
                reason, detail = _why_not_counted(entry, policy)
                said = f"{entry.revision}:{reason}"
            before = self._assessed.get(entry.campaign_id)
            if before == said:
                continue
            self._assessed[entry.campaign_id] = said
            content = msgspec.json.encode(entry)
            origin = _origin({f"campaign:{entry.campaign_id}": self._inputs.name(content)}, policy)
            if readiness is not None:
                records.append(audit_readiness(self._topic, readiness, before, now, origin))
            else:
                records.append(audit_not_counted(self._topic, entry.campaign_id, reason, detail, now, origin))
        return records


def _why_not_counted(entry: BookEntry, policy: Policy) -> tuple[Reason, str]:
    """Why does a campaign in the book move nothing?"""
    if entry.standing is not Standing.SCHEDULED or entry.campaign is None:
        return Reason.CAMPAIGN_CANCELLED, f"{entry.standing} at revision {entry.revision}"
    if not counts(entry.campaign, policy):
        return Reason.SOURCE_NOT_LISTED, f"source {entry.campaign.source!r} is not in the policy's sources"
    return Reason.CAMPAIGN_PAST, f"ended {entry.campaign.end:%Y-%m-%d %H:%M}Z"


def _origin(inputs: Mapping[str, str], policy: Policy) -> Origin:
    return Origin(inputs, policy.version, MODEL_VERSION)
