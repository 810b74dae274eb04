"""Named checks of a whole schedule, in the order they are asked; each may change it, with a Reason.

First what bounds a new plan, then what is known, then what is in use: nothing that was agreed is taken back
by a bound on new plans, and nothing is lowered on missing knowledge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from advisor.domain.advice import Outcome, Step, Verdict
from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, floor_to
from advisor.planning.agreed import going_on
from advisor.planning.cuts import at_most, clamped
from advisor.planning.schedule import GRID, standing_at
from advisor.planning.situation import Schedule, Situation
from advisor.planning.sizing import units_in_use

CALIBRATED_FROM = 0.85
"""At least so much of the last days' demand has to lie below the forecast's 0.95 quantile."""

Guarded = tuple[Schedule, Verdict]
PlanGuardrail = Callable[[Situation, Schedule], Guarded]


def multiple_believable(situation: Situation, steps: Schedule) -> Guarded:
    """Nothing new is planned for absurdly many times the highest demand ever seen: that is a typing error.

    What stands by an agreed plan is no new one: it is not lowered because less is believed now.
    """
    most = situation.most_believable
    if most is None or all(step.floor <= most for step in steps):
        return steps, passed("multiple_believable")
    kept = tuple(s if s.act_at < situation.now else replace(s, floor=min(s.floor, most)) for s in steps)
    detail = f"{max(s.floor for s in steps)} units planned, {most} carry many times the most ever seen"
    return kept, Verdict("multiple_believable", Outcome.CLAMP, Reason.ABSURD_MULTIPLIER, detail)


def within_pools(situation: Situation, steps: Schedule) -> Guarded:
    """All that draw from a quota or pool together fit into it."""
    return _cut("within_pools", Reason.POOL_EXHAUSTED, situation, steps)


def within_campaign_budget(situation: Situation, steps: Schedule) -> Guarded:
    """No campaign adds more cost than its budget leaves."""
    return _cut("within_campaign_budget", Reason.OVER_CAMPAIGN_BUDGET, situation, steps)


def within_team_budget(situation: Situation, steps: Schedule) -> Guarded:
    """No team's campaigns of a month add more cost than the team may spend."""
    return _cut("within_team_budget", Reason.OVER_TEAM_BUDGET, situation, steps)


def within_day_budget(situation: Situation, steps: Schedule) -> Guarded:
    """All campaigns together add no more cost to a day than it may have."""
    return _cut("within_day_budget", Reason.OVER_DAY_BUDGET, situation, steps)


def input_fresh(situation: Situation, steps: Schedule) -> Guarded:
    """Stale or missing input: go on with the last agreed plan, without its lowerings."""
    if not situation.is_stale:
        return steps, passed("input_fresh")
    known = situation.data_until
    detail = (
        f"demand is known until {known:%Y-%m-%d %H:%M:%S}Z, more than {situation.stale_after} ago"
        if known
        else "demand was never seen"
    )
    reason = Reason.INPUT_STALE if known else Reason.NO_DEMAND_DATA
    agreed = going_on(situation.state, situation.claims, steps, situation.now, situation.resource.minimum)
    return agreed, Verdict("input_fresh", Outcome.BLOCK, reason, detail)


def campaign_not_past(situation: Situation, steps: Schedule) -> Guarded:
    """No raise after the last claim has ended, whatever asked for it."""
    last_end = max((claim.end for claim in situation.claims), default=situation.now)
    kept: list[Step] = []
    for step in steps:
        level = kept[-1].floor if kept else situation.resource.minimum
        if not (step.floor > level and step.act_at >= last_end):
            kept.append(step)
    if len(kept) == len(steps):
        return steps, passed("campaign_not_past")
    detail = f"{len(steps) - len(kept)} raise(s) at or after {last_end:%Y-%m-%d %H:%M}Z dropped"
    return tuple(kept), Verdict("campaign_not_past", Outcome.CLAMP, Reason.CAMPAIGN_PAST, detail)


def within_bounds(situation: Situation, steps: Schedule) -> Guarded:
    """Every floor lies between the policy's minimum and its ceiling."""
    low, high = situation.resource.minimum, situation.resource.maximum
    kept = tuple(
        replace(s, floor=min(max(s.floor, low), high), ceiling=min(max(s.ceiling, low), high)) for s in steps
    )
    if kept == steps:
        return steps, passed("within_bounds")
    detail = f"floors clamped into {low}..{high}"
    return kept, Verdict("within_bounds", Outcome.CLAMP, Reason.CAPPED_BY_CEILING, detail)


