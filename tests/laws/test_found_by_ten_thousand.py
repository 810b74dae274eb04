"""What ten thousand random timelines found that five hundred had not, each as its smallest story."""

from __future__ import annotations

from dataclasses import replace

from advisor.domain.advice import Step
from advisor.domain.campaign import CampaignStatus
from advisor.domain.capacity import Bounds
from advisor.domain.controls import Envelope
from advisor.domain.limits import Budgets, Irreversible, Pool
from advisor.domain.reason import Reason
from tests.laws.events import Approved, Loaded, Resumed, Sent, Silent, Written
from tests.laws.stories import NODES, TOOL, approved, floors, told
from tests.support.builders import HOUR, MINUTE, NOW, PODS, SHOP, at, campaign, resource


def looks(*times: str) -> list[Resumed]:
    """Nothing happens at these times but that somebody decides."""
    return [Resumed(at(time), "sim://other") for time in times]


def test_a_decision_just_after_a_claim_has_ended_lets_nothing_go_sooner_than_was_said():
    """The claim ends at 11:54, within a block of the hold in which its floor still stands."""
    early = campaign(start=at("09:54"), lasts=HOUR)
    pods, nodes = resource(), resource(NODES, tier="nodes")

    ticks = told(Sent(NOW, early), *looks("11:54", "12:01"), resources=(pods, nodes), demand=25.0)

    said = [tick.made(NODES).recommendation.steps for tick in ticks if tick.now >= NOW]
    assert {steps[-1] for steps in said if steps} == {Step(at("12:15"), 2, 40)}


def test_a_counted_lowering_is_made_once_although_the_forecast_forgets_the_crowd():
    """The campaign is over within a step of the forecast, and its tail holds what that step needs."""
    table, crowd = resource(lowerings_per_day=2), campaign(lasts=2 * HOUR + 2 * MINUTE)

    ticks = told(Sent(NOW, crowd), *looks("12:05", "12:20", "12:40"), resources=(table,), demand=25.0)

    assert floors(ticks)[-2:] == [("09:50", 8), ("13:15", 2)]


def test_units_bought_for_good_never_draw_more_from_a_pool_than_there_is():
    """Neither while the campaign runs nor at any time after it, for they stay."""
    table = resource(irreversible=Irreversible())
    pool = Pool("quota", 4.0, {PODS: 1.0})
    may = Envelope("spring", 1, ((PODS, 40),), None, "EUR", NOW, at("23:00"), at("23:00"), "ada", NOW)

    ticks = told(
        Sent(NOW, campaign("spring")),
        Approved(NOW, may),
        resources=(table,),
        pools={"quota": pool},
        demand=15.0,
    )

    assert max(s.floor for t in ticks for s in t.made(PODS).recommendation.steps) == 4
    assert floors(ticks)[-1][1] == 4


def test_units_bought_for_good_are_not_planned_to_go_before_the_next_campaign():
    table = resource(irreversible=Irreversible())
    large, small = campaign("large", at("09:00")), campaign("small", at("20:00"), uplift=1.5)

    ticks = told(Sent(NOW, large), Sent(NOW, small), resources=(table,))

    said = [step.floor for step in ticks[0].made(PODS).recommendation.steps]
    assert len(said) > 1
    assert said == sorted(said)


def test_a_minimum_that_people_chose_between_two_sizes_is_put_back_when_nothing_needs_more():
    sized = resource(minimum=3, maximum=9, sizes=(3, 6, 9), reactive=False)

    ticks = told(
        Sent(NOW, campaign()),
        Loaded(at("13:00"), 0.0),
        resources=(sized,),
        people_set={PODS: Bounds(1, 9)},
        demand=20.0,
    )

    assert ticks[-1].bounds[PODS] == Bounds(1, 9)
    assert ticks[-1].states[PODS].originals is None


def test_what_was_cancelled_while_demand_was_unknown_is_not_raised_because_another_campaign_runs():
    large, small = campaign("large", at("10:00"), uplift=9.0), campaign("small", at("09:30"), lasts=4 * HOUR)
    gone = replace(large, revision=2, status=CampaignStatus.CANCELLED)

    ticks = told(
        Sent(NOW, large),
        Sent(NOW, small),
        Silent(at("08:00"), True),
        Sent(at("08:30"), gone),
        *looks("10:00"),
    )

    blind = [t for t in ticks if t.is_silent and t.acts]
    assert blind
    assert max(t.bounds[PODS].minimum for t in blind) == 5


def test_in_the_last_minute_of_its_claim_nobody_has_more_than_was_approved():
    """The claim ends at 12:00, in the minute in which the decider wakes at 11:59:59."""
    ticks = told(
        Sent(NOW, campaign("spring", source=TOOL)),
        approved("spring", 3),
        Silent(at("09:00"), True),
        *looks("11:59"),
        past=59.9,
    )

    assert max(floor for _, floor in floors(ticks)) == 3


def test_two_campaigns_that_nobody_pays_for_do_not_hide_in_each_others_plans():
    """Each adds nothing to what the other asks for at that time, and neither has any money."""
    pods = resource(price_per_unit_hour=1.0, lowerings_per_day=1)
    one = campaign("one", at("08:15"), lasts=4 * HOUR, uplift=2.0)
    other = campaign("other", at("10:35"), lasts=4 * HOUR, uplift=1.5)

    ticks = told(Sent(NOW, one), Sent(NOW, other), resources=(pods,), budgets=Budgets(per_campaign=0.0))

    assert floors(ticks) == []
    costs = [c.extra_cost.extra for t in ticks for c in t.decision.campaigns]
    assert max(cost for cost in costs if cost is not None) == 0.0


def test_a_floor_on_its_way_down_is_not_raised_again_to_where_others_lowered_it_from():
    """Nobody has a claim any more: what they set is theirs."""
    ticks = told(Sent(NOW, campaign()), Written(at("12:05"), PODS, 2, None))

    assert floors(ticks)[-1][1] <= 3
    assert min(t.bounds[PODS].minimum for t in ticks if t.now > at("12:05") + MINUTE) == 2


def test_what_a_person_approves_late_is_late_but_no_failure_of_an_act():
    """It is asked for with the decision that hears of it: nothing but time is lacking, also in that one."""
    may = replace(approved("spring"), at=at("09:55"))

    ticks = told(Sent(NOW, campaign("spring", source=TOOL)), may, past=2.0)

    (said,) = next(tick for tick in ticks if tick.acts).decision.campaigns
    assert set(said.reasons) == {Reason.LEAD_TIME_TOO_SHORT, Reason.LEAD_TIME_UNMEASURED}
    assert said.earliest_safe_start == at("10:10")


def test_what_is_bought_for_good_before_others_draw_leaves_them_the_rest_of_the_pool():
    """The table is raised first; when the pods come there is not enough for all, and the table stays."""
    table = resource(NODES, serves={SHOP: 0.3}, minimum=1, tier="balancer", irreversible=Irreversible())
    pods = resource(minimum=1, maximum=21, lead_time=HOUR)
    pool = Pool("quota", 32.0, {NODES: 2.0, PODS: 2.0})

    ticks = told(
        Sent(NOW, campaign(start=at("08:53"), uplift=9.0)),
        resources=(table, pods),
        pools={"quota": pool},
        demand=20.0,
    )

    moves = {s.act_at for t in ticks for made in t.decision.resources for s in made.recommendation.steps}
    drawn = [2 * t.planned(NODES, at) + 2 * t.planned(PODS, at) for t in ticks for at in moves if at > t.now]
    assert max(drawn) == 32
