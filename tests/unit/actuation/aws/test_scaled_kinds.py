"""Application Auto Scaling and what is reserved: what only some kinds have."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisor.actuation.aws.actuators import aws_actuators
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Carried, Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.aws.cases import AWS_CASES
from tests.aws.people import client, resource_id
from tests.aws.scaled import make_alias, make_table, scaled_case
from tests.aws.server import AwsServer
from tests.aws.world import Fleet
from tests.support.actuator_case import ActuatorCase
from tests.support.builders import HOUR, NOW

FRESH, RAISED = Bounds(2, 40), Bounds(9, 40)


@pytest.fixture
def ecs(request: pytest.FixtureRequest) -> ActuatorCase:
    return scaled_case("ecs", placed=True)(request)


@pytest.fixture
def unscaled(request: pytest.FixtureRequest) -> ActuatorCase:
    return scaled_case("ecs", placed=False)(request)


@pytest.fixture
def alb(request: pytest.FixtureRequest) -> ActuatorCase:
    return AWS_CASES["aws-alb"](request)


async def test_a_maximum_below_what_runs_waits_for_a_scalable_target_that_others_made(aws: AwsServer, ecs):
    """Application Auto Scaling would end tasks at once, and something reactive may need them."""
    await ecs.actuator.set_floor(ecs.name, ecs.change(Bounds(44, 50)), NOW)

    done = await ecs.actuator.restore(ecs.name, ecs.change(FRESH, Bounds(44, 50)), NOW)

    found = await ecs.actuator.observe(ecs.name, NOW)
    assert (done.carried, found.bounds, found.units) == (Carried.PARTLY, Bounds(2, 50), 44)
    assert found.originals == FRESH


async def test_a_scalable_target_that_we_made_brings_the_tasks_back_and_goes(aws: AwsServer, unscaled):
    """Nothing else would ever lower the service: it had no scaling of its own."""
    actuator, name = unscaled.actuator, unscaled.name
    await actuator.set_floor(name, unscaled.change(RAISED), NOW)
    aws.world.pass_time(unscaled.lead_time)
    assert (await actuator.observe(name, NOW)).ready_units == 9

    first = await actuator.restore(name, unscaled.change(FRESH, RAISED), NOW)
    assert first.carried is Carried.PARTLY
    second = await actuator.restore(name, unscaled.change(FRESH, FRESH), NOW)

    found = await actuator.observe(name, NOW)
    assert (second.carried, found.bounds, found.units, found.originals) == (Carried.WHOLE, FRESH, 2, None)
    assert not aws.world.table("targets")


async def test_originals_stand_on_a_scalable_target_from_its_first_moment(aws: AwsServer, unscaled):
    """Made and tagged by one call, so that there is no moment to die in between."""
    await unscaled.actuator.set_floor(unscaled.name, unscaled.change(RAISED), NOW)

    assert "application-autoscaling:TagResource" not in aws.world.ours
    assert (await unscaled.actuator.observe(unscaled.name, NOW)).originals == FRESH


async def test_arming_alone_makes_a_scalable_target_to_carry_it(aws: AwsServer, unscaled):
    armed = (Armed(NOW + HOUR, 9, 40),)

    await unscaled.actuator.set_floor(unscaled.name, unscaled.change(FRESH, armed=armed), NOW)

    found = await unscaled.actuator.observe(unscaled.name, NOW)
    assert (found.armed, found.bounds, found.units) == (armed, FRESH, 2)


async def test_provisioned_concurrency_that_was_none_is_deleted_again(aws: AwsServer, aws_sessions: Sessions):
    make_alias(aws.world)
    aws.world.fleets["lambda|function:pay:live|lambda:function:ProvisionedConcurrency"] = Fleet(0, 0)
    name = resource_id("lambda/pay/live")
    actuator = aws_actuators(aws_sessions, {})["lambda"]
    fresh = (await actuator.observe(name, NOW)).bounds
    assert fresh == Bounds(0, 0)

    await actuator.set_floor(name, Change(name, fresh, Bounds(6, 6), fresh, NOW), NOW)
    assert not (await actuator.verify(name, 6, NOW)).holds
    aws.world.pass_time(timedelta(minutes=4))
    assert (await actuator.verify(name, 6, NOW)).holds
    stands = (await actuator.observe(name, NOW)).bounds
    done = await actuator.restore(name, Change(name, stands, fresh, fresh, NOW), NOW)

    assert done.carried is Carried.WHOLE
    assert "lambda:DeleteProvisionedConcurrencyConfig" in aws.world.ours
    assert await actuator.observe(name, NOW) == await actuator.observe(name, NOW)
    assert (await actuator.observe(name, NOW)).bounds == fresh
    assert not aws.world.table("targets")


async def test_why_application_auto_scaling_did_not_scale_is_told(aws: AwsServer, ecs):
    aws.world.no_capacity = True
    await ecs.actuator.set_floor(ecs.name, ecs.change(RAISED), NOW)

    verified = await ecs.actuator.verify(ecs.name, 9, NOW)

    assert verified.waiting_for == (
        "7 tasks are not running",
        "unable to place a task: RESOURCE:CPU",
        "Failed: Failed to set capacity (ResourceLimit)",
    )


async def test_suspended_schedules_are_told_when_something_is_armed(aws: AwsServer, ecs):
    target = next(iter(aws.world.table("targets").values()))
    target["SuspendedState"] = {"ScheduledScalingSuspended": True}

    done = await ecs.actuator.set_floor(ecs.name, ecs.change(RAISED, armed=(Armed(NOW + HOUR, 20),)), NOW)

    assert done.carried is Carried.PARTLY
    assert "suspended" in done.detail


async def test_a_table_that_is_paid_for_by_request_has_no_provisioned_capacity(
    aws: AwsServer, aws_sessions: Sessions
):
    make_table(aws.world)
    client("dynamodb").update_table(TableName="carts", BillingMode="PAY_PER_REQUEST")
    actuator = aws_actuators(aws_sessions, {})["dynamodb-reads"]

    with pytest.raises(ActuationError, match="use dynamodb-warm-reads") as caught:
        await actuator.observe(resource_id("dynamodb-reads/carts"), NOW)

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_REFUSED, False)


async def test_a_reservation_waits_for_the_one_before_it(aws: AwsServer, alb):
    await alb.actuator.set_floor(alb.name, alb.change(Bounds(5, 40)), NOW)

    with pytest.raises(ActuationError, match="PriorRequestNotComplete") as caught:
        await alb.actuator.set_floor(alb.name, alb.change(RAISED, Bounds(5, 40)), NOW)
    assert caught.value.retryable

    aws.world.pass_time(alb.lead_time)
    await alb.actuator.set_floor(alb.name, alb.change(RAISED, Bounds(5, 40)), NOW)
    assert (await alb.actuator.observe(alb.name, NOW)).bounds == RAISED


async def test_a_reservation_from_nothing_is_reset_to_nothing(aws: AwsServer, alb):
    balancer = client("elbv2").describe_load_balancers(Names=["front"])["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    client("elbv2").modify_capacity_reservation(LoadBalancerArn=arn, ResetCapacityReservation=True)
    none = Bounds(0, 40)
    await alb.actuator.set_floor(alb.name, alb.change(RAISED, none, none), NOW)
    aws.world.pass_time(alb.lead_time)

    await alb.actuator.restore(alb.name, alb.change(none, RAISED, none), NOW)

    told = client("elbv2").describe_capacity_reservation(LoadBalancerArn=arn)
    assert "MinimumLoadBalancerCapacity" not in told
    assert (await alb.actuator.observe(alb.name, NOW)).originals is None


async def test_lowerings_of_a_reservation_are_counted_and_tomorrow_is_another_day(aws: AwsServer, alb):
    balancer = client("elbv2").describe_load_balancers(Names=["front"])["LoadBalancers"][0]
    aws.world.table("lowerings")[balancer["LoadBalancerArn"]] = 0
    aws.world.quotas["lcu"] = 100

    looked = await alb.actuator.preflight(alb.name, RAISED, NOW)
    assert [(f.reason, f.blocks) for f in looked.findings] == [(Reason.QUOTA_TOO_SMALL, False)]
    await alb.actuator.set_floor(alb.name, alb.change(RAISED), NOW)
    aws.world.pass_time(alb.lead_time)
    with pytest.raises(ActuationError, match="DecreaseRequestLimitExceeded") as caught:
        await alb.actuator.restore(alb.name, alb.change(FRESH, RAISED), NOW)

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_REFUSED, True)
    assert (await alb.actuator.observe(alb.name, NOW)).originals == FRESH


async def test_a_zone_that_fails_is_named(aws: AwsServer, alb):
    await alb.actuator.set_floor(alb.name, alb.change(RAISED), NOW)
    aws.world.no_capacity = True

    verified = await alb.actuator.verify(alb.name, 9, NOW)

    assert not verified.holds
    assert verified.waiting_for[0] == "eu-central-1a: failed no capacity in the zone"


async def test_a_load_balancer_of_a_controller_is_not_ours_to_set(aws: AwsServer, alb):
    balancer = client("elbv2").describe_load_balancers(Names=["front"])["LoadBalancers"][0]
    client("elbv2").add_tags(
        ResourceArns=[balancer["LoadBalancerArn"]],
        Tags=[
            {"Key": "elbv2.k8s.aws/cluster", "Value": "prod"},
            {"Key": "ingress.k8s.aws/stack", "Value": "shop/front"},
        ],
    )

    assert (await alb.actuator.observe(alb.name, NOW)).owner == (
        "AWS Load Balancer Controller, for shop/front: annotate"
        " alb.ingress.kubernetes.io/minimum-load-balancer-capacity"
    )


async def test_a_floor_that_somebody_put_back_is_set_again_though_eks_knows_the_change(
    aws: AwsServer, request: pytest.FixtureRequest
):
    """EKS answers a token that it knows with what it did the first time, and does nothing."""
    case = AWS_CASES["aws-eks-nodegroup"](request)
    await case.actuator.set_floor(case.name, case.change(RAISED), NOW)
    await case.somebody_sets(FRESH)

    await case.actuator.set_floor(case.name, case.change(RAISED), NOW)

    assert (await case.actuator.observe(case.name, NOW)).bounds == RAISED


async def test_nodes_above_the_floor_are_left_to_whoever_scales_them(
    aws: AwsServer, request: pytest.FixtureRequest
):
    case = AWS_CASES["aws-eks-nodegroup"](request)
    client("eks").update_nodegroup_config(
        clusterName="shop", nodegroupName="web", scalingConfig={"desiredSize": 12}
    )

    await case.actuator.set_floor(case.name, case.change(RAISED), NOW)

    found = await case.actuator.observe(case.name, NOW)
    assert (found.bounds, found.units) == (RAISED, 12)


async def test_warm_throughput_is_never_given_back_and_says_so(
    aws: AwsServer, request: pytest.FixtureRequest
):
    case = AWS_CASES["aws-dynamodb-warm-reads"](request)
    await case.actuator.set_floor(case.name, case.change(RAISED), NOW)
    aws.world.pass_time(case.lead_time)

    done = await case.actuator.restore(case.name, case.change(FRESH, RAISED), NOW)

    assert (done.carried, done.detail) == (
        Carried.WHOLE,
        "warm throughput cannot be lowered: it stays 9",
    )
    assert (await case.actuator.observe(case.name, NOW)).originals is None
