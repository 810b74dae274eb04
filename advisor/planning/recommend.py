"""One resource's recommendation: its schedule through the guardrails, why, and what is due now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from advisor.domain.advice import Outcome, Recommendation, ResourceDecision, Step
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.money import Cost
from advisor.domain.policy import Policy
from advisor.domain.readiness import Finding, Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.act_guardrails import guard_act, is_still_due
from advisor.planning.arming import armed_for
from advisor.planning.bounds import Bounded
from advisor.planning.cost import cost_of_steps
from advisor.planning.cuts import Cut
from advisor.planning.due import due_now, left_of_raise, taken_back
from advisor.planning.estate import LaidOut
from advisor.planning.ledger import balanced
from advisor.planning.permissions import Asked, Permission, mode_of, permission
from advisor.planning.permitted import permitted_floor
from advisor.planning.plan_guardrails import guard_plan
from advisor.planning.schedule import standing_at
from advisor.planning.situation import Situation
from advisor.planning.sizing import units_in_use


def situation_of(
    laid: LaidOut,
    cuts: tuple[Cut, ...],
    levels: Mapping[str, Level],
    permissions: Mapping[str, Permission],
    controls: Controls,
    policy: Policy,
    now: datetime,
) -> Situation:
    """All that the guardrails may look at for one resource, laid out as pools and budgets leave it.

    `permissions` are those of the campaigns that hold a claim on it.
    """
    serves = laid.resource.serves
    seen = [levels[service] for service in serves if service in levels]
    highest = sum(serves[need.service] * need.highest_seen for need in laid.needs)
    known = [need.calibration for need in laid.needs if need.calibration is not None]
    believed = units_in_use(highest * policy.absurd_multiplier, laid.resource) if highest > 0 else None
    situation = Situation(
        pace=laid.pace,
        state=laid.state,
        claims=laid.near_claims,
        in_force=laid.in_force_at(now),
        now=now,
        data_until=min(level.data_until for level in seen) if len(seen) == len(serves) else None,
        stale_after=policy.stale_after,
        in_use_rate_per_s=sum(serves[level.service] * level.rate_per_s for level in seen),
        controls=controls,
        cuts=cuts,
        bounded=laid.steps,
        believable_units=max(believed, laid.resource.minimum) if believed is not None else None,
        calibration=min(known, default=None),
        caps=policy.caps.get(laid.resource.mode),
    )
    running = next((c.claims for c in laid.clusters if set(situation.in_force) & set(c.claims)), ())
    given = {claim.campaign_id: permissions[claim.campaign_id] for claim in running}
    return _permitted(situation, laid, given)


def permissions_on(
    laid: LaidOut,
    campaigns: Mapping[str, Campaign],
    costs: Mapping[str, Cost],
    controls: Controls,
    policy: Policy,
    now: datetime,
) -> dict[str, Permission]:
    """How far each campaign with a claim on a resource may lift its floor, by campaign id."""
    found = {}
    for cluster in laid.clusters:
        for claim in cluster.claims:
            name = claim.campaign_id
            most = laid.most_units(claim)
            asked = Asked(campaigns[name], laid.resource, claim, most, costs[name])
            found[name] = permission(asked, controls, policy, now)
    return found


def may_raise_at(
    laid: LaidOut,
    campaigns: Mapping[str, Campaign],
    costs: Mapping[str, Cost],
    controls: Controls,
    policy: Policy,
    at: datetime,
) -> bool:
    """May all campaigns that have a part in a step then have all they ask for, by what people say today?"""
    at_s = to_epoch_s(at)
    claims = [k for c in laid.clusters if c.times_s[0] <= at_s <= c.times_s[-1] for k in c.claims]
    given = permissions_on(laid, campaigns, costs, controls, policy, at)
    return all(given[claim.campaign_id].is_full for claim in claims)


def recommend(
    laid: LaidOut,
    situation: Situation,
    findings: Sequence[Finding],
    campaigns: Mapping[str, Campaign],
    may_raise: Callable[[datetime], bool],
    bounded: Bounded,
    policy: Policy,
) -> ResourceDecision:
    """The guarded recommendation for one resource, and the instruction due now as the guardrails leave it.

    `laid` is laid out as its needs alone would have it, `bounded` is what pools and budgets leave. Its mode
    is that of the cluster of campaigns that is running or comes next: it says what becomes of the next
    steps. A more timid campaign later in the day takes nothing from them. `may_raise` says whether all that
    have a part in a step at a time to come may have all they ask for then.
    """
    steps, verdicts = guard_plan(situation, laid.steps)
    expires_at = _expiry(situation, steps)
    objections = tuple(v.reason for v in verdicts if v.outcome is not Outcome.PASS)
    modes = [mode_of(laid.resource, campaigns[claim.campaign_id], policy) for claim in laid.next_claims]
    recommendation = Recommendation(
        resource=laid.resource.resource,
        steps=steps,
        expires_at=expires_at,
        campaigns=tuple(claim.campaign_id for claim in situation.claims),
        readiness=min((f.readiness for f in findings), key=lambda r: r.rank, default=Readiness.READY),
        reasons=_reasons(laid, situation, steps, findings, objections),
        cost=cost_of_steps(laid.resource, steps, expires_at, policy.currency),
        mode=min([laid.resource.mode, *modes], key=lambda mode: mode.rank),
        data_until=situation.data_until or situation.now - policy.stale_after,
        decided_at=situation.now,
    )
    begun = {claim.campaign_id for claim in situation.in_force}
    armed = armed_for(situation, steps, may_raise)
    due = due_now(situation, recommendation, armed)
    allowed, answers = guard_act(situation, due) if due else (None, ())
    disarming = taken_back(situation, recommendation, armed) if allowed is None else None
    return ResourceDecision(
        recommendation,
        situation.claims,
        (*verdicts, *answers),
        allowed or disarming,
        bounded.without_of(laid.name),
        balanced(laid.resource, laid.state, situation.claims, situation.now),
        tuple(ration for ration in bounded.rations if ration.campaign_id in begun),
        left_of_raise=left_of_raise(situation, due, allowed),
        most_units=laid.most_asked,
        still_due=partial(is_still_due, situation, due, allowed) if due and allowed else None,
    )


def _permitted(situation: Situation, laid: LaidOut, given: Mapping[str, Permission]) -> Situation:
    """With what is withheld, and how high a raise may go.

    On stale input, where nothing is withheld, that is as agreed: but no higher than people approved.
    """
    withheld = tuple(permission for permission in given.values() if not permission.is_full)
    # On stale input the agreed plan is due, whatever the one of now has.
    wanted = max(standing_at(laid.steps, situation.now, laid.resource.minimum), situation.standing)
    if situation.is_stale and not withheld:
        approved = [permission.most_units for permission in given.values()]
        bounds = [most for most in approved if most is not None]
        return replace(situation, permitted_floor=max(bounds) if approved and bounds == approved else None)
    if wanted <= situation.observed_floor:
        return replace(situation, withheld=withheld)
    most = permitted_floor(laid, given, wanted)
    return replace(situation, withheld=withheld, permitted_floor=most)


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


def _expiry(situation: Situation, steps: Sequence[Step]) -> datetime:
    """An hour after the last thing it speaks of is over; a schedule that has ended keeps its expiry."""
    room = situation.pace.revert_length + timedelta(hours=1)
    last = (*steps[-1:], *situation.state.plan[-1:])
    ends = [*(claim.end for claim in situation.claims), *(step.act_at for step in last)]
    return max(ends, default=situation.now) + room
