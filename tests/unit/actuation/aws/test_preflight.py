"""What will keep a plan from being carried out on AWS: with numbers, and the command that cures it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor.actuation.aws.actuator import AwsActuator
from advisor.actuation.aws.auto_scaling_group import AutoScalingGroup
from advisor.actuation.aws.group_preflight import group_obstacles
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import Preflight, PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.aws.cases import AWS_CASES
from tests.aws.people import client, made_group, made_mixed_group, resource_id
from tests.aws.server import AwsServer
from tests.aws.world import REGION
from tests.support.actuator_case import ActuatorCase
from tests.support.builders import NOW

VCPU, SPOT, GRAPHICS, FARGATE = "L-1216C47A", "L-34B43A08", "L-DB2E81BA", "L-3032A538"


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Callable[[str], ActuatorCase]:
    return lambda kind: AWS_CASES[f"aws-{kind}"](request)


async def looked(case: ActuatorCase, need: Bounds) -> Preflight:
    return await case.actuator.preflight(case.name, need, NOW)


async def group(sessions: Sessions, name: str, need: Bounds) -> Preflight:
    """What an Auto Scaling group of this name would lack."""
    actuator = AwsActuator(sessions, AutoScalingGroup(sessions))
    return await actuator.preflight(resource_id(f"asg/{name}"), need, NOW)


def only(findings: tuple[PreflightFinding, ...], reason: Reason) -> PreflightFinding:
    found = [finding for finding in findings if finding.reason is reason]
    assert len(found) == 1
    return found[0]


async def test_a_quota_that_holds_the_plan_is_no_finding(aws: AwsServer, made):
    case = made("asg")
    aws.world.quotas[VCPU] = 500.0

    assert (await looked(case, Bounds(40, 40))) == Preflight(NOW, 40)


async def test_a_vcpu_quota_that_is_too_small_is_cured_by_a_command_with_the_numbers(aws: AwsServer, made):
    """Forty instances of m5.large have two vCPU each."""
    case = made("asg")
    aws.world.quotas[VCPU] = 64.0

    found = only((await looked(case, Bounds(40, 40))).findings, Reason.QUOTA_TOO_SMALL)

    assert (found.resource, found.there, found.needed, found.blocks) == (case.name, 64.0, 80.0, True)
    assert found.enough_for == 32
    assert found.cure == (
        f"aws service-quotas request-service-quota-increase --region {REGION}"
        f" --service-code ec2 --quota-code {VCPU} --desired-value 80"
    )


async def test_instances_of_another_family_count_against_its_own_quota(
    aws: AwsServer, aws_sessions: Sessions
):
    made_group("gpu", instance_type="g4dn.xlarge")
    aws.world.quotas |= {VCPU: 0.0, GRAPHICS: 32.0}

    found = only((await group(aws_sessions, "gpu", Bounds(10, 40))).findings, Reason.QUOTA_TOO_SMALL)

    assert (found.there, found.needed, found.enough_for) == (32.0, 40.0, 8)
    assert "vCPU of on-demand instances (G and VT)" in found.detail
    assert f"--quota-code {GRAPHICS} --desired-value 40" in found.cure


async def test_a_mixed_group_asks_both_quotas_for_their_shares(aws: AwsServer, aws_sessions: Sessions):
    """Of forty instances of two vCPU, four and half of the others are on demand: 44 vCPU, and 36 of spot."""
    made_mixed_group("mixed", base=4, percent=50)
    aws.world.quotas |= {VCPU: 44.0, SPOT: 12.0}

    found = only((await group(aws_sessions, "mixed", Bounds(40, 40))).findings, Reason.QUOTA_TOO_SMALL)

    assert (found.there, found.needed, found.enough_for) == (12.0, 36.0, 17)
    assert "vCPU of spot requests" in found.detail
    assert f"--quota-code {SPOT} --desired-value 36" in found.cure


async def test_a_quota_that_cannot_be_asked_for_hides_no_finding_of_the_other(
    aws: AwsServer, aws_sessions: Sessions
):
    """On demand 44 vCPU are needed, and nobody tells the quota of spot requests."""
    made_mixed_group("mixed", base=4, percent=50)
    aws.world.quotas[VCPU] = 20.0

    seen = await group(aws_sessions, "mixed", Bounds(40, 40))

    found = only(seen.findings, Reason.QUOTA_TOO_SMALL)
    assert (found.there, found.needed, found.enough_for) == (20.0, 44.0, 16)
    assert [doubt for doubt in seen.unknown if doubt.startswith("vCPU quota: ")]


async def test_weights_count_and_not_instances(aws: AwsServer, aws_sessions: Sessions):
    """Two instances worth four units each, of two vCPU: forty units are ten instances, and twenty vCPU."""
    made_group()
    aws.world.quotas[VCPU] = 16.0
    found = await AutoScalingGroup(aws_sessions).find(resource_id("asg/web"), NOW)
    heavy = [{**instance, "WeightedCapacity": "4"} for instance in found.described["Instances"]]

    looked = await group_obstacles(
        aws_sessions, found, {**found.described, "Instances": heavy}, Bounds(40, 40)
    )

    quota = only(looked.findings, Reason.QUOTA_TOO_SMALL)
    assert (quota.there, quota.needed, quota.enough_for) == (16.0, 20.0, 32)

    looked = await group_obstacles(
        aws_sessions, found, {**found.described, "Instances": heavy}, Bounds(20_008, 20_008)
    )

    addresses = only(looked.findings, Reason.ADDRESSES_TOO_FEW)
    assert addresses.needed == 5000
    assert addresses.enough_for == 8 + 4 * addresses.there


async def test_subnets_without_enough_free_addresses_are_named(aws: AwsServer, made):
    case = made("asg")
    subnets = client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"][0][
        "VPCZoneIdentifier"
    ]

    found = only((await looked(case, Bounds(5000, 5000))).findings, Reason.ADDRESSES_TOO_FEW)

    assert found.needed == 4998
    assert found.there is not None
    assert 0 < found.there < 4998
    assert found.enough_for == 2 + found.there
    assert subnets in found.detail


@pytest.mark.parametrize("kind", ["asg", "ecs", "eks-nodegroup", "aurora-readers"])
async def test_a_maximum_below_the_need_blocks_only_where_ours_may_not_be_raised(aws: AwsServer, made, kind):
    case = made(kind)
    for need, blocks in ((Bounds(44, 60), False), (Bounds(44, 40), True)):
        found = [f for f in (await looked(case, need)).findings if f.reason is Reason.MAXIMUM_TOO_LOW]
        assert (found[0].there, found[0].needed, found[0].blocks) == (40, 44, blocks)
        assert found[0].cure.startswith("aws ")
        assert found[0].cure.endswith(" 44")


async def test_a_cluster_takes_no_more_than_fifteen_readers_whatever_its_maximum(aws: AwsServer, made):
    found = only((await looked(made("aurora-readers"), Bounds(20, 40))).findings, Reason.MAXIMUM_TOO_LOW)

    assert (found.there, found.needed, found.enough_for, found.blocks) == (15, 20, 15, True)


async def test_fargate_is_counted_in_vcpu_of_the_task(aws: AwsServer, made):
    """Half a vCPU each."""
    case = made("ecs")
    aws.world.quotas[FARGATE] = 6.0

    found = only((await looked(case, Bounds(20, 40))).findings, Reason.QUOTA_TOO_SMALL)

    assert (found.there, found.needed, found.enough_for) == (6.0, 10.0, 12)
    assert f"--service-code fargate --quota-code {FARGATE} --desired-value 10" in found.cure


async def test_provisioned_concurrency_leaves_a_hundred_executions_to_the_other_functions(
    aws: AwsServer, made
):
    case = made("lambda")
    aws.world.quotas["lambda"] = 120

    found = only((await looked(case, Bounds(40, 40))).findings, Reason.QUOTA_TOO_SMALL)

    assert (found.there, found.needed, found.enough_for) == (22, 40, 22)
    assert found.cure.endswith("--quota-code L-B99A9384 --desired-value 138")


async def test_reserved_capacity_units_have_a_quota_that_begins_at_nothing(aws: AwsServer, made):
    case = made("alb")
    aws.world.quotas["lcu"] = 0.0

    found = only((await looked(case, Bounds(30, 40))).findings, Reason.QUOTA_TOO_SMALL)

    assert (found.there, found.needed, found.blocks) == (0.0, 30, True)
    assert "--quota-code L-2 --desired-value 30" in found.cure


async def test_a_table_has_a_limit_of_the_account(aws: AwsServer, made):
    found = only(
        (await looked(made("dynamodb-reads"), Bounds(90_000, 90_000))).findings, Reason.QUOTA_TOO_SMALL
    )

    assert found.needed == 90_000
    assert "--service-code dynamodb --quota-code L-" in found.cure


async def test_a_missing_permission_is_a_finding_that_names_the_action(aws: AwsServer, made):
    case = made("asg")
    aws.world.quotas[VCPU] = 500.0
    aws.world.refused_actions = {"autoscaling:UpdateAutoScalingGroup"}

    found = only((await looked(case, Bounds(9, 40))).findings, Reason.PERMISSION_MISSING)

    assert "may not call autoscaling:UpdateAutoScalingGroup (implicitDeny)" in found.detail
    assert (found.there, found.needed, found.enough_for, found.blocks) == (None, None, 2, True)
    assert found.cure.startswith("aws iam put-")
    assert "deploy/aws/iam-write.json" in found.cure


async def test_a_permission_that_depends_on_a_tag_is_unknown_and_not_missing(aws: AwsServer, made):
    case = made("asg")
    aws.world.quotas[VCPU] = 500.0
    aws.world.depends_on = "aws:ResourceTag/headstart.io/managed"
    aws.world.refused_actions = {"autoscaling:UpdateAutoScalingGroup"}

    found = await looked(case, Bounds(9, 40))

    assert found.findings == ()
    assert found.unknown == (
        "permissions: whether autoscaling:UpdateAutoScalingGroup is allowed depends on"
        " aws:ResourceTag/headstart.io/managed",
    )


@pytest.mark.parametrize(
    ("kind", "action", "unknown"),
    [
        ("asg", "ec2:DescribeSubnets", "free addresses: ec2:DescribeSubnets answered AccessDenied"),
        ("asg", "servicequotas:GetServiceQuota", "vCPU quota: servicequotas:GetServiceQuota answered"),
        ("asg", "iam:SimulatePrincipalPolicy", "permissions: iam:SimulatePrincipalPolicy answered"),
        ("ecs", "ecs:DescribeTaskDefinition", "limits of ecs: ecs:DescribeTaskDefinition answered"),
        ("dynamodb-reads", "dynamodb:DescribeLimits", "limits of dynamodb: dynamodb:DescribeLimits"),
        ("lambda", "lambda:GetAccountSettings", "limits of lambda: lambda:GetAccountSettings answered"),
        ("alb", "servicequotas:ListServiceQuotas", "quota of reserved capacity units: servicequotas:List"),
    ],
)
async def test_what_may_not_be_looked_at_is_unknown_and_never_an_error(
    aws: AwsServer, made, kind, action, unknown
):
    case = made(kind)
    aws.world.forbidden.add(action)

    found = await looked(case, Bounds(9, 40))

    assert [text for text in found.unknown if text.startswith(unknown)]


async def test_what_may_not_even_be_observed_is_forbidden_by_name(aws: AwsServer, made):
    case = made("asg")
    aws.world.forbidden.add("autoscaling:DescribeAutoScalingGroups")

    with pytest.raises(ActuationError, match="autoscaling:DescribeAutoScalingGroups") as caught:
        await looked(case, Bounds(9, 40))

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_FORBIDDEN, False)
