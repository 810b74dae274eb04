"""What a plan costs, what a budget stops, and what one resource is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.advice import Outcome, Step
from advisor.domain.campaign import CampaignBudget
from advisor.domain.limits import Budgets
from advisor.domain.money import Cost
from advisor.domain.policy import Mode, SourcePolicy
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.planning.cost import cost_of_steps
from tests.support.builders import (
    CRM,
    HOUR,
    NOW,
    PODS,
    at,
    campaign,
    decided,
    on_hold,
    only,
    policy,
    resource,
    schedule,
    state,
)

TIMID_SHOP = policy(
    sources={CRM: SourcePolicy(CRM, Mode.AUTO), "shop": SourcePolicy("shop", Mode.APPROVE)}, horizon=24 * HOUR
)


def blocking(made) -> set[Reason]:
    return {v.reason for v in made.verdicts if v.outcome is Outcome.BLOCK}


def clamping(made) -> set[Reason]:
    return {v.reason for v in made.verdicts if v.outcome is Outcome.CLAMP}


# --- cost


def test_a_schedule_costs_its_units_above_the_minimum_for_as_long_as_they_stand():
    steps = (Step(at("10:00"), 5, 40), Step(at("12:00"), 3, 40), Step(at("12:30"), 2, 40))

    cost = cost_of_steps(resource(price_per_unit_hour=0.5), steps, at("20:00"), "EUR")

    assert cost == Cost("EUR", 0.5 * (3 * 2 + 1 * 0.5))


def test_without_a_price_the_cost_is_unknown_and_not_zero():
    assert cost_of_steps(resource(price_per_unit_hour=None), (), NOW, "EUR") == Cost("EUR", None)


def test_a_campaigns_cost_is_what_it_alone_adds():
    """Two that overlap cost more together than either, and each is charged only the difference."""
    a, b = campaign("a"), campaign("b", at("10:30"), uplift=5.0)
    both = {c.campaign_id: c.extra_cost.extra for c in decided(NOW, [a, b]).campaigns}
    alone = {c.campaign_id: decided(NOW, [c]).campaigns[0].extra_cost.extra for c in (a, b)}

    assert 0 < both["a"] <= alone["a"] + alone["b"]
    assert both["b"] > both["a"]
    assert decided(NOW, [replace(a, end=a.start + 4 * HOUR)]).campaigns[0].extra_cost.extra > alone["a"]


# --- budget


@pytest.mark.parametrize(
    ("its_own", "policys", "is_over"),
    [
        (None, None, False),
        (CampaignBudget("EUR", 100.0), None, False),
        (CampaignBudget("EUR", 1.0), None, True),
        (None, 1.0, True),
        (CampaignBudget("EUR", 100.0), 1.0, True),
        (CampaignBudget("USD", 1.0), None, False),
        (CampaignBudget("USD", 1.0), 1.0, True),
    ],
)
def test_the_lower_of_both_budgets_counts_where_they_can_be_compared(its_own, policys, is_over):
    rules = policy(budgets=Budgets(per_campaign=policys))

    made = only(decided(at("09:55"), [campaign(budget=its_own)], the_policy=rules))

    assert (Reason.OVER_CAMPAIGN_BUDGET in clamping(made)) is is_over
    assert (made.due is not None and made.due.floor == 2) is is_over


def test_over_budget_the_verdict_says_how_much_the_money_buys_of_what_is_needed():
    answer = decided(NOW, [campaign(budget=CampaignBudget("EUR", 5.0))]).campaigns[0]

    assert (answer.readiness, answer.reasons) == (Readiness.NOT_READY, (Reason.OVER_CAMPAIGN_BUDGET,))
    assert answer.findings[0].detail == "4 of 5 units: would cost EUR 6.77, its budget leaves 5.00"
    assert answer.extra_cost.extra is not None
    assert 0 < answer.extra_cost.extra <= 5.0


# --- what a resource is told


def test_a_recommendation_names_its_campaigns_reasons_cost_and_expiry():
    told = only(decided(NOW, [campaign()])).recommendation

    assert told.resource == PODS
    assert told.campaigns == ("promo",)
    assert told.readiness is Readiness.READY
    assert told.reasons == (Reason.CAMPAIGN_CLAIM, Reason.MEETS_PLAN)
    assert told.cost.extra == pytest.approx(3 * 130 / 60 + 1 / 60 + 1 * 15 / 60, abs=0.01)
    assert told.mode is Mode.AUTO
    assert told.expires_at > at("13:00") + HOUR
    assert (told.data_until, told.decided_at) == (NOW, NOW)


def test_a_recommendation_that_did_not_change_keeps_its_expiry():
    first = only(decided(NOW, [campaign()]))
    agreed = state(plan=first.recommendation.steps)

    again = only(decided(at("12:30"), [campaign()], states={PODS: agreed}))

    assert again.recommendation.expires_at == first.recommendation.expires_at


def test_without_a_claim_that_is_the_only_reason():
    assert only(decided(NOW)).recommendation.reasons == (Reason.NO_CLAIM,)


def test_a_campaign_beyond_the_horizon_is_judged_but_not_scheduled_yet():
    far = campaign(start=at("10:00").replace(day=28))

    decision = decided(NOW, [far], the_policy=policy(horizon=12 * HOUR))

    assert only(decision).recommendation.steps == ()
    assert only(decision).recommendation.campaigns == ()
    assert decision.campaigns[0].readiness is Readiness.READY
    assert decision.campaigns[0].extra_cost.extra > 0


def test_what_is_due_is_the_floor_in_force_and_the_policys_ceiling():
    agreed = only(decided(NOW, [campaign()])).recommendation.steps

    due = only(decided(at("11:00"), [campaign()], states={PODS: state(plan=agreed, floor=2)})).due

    assert due is not None
    assert (due.floor, due.ceiling, due.planned_for) == (5, 40, at("09:50"))


def test_the_most_timid_source_of_the_campaigns_in_force_decides_how_far_we_go():
    made = only(decided(at("09:55"), [campaign("a"), campaign("b", source="shop")], the_policy=TIMID_SHOP))

    assert made.recommendation.mode is Mode.APPROVE


def test_what_nobody_approved_of_one_campaign_is_withheld_and_the_rest_is_done():
    """Both triple demand at once: nine times 15 requests/s ask for 14 units, 5 of them for one alone."""
    made = only(decided(at("09:55"), [campaign("a"), campaign("b", source="shop")], the_policy=TIMID_SHOP))

    alone = only(decided(at("09:55"), [campaign("a")]))
    assert clamping(made) == {Reason.NEEDS_APPROVAL}
    assert made.due is not None
    assert alone.due is not None
    assert made.due.floor == alone.due.floor < schedule(made)[0][1]


def test_a_hold_stops_what_is_due_and_not_the_plan():
    made = only(decided(at("09:55"), [campaign()], controls=on_hold("promo")))

    assert made.due is None
    assert blocking(made) == {Reason.HELD}
    assert schedule(made)[0] == ("09:55", 5)
