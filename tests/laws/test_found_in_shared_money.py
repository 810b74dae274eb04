"""Money that several campaigns share, units that stay for good, acts that change nothing: each as a story."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from advisor.domain.campaign import CampaignBudget, CampaignStatus
from advisor.domain.capacity import Bounds
from advisor.domain.limits import Budgets, Irreversible
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from tests.laws import run as timeline
from tests.laws.events import Resumed, Sent, Silent
from tests.laws.stories import approved, floors, told
from tests.laws.world import Platform
from tests.support.builders import HOUR, NOW, PODS, at, campaign, resource

TABLE = resource(irreversible=Irreversible(price_per_unit=10.0))
ONE_EURO = CampaignBudget("EUR", 1.0)


def test_a_campaign_without_money_takes_nothing_from_a_later_one_where_units_stay_for_good():
    """Its cut ends with it: the later one's plan and price are told from the first decision on."""
    poor, rich = campaign("poor", at("08:00"), budget=ONE_EURO), campaign("rich", at("20:00"), uplift=6.0)

    ticks = told(Sent(NOW, poor), Sent(NOW, rich), approved("poor"), approved("rich"), resources=(TABLE,))

    assert [s.floor for s in ticks[0].made(PODS).recommendation.steps] == [3, 5, 9]
    costs = {c.campaign_id: c.extra_cost.extra or 0.0 for c in ticks[0].decision.campaigns}
    assert costs["poor"] == 0.0
    assert costs["rich"] > 70.0


def test_units_bought_for_good_are_not_planned_to_go_when_a_later_campaign_has_no_money():
    """Nor does it need any: what it wants stands already."""
    large, poor = campaign("large", at("08:00"), uplift=6.0), campaign("poor", at("20:00"), budget=ONE_EURO)

    ticks = told(Sent(NOW, large), Sent(NOW, poor), approved("large"), approved("poor"), resources=(TABLE,))

    assert [s.floor for s in ticks[0].made(PODS).recommendation.steps] == [3, 5, 9]
    costs = {c.campaign_id: c.extra_cost.extra for c in ticks[0].decision.campaigns}
    assert costs["poor"] == 0.0


class Deaf(Platform):
    """A platform that takes every call and changes nothing."""

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Say yes."""


def test_an_act_that_changes_nothing_is_told_though_a_step_bounds_every_raise(monkeypatch):
    """What is due is always more than one step further, and so always a part of it is kept back."""
    monkeypatch.setattr(timeline, "Platform", Deaf)

    ticks = told(Sent(NOW, campaign(uplift=6.0)), resources=(resource(max_step=2),))

    running = [t.decision.campaigns[0] for t in ticks if at("09:53") <= t.now < at("12:00")]
    either = {Reason.ACT_FAILED, Reason.FLOOR_CLOBBERED}  # what was never set looks like what was taken back
    assert all(either & set(said.reasons) for said in running[7:])
    assert {said.readiness for said in running} == {Readiness.NOT_READY}


def test_a_day_that_costs_too_much_does_not_lower_what_was_bought_for_good():
    today, tomorrow = (
        campaign("today", at("08:00")),
        campaign("tomorrow", at("08:00") + 24 * HOUR, uplift=6.0),
    )

    ticks = told(
        Sent(NOW, today),
        Sent(NOW, tomorrow),
        approved("today"),
        resources=(TABLE,),
        budgets=Budgets(per_day=30.0),
    )

    assert floors(ticks) == [("07:50", 4)]


def test_campaigns_of_which_each_wants_no_more_than_the_other_has_do_not_get_it_for_nothing():
    """Without either of them the twelve units would be there all the same, for the other."""
    sized = resource(sizes=(2, 12, 40))
    one, other = campaign("one", uplift=1.5), campaign("other", uplift=1.5)

    ticks = told(Sent(NOW, one), Sent(NOW, other), resources=(sized,), budgets=Budgets(per_campaign=5.0))

    assert floors(ticks) == []


def test_a_small_campaign_does_not_live_on_the_plan_of_a_large_one_that_is_cut():
    sized = resource(sizes=(2, 12, 40))
    small, large = campaign("small", uplift=1.5), campaign("large", at("10:05"), uplift=9.0)

    ticks = told(Sent(NOW, small), Sent(NOW, large), resources=(sized,), budgets=Budgets(per_campaign=5.0))

    assert floors(ticks) == []


def test_who_has_the_money_has_the_units_although_another_that_has_none_wants_them_too():
    sized = resource(sizes=(2, 12, 40))
    poor = campaign("poor", uplift=1.5, budget=ONE_EURO)
    rich = campaign("rich", uplift=1.5, budget=CampaignBudget("EUR", 100.0))

    ticks = told(Sent(NOW, poor), Sent(NOW, rich), resources=(sized,))

    assert floors(ticks) == [("09:50", 12), ("12:00", 2)]


def test_several_campaigns_without_money_leave_no_unit_of_each_other_planned():
    crowd = [campaign(f"c{i}", at(f"10:{5 * i:02}"), uplift=2.5) for i in range(3)]

    ticks = told(*(Sent(NOW, one) for one in crowd), budgets=Budgets(per_campaign=0.0))

    assert {t.made(PODS).recommendation.steps for t in ticks} == {()}


def test_two_campaigns_cancelled_in_one_moment_while_demand_is_unknown_are_both_not_raised_for():
    """Each of them still stands in the schedule without the other."""
    pair = [campaign(name, uplift=4.0) for name in ("one", "other")]
    small = campaign("small", at("09:30"), lasts=4 * HOUR)
    gone = [replace(one, revision=2, status=CampaignStatus.CANCELLED) for one in pair]

    ticks = told(
        *(Sent(NOW, one) for one in (*pair, small)),
        Silent(at("08:00"), True),
        *(Sent(at("08:30"), one) for one in gone),
        Resumed(at("10:00"), "sim://other"),
    )

    assert max(t.bounds[PODS].minimum for t in ticks if t.is_silent) == 5
