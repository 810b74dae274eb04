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
from advisor.actuation.aws.sessions import Sessions
from advisor.actuation.aws.warm_pool import WarmPool
from advisor.actuation.aws.warm_throughput import WarmThroughput
from advisor.domain.policy import ResourcePolicy


def aws_actuators(sessions: Sessions, resources: Mapping[str, ResourcePolicy]) -> Mapping[str, Actuator]:
    """The actuators of AWS by the kind in a resource's id: `asg`, `ecs`, `alb` ...

    `resources` are the policy's, by id: they tell the maximum of what has none of its own on the platform.
    """
    return {kind: AwsActuator(sessions, of) for kind, of in aws_kinds(sessions, resources).items()}


def aws_kinds(sessions: Sessions, resources: Mapping[str, ResourcePolicy]) -> Mapping[str, Kind]:
    """All kinds of resources that can be set on AWS."""
    scaled = {
        name: ApplicationAutoScaling(sessions, dimension, resources) for name, dimension in DIMENSIONS.items()
    }
    return {
        "asg": AutoScalingGroup(sessions),
        "asg-warm-pool": WarmPool(sessions, resources),
        "eks-nodegroup": NodeGroup(sessions),
        "alb": LoadBalancer(sessions, "alb", resources),
        "nlb": LoadBalancer(sessions, "nlb", resources),
        "dynamodb-warm-reads": WarmThroughput(sessions, "dynamodb-warm-reads", resources),
        "dynamodb-warm-writes": WarmThroughput(sessions, "dynamodb-warm-writes", resources),
        **scaled,
    }
