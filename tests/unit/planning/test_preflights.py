"""Preflights are made when something is planned, sooner before a step, and anew for more units."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.advice import ResourceDecision
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import Preflight, PreflightFinding
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.planning.preflights import image_pulls, preflight_due
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    decided,
    observed,
    only,
    policy,
    resource,
    state,
)

QUOTA = PreflightFinding(
    PODS, Reason.QUOTA_TOO_SMALL, "8 of 20 vCPU", "ask for more", 8.0, 20.0, enough_for=4
)


def made(now=NOW) -> ResourceDecision:
    """A plan for a campaign at ten."""
    return only(decided(now, [campaign()], states={PODS: state(floor=2)}))


def looked(before, units=9):
    return replace(state(floor=2), preflight=Preflight(NOW - before, units))


# --- when


def test_a_plan_is_looked_at_for_the_most_units_it_ever_asks_for():
    plan = made()

    need = preflight_due(plan, state(floor=2), resource(), NOW)

    assert need == Bounds(plan.most_units, 40)
    assert plan.most_units == max(step.floor for step in plan.recommendation.steps)


def test_nothing_is_looked_at_where_nothing_is_planned_or_nobody_looked_yet():
    idle = only(decided(NOW, [], states={PODS: state(floor=2)}))

    assert preflight_due(idle, state(floor=2), resource(), NOW) is None
    assert preflight_due(made(), state(), resource(), NOW) is None


@pytest.mark.parametrize(
    ("now", "before", "again"),
    [
        (NOW, 5 * HOUR, False),
        (NOW, 6 * HOUR, True),
        (at("09:00"), 5 * MINUTE, False),
        (at("09:00"), 10 * MINUTE, True),
    ],
    ids=["hours ahead", "hours ahead, long ago", "within the hour", "within the hour, a while ago"],
)
def test_it_is_made_again_the_sooner_the_nearer_the_step_is(now, before, again):
    seen = replace(state(floor=2), preflight=Preflight(now - before, made().most_units))

    assert (preflight_due(made(now), seen, resource(), now) is not None) is again


def test_more_units_than_were_looked_at_are_looked_at_at_once():
    assert preflight_due(made(), looked(MINUTE, units=2), resource(), NOW) is not None


# --- what it makes of a campaign


def test_a_quota_that_does_not_hold_the_plan_makes_a_campaign_not_ready_with_the_cure():
    seen = replace(state(floor=2), preflight=Preflight(NOW, 9, (QUOTA,)))

    (answer,) = decided(NOW, [campaign()], states={PODS: seen}).campaigns

    (finding,) = [f for f in answer.findings if f.reason is Reason.QUOTA_TOO_SMALL]
    assert (answer.readiness, finding.detail) == (Readiness.NOT_READY, "8 of 20 vCPU. Cure: ask for more")


def test_one_that_holds_what_this_campaign_needs_is_none_of_its_business():
    enough = replace(QUOTA, enough_for=50)
    seen = replace(state(floor=2), preflight=Preflight(NOW, 60, (enough,)))

    (answer,) = decided(NOW, [campaign()], states={PODS: seen}).campaigns

    assert Reason.QUOTA_TOO_SMALL not in answer.reasons


def test_a_right_that_is_missing_stands_in_the_way_of_every_act():
    missing = PreflightFinding(PODS, Reason.PERMISSION_MISSING, "may not patch", "grant it")
    seen = replace(state(floor=2), preflight=Preflight(NOW, 9, (missing,)))

    (answer,) = decided(NOW, [campaign()], states={PODS: seen}, the_policy=policy(resource())).campaigns

    assert Reason.PERMISSION_MISSING in answer.reasons
    assert answer.readiness is not Readiness.READY


# --- images


@pytest.mark.parametrize(("rate", "enough_for"), [(None, None), (1.0, 12), (3.8, None)])
def test_images_that_cannot_all_be_pulled_in_a_lead_time_are_told(rate, enough_for):
    """Forty units, two of them there: 38 pulls in ten minutes."""
    found = image_pulls(resource(image_pulls_per_min=rate), observed(floor=2), Bounds(40, 40))

    assert [finding.enough_for for finding in found] == ([] if enough_for is None else [enough_for])
    assert all(finding.reason is Reason.IMAGE_PULLS_TOO_SLOW for finding in found)