def calibrated(situation: Situation, steps: Schedule) -> Guarded:
    """A forecast that was too low too often lately is not believed when it lets something be lowered."""
    if situation.calibration is None or situation.calibration >= CALIBRATED_FROM:
        return steps, passed("calibrated")
    kept, detail = _keeping_what_is_in_use(situation, steps)
    known = f"{situation.calibration:.0%} of the last days' demand lay below the 0.95 quantile"
    outcome = Outcome.PASS if kept == steps else Outcome.CLAMP
    return kept, Verdict(
        "calibrated", outcome, Reason.OUT_OF_CALIBRATION, f"{known}{detail and '; '}{detail}"
    )


def in_use_kept(situation: Situation, steps: Schedule) -> Guarded:
    """A lowering that is due goes, until the next hold, no further than today's demand allows.

    Where something reactive holds the resource above its floor the lowering takes nothing away, and
    the floor is restored as planned.
    """
    if situation.resource.reactive:
        return steps, passed("in_use_kept")
    kept, detail = _keeping_what_is_in_use(situation, steps)
    if kept == steps:
        return steps, passed("in_use_kept")
    return kept, Verdict("in_use_kept", Outcome.CLAMP, Reason.WOULD_SHED_LOAD, detail)


PLAN_GUARDRAILS: tuple[PlanGuardrail, ...] = (
    multiple_believable,
    within_pools,
    within_campaign_budget,
    within_team_budget,
    within_day_budget,
    input_fresh,  # after what bounds new plans: an agreed one goes on as it was agreed
    campaign_not_past,
    within_bounds,
    calibrated,
    in_use_kept,  # last: what is in use outweighs what was planned
)


def guard_plan(situation: Situation, steps: Schedule) -> tuple[Schedule, tuple[Verdict, ...]]:
    """The schedule as the guardrails leave it, and what each said."""
    verdicts = []
    for guardrail in PLAN_GUARDRAILS:
        steps, verdict = guardrail(situation, steps)
        verdicts.append(verdict)
    return steps, tuple(verdicts)


def passed(guardrail: str) -> Verdict:
    """Nothing stands in the way."""
    return Verdict(guardrail, Outcome.PASS, Reason.MEETS_PLAN, "")


def _cut(guardrail: str, reason: Reason, situation: Situation, steps: Schedule) -> Guarded:
    kept, details, resource = steps, list[str](), situation.resource
    for cut in situation.cuts:
        if cut.reason is reason:
            # What is not bought does not stand afterwards either: only a plan made with the cuts tells.
            less = (
                at_most(kept, situation.bounded, resource.minimum)
                if resource.keeps_for_good
                else clamped(kept, cut, resource.minimum)
            )
            if less != kept:
                kept = less
                details.append(cut.detail)
    if kept == steps:
        return steps, passed(guardrail)
    return kept, Verdict(guardrail, Outcome.CLAMP, reason, "; ".join(dict.fromkeys(details)))


def _keeping_what_is_in_use(situation: Situation, steps: Schedule) -> tuple[Schedule, str]:
    """The schedule with what is in use now kept until the next hold, and what that changed in words."""
    resource, now, soon = situation.resource, situation.now, ceil_to(situation.now, GRID)
    in_use = min(units_in_use(situation.in_use_rate_per_s, resource), resource.maximum)
    kept = min(max(situation.standing, situation.observed_floor), in_use)
    target = min(standing_at(steps, instant, resource.minimum) for instant in (now, soon))
    if target >= kept:
        return steps, ""
    since, until = floor_to(now, GRID), ceil_to(soon + GRID, resource.ramp.hold)
    instants = [since, *(s.act_at for s in steps if since < s.act_at < until)]
    floors = [(instant, max(standing_at(steps, instant, resource.minimum), kept)) for instant in instants]
    floors += [(until, standing_at(steps, until, resource.minimum))]
    waiting = [s for s in steps if s.act_at < since]
    for instant, floor in floors:
        if floor != standing_at(waiting, instant, resource.minimum):
            waiting.append(Step(instant, floor, resource.maximum))
    waiting += [s for s in steps if s.act_at > until]
    return (
        tuple(waiting),
        f"{in_use} units in use, {target} planned: {kept} kept until {until:%Y-%m-%d %H:%M}Z",
    )
