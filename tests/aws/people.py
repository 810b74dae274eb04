"""What people do to the tests' AWS, past the actuators, and how an actuator's call is cut short."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from advisor.actuation.aws.sessions import Patience
from advisor.actuation.connections import AccountConnection
from tests.aws.world import ACCOUNT, REGION

OURS = {ACCOUNT: AccountConnection(ACCOUNT)}
"""The account of the tests, called with the credentials in the environment."""

HASTE = Patience(connect_s=1.0, read_s=5.0, attempts=2, at_once=4)
"""For tests: boto3 gives up soon."""


def resource_id(rest: str) -> str:
    """The id of a resource of the tests' account."""
    return f"aws://{ACCOUNT}/{REGION}/{rest}"


def client(service: str) -> Any:
    """A client as people use it, past the actuators."""
    return _client(service, os.environ["AWS_ENDPOINT_URL"])


@cache
def _client(service: str, url: str) -> Any:
    return boto3.client(service, region_name=REGION, endpoint_url=url)


def made_group(
    name: str = "web", minimum: int = 2, maximum: int = 40, instance_type: str = "m5.large"
) -> None:
    """An Auto Scaling group in a subnet, its instances in service."""
    groups = client("autoscaling")
    known = groups.describe_launch_configurations(LaunchConfigurationNames=[instance_type])
    if not known["LaunchConfigurations"]:
        groups.create_launch_configuration(
            LaunchConfigurationName=instance_type, ImageId="ami-12c6146b", InstanceType=instance_type
        )
    subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    groups.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=instance_type,
        MinSize=minimum,
        MaxSize=maximum,
        DesiredCapacity=minimum,
        VPCZoneIdentifier=subnet,
    )


def made_mixed_group(name: str, *, base: int, percent: int) -> None:
    """A group of 2 to 40 that buys its first `base` instances and so many of a hundred others on demand."""
    client("ec2").create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={"ImageId": "ami-12c6146b", "InstanceType": "m5.large"},
    )
    template = {"LaunchTemplateSpecification": {"LaunchTemplateName": name, "Version": "$Latest"}}
    mix = {"OnDemandBaseCapacity": base, "OnDemandPercentageAboveBaseCapacity": percent}
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=name,
        MixedInstancesPolicy={"LaunchTemplate": template, "InstancesDistribution": mix},
        MinSize=2,
        MaxSize=40,
        DesiredCapacity=2,
        VPCZoneIdentifier=client("ec2").describe_subnets()["Subnets"][0]["SubnetId"],
    )
