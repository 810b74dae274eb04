"""What Application Auto Scaling scales, as its own platform describes it: by the fleet behind it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from tests.aws.wire import Call, Forward, RefusedError, answered
from tests.aws.world import ACCOUNT, REGION, Fleet, World


def services(world: World, call: Call, forward: Forward) -> Response:
    """moto's ECS services, with the tasks that there are."""
    answer = forward()
    said = json.loads(answer.get_data())
    for service in said.get("services", ()):
        cluster = service["clusterArn"].rsplit("/", 1)[-1]
        fleet = world.fleets.get(f"ecs|service/{cluster}/{service['serviceName']}|ecs:service:DesiredCount")
        if fleet:
            service |= {"desiredCount": fleet.wanted, "runningCount": fleet.ready}
            service["createdAt"] = world.table("services")[service["serviceName"]].timestamp()
            service["pendingCount"] = fleet.wanted - fleet.ready
            if world.no_capacity:
                service["events"] = [{"message": "unable to place a task: RESOURCE:CPU"}]
    answer.set_data(json.dumps(said))
    return answer


def table(world: World, call: Call, forward: Forward) -> Response:
    """moto's tables, with the throughput that there is; one that is on its way keeps the table updating."""
    answer = forward()
    said = json.loads(answer.get_data())
    if "Table" in said:
        name = said["Table"]["TableName"]
        _throughput(world, said["Table"], f"table/{name}", "table", "TableStatus")
        for index in said["Table"].get("GlobalSecondaryIndexes", ()):
            _throughput(world, index, f"table/{name}/index/{index['IndexName']}", "index", "IndexStatus")
        answer.set_data(json.dumps(said))
    return answer


def _throughput(world: World, part: dict[str, Any], object_: str, word: str, status: str) -> None:
    for units in ("ReadCapacityUnits", "WriteCapacityUnits"):
        fleet = world.fleets.get(f"dynamodb|{object_}|dynamodb:{word}:{units}")
        if fleet:
            part["ProvisionedThroughput"][units] = fleet.ready
            part[status] = "UPDATING" if fleet.due else part[status]
    warm = [
        (w, world.fleets.get(f"warm|{object_}|{w}")) for w in ("ReadUnitsPerSecond", "WriteUnitsPerSecond")
    ]
    for units, fleet in warm:
        if fleet:
            part.setdefault("WarmThroughput", {})[units] = fleet.wanted
    if any(fleet for _, fleet in warm):
        updating = any(fleet.due for _, fleet in warm if fleet)
        part["WarmThroughput"]["Status"] = "UPDATING" if updating else "ACTIVE"


def _made(world: World, kind: str, name: str, code: str) -> dict[str, Any]:
    found = world.table(kind).get(name)
    if found is None:
        raise RefusedError(code, f"{name} not found", 404)
    return dict(found)


def db_clusters(world: World, call: Call, forward: Forward) -> Response:
    """A cluster with its writer and its readers."""
    name = call.given["DBClusterIdentifier"]
    cluster = _made(world, "clusters", name, "DBClusterNotFoundFault")
    members = [{"DBInstanceIdentifier": f"{name}-0", "IsClusterWriter": True}]
    readers = _readers(world, name)
    members += [{"DBInstanceIdentifier": n, "IsClusterWriter": False} for n, _ in readers]
    return answered(call, {"DBClusters": [{**cluster, "DBClusterMembers": members}]})


def db_instances(world: World, call: Call, forward: Forward) -> Response:
    """The instances of a cluster, two a page."""
    name = call.given["Filters"][0]["Values"][0]
    states = [(f"{name}-0", "available"), *_readers(world, name)]
    found = [{"DBInstanceIdentifier": n, "DBInstanceStatus": state} for n, state in states]
    start = int(call.given.get("Marker") or 0)
    page: dict[str, Any] = {"DBInstances": found[start : start + 2]}
    return answered(call, page | ({"Marker": str(start + 2)} if start + 2 < len(found) else {}))


