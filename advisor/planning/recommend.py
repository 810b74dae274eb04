"""What one resource is told: its schedule after the guardrails, and what of it is due now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from advisor.domain.advice import (
    Finding,
    Instruction,
    Outcome,
    Readiness,
    Recommendation,
    ResourceDecision,
    Step,
)
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.reason import Reason
from advisor.planning.claims import mode_for
from advisor.planning.cost import cost_of_steps
from advisor.planning.estate import LaidOut
from advisor.planning.guardrails import Situation, guard_act, guard_plan
from advisor.planning.schedule import standing_at


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
    due_to = laid.in_force_at(now)
    return Situation(
        pace=laid.pace,
        state=laid.state,
        claims=laid.near_claims,
        in_force=due_to,
        mode=mode_for(laid.resource, due_to, campaigns, policy),
        now=now,
        data_until=min(level.data_until for level in seen) if len(seen) == len(serves) else None,
        stale_after=policy.stale_after,
        in_use_rate_per_s=sum(serves[level.service] * level.rate_per_s for level in seen),
        over_budget=tuple(claim.campaign_id for claim in due_to if claim.campaign_id in over_budget),
        controls=controls,
    )


def recommend(
    laid: LaidOut,
    situation: Situation,
    findings: Sequence[Finding],
    campaigns: Mapping[str, Campaign],
    policy: Policy,
) -> ResourceDecision:
    """The guarded recommendation for one resource, and the instruction due now if all guardrails pass it.

    Its mode is that of the cluster of campaigns that is running or comes next: it says what becomes of
    the next steps. A more timid campaign later in the day takes nothing from them.
    """
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
        mode=mode_for(laid.resource, laid.next_claims, campaigns, policy),
        data_until=situation.data_until or situation.now - policy.stale_after,
        decided_at=situation.now,
    )
    due = _due(situation, recommendation)
    answers = guard_act(situation, due) if due else ()
    permitted = all(answer.outcome is Outcome.PASS for answer in answers)
    return ResourceDecision(
        recommendation, situation.claims, (*verdicts, *answers), due if permitted else None, laid.without
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


def _due(situation: Situation, recommendation: Recommendation) -> Instruction | None:
    """What is to be set now; None where no campaign has a part in the floor and nothing of ours is left.

    Bounds that we never changed are other people's: without a campaign there is nothing to do to them.
    """
    if not situation.in_force and situation.state.originals is None:
        return None
    steps, now = recommendation.steps, situation.now
    floor = standing_at(steps, now, situation.resource.minimum)
    return Instruction(
        resource=recommendation.resource,
        floor=floor,
        ceiling=situation.resource.maximum,
        planned_for=max((s.act_at for s in steps if s.act_at <= now), default=now),
        expires_at=recommendation.expires_at,
        reasons=recommendation.reasons,
        restore=not situation.in_force and floor <= situation.resource.minimum,
    )


def _expiry(situation: Situation, steps: Sequence[Step]) -> datetime:
    """An hour after the last thing it speaks of is over; a schedule that has ended keeps its expiry."""
    room = situation.pace.revert_length + timedelta(hours=1)
    last = (*steps[-1:], *situation.state.plan[-1:])
    ends = [*(claim.end for claim in situation.claims), *(step.act_at for step in last)]
    return max(ends, default=situation.now) + room
