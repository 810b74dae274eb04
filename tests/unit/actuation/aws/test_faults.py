"""Whatever goes wrong on the way to AWS has one name, and says whether trying again can help."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from advisor.actuation.aws.actuator import AwsActuator
from advisor.actuation.aws.auto_scaling_group import AutoScalingGroup
from advisor.actuation.aws.sessions import Patience, Sessions
from advisor.actuation.connections import AccountConnection
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.aws.people import HASTE, OURS, client, made_group, resource_id
from tests.aws.server import AwsServer
from tests.aws.world import ACCOUNT
from tests.support.builders import NOW

WEB = resource_id("asg/web")
RAISE = Change(WEB, Bounds(2, 40), Bounds(9, 40), Bounds(2, 40), NOW)


@pytest.fixture
def groups(aws_sessions: Sessions) -> AwsActuator:
    made_group()
    return AwsActuator(aws_sessions, AutoScalingGroup(aws_sessions))


def with_patience(patience: Patience, **other: float) -> AwsActuator:
    sessions = Sessions(OURS, patience)
    return AwsActuator(sessions, AutoScalingGroup(sessions), **other)


@pytest.mark.parametrize("fault", ["throttled", "429", "500", "503", "reset"])
async def test_what_passes_by_itself_is_tried_again_and_nobody_notices(aws: AwsServer, groups, fault):
    aws.world.faults.add(fault, "UpdateAutoScalingGroup")

    await groups.set_floor(WEB, RAISE, NOW)

    found = await groups.observe(WEB, NOW)
    assert (found.bounds, found.units) == (Bounds(9, 40), 9)


@pytest.mark.parametrize(
    ("fault", "reason", "retryable"),
    [
        ("throttled", Reason.ACT_THROTTLED, True),
        ("429", Reason.ACT_THROTTLED, True),
        ("500", Reason.PLATFORM_UNREACHABLE, True),
        ("503", Reason.PLATFORM_UNREACHABLE, True),
        ("reset", Reason.PLATFORM_UNREACHABLE, True),
        ("expired", Reason.CREDENTIALS_EXPIRED, True),
        ("skewed", Reason.CLOCK_WRONG, False),
        ("forbidden", Reason.ACT_FORBIDDEN, False),
        ("contended", Reason.ACT_FAILED, True),
        ("full", Reason.ACT_REFUSED, False),
    ],
)
async def test_what_does_not_pass_is_sorted_and_leaves_the_bounds_as_they_were(
    aws: AwsServer, groups, fault, reason, retryable
):
    aws.world.faults.add(fault, "UpdateAutoScalingGroup", times=9)

    with pytest.raises(ActuationError) as caught:
        await groups.set_floor(WEB, RAISE, NOW)

    aws.world.faults.clear()
    assert (caught.value.resource, caught.value.reason, caught.value.retryable) == (WEB, reason, retryable)
    assert "autoscaling:UpdateAutoScalingGroup" in caught.value.detail
    assert (await groups.observe(WEB, NOW)).bounds == Bounds(2, 40)


@pytest.mark.parametrize("ahead", [timedelta(minutes=3), timedelta(minutes=-10)])
async def test_a_clock_that_shows_another_time_than_ours_is_told(aws: AwsServer, groups, ahead):
    """Also where a signature is refused for it: that answer is dated like any other."""
    assert (await groups.observe(WEB, NOW)).clock_ahead == timedelta(0)

    aws.world.clock_ahead = ahead
    aws.world.faults.add("skewed", "UpdateAutoScalingGroup", times=9)
    with pytest.raises(ActuationError):
        await groups.set_floor(WEB, RAISE, NOW)

    assert (await groups.observe(WEB, NOW)).clock_ahead == ahead


async def test_a_call_that_stalls_times_out_may_take_effect_later_and_is_set_right_by_the_next(
    aws: AwsServer,
):
    made_group()
    groups = with_patience(Patience(connect_s=1.0, read_s=0.3, attempts=1))
    aws.world.faults.add("stall", "UpdateAutoScalingGroup")

    with pytest.raises(ActuationError) as caught:
        await groups.set_floor(WEB, RAISE, NOW)
    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_TIMED_OUT, True)
    aws.world.faults.clear()
    await groups.set_floor(WEB, RAISE, NOW)

    found = await groups.observe(WEB, NOW)
    assert (found.bounds, found.originals) == (Bounds(9, 40), Bounds(2, 40))


async def test_a_whole_call_ends_within_its_patience_however_many_requests_it_makes(aws: AwsServer):
    made_group()
    groups = with_patience(Patience(connect_s=1.0, read_s=2.0, attempts=1), patience_s=0.2)
    aws.world.faults.add("stall", "DescribeScheduledActions")
    began = asyncio.get_running_loop().time()

    with pytest.raises(ActuationError) as caught:
        await groups.observe(WEB, NOW)

    took = asyncio.get_running_loop().time() - began
    aws.world.faults.clear()
    assert caught.value.reason is Reason.ACT_TIMED_OUT
    assert took < 1.5


def test_the_slowest_call_counts_every_attempt_of_a_thread_that_nobody_waits_for():
    """Three calls of two attempts: 3 s each, 2 s for its turn, a second between them; then the patience."""
    patience = Patience(connect_s=1.0, read_s=2.0, attempts=2, at_once=1)

    assert patience.longest_s == 3 * (2 * (1.0 + 2.0 + 2.0) + 1.0)
    assert with_patience(patience, patience_s=5.0).slowest_call == timedelta(seconds=38)


async def test_credentials_that_expired_are_fetched_anew_and_the_call_goes_on(aws: AwsServer, groups):
    await groups.observe(WEB, NOW)
    asked_before = aws.world.actions.count("sts:GetCallerIdentity")
    aws.world.faults.add("expired", "UpdateAutoScalingGroup")

    await groups.set_floor(WEB, RAISE, NOW)

    assert (await groups.observe(WEB, NOW)).bounds == Bounds(9, 40)
    assert aws.world.actions.count("sts:GetCallerIdentity") == asked_before + 1


async def test_an_account_that_the_policy_does_not_list_is_never_called(aws: AwsServer, groups):
    with pytest.raises(ActuationError, match="list it under `accounts:`") as caught:
        await groups.observe(WEB.replace(ACCOUNT, "111122223333"), NOW)

    assert (caught.value.reason, aws.world.ours) == (Reason.NO_ACTUATOR, [])


async def test_nothing_is_called_in_another_account_than_the_ids(aws: AwsServer):
    other = WEB.replace(ACCOUNT, "111122223333")
    sessions = Sessions({"111122223333": AccountConnection("111122223333")}, HASTE)
    groups = AwsActuator(sessions, AutoScalingGroup(sessions))

    with pytest.raises(ActuationError, match=rf"of account {ACCOUNT}") as caught:
        await groups.set_floor(other, RAISE, NOW)

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_FORBIDDEN, False)
    assert [a for a in aws.world.actions if a.startswith("autoscaling:Update")] == []


async def test_an_account_is_called_in_its_role_with_its_external_id(aws: AwsServer):
    role = "arn:aws:iam::111122223333:role/headstart"
    aws.world.external_ids[role] = "shop-42"
    for external_id, reason, failed in (
        ("shop-42", Reason.RESOURCE_GONE, "there is no Auto Scaling group web"),
        ("other", Reason.ACT_FORBIDDEN, "sts:AssumeRole answered AccessDenied"),
    ):
        sessions = Sessions({"111122223333": AccountConnection("111122223333", role, external_id)})
        groups = AwsActuator(sessions, AutoScalingGroup(sessions))
        with pytest.raises(ActuationError) as caught:
            await groups.observe(WEB.replace(ACCOUNT, "111122223333"), NOW)
        assert (caught.value.reason, failed in caught.value.detail) == (reason, True)

    assert "sts:AssumeRole" in aws.world.actions


async def test_an_id_of_another_shape_is_refused_before_anything_is_called(aws: AwsServer, groups):
    for wrong in ("k8s://prod/shop/hpa/web", resource_id("asg/web/more"), "aws://1/2"):
        with pytest.raises(ActuationError, match="write aws://account/region") as caught:
            await groups.observe(wrong, NOW)
        assert (caught.value.reason, caught.value.retryable) == (Reason.NO_ACTUATOR, False)


async def test_a_wait_that_aws_asks_for_is_passed_on(aws: AwsServer, groups):
    aws.world.faults.add("503", "UpdateAutoScalingGroup", times=9)
    aws.world.faults.retry_after = "17"

    with pytest.raises(ActuationError) as caught:
        await groups.set_floor(WEB, RAISE, NOW)

    assert caught.value.retry_after == 17.0


async def test_no_more_calls_are_under_way_at_once_than_agreed(aws: AwsServer):
    made_group()
    groups = with_patience(Patience(read_s=5.0, attempts=1, at_once=2))
    await groups.observe(WEB, NOW)

    await asyncio.gather(*(groups.observe(WEB, NOW) for _ in range(8)))

    assert 1 <= aws.world.most_at_once <= 2
    assert client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0]["MinSize"] == 2
