"""Cases of the contract that Application Auto Scaling scales: with a scalable target, and without one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from advisor.actuation.aws.actuator import AwsActuator
from advisor.actuation.aws.application_auto_scaling import ApplicationAutoScaling
from advisor.actuation.aws.dimensions import DIMENSIONS
from advisor.domain.capacity import Bounds
from tests.aws.people import client, resource_id
from tests.aws.server import AwsServer
from tests.aws.world import Fleet, World
from tests.support.actuator_case import ActuatorCase, interrupted_at
from tests.support.builders import resource

LEAD_OF = "application-autoscaling"


@dataclass(frozen=True)
class Scaled:
    """How one dimension's object is named, and made as people make it."""

    name: str
    gone: str
    make: Callable[[World], None]
    remake: bool = True


def make_service(world: World) -> None:
    """An ECS service of two tasks on Fargate."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName="shop")
    ecs.register_task_definition(
        family="web", cpu="512", memory="1024", containerDefinitions=[{"name": "web", "image": "web"}]
    )
    if ecs.describe_services(cluster="shop", services=["web"])["services"]:
        ecs.delete_service(cluster="shop", service="web", force=True)
    ecs.create_service(
        cluster="shop", serviceName="web", taskDefinition="web", desiredCount=2, launchType="FARGATE"
    )
    world.table("services")["web"] = _made_at(world)


def make_table(world: World) -> None:
    """A provisioned table with an index."""
    dynamodb = client("dynamodb")
    if "carts" in dynamodb.list_tables()["TableNames"]:
        dynamodb.delete_table(TableName="carts")
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    throughput = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2}
    index = {"IndexName": "by-id", "KeySchema": key, "Projection": {"ProjectionType": "ALL"}}
    dynamodb.create_table(
        TableName="carts",
        KeySchema=key,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput=throughput,
        GlobalSecondaryIndexes=[{**index, "ProvisionedThroughput": throughput}],
    )


def make_cluster(world: World) -> None:
    """An Aurora cluster."""
    arn = "arn:aws:rds:eu-central-1:123456789012:cluster:orders"
    world.table("clusters")["orders"] = {"DBClusterArn": arn, "ClusterCreateTime": _made_at(world)}


def make_cache(world: World) -> None:
    """A replication group."""
    arn = "arn:aws:elasticache:eu-central-1:123456789012:replicationgroup:sessions"
    world.table("caches")["sessions"] = {"ARN": arn, "ReplicationGroupCreateTime": _made_at(world)}
    for word, units in (("NodeGroups", 2), ("Replicas", 2)):
        key = f"elasticache|replication-group/sessions|elasticache:replication-group:{word}"
        world.fleets[key] = Fleet(units, units)


def make_alias(world: World) -> None:
    """An alias of a function."""
    world.table("aliases")["pay:live"] = {}


def _made_at(world: World) -> Any:
    world.table("made")["objects"] = world.table("made").get("objects", 0) + 1
    return world.now.replace(microsecond=world.table("made")["objects"])


SCALED: Mapping[str, Scaled] = {
    "ecs": Scaled("ecs/shop/web", "ecs/shop/gone", make_service),
    "dynamodb-reads": Scaled("dynamodb-reads/carts", "dynamodb-reads/gone", make_table),
    "dynamodb-writes": Scaled("dynamodb-writes/carts/by-id", "dynamodb-writes/carts/gone", make_table),
    "aurora-readers": Scaled("aurora-readers/orders", "aurora-readers/gone", make_cluster),
    "lambda": Scaled("lambda/pay/live", "lambda/pay/gone", make_alias, remake=False),
    "elasticache-shards": Scaled("elasticache-shards/sessions", "elasticache-shards/gone", make_cache),
    "elasticache-replicas": Scaled("elasticache-replicas/sessions", "elasticache-replicas/gone", make_cache),
}


def scaled_case(kind: str, *, placed: bool) -> Callable[[pytest.FixtureRequest], ActuatorCase]:
    """A case of one dimension, with a scalable target of 2 to 40 or without any."""

    def case(request: pytest.FixtureRequest) -> ActuatorCase:
        server: AwsServer = request.getfixturevalue("aws")
        scaled, dimension = SCALED[kind], DIMENSIONS[kind]
        name = resource_id(scaled.name)
        named = dimension.target(dimension.address(name))

        def make() -> None:
            world = server.world
            scaled.make(world)
            world.fleets["|".join(named.values())] = Fleet(2, 2)
            if placed:
                client(LEAD_OF).register_scalable_target(**named, MinCapacity=2, MaxCapacity=40)

        async def somebody_sets(bounds: Bounds) -> None:
            client(LEAD_OF).register_scalable_target(
                **named, MinCapacity=bounds.minimum, MaxCapacity=bounds.maximum
            )

        async def recreate() -> None:
            client(LEAD_OF).deregister_scalable_target(**named)
            make()

        make()
        sessions = request.getfixturevalue("aws_sessions")
        policies = {name: resource(name)}
        return ActuatorCase(
            AwsActuator(sessions, ApplicationAutoScaling(sessions, dimension, policies)),
            name,
            resource_id(scaled.gone),
            server.world.lead_time,
            lambda: server.world.now,
            server.world.pass_time,
            somebody_sets,
            recreate if scaled.remake else None,
            interrupted_at(server.world.at_call),
            schedules=True,
            cut_off=server.world.faults.cut_off,
        )

    return case


SCALED_CASES = {f"aws-{kind}": scaled_case(kind, placed=True) for kind in SCALED} | {
    f"aws-{kind}-without-a-target": scaled_case(kind, placed=False) for kind in ("ecs", "lambda")
}

SCALED_ALIKE = {f"aws-{kind}" for kind in SCALED if kind != "ecs"}
"""Cases whose calls are those of another case, in the same order."""
