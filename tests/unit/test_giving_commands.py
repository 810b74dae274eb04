"""Commands of people that cannot be sent are refused in words, before Kafka is asked."""

from __future__ import annotations

import pytest

from advisor.domain.advice import Cost
from advisor.domain.limits import ApprovalPolicy
from advisor.domain.readiness import CampaignReadiness, Readiness
from streams.envelope_of_plan import envelope_of
from streams.plan import CampaignPlan
from tests.support.builders import HOUR, NOW, PODS, at, campaign, decided, only, policy, resource, schedule
from tests.support.commands import run

NOWHERE = ("127.0.0.1:1", "p")


@pytest.mark.parametrize("name", ["resume", "freeze"])
@pytest.mark.parametrize("arguments", [(), ("sim://pods", "--everything")], ids=["nothing", "both"])
def test_everything_is_never_meant_by_an_omission(name: str, arguments: tuple[str, ...]) -> None:
    done = run(*NOWHERE, name, *arguments)

    assert done.exit_code == 2
    assert "--everything" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("hold", ""), "must not be empty"),
        (("hold", "x" * 256), "scope"),
        (("hold", "sim://pods", "--by", " "), "--by"),
        (("hold", "sim://pods", "--why", "x" * 1025), "why"),
        (("reject", "bf-2026", "--revision", "-1"), "revision"),
        (("approve", "bf-2026", "--policy", "deploy/examples/policy.yaml", "--most", "pods"), "--most"),
        (("approve", "bf-2026", "--policy", "deploy/examples/policy.yaml", "--most", "pods=-3"), "--most"),
    ],
)
def test_what_is_wrong_is_named(arguments: tuple[str, ...], named: str) -> None:
    done = run(*NOWHERE, *arguments)

    assert done.exit_code == 2
    assert named in done.stderr


def test_without_kafka_a_command_says_so() -> None:
    done = run(*NOWHERE, "hold", "sim://pods", "--by", "ada")

    assert done.exit_code == 3
    assert "Kafka does not answer" in done.stderr


# --- the approval that a plan asks for


def planned(extra: float | None = 12.341) -> CampaignPlan:
    made = only(decided(NOW, [campaign()]))
    verdict = CampaignReadiness("promo", 1, Readiness.READY, (), Cost("EUR", extra))
    return CampaignPlan(campaign(), verdict, (made,), NOW)


def test_by_default_the_plan_itself_is_approved() -> None:
    """Its highest floor, its cost and 5 % more rounded up to a cent, from its first step to its last."""
    plan = planned()
    steps = plan.resources[0].recommendation.steps
    bounds = envelope_of(plan, policy(resource()))

    assert bounds.most_units == ((PODS, max(floor for _, floor in schedule(plan.resources[0]))),)
    assert bounds.max_cost == 12.96  # 12.341 and 5 %
    assert (bounds.start, bounds.end) == (steps[0].act_at, steps[-1].act_at)
    assert (bounds.campaign_id, bounds.revision, bounds.currency) == ("promo", 1, "EUR")


def test_a_bound_on_one_resource_leaves_the_others_as_the_plan_has_them() -> None:
    """Otherwise a person who lowers one would, unasked, forbid all others."""
    both = policy(resource(), resource("sim://db"))
    made = decided(NOW, [campaign()], the_policy=both).resources
    plan = CampaignPlan(campaign(), None, tuple(made), NOW)
    by_plan = dict(envelope_of(plan, both).most_units)
    assert set(by_plan) == {PODS, "sim://db"}

    fewer = envelope_of(plan, both, {PODS: 3, "sim://cache": 2})

    assert dict(fewer.most_units) == {**by_plan, PODS: 3, "sim://cache": 2}
    assert fewer.most_units == tuple(sorted(fewer.most_units))


def test_an_approval_expires_as_the_policy_says_and_with_its_window_at_the_latest() -> None:
    short = policy(resource(), approval=ApprovalPolicy(valid_for=HOUR))

    assert envelope_of(planned(), short).expires_at == NOW + HOUR
    bounds = envelope_of(planned(), policy(resource()))
    assert bounds.expires_at == bounds.end


def test_a_plan_without_a_price_is_approved_without_a_bound_on_cost() -> None:
    assert envelope_of(planned(extra=None), policy(resource())).max_cost is None


def test_a_plan_that_does_nothing_leaves_the_campaigns_own_window() -> None:
    plan = CampaignPlan(campaign(), None, (), NOW)
    bounds = envelope_of(plan, policy(resource()))

    assert bounds.most_units == ()
    assert (bounds.start, bounds.end) == (at("10:00"), at("12:00"))
