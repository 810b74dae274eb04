"""Each guardrail passes what is right, and names what it changes or refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from advisor.domain.advice import Claim, Outcome, Step
from advisor.domain.controls import Controls
from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.cuts import UNBOUNDED, Cut
from advisor.planning.pace import alone
from advisor.planning.plan_guardrails import (
    PLAN_GUARDRAILS,
    calibrated,
    campaign_not_past,
    guard_plan,
    in_use_kept,
    input_fresh,
    multiple_believable,
    within_bounds,
    within_campaign_budget,
    within_day_budget,
    within_pools,
    within_team_budget,
)
from advisor.planning.schedule import standing_at
from advisor.planning.situation import Situation
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, resource, state

CLAIM = Claim("promo", 1, PODS, at("09:45"), at("13:00"))
UP, DOWN = Step(at("09:50"), 5, 40), Step(at("12:00"), 2, 40)


def situation(**other: Any) -> Situation:
    """In auto, at 06:00, fresh, with one claim from 09:45 to 13:00 and nothing remembered."""
    values: dict[str, Any] = {
        "pace": alone(other.pop("resource", resource())),
        "state": state(),
        "claims": (CLAIM,),
        "in_force": (CLAIM,),
        "now": NOW,
        "data_until": other.get("now", NOW),
        "stale_after": 5 * MINUTE,
        "in_use_rate_per_s": 15.0,
        "controls": Controls(),
    }
    return Situation(**{**values, **other})


# --- input_fresh


def test_fresh_input_leaves_the_plan_alone():
    steps, verdict = input_fresh(situation(data_until=NOW - 5 * MINUTE), (UP, DOWN))

    assert (steps, verdict.outcome, verdict.reason) == ((UP, DOWN), Outcome.PASS, Reason.MEETS_PLAN)


def test_stale_input_goes_on_with_the_agreed_plan_but_for_its_lowerings():
    agreed = (Step(at("05:00"), 4, 40), Step(at("09:50"), 5, 40), Step(at("12:00"), 2, 40))
    stale = situation(data_until=NOW - 6 * MINUTE, state=state(plan=agreed))

    steps, verdict = input_fresh(stale, (Step(NOW, 30, 40),))

    assert steps == agreed[:2]
    assert (verdict.outcome, verdict.reason) == (Outcome.BLOCK, Reason.INPUT_STALE)
    assert "05:54:00Z" in verdict.detail


def test_stale_input_keeps_a_raise_that_comes_after_a_lowering_it_drops():
    agreed = (
        Step(at("05:00"), 9, 40),
        Step(at("07:00"), 2, 40),
        Step(at("09:00"), 5, 40),
        Step(at("09:50"), 20, 40),
    )

    steps, _ = input_fresh(situation(data_until=None, state=state(plan=agreed)), ())

    assert [s.floor for s in steps] == [9, 20]


def test_demand_never_seen_has_a_reason_of_its_own():
    steps, verdict = input_fresh(situation(data_until=None), (UP, DOWN))

    assert steps == ()
    assert (verdict.outcome, verdict.reason) == (Outcome.BLOCK, Reason.NO_DEMAND_DATA)


# --- campaign_not_past


def test_a_raise_before_the_last_claims_end_passes():
    steps, verdict = campaign_not_past(situation(), (UP, DOWN))

    assert (steps, verdict.outcome) == ((UP, DOWN), Outcome.PASS)


def test_a_raise_at_or_after_the_last_claims_end_is_dropped():
    late = (UP, DOWN, Step(at("13:00"), 9, 40), Step(at("13:30"), 2, 40))

    steps, verdict = campaign_not_past(situation(), late)

    assert steps == (UP, DOWN, Step(at("13:30"), 2, 40))
    assert (verdict.outcome, verdict.reason) == (Outcome.CLAMP, Reason.CAMPAIGN_PAST)


def test_without_a_claim_nothing_is_raised_from_now_on():
    before = Step(at("05:00"), 8, 40)

    steps, verdict = campaign_not_past(situation(claims=()), (before, Step(at("09:50"), 9, 40)))

    assert steps == (before,)
    assert verdict.reason is Reason.CAMPAIGN_PAST


# --- within_bounds


def test_floors_and_ceilings_within_the_policys_bounds_pass():
    assert within_bounds(situation(), (UP, DOWN))[1].outcome is Outcome.PASS


def test_floors_outside_the_policys_bounds_are_clamped():
    """The policy was narrowed after this plan was agreed."""
    narrow = situation(resource=resource(minimum=3, maximum=4))

    steps, verdict = within_bounds(narrow, (UP, DOWN))

    assert [(s.floor, s.ceiling) for s in steps] == [(4, 4), (3, 4)]
    assert (verdict.outcome, verdict.reason) == (Outcome.CLAMP, Reason.CAPPED_BY_CEILING)


# --- in_use_kept


STOOD = (Step(at("05:00"), 20, 40),)


def fixed(**other: Any) -> Situation:
    """A resource that nothing scales by itself; 20 units stand, 12 are in use."""
    values = {"resource": resource(reactive=False), "state": state(plan=STOOD), "in_use_rate_per_s": 120.0}
    return situation(**{**values, **other})


def test_a_lowering_goes_no_further_than_what_is_in_use_until_the_next_hold():
    steps, verdict = in_use_kept(fixed(), (*STOOD, Step(NOW, 10, 40)))

    assert steps == (*STOOD, Step(NOW, 12, 40), Step(at("06:15"), 10, 40))
    assert (verdict.outcome, verdict.reason) == (Outcome.CLAMP, Reason.WOULD_SHED_LOAD)


def test_a_lowering_to_no_less_than_is_in_use_passes():
    planned = (*STOOD, Step(NOW, 12, 40))

    assert in_use_kept(fixed(), planned) == (planned, in_use_kept(fixed(), planned)[1])
    assert in_use_kept(fixed(), planned)[1].outcome is Outcome.PASS


def test_where_something_reactive_holds_the_units_the_floor_is_restored_as_planned():
    planned = (*STOOD, Step(NOW, 2, 40))

    steps, verdict = in_use_kept(fixed(resource=resource(reactive=True)), planned)

    assert (steps, verdict.outcome) == (planned, Outcome.PASS)


def test_a_raise_that_was_to_come_while_a_lowering_waits_still_comes():
    planned = (*STOOD, Step(NOW, 4, 40), Step(at("06:05"), 30, 40), Step(at("08:00"), 2, 40))

    steps, _ = in_use_kept(fixed(), planned)

    assert [(f"{s.act_at:%H:%M}", s.floor) for s in steps] == [
        ("05:00", 20),
        ("06:00", 12),
        ("06:05", 30),
        ("08:00", 2),
    ]


def test_units_that_people_had_there_already_are_kept_while_in_use_from_the_first_decision_on():
    """Nothing was ever planned; twenty units were found, twelve in use. Off the minute grid, too."""
    now = at("06:07").replace(second=31)
    found = fixed(state=state(floor=20), now=now, data_until=now)

    steps, _ = in_use_kept(found, ())

    assert standing_at(steps, now, 2) == 12
    assert standing_at(steps, at("06:15"), 2) == 2


def test_no_more_than_the_ceiling_is_kept_however_much_was_found():
    steps, _ = in_use_kept(fixed(state=state(floor=90), in_use_rate_per_s=900.0), ())

    assert standing_at(steps, NOW, 2) == 40


# --- calibrated


def test_a_forecast_that_was_too_low_too_often_lowers_nothing_that_is_in_use():
    """Even where something reactive scales: its floor would fall as far as the forecast lets it."""
    lowering = (*STOOD, Step(NOW, 2, 40))
    reactive = fixed(resource=resource(reactive=True))

    trusted, _ = calibrated(replace(reactive, calibration=0.95), lowering)
    kept, verdict = calibrated(replace(reactive, calibration=0.7), lowering)

    assert trusted == lowering
    assert standing_at(kept, NOW, 2) == 12
    assert (verdict.outcome, verdict.reason) == (Outcome.CLAMP, Reason.OUT_OF_CALIBRATION)
    assert verdict.detail.startswith("70% of the last days' demand lay below the 0.95 quantile")


def test_a_forecast_that_was_too_low_raises_as_planned():
    steps, verdict = calibrated(replace(situation(), calibration=0.7), (UP, DOWN))

    assert (steps, verdict.outcome, verdict.reason) == ((UP, DOWN), Outcome.PASS, Reason.OUT_OF_CALIBRATION)


# --- bounds on new plans


def test_absurdly_many_times_what_was_ever_seen_is_clamped_from_now_on():
    past = Step(at("05:00"), 9, 40)

    steps, verdict = multiple_believable(replace(situation(), believable_units=4), (past, UP, DOWN))

    assert steps == (past, replace(UP, floor=4), DOWN)
    assert (verdict.outcome, verdict.reason) == (Outcome.CLAMP, Reason.ABSURD_MULTIPLIER)
    assert multiple_believable(situation(), (UP,))[1].outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("guardrail", "reason"),
    [
        (within_pools, Reason.POOL_EXHAUSTED),
        (within_campaign_budget, Reason.OVER_CAMPAIGN_BUDGET),
        (within_team_budget, Reason.OVER_TEAM_BUDGET),
        (within_day_budget, Reason.OVER_DAY_BUDGET),
    ],
)
def test_a_cut_clamps_the_schedule_while_it_binds_under_its_own_guardrail(guardrail, reason):
    """Three units are left from 10:00 to 11:00, where five were planned until noon."""
    times_s = np.array([to_epoch_s(at("10:00")), to_epoch_s(at("11:00"))])
    cut = Cut(PODS, reason, "two too many", ("promo",), times_s, np.array([3, UNBOUNDED]))
    others = replace(cut, reason=Reason.EXPIRED)

    steps, verdict = guardrail(replace(situation(), cuts=(cut,)), (UP, DOWN))

    assert [(f"{s.act_at:%H:%M}", s.floor) for s in steps] == [
        ("09:50", 5),
        ("10:00", 3),
        ("11:00", 5),
        ("12:00", 2),
    ]
    assert (verdict.outcome, verdict.reason, verdict.detail) == (Outcome.CLAMP, reason, "two too many")
    assert guardrail(replace(situation(), cuts=(others,)), (UP, DOWN))[0] == (UP, DOWN)


# --- all together


def test_every_plan_guardrail_answers_under_its_own_name_in_order():
    _, verdicts = guard_plan(situation(), (UP, DOWN))

    assert [v.guardrail for v in verdicts] == [guardrail.__name__ for guardrail in PLAN_GUARDRAILS]


def test_units_in_use_are_kept_although_the_input_is_stale():
    """Stale input keeps what the plan says; what was found and is in use outweighs the plan."""
    stale = fixed(data_until=NOW - HOUR, state=state(floor=20, plan=(Step(at("05:00"), 8, 40),)))

    steps, verdicts = guard_plan(stale, ())

    assert standing_at(steps, NOW, 2) == 12
    assert [v.reason for v in verdicts if v.outcome is not Outcome.PASS] == [
        Reason.INPUT_STALE,
        Reason.WOULD_SHED_LOAD,
    ]


def test_a_raise_inside_the_last_agreed_plan_goes_on_although_the_input_is_stale_and_a_budget_cuts():
    """Bounds on new plans come before freshness: what was agreed is not taken back by them."""
    times_s = np.array([to_epoch_s(NOW)])
    cut = Cut(PODS, Reason.OVER_DAY_BUDGET, "too dear", ("promo",), times_s, np.array([2]))
    stale = replace(situation(data_until=NOW - HOUR, state=state(plan=(UP, DOWN))), cuts=(cut,))

    steps, _ = guard_plan(stale, (UP, DOWN))

    assert steps == (UP,)
