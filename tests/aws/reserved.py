"""Cases of the contract that have calls of their own: load balancers, node groups, pools, warm throughput."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from advisor.actuation.aws.actuators import aws_actuators
from advisor.domain.capacity import Bounds
from tests.aws.people import client, made_group, resource_id
from tests.aws.scaled import make_table
from tests.aws.server import AwsServer
from tests.aws.world import Fleet, World
from tests.support.actuator_case import ActuatorCase, interrupted_at
from tests.support.builders import resource


@dataclass(frozen=True)
class Reserved:
    """How one kind is named, made with two units, and set by others."""

    name: str
    gone: str
    make: Callable[[World], None]
    set: Callable[[World, Bounds], None]
    own_maximum: bool = False
    lowers: bool = True


def make_balancer(world: World, of: str = "application") -> None:
    """A load balancer with two units reserved."""
    elb = client("elbv2")
    for old in elb.describe_load_balancers()["LoadBalancers"]:
        elb.delete_load_balancer(LoadBalancerArn=old["LoadBalancerArn"])
    subnets = [s["SubnetId"] for s in client("ec2").describe_subnets()["Subnets"]][:2]
    made = elb.create_load_balancer(Name="front", Subnets=subnets, Type=of)["LoadBalancers"][0]
    world.fleets[f"lcu|{made['LoadBalancerArn']}"] = Fleet(2, 2)


def set_balancer(world: World, bounds: Bounds) -> None:
    """Somebody reserves."""
    elb = client("elbv2")
    arn = elb.describe_load_balancers(Names=["front"])["LoadBalancers"][0]["LoadBalancerArn"]
    elb.modify_capacity_reservation(
        LoadBalancerArn=arn, MinimumLoadBalancerCapacity={"CapacityUnits": bounds.minimum}
    )


def make_nodegroup(world: World) -> None:
    """A node group of two nodes, over an Auto Scaling group as EKS makes it."""
    eks = client("eks")
    if "shop" not in eks.list_clusters()["clusters"]:
        role = "arn:aws:iam::123456789012:role/eks"
        eks.create_cluster(name="shop", roleArn=role, resourcesVpcConfig={"subnetIds": []})
    if eks.list_nodegroups(clusterName="shop")["nodegroups"]:
        eks.delete_nodegroup(clusterName="shop", nodegroupName="web")
    made = eks.create_nodegroup(
        clusterName="shop",
        nodegroupName="web",
        nodeRole="arn:aws:iam::123456789012:role/node",
        subnets=["subnet-1"],
        scalingConfig={"minSize": 2, "maxSize": 40, "desiredSize": 2},
    )["nodegroup"]
    made_group(made["resources"]["autoScalingGroups"][0]["name"])


def set_nodegroup(world: World, bounds: Bounds) -> None:
    """Somebody sets a node group's sizes."""
    sizes = {"minSize": bounds.minimum, "maxSize": bounds.maximum, "desiredSize": bounds.minimum}
    client("eks").update_nodegroup_config(clusterName="shop", nodegroupName="web", scalingConfig=sizes)


def make_pool(world: World) -> None:
    """A group with a pool of two hibernated instances."""
    groups = client("autoscaling")
    if groups.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"]:
        groups.delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
    made_group()
    world.fleets["pool|web"] = Fleet(2, 2)
    groups.put_warm_pool(
        AutoScalingGroupName="web", MinSize=2, MaxGroupPreparedCapacity=4, PoolState="Hibernated"
    )


def set_pool(world: World, bounds: Bounds) -> None:
    """Somebody writes the pool."""
    client("autoscaling").put_warm_pool(
        AutoScalingGroupName="web", MinSize=bounds.minimum, MaxGroupPreparedCapacity=4
    )


def make_warm(world: World) -> None:
    """A table, with its index, that is warm for two a second."""
    make_table(world)
    for object_ in ("table/carts", "table/carts/index/by-id"):
        for units in ("ReadUnitsPerSecond", "WriteUnitsPerSecond"):
            world.fleets[f"warm|{object_}|{units}"] = Fleet(2, 2)


def set_warm(world: World, bounds: Bounds) -> None:
    """Somebody warms the table and its index."""
    warm = {"ReadUnitsPerSecond": bounds.minimum, "WriteUnitsPerSecond": bounds.minimum}
    index = {"Update": {"IndexName": "by-id", "WarmThroughput": warm}}
    client("dynamodb").update_table(
        TableName="carts", WarmThroughput=warm, GlobalSecondaryIndexUpdates=[index]
    )
    world.pass_time(world.lead_time)


RESERVED: Mapping[str, Reserved] = {
    "alb": Reserved("alb/front", "alb/gone", make_balancer, set_balancer),
    "nlb": Reserved("nlb/front", "nlb/gone", lambda world: make_balancer(world, "network"), set_balancer),
    "eks-nodegroup": Reserved(
        "eks-nodegroup/shop/web", "eks-nodegroup/shop/gone", make_nodegroup, set_nodegroup, own_maximum=True
    ),
    "asg-warm-pool": Reserved("asg-warm-pool/web", "asg-warm-pool/gone", make_pool, set_pool),
    "dynamodb-warm-reads": Reserved(
        "dynamodb-warm-reads/carts", "dynamodb-warm-reads/gone", make_warm, set_warm, lowers=False
    ),
    "dynamodb-warm-writes": Reserved(
        "dynamodb-warm-writes/carts/by-id",
        "dynamodb-warm-writes/carts/gone",
        make_warm,
        set_warm,
        lowers=False,
    ),
}


def reserved_case(kind: str) -> Callable[[pytest.FixtureRequest], ActuatorCase]:
    """A case of one kind."""

    def case(request: pytest.FixtureRequest) -> ActuatorCase:
        server: AwsServer = request.getfixturevalue("aws")
        of, name = RESERVED[kind], resource_id(RESERVED[kind].name)
        of.make(server.world)

        async def somebody_sets(bounds: Bounds) -> None:
            of.set(server.world, bounds)

        async def recreate() -> None:
            of.make(server.world)

        actuators = aws_actuators(request.getfixturevalue("aws_sessions"), {name: resource(name)})
        return ActuatorCase(
            actuators[kind],
            name,
            resource_id(of.gone),
            server.world.lead_time,
            lambda: server.world.now,
            server.world.pass_time,
            somebody_sets,
            recreate,
            interrupted_at(server.world.at_call),
            own_maximum=of.own_maximum,
            lowers=of.lowers,
            cut_off=server.world.faults.cut_off,
        )

    return case


RESERVED_CASES = {f"aws-{kind}": reserved_case(kind) for kind in RESERVED}
