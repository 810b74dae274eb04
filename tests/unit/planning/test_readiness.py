"""One verdict per campaign, each with the reasons that decided it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from advisor.domain.advice import Step
from advisor.domain.campaign import Campaign, CampaignBudget, CampaignStatus
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Mode, SourcePolicy
from advisor.domain.readiness import CampaignReadiness, Readiness
from advisor.domain.reason import Reason
from advisor.pipeline import decide
from advisor.planning.readiness import SAFE_START_GRID, earliest_safe_start
from tests.support.builders import (
    CRM,
    HOUR,
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    decided,
    need,
    observed,
    only,
    policy,
    resource,
    state,
)


def verdict_on(it: Campaign, **other: Any) -> CampaignReadiness:
    (found,) = decided(other.pop("now", NOW), [it], **other).campaigns
    return found


def test_a_campaign_that_can_be_met_and_is_agreed_is_ready():
    found = verdict_on(campaign())

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.MEETS_PLAN,))
    assert found.findings[0].detail == "5 units will be ready in time"
    assert found.earliest_safe_start is None


def test_a_campaign_whose_units_all_stand_is_verified():
    found = verdict_on(campaign(), states={PODS: state(floor=5)})

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.VERIFIED,))


def test_units_that_are_not_ready_yet_verify_nothing():
    warming = replace(state(), observation=observed(floor=5, ready=4))

    assert verdict_on(campaign(), states={PODS: warming}).reasons == (Reason.MEETS_PLAN,)


def test_units_above_the_floor_may_go_again_and_verify_nothing():
    busy = replace(state(), observation=replace(observed(floor=2), units=9, ready_units=9))

    assert verdict_on(campaign(), states={PODS: busy}).reasons == (Reason.MEETS_PLAN,)


def test_a_campaign_that_the_minimum_carries_is_ready():
    found = verdict_on(campaign(uplift=1.2))

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.FLOOR_SUFFICIENT,))


def test_a_campaign_announced_within_the_lead_time_is_not_ready():
    found = verdict_on(campaign(start=at("06:05")))

    assert (found.readiness, found.reasons) == (Readiness.NOT_READY, (Reason.LEAD_TIME_TOO_SHORT,))
    assert found.findings[0].detail == "needs 5 units at the start, 2 can be there: 5 min too late"
    assert found.earliest_safe_start == at("06:10")


def test_what_was_agreed_before_counts_as_there_even_within_the_lead_time():
    agreed = state(plan=(Step(at("05:50"), 5, 40),))

    assert verdict_on(campaign(start=at("06:05")), states={PODS: agreed}).readiness is Readiness.READY


def test_where_people_act_only_what_was_seen_counts_as_there():
    advice_only = policy(resource(mode=Mode.RECOMMEND))
    agreed = state(plan=(Step(at("05:50"), 5, 40),), floor=2)

    found = verdict_on(campaign(start=at("06:05")), the_policy=advice_only, states={PODS: agreed})

    assert Reason.LEAD_TIME_TOO_SHORT in found.reasons


def test_a_campaign_beyond_the_ceiling_is_not_ready_and_no_other_start_helps():
    found = verdict_on(campaign(uplift=100.0))

    assert (found.readiness, found.reasons) == (Readiness.NOT_READY, (Reason.CAPPED_BY_CEILING,))
    assert found.findings[0].detail == "needs 150 units, the ceiling is 40"
    assert found.earliest_safe_start is None


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (Mode.OBSERVE, Reason.MODE_OBSERVE),
        (Mode.RECOMMEND, Reason.MODE_RECOMMEND),
        (Mode.APPROVE, Reason.NEEDS_APPROVAL),
    ],
)
def test_what_nobody_has_agreed_to_is_at_risk(mode, reason):
    by_resource = verdict_on(campaign(), the_policy=policy(resource(mode=mode)))
    by_source = verdict_on(campaign(), the_policy=policy(sources={CRM: SourcePolicy(CRM, mode)}))

    for found in (by_resource, by_source):
        assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (reason,))


def test_what_stands_already_needs_no_agreement():
    found = verdict_on(
        campaign(), the_policy=policy(resource(mode=Mode.APPROVE)), states={PODS: state(floor=5)}
    )

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.VERIFIED,))


def test_a_unit_capacity_that_nobody_proved_caps_the_verdict():
    found = verdict_on(campaign(), the_policy=policy(resource(load_test=None)))

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.UNIT_CAPACITY_UNPROVEN,))


def test_stale_input_is_a_risk():
    found = verdict_on(campaign(), data_until=NOW - HOUR)

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.INPUT_STALE,))


def test_what_its_budget_does_not_pay_for_is_not_ready():
    found = verdict_on(campaign(budget=CampaignBudget("EUR", 1.0)))

    assert (found.readiness, found.reasons) == (Readiness.NOT_READY, (Reason.OVER_CAMPAIGN_BUDGET,))


def test_a_service_whose_demand_was_never_seen_is_a_risk():
    rules = policy(resource(serves={"web-shop": 1.0, "api": 1.0}))
    needs = [need([campaign()])]
    levels = {"web-shop": Level("web-shop", NOW, 15.0)}
    decision = decide(needs, levels, [campaign()], {}, Controls(), rules, NOW)

    assert decision.campaigns[0].reasons == (Reason.NO_DEMAND_DATA,)
    assert only(decision).recommendation.steps == ()


def test_a_campaign_the_forecast_has_not_heard_of_is_a_risk():
    found = verdict_on(campaign(), needs=[need()])

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.NOT_FORECAST_YET,))


def test_a_campaign_of_a_week_without_any_hint_is_a_risk_that_says_which_hint_would_end_it():
    silent = campaign(lasts=timedelta(days=7), expected_uplift=None)
    found = verdict_on(silent, needs=[need()])

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.UPLIFT_UNKNOWN,))
    assert "expected_uplift" in found.findings[0].detail


def test_a_campaign_for_a_service_that_nothing_serves_is_a_risk():
    found = verdict_on(campaign(services=("mail",)))

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.SERVICE_UNKNOWN,))
    assert "mail" in found.findings[0].detail


def test_the_worst_reason_comes_first_and_decides():
    found = verdict_on(campaign(start=at("06:05"), uplift=100.0), the_policy=policy(resource(load_test=None)))

    assert found.readiness is Readiness.NOT_READY
    assert [f.readiness for f in found.findings] == sorted(
        (f.readiness for f in found.findings), key=lambda r: r.rank
    )
    assert set(found.reasons) == {
        Reason.CAPPED_BY_CEILING,
        Reason.LEAD_TIME_TOO_SHORT,
        Reason.UNIT_CAPACITY_UNPROVEN,
    }


@pytest.mark.parametrize(
    "gone", [{"status": CampaignStatus.CANCELLED}, {"source": "somebody"}, {"start": at("03:00")}]
)
def test_there_is_no_verdict_on_what_is_cancelled_unlisted_or_over(gone):
    assert decided(NOW, [campaign(**gone)]).campaigns == ()


# --- another start


@pytest.mark.parametrize("lead_time", [timedelta(0), timedelta(seconds=90), 10 * MINUTE, 3 * HOUR])
@pytest.mark.parametrize("second", [0, 1, 59])
def test_moved_to_the_earliest_safe_start_a_campaign_is_not_late(lead_time, second):
    now = at("06:02").replace(second=second)
    rules = policy(resource(lead_time=lead_time))
    late = campaign(start=at("06:02"), uplift=20.0)
    safe = verdict_on(late, the_policy=rules, now=now).earliest_safe_start or earliest_safe_start([], now)

    moved = verdict_on(campaign(start=safe, uplift=20.0), the_policy=rules, now=now)

    assert moved.readiness is Readiness.READY
    assert safe <= now + lead_time + MINUTE + SAFE_START_GRID


def test_the_slowest_resource_decides_the_earliest_safe_start():
    rules = policy(resource(), resource("sim://nodes", lead_time=2 * HOUR))
    late = verdict_on(campaign(start=at("07:00")), the_policy=rules)

    assert late.earliest_safe_start == at("08:00")
    assert [f.resource for f in late.findings] == ["sim://nodes", PODS]
    moved = verdict_on(campaign(start=at("08:00")), the_policy=rules)
    assert moved.readiness is Readiness.READY
