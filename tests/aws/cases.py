"""Every kind of resource of AWS as a case of the actuators' contract: made over the API, as people do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor.actuation.aws.actuator import AwsActuator
from advisor.actuation.aws.auto_scaling_group import AutoScalingGroup
from advisor.actuation.aws.sessions import Connections
from advisor.domain.capacity import Bounds
from tests.aws.people import client, interrupted_at_call, resource_id
from tests.aws.scaled import ALIKE, SCALED_CASES
from tests.aws.server import AwsServer
from tests.support.actuator_case import ActuatorCase

__all__ = ["ALIKE", "AWS_CASES", "made_group"]


def made_group(name: str = "web", minimum: int = 2, maximum: int = 40) -> None:
    """An Auto Scaling group in a subnet, its instances in service."""
    groups = client("autoscaling")
    if not groups.describe_launch_configurations(LaunchConfigurationNames=["web"])["LaunchConfigurations"]:
        groups.create_launch_configuration(
            LaunchConfigurationName="web", ImageId="ami-12c6146b", InstanceType="m5.large"
        )
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName="web",
        MinSize=minimum,
        MaxSize=maximum,
        DesiredCapacity=minimum,
        VPCZoneIdentifier=subnet,
    )


def group_case(request: pytest.FixtureRequest) -> ActuatorCase:
    """`asg/NAME`."""
    server: AwsServer = request.getfixturevalue("aws")
    connections: Connections = request.getfixturevalue("aws_connections")
    made_group()

    async def somebody_sets(bounds: Bounds) -> None:
        client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName="web", MinSize=bounds.minimum, MaxSize=bounds.maximum
        )

    async def recreate() -> None:
        client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
        made_group()

    return ActuatorCase(
        AwsActuator(connections, AutoScalingGroup(connections)),
        resource_id("asg/web"),
        resource_id("asg/web-gone"),
        server.world.lead_time,
        lambda: server.world.now,
        server.world.pass_time,
        somebody_sets,
        recreate,
        interrupted_at_call(server),
        schedules=True,
    )


AWS_CASES: dict[str, Callable[[pytest.FixtureRequest], ActuatorCase]] = {
    "aws-asg": group_case,
    **SCALED_CASES,
}
