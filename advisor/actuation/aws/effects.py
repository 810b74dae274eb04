"""What serves of what Application Auto Scaling scales? Each platform is asked itself, not the scaler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.actuation.aws.addresses import Address
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


@dataclass(frozen=True, slots=True)
class Effect:
    """Units asked for and units that serve, of one object; `settled` is False while it is being changed."""

    units: int
    ready_units: int
    identity: str
    waiting_for: tuple[str, ...] = ()
    settled: bool = True
    described: Mapping[str, Any] = field(default_factory=dict)


async def ecs_tasks(aws: Sessions, at: Address) -> Effect:
    """Tasks of a service that run."""
    answer = await aws.call(at, "ecs", "describe_services", cluster=at.name, services=[at.within])
    services = [s for s in answer["services"] if s["status"] != "INACTIVE"]
    if not services:
        raise _gone(at, f"there is no ECS service {at.within} in cluster {at.name}")
    service = services[0]
    running, desired = service["runningCount"], service["desiredCount"]
    waits: tuple[str, ...] = ()
    if running < desired:
        said = [e["message"] for e in service.get("events", ())[:1] if "unable" in e["message"]]
        waits = (f"{desired - running} tasks are not running", *said)
    return Effect(
        desired, running, _made(service["serviceArn"], service.get("createdAt")), waits, described=service
    )


async def table_reads(aws: Sessions, at: Address) -> Effect:
    """Read capacity units that are provisioned."""
    return await _table(aws, at, "ReadCapacityUnits")


async def table_writes(aws: Sessions, at: Address) -> Effect:
    """Write capacity units that are provisioned."""
    return await _table(aws, at, "WriteCapacityUnits")


async def _table(aws: Sessions, at: Address, units: str) -> Effect:
    table = await described_table(aws, at)
    if table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        detail = "the table is on demand and has no provisioned capacity; use dynamodb-warm-reads or -writes"
        raise ActuationError(at.resource, detail, retryable=False, reason=Reason.ACT_REFUSED)
    part, status = part_of_table(at, table)
    provisioned = int(part["ProvisionedThroughput"][units])
    waits = () if status == "ACTIVE" else (f"the table is {status}",)
    identity = _made(table["TableArn"], table["CreationDateTime"])
    return Effect(provisioned, provisioned, identity, waits, status == "ACTIVE", table)


async def described_table(aws: Sessions, at: Address) -> dict[str, Any]:
    """AWS's description of a table. Raises ActuationError."""
    answer = await aws.call(at, "dynamodb", "describe_table", TableName=at.name)
    return dict(answer["Table"])


def part_of_table(at: Address, table: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The table itself, or the index that is meant, and its status: the table's, as long as that is busy."""
    if at.within is None:
        return table, str(table["TableStatus"])
    indexes = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}
    if at.within not in indexes:
        raise _gone(at, f"table {at.name} has no index {at.within}")
    index = indexes[at.within]
    status = index["IndexStatus"] if table["TableStatus"] == "ACTIVE" else table["TableStatus"]
    return index, str(status)


async def aurora_readers(aws: Sessions, at: Address) -> Effect:
    """Readers of a cluster that are available."""
    clusters = await aws.pages(at, "rds", "describe_db_clusters", "DBClusters", DBClusterIdentifier=at.name)
    if not clusters:
        raise _gone(at, f"there is no Aurora cluster {at.name}")
    cluster = clusters[0]
    readers = {m["DBInstanceIdentifier"] for m in cluster["DBClusterMembers"] if not m["IsClusterWriter"]}
    ours = [{"Name": "db-cluster-id", "Values": [at.name]}]
    instances = await aws.pages(at, "rds", "describe_db_instances", "DBInstances", Filters=ours)
    states = {i["DBInstanceIdentifier"]: i["DBInstanceStatus"] for i in instances}
    waits = tuple(f"reader {r} is {states.get(r)}" for r in sorted(readers) if states.get(r) != "available")
    identity = _made(cluster["DBClusterArn"], cluster["ClusterCreateTime"])
    return Effect(len(readers), len(readers) - len(waits), identity, waits[:3], described=cluster)


async def lambda_concurrency(aws: Sessions, at: Address) -> Effect:
    """Provisioned concurrency of an alias that is allocated; without a configuration it has none."""
    alias = await aws.call(at, "lambda", "get_alias", FunctionName=at.name, Name=at.within)
    configs = await aws.pages(
        at,
        "lambda",
        "list_provisioned_concurrency_configs",
        "ProvisionedConcurrencyConfigs",
        FunctionName=at.name,
    )
    config = next((c for c in configs if c["FunctionArn"] == alias["AliasArn"]), None)
    if config is None:
        return Effect(0, 0, alias["AliasArn"])
    waits = (
        ()
        if config["Status"] == "READY"
        else (
            " ".join(
                filter(None, (f"provisioned concurrency is {config['Status']}", config.get("StatusReason")))
            ),
        )
    )
    return Effect(
        config["RequestedProvisionedConcurrentExecutions"],
        config.get("AllocatedProvisionedConcurrentExecutions", 0),
        alias["AliasArn"],
        waits,
        described=config,
    )


async def cache_shards(aws: Sessions, at: Address) -> Effect:
    """Shards of a replication group that are available."""
    group = await _cache(aws, at)
    shards = group["NodeGroups"]
    ready = sum(shard["Status"] == "available" for shard in shards)
    return _cached(group, len(shards), ready)


async def cache_replicas(aws: Sessions, at: Address) -> Effect:
    """Replicas of each shard of a replication group: as many as the shard with the fewest has."""
    group = await _cache(aws, at)
    replicas = [max(len(shard["NodeGroupMembers"]) - 1, 0) for shard in group["NodeGroups"]]
    fewest = min(replicas, default=0)
    return _cached(group, fewest, fewest)


async def _cache(aws: Sessions, at: Address) -> dict[str, Any]:
    groups = await aws.pages(
        at, "elasticache", "describe_replication_groups", "ReplicationGroups", ReplicationGroupId=at.name
    )
    if not groups:
        raise _gone(at, f"there is no replication group {at.name}")
    return dict(groups[0])


def _cached(group: Mapping[str, Any], units: int, ready: int) -> Effect:
    """A group that is being changed lists nodes before they serve, so only an available one counts."""
    available = group["Status"] == "available"
    waits = () if available else (f"the replication group is {group['Status']}",)
    identity = _made(group["ARN"], group.get("ReplicationGroupCreateTime"))
    return Effect(units, ready, identity, waits, available, group)


def _made(arn: str, when: Any) -> str:
    return f"{arn}@{when.isoformat()}" if when is not None else arn


def _gone(at: Address, detail: str) -> ActuationError:
    return ActuationError(
        at.resource, f"{detail} in {at.region}", retryable=False, reason=Reason.RESOURCE_GONE
    )
