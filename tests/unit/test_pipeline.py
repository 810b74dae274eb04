"""Assess every service, decide once: one floor per resource, one verdict per campaign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Mode, SourcePolicy
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.pipeline import advise, assess, decide, remember
from tests.support.builders import (
    CRM,
    HOUR,
    NOW,
    PODS,
    SHOP,
    at,
    campaign,
    decided,
    floor_at,
    needs_for,
    only,
    policy,
    resource,
    state,
    view,
)

DATABASE = "sim://database"
TWO_SERVICES = policy(
    resource(PODS),
    resource(DATABASE, serves={SHOP: 1.0, "api": 0.5}),
    resource("sim://api", serves={"api": 1.0}),
)


def test_a_service_is_asked_for_every_resource_that_its_demand_reaches():
    needs = assess(view(), [campaign()], TWO_SERVICES).needs

    assert [(n.resource, n.service, n.level) for n in needs] == [(PODS, SHOP, 0.95), (DATABASE, SHOP, 0.95)]
    assert [w.campaign_id for w in needs[0].without] == ["promo"]
    assert (needs[0].total >= needs[0].baseline).all()


def test_a_resource_that_serves_two_services_has_one_floor_for_both():
    """45 from the shop and half of 45 from the api are 67.5 requests/s: seven units, not five and three."""
    both = campaign(services=(SHOP, "api"), uplift=3.0)
    made = {d.recommendation.resource: d for d in decided(NOW, [both], the_policy=TWO_SERVICES).resources}

    assert floor_at(made[PODS], at("11:00")) == 5
    assert floor_at(made["sim://api"], at("11:00")) == 5
    assert floor_at(made[DATABASE], at("11:00")) == 7


def test_a_campaign_over_two_services_has_one_verdict_with_findings_on_every_resource():
    both = campaign(services=(SHOP, "api"), uplift=3.0)

    (found,) = decided(NOW, [both], the_policy=TWO_SERVICES).campaigns

    assert found.readiness is Readiness.READY
    assert {f.resource for f in found.findings} == {PODS, DATABASE, "sim://api"}


def test_a_resource_waits_for_the_service_it_has_no_demand_of():
    """The shop is known, the api is not: the shared resource changes nothing, the shop's own does."""
    decision = advise([view()], [campaign(uplift=9.0)], {}, Controls(), TWO_SERVICES, NOW)
    made = {d.recommendation.resource: d for d in decision.resources}

    assert made[PODS].recommendation.steps
    assert made[DATABASE].recommendation.steps == ()
    assert [v.reason for v in made[DATABASE].verdicts if v.guardrail == "input_fresh"] == [
        Reason.NO_DEMAND_DATA
    ]
    assert Reason.NO_DEMAND_DATA in decision.campaigns[0].reasons


def test_advise_is_assess_and_then_decide():
    promo, rules = campaign(), policy()
    assessment = assess(view(), [promo], rules)

    one = advise([view()], [promo], {}, Controls(), rules, NOW)
    other = decide(assessment.needs, {SHOP: assessment.level}, [promo], {}, Controls(), rules, NOW)

    assert one == other


def test_a_campaign_from_an_unlisted_source_moves_nothing_even_beside_one_that_counts():
    """Its promise of a hundredfold is not in the floor of the campaign that runs at the same time."""
    loud = campaign("loud", source="somebody", uplift=100.0)
    alone = only(advise([view()], [campaign()], {}, Controls(), policy(), NOW))

    beside = only(advise([view()], [campaign(), loud], {}, Controls(), policy(), NOW))

    assert beside == alone


def test_a_source_is_believed_up_to_its_cap():
    capped = policy(sources={CRM: SourcePolicy(CRM, Mode.AUTO, max_uplift=3.0)})

    absurd = only(advise([view()], [campaign(uplift=1000.0)], {}, Controls(), capped, NOW))
    honest = only(advise([view()], [campaign(uplift=3.0)], {}, Controls(), policy(), NOW))

    assert floor_at(absurd, at("11:00")) == floor_at(honest, at("11:00")) < 40


def test_an_assessment_says_how_much_is_in_use_and_until_when_that_is_known():
    level = assess(replace(view(), recent_rate_per_s=17.5), [], policy()).level

    assert (level.service, level.data_until, level.rate_per_s) == (SHOP, NOW, 17.5)


def test_without_any_demand_a_need_is_zero_and_says_so():
    nothing = replace(view(), values=np.full_like(view().values, np.nan))

    (need,) = assess(nothing, [], policy()).needs

    assert not need.total.any()
    assert need.reasons == (Reason.NO_DEMAND_DATA,)


def test_what_was_decided_is_the_next_decisions_agreed_plan():
    made = only(decided(NOW, [campaign()]))
    before = state(floor=2)

    after = remember(made, before)

    assert (after.plan, after.claims) == (made.recommendation.steps, made.claims)
    assert after.observation == before.observation


def test_a_shared_resource_keeps_its_floor_as_long_as_one_campaign_of_either_service_lasts():
    shop, api = campaign("shop"), campaign("api", at("11:30"), services=("api",), uplift=9.0)
    made = {
        d.recommendation.resource: d for d in decided(NOW, [shop, api], the_policy=TWO_SERVICES).resources
    }

    assert floor_at(made[DATABASE], at("13:00")) >= 9  # 15 + 7.5 * 9 = 82.5, without the shop's campaign
    assert floor_at(made[DATABASE], at("13:00") + 4 * HOUR) == 2


def test_needs_of_pairs_that_the_policy_no_longer_has_move_nothing():
    """A need left over from another version of the policy is passed over, not tripped over."""
    both = campaign(services=(SHOP, "api"), uplift=3.0)
    left_over = needs_for(TWO_SERVICES, [both])
    shrunk = policy(resource(PODS))
    levels = {SHOP: Level(SHOP, NOW, 15.0)}

    made = decide(left_over, levels, [both], {}, Controls(), shrunk, NOW)

    assert [d.recommendation.resource for d in made.resources] == [PODS]
    assert floor_at(only(made), at("11:00")) == 5


def test_a_service_seen_for_less_than_one_step_makes_no_campaign_ready():
    """A forecast of nothing from nothing is not a floor that suffices: there is no verdict to give yet."""
    first_minute = view(days=0)

    found = advise([first_minute], [campaign()], {}, Controls(), policy(resource(PODS)), NOW).campaigns[0]

    assert found.readiness is Readiness.AT_RISK
    assert found.reasons == (Reason.NO_DEMAND_DATA,)