def _readers(world: World, name: str) -> list[tuple[str, str]]:
    fleet = world.fleets[f"rds|cluster:{name}|rds:cluster:ReadReplicaCount"]
    states = ("available" if n < fleet.ready else "creating" for n in range(fleet.wanted))
    return [(f"{name}-reader-{n}", state) for n, state in enumerate(states)]


def replication_groups(world: World, call: Call, forward: Forward) -> Response:
    """A replication group; nodes that are on their way are listed already."""
    name = call.given["ReplicationGroupId"]
    group = _made(world, "caches", name, "ReplicationGroupNotFoundFault")
    shards = world.fleets[f"elasticache|replication-group/{name}|elasticache:replication-group:NodeGroups"]
    replicas = world.fleets[f"elasticache|replication-group/{name}|elasticache:replication-group:Replicas"]
    group["Status"] = "modifying" if shards.due or replicas.due else "available"
    group["NodeGroups"] = [
        {
            "NodeGroupId": f"{n:04d}",
            "Status": "available" if n < shards.ready else "creating",
            "NodeGroupMembers": [{"CacheNodeId": f"{m:04d}"} for m in range(1 + replicas.wanted)],
        }
        for n in range(shards.wanted)
    ]
    return answered(call, {"ReplicationGroups": [group]})


def alias(world: World, call: Call, forward: Forward) -> Response:
    """An alias of a function."""
    name = f"{call.given['FunctionName']}:{call.given['Name']}"
    _made(world, "aliases", name, "ResourceNotFoundException")
    return answered(call, {"AliasArn": _function_arn(name), "Name": call.given["Name"]})


def concurrency(world: World, call: Call, forward: Forward) -> Response:
    """The provisioned concurrency of a function's aliases."""
    found = []
    for name in world.table("aliases"):
        fleet = world.fleets[f"lambda|function:{name}|lambda:function:ProvisionedConcurrency"]
        if name.startswith(f"{call.given['FunctionName']}:") and fleet.wanted:
            found.append(_config(name, fleet))
    return answered(call, {"ProvisionedConcurrencyConfigs": found})


def no_concurrency(world: World, call: Call, forward: Forward) -> Response:
    """The provisioned concurrency of an alias goes."""
    name = f"{call.given['FunctionName']}:{call.given['Qualifier']}"
    fleet = world.fleets[f"lambda|function:{name}|lambda:function:ProvisionedConcurrency"]
    if not fleet.wanted:
        raise RefusedError("ProvisionedConcurrencyConfigNotFoundException", "No such config", 404)
    fleet.aim(0, world.now, timedelta(0))
    return Response(status=204)


def _config(name: str, fleet: Fleet) -> dict[str, Any]:
    return {
        "FunctionArn": _function_arn(name),
        "RequestedProvisionedConcurrentExecutions": fleet.wanted,
        "AvailableProvisionedConcurrentExecutions": fleet.ready,
        "AllocatedProvisionedConcurrentExecutions": fleet.ready,
        "Status": "IN_PROGRESS" if fleet.due else "READY",
    }


def account_settings(world: World, call: Call, forward: Forward) -> Response:
    """How many executions the account may have at once."""
    most = int(world.quotas.get("lambda", 1000))
    return answered(
        call, {"AccountLimit": {"ConcurrentExecutions": most, "UnreservedConcurrentExecutions": most}}
    )


def _function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


HANDLERS = {
    ("ecs", "DescribeServices"): services,
    ("dynamodb", "DescribeTable"): table,
    ("rds", "DescribeDBClusters"): db_clusters,
    ("rds", "DescribeDBInstances"): db_instances,
    ("elasticache", "DescribeReplicationGroups"): replication_groups,
    ("lambda", "GetAlias"): alias,
    ("lambda", "ListProvisionedConcurrencyConfigs"): concurrency,
    ("lambda", "DeleteProvisionedConcurrencyConfig"): no_concurrency,
    ("lambda", "GetAccountSettings"): account_settings,
}
