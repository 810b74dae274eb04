"""A campaign's plan as one JSON object: what `headstart plan --json` and `send-gate --json` print.

Times are ISO 8601 in UTC with Z, lengths of time whole seconds, money a number beside its currency, shares 0
to 1.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from advisor.domain.advice import ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.money import Rung
from advisor.domain.policy import Mode
from advisor.domain.readiness import CampaignReadiness, Finding, Progress, Readiness, SendStep, Shortfall
from advisor.domain.reason import Reason
from streams.plan import CampaignPlan, ResourceFacts
from streams.send_gate import MaySend, may_send

Time = Annotated[datetime, msgspec.Meta(tz=True)]


class CampaignData(msgspec.Struct, frozen=True, kw_only=True):
    """Which campaign, and when; `timezone` is its owner's."""

    campaign_id: str
    revision: int
    name: str
    kind: str
    start: Time
    end: Time
    timezone: str
    services: list[str]


class CostData(msgspec.Struct, frozen=True, kw_only=True):
    """What the campaign alone costs; `extra` is null where the policy names no price.

    `spent` of it is gone, `committed` cannot be taken back. `ladder` tells what it would cost to plan for
    other quantiles of demand, lowest first.
    """

    currency: str
    extra: float | None
    spent: float
    committed: float
    ladder: list[Rung]


class SendGateData(msgspec.Struct, frozen=True, kw_only=True):
    """What may be sent now, as a `share` of the campaign's pace and in messages a minute, and what later."""

    text: str
    share: float
    rate_per_min: float | None
    limited_by: str
    later: list[SendStep]


class SendGateReport(msgspec.Struct, frozen=True, kw_only=True):
    """May a campaign be sent now? True where the `share` is above 0.

    The decider has said so since `decided_at`, on this revision.
    """

    campaign_id: str
    revision: int
    may_send: bool
    readiness: Readiness | None
    text: str
    decided_at: Time | None
    send_gate: SendGateData


class StepData(msgspec.Struct, frozen=True, kw_only=True):
    """From `act_at` on, ask for at least `floor` and at most `ceiling` units."""

    act_at: Time
    floor: int
    ceiling: int


class LeadTimeData(msgspec.Struct, frozen=True, kw_only=True):
    """How long units take: the p95, what is planned with, and how many measurements there are.

    Until `is_measured` both are the policy's own figure.
    """

    p95_s: int
    planned_with_s: int
    measurements: int
    is_measured: bool


class UnitCapacityData(msgspec.Struct, frozen=True, kw_only=True):
    """Requests per second that one unit is declared to carry, and whether that was shown."""

    declared_per_s: float
    is_proven: bool
    detail: str


class ResourceData(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one resource for the campaign. `floor_now` and `ready_units` are null if unseen."""

    resource: str
    mode: Mode
    reasons: list[Reason]
    steps: list[StepData]
    peak_floor: int
    floor_now: int | None
    ready_units: int | None
    lead_time: LeadTimeData
    unit_capacity: UnitCapacityData


class PlanData(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign's plan as of `now`. `readiness` is null, and what follows empty, where it has no verdict.

    `last_moment` is until when what is missing can be asked for, `last_moment_in_s` how long that is.
    """

    campaign: CampaignData
    now: Time
    sentence: str
    readiness: Readiness | None
    progress: Progress | None
    reasons: list[Reason]
    findings: list[Finding]
    last_moment: Time | None
    last_moment_in_s: int | None
    earliest_safe_start: Time | None
    if_nothing_is_done: list[Shortfall]
    as_planned: list[Shortfall]
    cost: CostData | None
    send_gate: SendGateData | None
    resources: list[ResourceData]


class ScenariosData(msgspec.Struct, frozen=True, kw_only=True):
    """Several plans side by side, in the order in which they were asked for."""

    scenarios: list[PlanData]


def plan_data(planned: CampaignPlan) -> PlanData:
    """The plan as its JSON has it."""
    said, now = planned.readiness, planned.now
    last_moment = said.last_moment if said else None
    return PlanData(
        campaign=_campaign(planned.campaign),
        now=now,
        sentence=planned.sentence,
        readiness=said.readiness if said else None,
        progress=said.progress if said else None,
        reasons=list(said.reasons) if said else [],
        findings=list(said.findings) if said else [],
        last_moment=last_moment,
        last_moment_in_s=int((last_moment - now).total_seconds()) if last_moment else None,
        earliest_safe_start=said.earliest_safe_start if said else None,
        if_nothing_is_done=list(said.if_nothing_is_done) if said else [],
        as_planned=list(said.as_planned) if said else [],
        cost=_cost(said) if said else None,
        send_gate=gate_data(may_send(planned.campaign, said.send_gate, now)) if said else None,
        resources=[
            _resource(planned.campaign, made, known)
            for made, known in zip(planned.resources, planned.facts, strict=True)
        ],
    )


def gate_data(answer: MaySend) -> SendGateData:
    """The senders' answer as its JSON has it."""
    return SendGateData(
        text=answer.text,
        share=answer.share,
        rate_per_min=answer.rate_per_min,
        limited_by=answer.limited_by,
        later=list(answer.later),
    )


def encode_plans(plans: list[PlanData]) -> bytes:
    """One JSON object: the plan, or the scenarios where there are several."""
    return msgspec.json.encode(plans[0] if len(plans) == 1 else ScenariosData(scenarios=plans))


def _campaign(campaign: Campaign) -> CampaignData:
    return CampaignData(
        campaign_id=campaign.campaign_id,
        revision=campaign.revision,
        name=campaign.name,
        kind=campaign.kind,
        start=campaign.start,
        end=campaign.end,
        timezone=campaign.timezone,
        services=list(campaign.services),
    )


def _cost(said: CampaignReadiness) -> CostData:
    cost = said.extra_cost
    return CostData(
        currency=cost.currency,
        extra=cost.extra,
        spent=cost.spent,
        committed=cost.committed,
        ladder=list(cost.ladder),
    )


def _resource(campaign: Campaign, made: ResourceDecision, known: ResourceFacts) -> ResourceData:
    recommendation = made.recommendation
    return ResourceData(
        resource=recommendation.resource,
        mode=recommendation.mode,
        reasons=list(recommendation.reasons),
        steps=[StepData(act_at=s.act_at, floor=s.floor, ceiling=s.ceiling) for s in recommendation.steps],
        peak_floor=known.peak_floor(campaign),
        floor_now=known.floor_now,
        ready_units=known.ready_units,
        lead_time=LeadTimeData(
            p95_s=int(known.lead_time_p95.total_seconds()),
            planned_with_s=int(known.planned_with.total_seconds()),
            measurements=known.measurements,
            is_measured=known.is_measured,
        ),
        unit_capacity=UnitCapacityData(
            declared_per_s=known.rules.unit_capacity,
            is_proven=known.proof.is_proven,
            detail=known.proof.detail,
        ),
    )
