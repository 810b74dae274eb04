"""Which actuator sets which kind of resource of AWS?"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.actuation.actuator import Actuator
from advisor.actuation.aws.actuator import AwsActuator
from advisor.actuation.aws.application_auto_scaling import ApplicationAutoScaling
from advisor.actuation.aws.auto_scaling_group import AutoScalingGroup
from advisor.actuation.aws.dimensions import DIMENSIONS
from advisor.actuation.aws.found import Kind
from advisor.actuation.aws.load_balancer import LoadBalancer
from advisor.actuation.aws.node_group import NodeGroup
from advisor.actuation.aws.sessions import Connections
from advisor.actuation.aws.warm_pool import WarmPool
from advisor.actuation.aws.warm_throughput import WarmThroughput
from advisor.domain.policy import ResourcePolicy


def aws_actuators(
    connections: Connections, resources: Mapping[str, ResourcePolicy]
) -> Mapping[str, Actuator]:
    """The actuators of AWS by the kind in a resource's id: `asg`, `ecs`, `alb` ...

    `resources` are the policy's, by id: they tell the maximum of what has none of its own on the platform.
    """
    return {kind: AwsActuator(connections, of) for kind, of in aws_kinds(connections, resources).items()}


def aws_kinds(connections: Connections, resources: Mapping[str, ResourcePolicy]) -> Mapping[str, Kind]:
    """All kinds of resources that can be set on AWS."""
    scaled = {
        name: ApplicationAutoScaling(connections, dimension, resources)
        for name, dimension in DIMENSIONS.items()
    }
    return {
        "asg": AutoScalingGroup(connections),
        "asg-warm-pool": WarmPool(connections, resources),
        "eks-nodegroup": NodeGroup(connections),
        "alb": LoadBalancer(connections, "alb", resources),
        "nlb": LoadBalancer(connections, "nlb", resources),
        "dynamodb-warm-reads": WarmThroughput(connections, "dynamodb-warm-reads", resources),
        "dynamodb-warm-writes": WarmThroughput(connections, "dynamodb-warm-writes", resources),
        **scaled,
    }
