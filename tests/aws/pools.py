"""What else moto keeps in part: warm pools, node groups over their Auto Scaling groups, warm throughput."""

from __future__ import annotations

import json
from typing import Any

from moto.eks import eks_backends
from werkzeug.wrappers import Response

from tests.aws.groups import groups
from tests.aws.wire import Call, Forward, RefusedError, answered
from tests.aws.world import Fleet, World


def put_pool(world: World, call: Call, forward: Forward) -> Response:
    """Make or write a pool; what is left out goes back to its default: to prepare all there can be."""
    name = call.given["AutoScalingGroupName"]
    pool = {"PoolState": "Stopped", **call.given, "MinSize": call.given.get("MinSize", 0)}
    world.table("pools")[name] = pool
    fleet = world.fleets.setdefault(f"pool|{name}", Fleet(0, 0))
    group = _group(name)
    prepared = pool.get("MaxGroupPreparedCapacity", group.max_size) - (group.desired_capacity or 0)
    fleet.aim(max(pool["MinSize"], prepared), world.now, world.lead_time)
    return answered(call, {})


def pool(world: World, call: Call, forward: Forward) -> Response:
    """A pool and its instances."""
    name = call.given["AutoScalingGroupName"]
    found = world.table("pools").get(name)
    if found is None:
        return answered(call, {"Instances": []})
    fleet = world.fleets[f"pool|{name}"]
    states = [
        f"Warmed:{found['PoolState']}" if n < fleet.ready else "Warmed:Pending" for n in range(fleet.wanted)
    ]
    instances = [
        {"InstanceId": f"i-{n}", "LifecycleState": state, "HealthStatus": "Healthy"}
        for n, state in enumerate(states)
    ]
    return answered(call, {"WarmPoolConfiguration": found, "Instances": instances})


def delete_pool(world: World, call: Call, forward: Forward) -> Response:
    """A pool goes, with its instances."""
    name = call.given["AutoScalingGroupName"]
    if world.table("pools").pop(name, None) is None:
        raise RefusedError("ValidationError", "No warm pool found")
    del world.fleets[f"pool|{name}"]
    return answered(call, {})


def update_nodegroup(world: World, call: Call, forward: Forward) -> Response:
    """The group below follows. A token that is known already changes nothing."""
    nodegroup = _nodegroup(call.given["clusterName"], call.given["nodegroupName"])
    sizes = {**nodegroup.scaling_config, **call.given["scalingConfig"]}
    if not sizes["minSize"] <= sizes["desiredSize"] <= sizes["maxSize"]:
        no = f"Minimum capacity {sizes['minSize']} can't be greater than desired size {sizes['desiredSize']}"
        raise RefusedError("InvalidParameterException", no)
    token = call.given.get("clientRequestToken")
    known = world.table("tokens")
    if token in known:
        return answered(call, known[token])
    nodegroup.scaling_config.update(sizes)
    nodegroup.modified_at = world.now.replace(microsecond=len(known), tzinfo=None)
    group = _group(nodegroup.resources["autoScalingGroups"][0]["name"])
    group.min_size, group.max_size = sizes["minSize"], sizes["maxSize"]
    group.set_desired_capacity(sizes["desiredSize"])
    known[token] = {"update": {"id": f"update-{len(known)}", "status": "InProgress", "type": "ConfigUpdate"}}
    return answered(call, known[token])


def tag_nodegroup(world: World, call: Call, forward: Forward) -> Response:
    """Tags of a node group, which moto puts on clusters only."""
    _tagged(call).tags.update(call.given["tags"])
    return answered(call, {})


def untag_nodegroup(world: World, call: Call, forward: Forward) -> Response:
    """Tags of a node group go."""
    keys = call.given["tagKeys"]
    for key in keys if isinstance(keys, list) else [keys]:
        _tagged(call).tags.pop(key, None)
    return answered(call, {})


def update_table(world: World, call: Call, forward: Forward) -> Response:
    """Warm throughput goes up only, and not while the table is updating; moto does the rest."""
    given, name = call.given, call.given["TableName"]
    asked = [(f"table/{name}", given.get("WarmThroughput", {}))]
    asked += [
        (f"table/{name}/index/{u['Update']['IndexName']}", u["Update"].get("WarmThroughput", {}))
        for u in given.get("GlobalSecondaryIndexUpdates", ())
    ]
    if not any(warm for _, warm in asked):
        return forward()
    for object_, warm in asked:
        for units, value in warm.items():
            fleet = world.fleets[f"warm|{object_}|{units}"]
            if fleet.due:
                raise RefusedError("ResourceInUseException", f"Table is being updated: {name}")
            if value < fleet.wanted:
                raise RefusedError("ValidationException", "Requested WarmThroughput is lower than current")
            fleet.aim(value, world.now, world.lead_time)
    return Response(json.dumps({"TableDescription": {"TableName": name}}))


def _group(name: str) -> Any:
    for _, group in groups():
        if group.name == name:
            return group
    raise RefusedError("ValidationError", "AutoScalingGroup name not found - null")


def _nodegroups() -> list[Any]:
    clusters = [c for r in eks_backends.values() for b in r.values() for c in b.clusters.values()]
    return [nodegroup for cluster in clusters for nodegroup in cluster.nodegroups.values()]


def _nodegroup(cluster: str, name: str) -> Any:
    for nodegroup in _nodegroups():
        if (nodegroup.cluster_name, nodegroup.nodegroup_name) == (cluster, name):
            return nodegroup
    raise RefusedError("ResourceNotFoundException", f"No node group found for name: {name}.", 404)


def _tagged(call: Call) -> Any:
    for nodegroup in _nodegroups():
        if nodegroup.arn == call.given["resourceArn"]:
            return nodegroup
    raise RefusedError("NotFoundException", "No such resource", 404)


HANDLERS = {
    ("autoscaling", "PutWarmPool"): put_pool,
    ("autoscaling", "DescribeWarmPool"): pool,
    ("autoscaling", "DeleteWarmPool"): delete_pool,
    ("eks", "UpdateNodegroupConfig"): update_nodegroup,
    ("eks", "TagResource"): tag_nodegroup,
    ("eks", "UntagResource"): untag_nodegroup,
    ("dynamodb", "UpdateTable"): update_table,
}
