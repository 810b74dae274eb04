"""Application Auto Scaling as AWS has it: tags, schedules that fire, capacity that follows its bounds.

moto's has no tags, no ElastiCache, and moves nothing, so this one answers all of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

from tests.aws.wire import Call, Forward, RefusedError, answered
from tests.aws.world import Fleet, World

Target = dict[str, Any]


def key_of(given: Mapping[str, Any]) -> str:
    """What names a scalable target, and the fleet behind it."""
    return "|".join(given[word] for word in ("ServiceNamespace", "ResourceId", "ScalableDimension"))


def settle(world: World) -> None:
    """Fire what is due, and let units arrive."""
    for name, action in list(world.table("scheduled").items()):
        if _due(action) <= world.now:
            del world.table("scheduled")[name]
            does, key = action["ScalableTargetAction"], key_of(action)
            target = world.table("targets")[key]
            target |= does
            _say(world, key, f"minimum capacity was set by scheduled action {action['ScheduledActionName']}")
            _follow(world, key, target)
    for fleet in world.fleets.values():
        if not world.no_capacity:
            fleet.settle(world.now)


def register(world: World, call: Call, forward: Forward) -> Response:
    """Make or change a target; the capacity moves into its range at once."""
    key = key_of(call.given)
    if key not in world.fleets:
        raise RefusedError("ValidationException", f"No such object: {call.given['ResourceId']}")
    targets = world.table("targets")
    standing = targets.get(key)
    target: Target = dict(standing) if standing else {**call.given, "CreationTime": world.now}
    target |= {name: call.given[name] for name in ("MinCapacity", "MaxCapacity") if name in call.given}
    if target["MinCapacity"] > target["MaxCapacity"]:
        raise RefusedError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    if standing is None:
        target["ScalableTargetARN"] = _new_arn(world, call)
        world.table("tags")[target["ScalableTargetARN"]] = dict(call.given.get("Tags", {}))
    elif "Tags" in call.given:
        raise RefusedError("ValidationException", "Tags cannot be set on a scalable target that exists")
    targets[key] = target
    _say(world, key, f"minimum capacity was set to {target['MinCapacity']}")
    _follow(world, key, target)
    return answered(call, {"ScalableTargetARN": target["ScalableTargetARN"]})


def deregister(world: World, call: Call, forward: Forward) -> Response:
    """The target goes, with its tags and its schedule; what runs goes on."""
    key = key_of(call.given)
    target = world.table("targets").pop(key, None)
    if target is None:
        raise RefusedError("ObjectNotFoundException", f"No scalable target found for {key}")
    del world.table("tags")[target["ScalableTargetARN"]]
    for name, action in list(world.table("scheduled").items()):
        if key_of(action) == key:
            del world.table("scheduled")[name]
    return answered(call, {})


def targets(world: World, call: Call, forward: Forward) -> Response:
    """The targets that are asked for."""
    given = call.given
    found = [
        target
        for target in world.table("targets").values()
        if target["ServiceNamespace"] == given["ServiceNamespace"]
        and target["ResourceId"] in given.get("ResourceIds", [target["ResourceId"]])
        and target["ScalableDimension"] == given.get("ScalableDimension", target["ScalableDimension"])
    ]
    return answered(call, {"ScalableTargets": found})


def put_action(world: World, call: Call, forward: Forward) -> Response:
    """Arm an action; AWS refuses one whose time is past."""
    if key_of(call.given) not in world.table("targets"):
        raise RefusedError("ObjectNotFoundException", "No scalable target registered")
    if _due(call.given) <= world.now:
        raise RefusedError("ValidationException", "Scheduled time is in the past")
    world.table("scheduled")[key_of(call.given), call.given["ScheduledActionName"]] = dict(call.given)
    return answered(call, {})


def delete_action(world: World, call: Call, forward: Forward) -> Response:
    """Disarm an action."""
    name = (key_of(call.given), call.given["ScheduledActionName"])
    if world.table("scheduled").pop(name, None) is None:
        raise RefusedError("ObjectNotFoundException", f"No scheduled action found: {name[1]}")
    return answered(call, {})


def actions(world: World, call: Call, forward: Forward) -> Response:
    """What is armed on a target, two a page."""
    key = key_of(call.given)
    found = [a for a in world.table("scheduled").values() if key_of(a) == key]
    start = int(call.given.get("NextToken", 0))
    page = {"ScheduledActions": [{**a, "CreationTime": world.now} for a in found[start : start + 2]]}
    return answered(call, page | ({"NextToken": str(start + 2)} if start + 2 < len(found) else {}))


def activities(world: World, call: Call, forward: Forward) -> Response:
    """What a target did, the newest first."""
    given = {k: call.given[k] for k in ("ServiceNamespace", "ResourceId", "ScalableDimension")}
    did = [{**given, **entry} for entry in world.activities.get(key_of(call.given), ())]
    return answered(call, {"ScalingActivities": did[: call.given.get("MaxResults", 50)]})


def tag(world: World, call: Call, forward: Forward) -> Response:
    """Put tags on a target."""
    _tags(world, call).update(call.given["Tags"])
    return answered(call, {})


def untag(world: World, call: Call, forward: Forward) -> Response:
    """Take tags off a target."""
    for name in call.given["TagKeys"]:
        _tags(world, call).pop(name, None)
    return answered(call, {})


def listed_tags(world: World, call: Call, forward: Forward) -> Response:
    """The tags of a target."""
    return answered(call, {"Tags": _tags(world, call)})


def _tags(world: World, call: Call) -> dict[str, str]:
    arn = call.given["ResourceARN"]
    if arn not in world.table("tags"):
        raise RefusedError("ResourceNotFoundException", f"No scalable target {arn}")
    tags: dict[str, str] = world.table("tags")[arn]
    return tags


def _follow(world: World, key: str, target: Target) -> None:
    fleet = world.fleets[key]
    if key.startswith("lambda") and target["MaxCapacity"] == 0:
        return  # a configuration of none does not exist: it has to be deleted
    fleet.aim(
        min(max(fleet.wanted, target["MinCapacity"]), target["MaxCapacity"]), world.now, world.lead_time
    )


def _say(world: World, key: str, cause: str) -> None:
    if world.no_capacity:
        reasons = [{"Code": "ResourceLimit"}]
        world.tell(key, cause, "Failed", StatusMessage="Failed to set capacity", NotScaledReasons=reasons)
    else:
        world.tell(key, cause)


def _due(action: Mapping[str, Any]) -> datetime:
    found = re.fullmatch(r"at\((.+)\)", action["Schedule"])
    if found is None:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(action.get("Timezone", "UTC")))


def _new_arn(world: World, call: Call) -> str:
    made = world.table("made")
    made["targets"] = made.get("targets", 0) + 1
    return f"arn:aws:application-autoscaling:{call.region}:123456789012:scalable-target/{made['targets']:04d}"


def fleet_of(world: World, namespace: str, object_: str, counted: str) -> Fleet:
    """The units behind a target."""
    return world.fleets[f"{namespace}|{object_}|{counted}"]


HANDLERS = {
    ("application-autoscaling", name): handler
    for name, handler in {
        "RegisterScalableTarget": register,
        "DeregisterScalableTarget": deregister,
        "DescribeScalableTargets": targets,
        "PutScheduledAction": put_action,
        "DeleteScheduledAction": delete_action,
        "DescribeScheduledActions": actions,
        "DescribeScalingActivities": activities,
        "TagResource": tag,
        "UntagResource": untag,
        "ListTagsForResource": listed_tags,
    }.items()
}
