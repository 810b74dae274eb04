"""Auto Scaling groups: what is theirs alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisor.actuation.aws.actuators import aws_actuators
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Carried, Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.aws.people import client, made_group, resource_id
from tests.aws.server import AwsServer
from tests.support.builders import HOUR, NOW

WEB, POOL = resource_id("asg/web"), resource_id("asg-warm-pool/web")


@pytest.fixture
def actuators(aws_sessions: Sessions):
    made_group()
    return aws_actuators(aws_sessions, {})


def change(target: Bounds, found: Bounds = Bounds(2, 40), **other) -> Change:  # noqa: B008
    return Change(WEB, found, target, Bounds(2, 40), NOW, **other)


def group():
    return client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]


async def test_lowering_the_minimum_ends_no_instance_and_a_maximum_below_them_waits(
    aws: AwsServer, actuators
):
    """Twelve are desired: a maximum of 10 would end two instances, so it waits until they are gone."""
    asg = actuators["asg"]
    await asg.set_floor(WEB, change(Bounds(12, 50)), NOW)

    done = await asg.set_floor(WEB, change(Bounds(2, 10), Bounds(12, 50)), NOW)
    assert (done.carried, group()["DesiredCapacity"]) == (Carried.PARTLY, 12)
    assert "maximum stays 50" in done.detail
    assert (await asg.observe(WEB, NOW)).bounds == Bounds(2, 50)

    client("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=4)
    done = await asg.restore(WEB, change(Bounds(2, 10), Bounds(2, 50)), NOW)
    found = await asg.observe(WEB, NOW)
    assert (done.carried, found.bounds, found.originals) == (Carried.WHOLE, Bounds(2, 10), None)


async def test_a_restore_that_is_not_whole_leaves_the_originals_on_the_group(aws: AwsServer, actuators):
    asg = actuators["asg"]
    await asg.set_floor(WEB, change(Bounds(44, 50)), NOW)

    done = await asg.restore(WEB, change(Bounds(2, 40), Bounds(44, 50)), NOW)

    found = await asg.observe(WEB, NOW)
    assert (done.carried, found.bounds, found.originals) == (Carried.PARTLY, Bounds(2, 50), Bounds(2, 40))


async def test_actions_of_a_batch_that_are_not_taken_are_told_and_put_by_the_next_call(
    aws: AwsServer, actuators
):
    asg, armed = actuators["asg"], tuple(Armed(NOW + n * HOUR, 10 + n) for n in range(1, 5))
    aws.world.forbidden.add("partial batch")

    done = await asg.set_floor(WEB, change(Bounds(9, 40), armed=armed), NOW)
    assert done.carried is Carried.PARTLY
    assert "headstart-20261127T080000Z-12 was not taken: InternalFailure Try again" in done.detail
    assert (await asg.observe(WEB, NOW)).armed == armed[::2]

    aws.world.forbidden.clear()
    done = await asg.set_floor(WEB, change(Bounds(9, 40), armed=armed), NOW)
    assert (done.carried, (await asg.observe(WEB, NOW)).armed) == (Carried.WHOLE, armed)


async def test_more_actions_than_a_batch_holds_are_put_in_several(aws: AwsServer, actuators):
    armed = tuple(Armed(NOW + n * HOUR, 2 + n) for n in range(1, 121))

    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40), armed=armed), NOW)
    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40), armed=armed[:5]), NOW)

    assert (await actuators["asg"].observe(WEB, NOW)).armed == armed[:5]
    assert aws.world.ours.count("autoscaling:BatchPutScheduledUpdateGroupAction") == 3
    assert aws.world.ours.count("autoscaling:BatchDeleteScheduledAction") == 3


async def test_actions_of_others_are_never_touched(aws: AwsServer, actuators):
    client("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName="web", ScheduledActionName="nightly", StartTime=NOW + 5 * HOUR, MinSize=1
    )
    armed = (Armed(NOW + HOUR, 20),)

    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40), armed=armed), NOW)
    assert (await actuators["asg"].observe(WEB, NOW)).armed == armed
    await actuators["asg"].restore(WEB, change(Bounds(2, 40), Bounds(9, 40)), NOW)

    left = client("autoscaling").describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert [action["ScheduledActionName"] for action in left] == ["nightly"]


async def test_an_action_of_ours_that_somebody_rewrote_is_put_right(aws: AwsServer, actuators):
    armed = (Armed(NOW + HOUR, 20),)
    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40), armed=armed), NOW)
    name = client("autoscaling").describe_scheduled_actions()["ScheduledUpdateGroupActions"][0]
    client("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName="web",
        ScheduledActionName=name["ScheduledActionName"],
        StartTime=NOW + 2 * HOUR,
        MinSize=3,
    )

    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40), Bounds(9, 40), armed=armed), NOW)

    assert (await actuators["asg"].observe(WEB, NOW)).armed == armed


async def test_who_wrote_last_is_named_as_far_as_the_group_tells(aws: AwsServer, actuators):
    asg, down = actuators["asg"], Armed(NOW + HOUR, 5)
    assert (await asg.observe(WEB, NOW)).writer == ""
    await asg.set_floor(WEB, change(Bounds(9, 40), armed=(down,)), NOW)
    assert (await asg.observe(WEB, NOW)).writer == "a user request"

    aws.world.pass_time(HOUR)
    assert (await asg.observe(WEB, NOW)).writer == "scheduled action headstart-20261127T070000Z-5"
    tag("Terraform", "true")
    assert (await asg.observe(WEB, NOW)).writer.endswith(", declared by Terraform")


def tag(key: str, value: str) -> None:
    client("autoscaling").create_or_update_tags(
        Tags=[
            {
                "ResourceId": "web",
                "ResourceType": "auto-scaling-group",
                "Key": key,
                "Value": value,
                "PropagateAtLaunch": False,
            }
        ]
    )


@pytest.mark.parametrize(("value", "managed"), [("false", False), ("true", True), ("anything", True)])
async def test_a_tag_takes_a_group_out_of_our_hands(aws: AwsServer, actuators, value, managed):
    tag("headstart.io/managed", value)

    assert (await actuators["asg"].observe(WEB, NOW)).managed is managed


async def test_a_group_below_a_node_group_belongs_to_eks(aws: AwsServer, actuators):
    tag("eks:nodegroup-name", "web")

    assert "eks-nodegroup" in (await actuators["asg"].observe(WEB, NOW)).owner


async def test_originals_that_nobody_can_read_count_as_none_and_are_written_anew(aws: AwsServer, actuators):
    tag("headstart.io/originals", "two to forty")
    assert (await actuators["asg"].observe(WEB, NOW)).originals is None

    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40)), NOW)

    assert (await actuators["asg"].observe(WEB, NOW)).originals == Bounds(2, 40)
    assert not any(t["PropagateAtLaunch"] for t in group()["Tags"] if t["Key"].startswith("headstart.io/"))


async def test_what_instances_wait_for_is_told_in_the_groups_own_words(aws: AwsServer, actuators):
    aws.world.no_capacity = True
    await actuators["asg"].set_floor(WEB, change(Bounds(9, 40)), NOW)
    aws.world.pass_time(HOUR)

    verified = await actuators["asg"].verify(WEB, 9, NOW)

    assert not verified.holds
    assert verified.waiting_for[0] == "7 instances are Pending"
    assert "InsufficientInstanceCapacity" in verified.waiting_for[1]


async def test_a_floor_that_nobody_asked_for_yet_is_said_to_be_that(aws: AwsServer, actuators):
    verified = await actuators["asg"].verify(WEB, 9, NOW)

    assert verified.waiting_for == ("2 units are asked for, and 9 are needed",)


async def test_an_instance_that_is_not_healthy_does_not_count(aws: AwsServer, actuators):
    instance = group()["Instances"][0]["InstanceId"]
    client("autoscaling").set_instance_health(InstanceId=instance, HealthStatus="Unhealthy")

    found = await actuators["asg"].observe(WEB, NOW)

    assert (found.units, found.ready_units) == (2, 1)
    assert found.waiting_for == ("1 instances are not healthy",)


async def test_a_group_without_a_warm_pool_gets_one_and_loses_it_again(aws: AwsServer, actuators):
    """Of six, and not of all that the group could still grow by, which is what AWS does unless it is told."""
    pools = actuators["asg-warm-pool"]
    found = await pools.observe(POOL, NOW)
    assert found.bounds == Bounds(0, 40)
    asked = Change(POOL, found.bounds, Bounds(6, 40), found.bounds, NOW)

    await pools.set_floor(POOL, asked, NOW)
    made = await pools.observe(POOL, NOW)
    assert (made.originals, made.units) == (Bounds(0, 40), 6)
    aws.world.pass_time(timedelta(minutes=4))
    assert (await pools.verify(POOL, 6, NOW)).holds
    await pools.restore(POOL, Change(POOL, Bounds(6, 40), found.bounds, found.bounds, NOW), NOW)

    assert await pools.observe(POOL, NOW) == found
    assert not aws.world.table("pools")


async def test_a_warm_pool_keeps_whatever_else_it_is(aws: AwsServer, actuators):
    """AWS sets to its default what a write leaves out."""
    client("autoscaling").put_warm_pool(
        AutoScalingGroupName="web",
        MinSize=2,
        PoolState="Hibernated",
        MaxGroupPreparedCapacity=30,
        InstanceReusePolicy={"ReuseOnScaleIn": True},
    )

    await actuators["asg-warm-pool"].set_floor(
        POOL, Change(POOL, Bounds(2, 40), Bounds(6, 40), Bounds(2, 40), NOW), NOW
    )

    pool = client("autoscaling").describe_warm_pool(AutoScalingGroupName="web")["WarmPoolConfiguration"]
    assert (pool["MinSize"], pool["PoolState"], pool["MaxGroupPreparedCapacity"]) == (6, "Hibernated", 30)
    assert pool["InstanceReusePolicy"] == {"ReuseOnScaleIn": True}


async def test_bounds_that_aws_does_not_take_are_refused_and_not_tried_again(aws: AwsServer, actuators):
    with pytest.raises(ActuationError) as caught:
        await actuators["asg"].set_floor(WEB, change(Bounds(50, 40)), NOW)

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_REFUSED, False)
    assert "must be greater than or equal to" in caught.value.detail
