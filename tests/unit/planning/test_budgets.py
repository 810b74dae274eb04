"""What the money leaves of a plan: for a campaign, for a team's month, for a day; and what sureness costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from advisor.domain.advice import Claim, Outcome
from advisor.domain.campaign import CampaignBudget
from advisor.domain.limits import Budgets, Irreversible
from advisor.domain.money import Ledger, Spent
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.planning.ledger import balanced, spent_on
from advisor.planning.shortfall import LEVELS as SHORTFALL_LEVELS
from tests.support.acting import Day
from tests.support.builders import (
    HOUR,
    LEVELS,
    MINUTE,
    NOW,
    PODS,
    Need,
    at,
    campaign,
    decided,
    floor_at,
    need,
    only,
    policy,
    resource,
    state,
)

DEAR = campaign(uplift=20.0)  # thirty units for two and a half hours


def cost(decision, name: str = "promo") -> float:
    found = next(c for c in decision.campaigns if c.campaign_id == name).extra_cost.extra
    assert found is not None
    return found


def clamps(decision) -> set[Reason]:
    return {v.reason for made in decision.resources for v in made.verdicts if v.outcome is Outcome.CLAMP}


# --- how a budget cuts


@pytest.mark.parametrize("money", [0.0, 1.0, 10.0, 30.0, 60.0])
def test_a_budget_is_used_and_never_exceeded(money):
    decision = decided(NOW, [replace(DEAR, budget=CampaignBudget("EUR", money))])

    assert cost(decision) <= money + 0.01
    assert cost(decision) > money - 2 * 2.4  # less than two units' price for the whole of it
    assert clamps(decision) == {Reason.OVER_CAMPAIGN_BUDGET}


def test_more_money_never_means_fewer_units():
    def floors(money: float) -> list[int]:
        made = only(decided(NOW, [replace(DEAR, budget=CampaignBudget("EUR", money))]))
        return [floor_at(made, at("09:00") + i * 5 * MINUTE) for i in range(60)]

    for less, more in zip(range(0, 70, 5), range(5, 75, 5), strict=True):
        assert all(a <= b for a, b in zip(floors(less), floors(more), strict=True))


def test_a_budget_is_shared_out_over_the_resources_it_pays_for():
    two = policy(resource("sim://web"), resource("sim://db", price_per_unit_hour=3.0))

    decision = decided(NOW, [replace(DEAR, budget=CampaignBudget("EUR", 130.0))], the_policy=two)

    web, db = decision.resources
    assert floor_at(web, at("11:00")) == floor_at(db, at("11:00"))  # half of what each wants
    assert cost(decision) <= 130


def test_one_campaign_over_its_budget_takes_nothing_from_another():
    rich, poor = campaign("rich"), campaign("poor", budget=CampaignBudget("EUR", 0.0))

    both = only(decided(NOW, [rich, poor]))
    alone = only(decided(NOW, [rich]))

    assert floor_at(both, at("11:00")) >= floor_at(alone, at("11:00"))


# --- teams and days


def test_a_teams_month_pays_for_its_campaigns_in_order_of_start():
    rules = policy(budgets=Budgets(per_team={"growth": 80.0}))
    first = campaign("first", uplift=20.0, team="growth")
    second = campaign("second", at("20:00"), uplift=20.0, team="growth")
    others = campaign("others", datetime(2026, 11, 28, 6, 0, tzinfo=UTC), uplift=20.0, team="brand")

    decision = decided(NOW, [first, second, others], the_policy=rules)

    assert cost(decision, "first") == pytest.approx(66.27)
    assert cost(decision, "second") <= 80 - 66.27
    assert cost(decision, "others") > 60
    by_id = {c.campaign_id: c for c in decision.campaigns}
    assert by_id["second"].reasons == (Reason.OVER_TEAM_BUDGET,)
    assert "the budget of team growth leaves 13.73" in by_id["second"].sentence


def test_what_a_team_spent_before_in_the_month_counts():
    rules = policy(budgets=Budgets(per_team={"growth": 80.0}))
    over = campaign("over", at("02:00"), team="growth", lasts=HOUR)
    spent = {PODS: state(ledger=Ledger(campaigns=(Spent("over", 70.0, "2026-11-27"),)))}

    decision = decided(NOW, [over, replace(DEAR, team="growth")], the_policy=rules, states=spent)

    assert cost(decision) <= 10.0


def test_a_month_ago_is_another_months_money():
    rules = policy(budgets=Budgets(per_team={"growth": 80.0}))
    over = campaign("over", at("02:00").replace(month=10), team="growth", lasts=HOUR)
    spent = {PODS: state(ledger=Ledger(campaigns=(Spent("over", 70.0, "2026-11-27"),)))}

    assert cost(decided(NOW, [over, replace(DEAR, team="growth")], the_policy=rules, states=spent)) > 60


def test_a_budget_lowered_before_anything_was_asked_for_is_kept_to():
    """What was agreed while it fitted is no promise to spend it."""
    rich = replace(DEAR, budget=CampaignBudget("EUR", 100.0))
    agreed = decided(NOW, [rich]).resources[0].recommendation.steps
    poor = replace(DEAR, revision=2, budget=CampaignBudget("EUR", 20.0))

    decision = decided(NOW + timedelta(minutes=5), [poor], states={PODS: state(plan=agreed)})

    assert 0 < cost(decision) <= 20.0
    assert "its budget leaves 20.00" in decision.campaigns[0].sentence


def test_a_day_costs_no_more_than_it_may_whoever_asks():
    rules = policy(budgets=Budgets(per_day=40.0))
    evening = campaign("evening", at("20:00"), uplift=20.0)

    decision = decided(NOW, [DEAR, evening], the_policy=rules)

    assert clamps(decision) == {Reason.OVER_DAY_BUDGET}
    assert cost(decision) + cost(decision, "evening") <= 40.0
    assert {c.readiness for c in decision.campaigns} == {Readiness.NOT_READY}
    assert "27 Nov would cost EUR" in decision.campaigns[0].sentence


def test_a_day_that_costs_too_much_leaves_the_next_one_alone():
    rules = policy(budgets=Budgets(per_day=40.0))
    tomorrow = campaign("tomorrow", at("10:00").replace(day=28), uplift=5.0)

    decision = decided(NOW, [DEAR, tomorrow], the_policy=rules)

    assert cost(decision, "tomorrow") == cost(decided(NOW, [tomorrow]), "tomorrow")


# --- what was spent


def test_what_is_over_is_in_the_ledger_by_day_and_by_campaign():
    day = Day().until(at("16:00"), [DEAR])

    assert day.state.ledger.days == (("2026-11-27", pytest.approx(66.27, abs=0.5)),)
    (spent,) = day.state.ledger.campaigns
    assert (spent.campaign_id, spent.last_day) == ("promo", "2026-11-27")
    assert spent.amount == pytest.approx(66.27, abs=0.5)


def test_what_still_stands_counts_for_its_day_too():
    day = Day().until(at("11:00"), [DEAR])

    spent = spent_on(resource(), day.state, at("11:00").date(), at("11:00"))

    assert spent == pytest.approx(28 * 1.25, abs=2.0)
    assert spent_on(resource(), day.state, at("11:00").replace(day=26).date(), at("11:00")) == 0.0


def test_a_floor_over_midnight_is_split_over_its_days():
    night = campaign(start=at("23:00"), uplift=20.0)
    day = Day().until(at("04:00").replace(day=28), [night])

    days = dict(day.state.ledger.days)

    assert set(days) == {"2026-11-27", "2026-11-28"}
    assert sum(days.values()) == pytest.approx(66.27, abs=0.5)


def test_old_days_are_forgotten():
    kept = state(ledger=Ledger(days=(("2026-08-01", 5.0), ("2026-11-20", 7.0))))

    assert balanced(resource(), kept, (), NOW).days == (("2026-11-20", 7.0),)


def test_old_campaigns_are_forgotten_unless_they_still_hold_a_claim():
    old, late, season = (
        Spent("old", 5.0, "2026-08-01"),
        Spent("late", 7.0, "2026-11-20"),
        Spent("season", 9.0, "2026-08-02"),
    )
    kept = state(ledger=Ledger(campaigns=(late, old, season)))
    standing = Claim("season", 1, PODS, NOW - timedelta(days=99), NOW + timedelta(days=1))

    assert balanced(resource(), kept, (standing,), NOW).campaigns == (late, season)


# --- the price of being sure


def uncertain(levels: tuple[float, ...]) -> Need:
    """Demand of 15 requests/s that a campaign lifts to these at the four quantiles."""
    known = need([campaign()])
    inside = known.total > 15.0
    bands = np.where(inside[:, None], np.array(levels), 15.0)
    return replace(known, total=bands[:, LEVELS.index(0.95)], bands=bands)


def test_each_quantile_has_its_price_and_the_planned_one_is_what_the_plan_costs():
    answer = decided(NOW, [campaign()], needs=[uncertain((45.0, 60.0, 75.0, 110.0))]).campaigns[0]

    ladder = {rung.level: rung.extra for rung in answer.extra_cost.ladder}
    assert list(ladder) == [0.5, 0.9, 0.95, 0.99]
    assert ladder[0.5] == pytest.approx(6.77)
    assert ladder[0.95] == answer.extra_cost.extra
    assert ladder[0.5] < ladder[0.9] < ladder[0.95] < ladder[0.99]


def test_once_money_is_spent_there_is_nothing_to_choose_any_more():
    day = Day().until(at("10:30"), [campaign()])

    answer = decided(at("10:31"), [campaign()], states={PODS: day.state}).campaigns[0]

    assert answer.extra_cost.spent > 0
    assert answer.extra_cost.ladder == ()


def test_a_crowd_that_may_be_larger_than_the_plan_carries_is_a_risk_with_its_odds():
    """8 units carry 80 requests/s: enough up to the 0.95 quantile, and 0.99 is what the risk of 2 % asks."""
    answer = decided(NOW, [campaign()], needs=[uncertain((45.0, 60.0, 75.0, 110.0))]).campaigns[0]

    assert (answer.readiness, answer.reasons) == (Readiness.AT_RISK, (Reason.RISK_TOO_HIGH,))
    assert "about 1 in 20 such campaigns, the policy's risk is 2%" in answer.sentence


def test_headroom_is_what_such_a_crowd_uses_first():
    roomy = policy(resource(headroom=0.5))
    needs = [uncertain((45.0, 60.0, 75.0, 110.0))]

    assert decided(NOW, [campaign()], the_policy=roomy, needs=needs).campaigns[0].readiness is Readiness.READY


def test_a_taker_of_more_risk_is_ready_sooner():
    bold = policy(risk=0.1)

    assert (
        decided(NOW, [campaign()], the_policy=bold, needs=[uncertain((45.0, 60.0, 75.0, 110.0))])
        .campaigns[0]
        .readiness
        is Readiness.READY
    )


def test_units_bought_for_good_cost_once():
    table = policy(resource(price_per_unit_hour=None, irreversible=Irreversible(price_per_unit=2.5)))

    short, long = (
        decided(NOW, [campaign(lasts=hours * HOUR)], the_policy=table).campaigns[0] for hours in (1, 6)
    )

    assert short.extra_cost.extra == long.extra_cost.extra == 7.5
    assert SHORTFALL_LEVELS == (0.5, 0.9)
