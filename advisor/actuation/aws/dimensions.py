"""The dimensions that Application Auto Scaling is used for: how each is named there, and what verifies it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from advisor.actuation.aws.addresses import Address, with_names
from advisor.actuation.aws.effects import (
    Effect,
    aurora_readers,
    cache_replicas,
    cache_shards,
    ecs_tasks,
    lambda_concurrency,
    table_reads,
    table_writes,
)
from advisor.actuation.aws.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Dimension:
    """One kind of resource that Application Auto Scaling scales.

    `shape` shows how its ids end, `names` are the fewest and the most names in them. `object` and `counted`
    are patterns of the scalable target's ResourceId and ScalableDimension; `part` says them for a resource
    within another (an index of a table), where that differs. `most` is a limit that no quota raises.
    """

    shape: str
    namespace: str
    object: str
    counted: str
    effect: Callable[[Sessions, Address], Awaitable[Effect]]
    names: tuple[int, int] = (1, 1)
    part: tuple[str, str] | None = None
    most: int | None = None

    def address(self, resource: str) -> Address:
        """Where is it? Raises ActuationError for an id of another shape."""
        return with_names(resource, *self.names, self.shape)

    def target(self, at: Address) -> dict[str, str]:
        """What names its scalable target in every call."""
        object_, counted = self.part if self.part and at.within else (self.object, self.counted)
        return {
            "ServiceNamespace": self.namespace,
            "ResourceId": object_.format(*at.names),
            "ScalableDimension": counted,
        }


def _table(word: str, units: str, effect: Callable[[Sessions, Address], Awaitable[Effect]]) -> Dimension:
    index = ("table/{}/index/{}", f"dynamodb:index:{units}")
    return Dimension(
        f"dynamodb-{word}/TABLE[/INDEX]",
        "dynamodb",
        "table/{}",
        f"dynamodb:table:{units}",
        effect,
        (1, 2),
        index,
    )


def _cache(
    word: str, counted: str, effect: Callable[[Sessions, Address], Awaitable[Effect]], most: int | None
) -> Dimension:
    return Dimension(
        f"elasticache-{word}/GROUP",
        "elasticache",
        "replication-group/{}",
        f"elasticache:replication-group:{counted}",
        effect,
        most=most,
    )


DIMENSIONS: Mapping[str, Dimension] = {
    "ecs": Dimension(
        "ecs/CLUSTER/SERVICE", "ecs", "service/{}/{}", "ecs:service:DesiredCount", ecs_tasks, (2, 2)
    ),
    "dynamodb-reads": _table("reads", "ReadCapacityUnits", table_reads),
    "dynamodb-writes": _table("writes", "WriteCapacityUnits", table_writes),
    "aurora-readers": Dimension(
        "aurora-readers/CLUSTER", "rds", "cluster:{}", "rds:cluster:ReadReplicaCount", aurora_readers, most=15
    ),
    "lambda": Dimension(
        "lambda/FUNCTION/ALIAS",
        "lambda",
        "function:{}:{}",
        "lambda:function:ProvisionedConcurrency",
        lambda_concurrency,
        (2, 2),
    ),
    "elasticache-shards": _cache("shards", "NodeGroups", cache_shards, None),
    "elasticache-replicas": _cache("replicas", "Replicas", cache_replicas, 5),
}
"""By the kind in a resource's id."""
