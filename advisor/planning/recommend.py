"""What one resource is told: its schedule after the guardrails, and what of it is due now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from advisor.domain.advice import (
    Controls,
    Finding,
    Instruction,
    Outcome,
    Readiness,
    Recommendation,
    ResourceDecision,
    Step,
)
from advisor.domain.campaign import Campaign
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.planning.claims import mode_allowed_by_source
from advisor.planning.cost import cost_of_steps
from advisor.planning.estate import LaidOut
from advisor.planning.guardrails import Situation, guard_act, guard_plan
from advisor.planning.schedule import revert_length, standing_at


def situation_of(
    laid: LaidOut,
    levels: Mapping[str, Level],
    campaigns: Mapping[str, Campaign],
    over_budget: frozenset[str],
    controls: Controls,
    policy: Policy,
    now: datetime,
) -> Situation:
    """All that the guardrails may look at for one resource."""
    serves = laid.resource.serves
    seen = [levels[service] for service in serves if service in levels]
    claims = tuple(claim for cluster in laid.within_horizon for claim in cluster.claims)
    trusted = [mode_allowed_by_source(campaigns[claim.campaign_id], policy) for claim in claims]
    return Situation(
        resource=laid.resource,
        state=laid.state,
        claims=claims,
        mode=min([laid.resource.mode, *trusted], key=lambda mode: mode.rank),
        now=now,
        data_until=min(level.data_until for level in seen) if len(seen) == len(serves) else None,
        stale_after=policy.stale_after,
        in_use_rate_per_s=sum(serves[level.service] * level.rate_per_s for level in seen),
        over_budget=tuple(claim.campaign_id for claim in claims if claim.campaign_id in over_budget),
        controls=controls,
    )


def recommend(
    laid: LaidOut, situation: Situation, findings: Sequence[Finding], policy: Policy
) -> ResourceDecision:
    """The guarded recommendation for one resource, and the instruction due now if all guardrails pass it."""
    steps, verdicts = guard_plan(situation, laid.steps)
    expires_at = _expiry(situation, steps)
    objections = tuple(v.reason for v in verdicts if v.outcome is not Outcome.PASS)
    recommendation = Recommendation(
        resource=laid.resource.resource,
        steps=steps,
        expires_at=expires_at,
        campaigns=tuple(claim.campaign_id for claim in situation.claims),
        readiness=min((f.readiness for f in findings), key=lambda r: r.rank, default=Readiness.READY),
        reasons=_reasons(laid, situation, steps, findings, objections),
        cost=cost_of_steps(laid.resource, steps, expires_at, policy.currency),
        mode=situation.mode,
        data_until=situation.data_until or situation.now - policy.stale_after,
        decided_at=situation.now,
    )
    due = _due(situation, recommendation)
    answers = guard_act(situation, due)
    permitted = all(answer.outcome is Outcome.PASS for answer in answers)
    return ResourceDecision(
        recommendation, situation.claims, (*verdicts, *answers), due if permitted else None
    )


def _reasons(
    laid: LaidOut,
    situation: Situation,
    steps: Sequence[Step],
    findings: Sequence[Finding],
    objections: Sequence[Reason],
) -> tuple[Reason, ...]:
    if not situation.claims:
        return (Reason.NO_CLAIM, *objections)
    why = (Reason.CAMPAIGN_CLAIM,) if steps else ()
    forecast = (reason for need in laid.needs for reason in need.reasons)
    return tuple(dict.fromkeys((*why, *(f.reason for f in findings), *objections, *forecast)))


def _due(situation: Situation, recommendation: Recommendation) -> Instruction:
    steps, now = recommendation.steps, situation.now
    return Instruction(
        resource=recommendation.resource,
        floor=standing_at(steps, now, situation.resource.minimum),
        ceiling=situation.resource.maximum,
        planned_for=max((s.act_at for s in steps if s.act_at <= now), default=now),
        expires_at=recommendation.expires_at,
        reasons=recommendation.reasons,
    )


def _expiry(situation: Situation, steps: Sequence[Step]) -> datetime:
    """An hour after the last thing it speaks of is over; a schedule that has ended keeps its expiry."""
    room = revert_length(situation.resource) + timedelta(hours=1)
    last = (*steps[-1:], *situation.state.plan[-1:])
    ends = [*(claim.end for claim in situation.claims), *(step.act_at for step in last)]
    return max(ends, default=situation.now) + room
