"""Whose campaign may block what is due, what may be set at all, and what money is spent already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.advice import Step
from advisor.domain.campaign import CampaignBudget
from advisor.domain.capacity import Bounds
from advisor.domain.controls import Controls
from advisor.domain.policy import Mode, SourcePolicy
from tests.support.acting import Day, whole_day
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
    state,
)

SOURCES = {CRM: SourcePolicy(CRM, Mode.AUTO), "shop": SourcePolicy("shop", Mode.RECOMMEND)}
RULES = policy(sources=SOURCES)
TINY = CampaignBudget("EUR", 0.5)
BLOCKERS = {
    "timid": ({"source": "shop"}, Controls()),
    "held": ({}, on_hold("evening")),
}


def floors(day: Day) -> list[tuple[str, int]]:
    """What was set on the platform, at which minute."""
    return [(f"{now:%H:%M}", bounds.minimum) for now, bounds in day.platform.acts]


# --- one campaign does not block another


@pytest.mark.parametrize("blocker", BLOCKERS)
def test_a_campaign_in_the_evening_blocks_neither_the_raise_nor_the_revert_of_one_in_the_morning(blocker):
    changed, controls = BLOCKERS[blocker]
    day = Day(RULES)
    day.controls = controls

    whole_day(day, [campaign(), campaign("evening", at("23:00"), **changed)], hours=13)

    assert floors(day) == [("09:50", 5), ("12:00", 3), ("12:15", 2)]
    assert day.state.originals is None


@pytest.mark.parametrize("blocker", BLOCKERS)
def test_what_blocks_a_campaign_blocks_it_when_its_own_turn_has_come(blocker):
    changed, controls = BLOCKERS[blocker]
    day = Day(RULES)
    day.controls = controls

    whole_day(day, [campaign(), campaign("evening", at("17:00"), **changed)], hours=20)

    assert floors(day) == [("09:50", 5), ("12:00", 3), ("12:15", 2)]


def test_a_campaign_that_comes_an_hour_after_another_does_not_block_its_raise():
    """They touch, so they are planned together; but the later one has no part in the earlier one's raise."""
    next_one = campaign("next", at("13:00"), source="shop")

    made = only(decided(at("09:50"), [campaign(), next_one], the_policy=RULES))

    assert made.due is not None
    assert made.due.floor == 5


def test_a_recommendation_has_the_mode_of_what_comes_next():
    evening = campaign("evening", at("23:00"), source="shop")

    before = only(decided(NOW, [campaign(), evening], the_policy=RULES)).recommendation
    after = only(decided(at("15:00"), [campaign(), evening], the_policy=RULES)).recommendation

    assert (before.mode, after.mode) == (Mode.AUTO, Mode.RECOMMEND)
    assert before.campaigns == ("promo", "evening")


def test_a_revert_goes_by_the_resources_own_mode():
    """The only campaign is cancelled; another, only recommended, comes far later."""
    evening = campaign("evening", at("23:00"), source="shop")
    day = Day(RULES).until(at("10:30"), [campaign(uplift=20.0), evening])

    day.until(at("12:00"), [evening])

    assert floors(day)[-4:] == [("10:30", 15), ("10:45", 8), ("11:00", 4), ("11:15", 2)]
    assert day.bounds == Bounds(2, 40)


# --- what is nobody's business of ours


@pytest.mark.parametrize("people_set", [Bounds(9, 40), Bounds(0, 3), Bounds(1, 90)], ids=str)
def test_where_no_campaign_claims_the_bounds_that_people_set_are_left_alone(people_set):
    day = whole_day(Day(people_set=people_set), [campaign(start=at("23:00"))], hours=12)

    assert (day.platform.acts, day.bounds) == ([], people_set)


def test_where_nothing_of_ours_is_left_a_plan_that_nobody_carried_out_sets_nothing():
    """People set 9; a plan of 5 stood in the books while everything was frozen, and its campaign is over."""
    frozen = state(plan=(Step(at("05:00"), 5, 40),), floor=9)

    assert only(decided(NOW, [], states={PODS: frozen})).due is None


def test_bounds_that_people_set_stand_again_exactly_after_a_campaign():
    day = whole_day(Day(people_set=Bounds(1, 25)), [campaign(uplift=20.0)])

    assert max(floor for _, floor in floors(day)) == 30
    assert day.platform.acts[-1] == (at("13:00"), Bounds(1, 25))
    assert day.bounds == Bounds(1, 25)


def test_a_floor_that_people_set_higher_than_a_campaign_needs_is_never_lowered():
    day = whole_day(Day(people_set=Bounds(9, 40)), [campaign()])

    assert day.platform.acts == []


