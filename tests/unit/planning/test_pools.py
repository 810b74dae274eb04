"""What resources share: quotas, connections, and things that cannot be scaled at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from advisor.domain.advice import Outcome
from advisor.domain.limits import Pool
from advisor.domain.readiness import CampaignReadiness, Readiness
from advisor.domain.reason import Reason
from tests.support.builders import (
    HOUR,
    at,
    campaign,
    decided,
    floor_at,
    need,
    needs_for,
    only,
    policy,
    resource,
    state,
)

WEB, API = resource("sim://web"), resource("sim://api", serves={"api": 1.0})
CPU = Pool("vcpu-quota", 24.0, {"sim://web": 2.0, "sim://api": 4.0})
ESTATE = policy(WEB, API, pools={"vcpu-quota": CPU})
SPRING = campaign("spring", at("10:00"))
SUMMER = campaign("summer", at("11:00"), services=("api",))


def answers(*campaigns, rules=ESTATE, **other) -> dict[str, CampaignReadiness]:
    return {c.campaign_id: c for c in decided(at("06:00"), campaigns, the_policy=rules, **other).campaigns}


def test_two_campaigns_ready_alone_are_not_ready_together_and_each_names_the_other():
    """Each needs 5 units where 2 stand: 10 + 8 or 4 + 20 of 24 vCPU alone, 10 + 20 together."""
    assert answers(SPRING)["spring"].readiness is Readiness.READY
    assert answers(SUMMER)["summer"].readiness is Readiness.READY

    both = answers(SPRING, SUMMER)

    for name, answer in both.items():
        assert (answer.readiness, answer.reasons) == (Readiness.NOT_READY, (Reason.POOL_EXHAUSTED,)), name
        assert "pool vcpu-quota: 30 needed" in answer.sentence
        assert "there are 24" in answer.sentence
        assert "shared by spring, summer" in answer.sentence


def test_campaigns_at_different_times_do_not_share_a_pool():
    later = replace(SUMMER, start=at("18:00"), end=at("19:00"))

    assert {a.readiness for a in answers(SPRING, later).values()} == {Readiness.READY}


def test_what_is_left_of_a_pool_is_shared_out_and_never_exceeded():
    """Of the 18 vCPU that nobody has yet, 12 are there: two thirds of what each asks for on top."""
    decision = decided(at("06:00"), [SPRING, SUMMER], the_policy=ESTATE)
    web, api = decision.resources

    assert floor_at(web, at("11:30")) * 2 + floor_at(api, at("11:30")) * 4 <= 24
    assert floor_at(web, at("11:30")) == 4
    assert floor_at(api, at("11:30")) == 4
    assert {v.reason for v in web.verdicts if v.outcome is Outcome.CLAMP} == {Reason.POOL_EXHAUSTED}


def test_what_stands_for_a_running_campaign_is_not_taken_away_by_a_new_one():
    agreed = decided(at("06:00"), [SPRING], the_policy=ESTATE).resources[0].recommendation.steps
    running = {"sim://web": state("sim://web", floor=5, plan=agreed)}

    decision = decided(at("10:30"), [SPRING, SUMMER], the_policy=ESTATE, states=running)
    web, api = decision.resources

    assert floor_at(web, at("11:30")) == 5
    assert floor_at(api, at("11:30")) == 3  # 24 - 10 leave 14: three units of 4


def test_campaigns_that_clash_at_other_times_are_not_told_of_each_other():
    """Two in the morning, two in the evening: each pair is told of itself, and of when."""
    evening = [
        replace(SPRING, campaign_id="late-spring", start=at("20:00"), end=at("22:00")),
        replace(SUMMER, campaign_id="late-summer", start=at("20:00"), end=at("22:00")),
    ]

    told = {name: a.sentence for name, a in answers(SPRING, SUMMER, *evening).items()}

    assert "shared by spring, summer" in told["spring"]
    assert "late-spring" not in told["spring"]
    assert "at 27 Nov 19:" in told["late-summer"]
    assert "shared by late-spring, late-summer" in told["late-summer"]


def test_clashes_that_one_campaign_runs_through_are_one():
    """The spring sale of the evening meets one at 20:00 and another at 23:00: all three are told of all."""
    others = [
        replace(SPRING, campaign_id="long", start=at("20:00"), end=at("23:59")),
        replace(SUMMER, campaign_id="early", start=at("20:00"), end=at("20:30")),
        replace(SUMMER, campaign_id="late", start=at("23:00"), end=at("23:30")),
    ]

    told = {name: a.sentence for name, a in answers(SPRING, SUMMER, *others).items()}

    assert "shared by early, late, long" in told["long"]
    assert "shared by early, late, long" in told["late"]
    assert "shared by spring, summer" in told["spring"]


def test_a_campaign_inside_a_floor_that_is_held_all_day_is_told_of_the_clash():
    """Nothing moves at its start, for the floor of the morning is still held: it lacks units all the same."""
    held = replace(WEB, lowerings_per_day=1)
    quota = Pool("vcpu-quota", 8.0, {"sim://web": 2.0})
    noon = replace(SPRING, campaign_id="noon", start=at("15:00"), end=at("17:00"))
    evening = replace(SPRING, campaign_id="evening", start=at("19:00"), end=at("21:00"))

    told = answers(SPRING, noon, evening, rules=policy(held, pools={"vcpu-quota": quota}))

    for answer in told.values():
        assert Reason.POOL_EXHAUSTED in answer.reasons, answer.sentence


def test_a_later_start_is_not_offered_where_time_is_not_all_that_is_lacking():
    """Announced too late, and with half of the quota that it needs: at no start would it be safe."""
    soon = replace(SPRING, start=at("06:05"))
    half = policy(WEB, API, pools={"vcpu-quota": replace(CPU, limit=14.0)})

    late, never = answers(soon, rules=policy(WEB, API))["spring"], answers(soon, rules=half)["spring"]

    assert late.earliest_safe_start is not None
    assert Reason.POOL_EXHAUSTED in never.reasons
    assert never.earliest_safe_start is None


def test_a_pool_grows_with_the_units_of_what_provides_it():
    """Database connections: a reader takes 10 of them, and each pod opens 4."""
    readers = resource("sim://readers", tier="data", lead_time=timedelta(minutes=20))
    few = Pool("connections", 0.0, {"sim://web": 4.0}, {"sim://readers": 4.0})
    none = Pool("connections", 8.0, {"sim://web": 4.0})

    with_readers = policy(WEB, readers, pools={"connections": few})
    without = policy(WEB, readers, pools={"connections": none})

    assert answers(SPRING, rules=with_readers)["spring"].readiness is Readiness.READY
    assert Reason.POOL_EXHAUSTED in answers(SPRING, rules=without)["spring"].reasons


# --- what cannot be scaled


PAYMENT = resource(
    "fixed://payment", unit_capacity=40.0, minimum=1, maximum=1, serves={"web-shop": 0.5}, headroom=0.0
)


@pytest.mark.parametrize(("uplift", "readiness"), [(5.0, Readiness.READY), (8.0, Readiness.NOT_READY)])
def test_a_fixed_resource_carries_a_campaign_or_does_not(uplift, readiness):
    """Half of 15 requests/s, times five, are 38 of 40; times eight they are 60."""
    promo = campaign(uplift=uplift)

    answer = answers(promo, rules=policy(WEB, PAYMENT))["promo"]

    assert answer.readiness is readiness
    assert ("limit 40/s, need 60/s" in answer.sentence) is (readiness is Readiness.NOT_READY)


def test_beyond_a_fixed_limit_the_send_rate_that_fits_is_told():
    """Of 52.5 requests/s that it adds, 32.5 find room: 61 % of its pace, and no other start helps."""
    promo = campaign(uplift=8.0, send_rate_per_min=100_000.0)
    rules, seen = policy(WEB, PAYMENT), {"sim://web": state("sim://web", floor=2)}

    (answer,) = decided(at("06:00"), [promo], the_policy=rules, states=seen).campaigns

    assert answer.reasons[0] is Reason.FIXED_LIMIT
    assert answer.earliest_safe_start is None
    assert answer.send_gate is not None
    assert answer.send_gate.limited_by == "fixed://payment"
    assert answer.send_gate.steps[-1].share == pytest.approx(0.61)
    assert answer.send_gate.steps[-1].rate_per_min == 61_000
    assert "send at most 61k/min" in answer.sentence


def test_nothing_is_ever_asked_of_a_fixed_resource():
    decision = decided(at("10:30"), [campaign(uplift=8.0)], the_policy=policy(PAYMENT))

    assert only(decision).recommendation.steps == ()
    assert only(decision).due is None


def test_a_resource_of_two_services_is_told_by_both():
    both = policy(replace(PAYMENT, serves={"web-shop": 0.5, "api": 1.0}))
    needs = [
        need([SPRING], name="fixed://payment"),
        need([SPRING], service="api", name="fixed://payment", baseline=30.0),
    ]

    (answer,) = decided(at("06:00"), [SPRING], the_policy=both, needs=needs).campaigns

    assert "limit 40/s, need 52/s" in answer.sentence  # 22.5 and 30


def test_without_pools_needs_are_planned_as_ever():
    rules = policy(WEB, API)

    assert decided(at("06:00"), [SPRING], the_policy=rules, needs=needs_for(rules, [SPRING])).resources == (
        decided(at("06:00"), [SPRING], the_policy=rules).resources
    )
    assert SPRING.end - SPRING.start == 2 * HOUR