def test_a_floor_between_minimum_and_peak_is_raised_and_comes_back():
    day = whole_day(Day(people_set=Bounds(9, 40)), [campaign(uplift=20.0)])

    assert min(floor for _, floor in floors(day)) == 9
    assert day.bounds == Bounds(9, 40)


def test_between_two_campaigns_far_apart_the_originals_stand():
    two = [campaign(uplift=20.0), campaign("evening", at("19:00"), uplift=20.0)]
    day = Day(people_set=Bounds(1, 25)).until(at("16:00"), two)
    between, originals = day.bounds, day.state.originals

    day.until(at("19:30"), two)

    assert (between, originals) == (Bounds(1, 25), None)
    assert (day.bounds.minimum, day.state.originals) == (30, Bounds(1, 25))


# --- money


def test_what_a_campaign_costs_does_not_shrink_as_it_is_spent():
    day = Day().until(at("11:59"), [campaign(uplift=20.0)])

    assert len(set(day.costs["promo"])) == 1


def test_campaigns_that_overlap_keep_their_own_costs_to_their_ends():
    """Even when one is over and its floors, which the forecast forgot, are part of the other's past."""
    two = [campaign("a", uplift=20.0), campaign("b", at("11:00"), uplift=8.0, lasts=4 * HOUR)]

    day = Day().until(at("14:59"), two)

    assert {name: len(set(costs)) for name, costs in day.costs.items()} == {"a": 1, "b": 1}
    assert len(day.costs["b"]) > len(day.costs["a"])


def test_a_campaign_announced_in_the_middle_of_another_is_not_charged_for_what_that_one_spent():
    a = campaign("a", uplift=20.0, lasts=6 * HOUR)
    b = campaign("b", at("13:00"), uplift=1.4, lasts=HOUR, announced_at=at("12:00"))

    day = Day().until(at("14:00"), lambda now: [a, b] if now >= at("12:00") else [a])

    assert day.costs["b"][0] == pytest.approx(day.costs["b"][-1])
    assert day.costs["b"][0] < 10 < day.costs["a"][0]


def test_what_was_not_remembered_is_charged_to_the_campaign_that_had_time_for_it():
    """Only the agreed schedule is known: since promo was announced before all of it, it is promo's."""
    promo = campaign(uplift=20.0)
    agreed = only(decided(NOW, [promo])).recommendation.steps

    whole = decided(NOW, [promo]).campaigns[0].extra_cost
    later = decided(at("11:30"), [promo], states={PODS: state(plan=agreed, floor=30)}).campaigns[0].extra_cost

    assert later.extra == whole.extra
    assert 0 == whole.spent < later.spent


def test_a_budget_buys_what_it_can_and_no_more_later_although_less_and_less_is_left_to_pay():
    """Thirty units would cost 66 euros: thirty of them buy 12, once, and they stand until the end."""
    dear = campaign(uplift=20.0, budget=CampaignBudget("EUR", 30.0))

    day = Day().until(at("13:30"), [dear])

    assert max(floor for _, floor in floors(day)) == 14
    assert [floor for clock, floor in floors(day) if "09:50" < clock < "12:00"] == []
    assert max(cost or 0.0 for cost in day.costs["promo"]) <= 30.0


def test_within_its_budget_a_campaign_is_not_blocked_by_the_passing_of_time():
    """The budget is what it costs, to the cent; at 11:00 it needs more units and gets them."""
    once = campaign(uplift=3.0)
    cost = decided(NOW, [once]).campaigns[0].extra_cost.extra or 0.0
    allowed = replace(once, budget=CampaignBudget("EUR", cost))

    day = whole_day(Day(), [allowed])

    assert floors(day) == [("09:50", 5), ("12:00", 3), ("12:15", 2)]


def test_a_larger_forecast_is_followed_as_far_as_the_budget_goes_and_lowers_nothing():
    cheap, grown = (campaign(uplift=u, budget=CampaignBudget("EUR", 20.0)) for u in (3.0, 20.0))
    day = Day().until(at("11:00"), [cheap])

    day.until(at("13:30"), [grown])

    assert 5 < max(floor for _, floor in floors(day)) < 30
    assert all(floor >= 5 for clock, floor in floors(day) if "10:00" < clock < "12:00")
    assert max(cost or 0.0 for cost in day.costs["promo"]) <= 20.0


def test_without_a_price_a_campaign_costs_nothing_that_is_known_and_its_own_units_are_known_all_the_same():
    day = Day(policy(resource(price_per_unit_hour=None))).until(at("10:30"), [campaign()])

    assert [one.campaign_id for one in day.state.without] == ["promo"]
    assert set(day.costs["promo"]) == {None}
