"""Auto Scaling groups of EC2: `asg/NAME`. A unit is an instance, or a unit of weighted capacity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from advisor.actuation.aws.activities import cause_of, unfinished
from advisor.actuation.aws.addresses import Address, with_names
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.group_preflight import group_obstacles
from advisor.actuation.aws.group_units import weight_of
from advisor.actuation.aws.marks import tags_of
from advisor.actuation.aws.schedules import Rearmament, is_ours
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Carried, Change, Done
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

_BATCH = 50
"""How many scheduled actions AWS takes or deletes in one call."""


class AutoScalingGroup:
    """A group's MinSize and MaxSize, now and as scheduled actions; its desired capacity is left to AWS."""

    writes: Sequence[str] = (
        "autoscaling:CreateOrUpdateTags",
        "autoscaling:UpdateAutoScalingGroup",
        "autoscaling:BatchPutScheduledUpdateGroupAction",
        "autoscaling:BatchDeleteScheduledAction",
        "autoscaling:DeleteTags",
    )

    def __init__(self, sessions: Sessions) -> None:
        self._aws = sessions

    async def find(self, resource: str, now: datetime) -> Found:
        """The group, what is armed on it, and the newest of what it did."""
        at = with_names(resource, 1, 1, "asg/NAME")
        group = await described_group(self._aws, at, at.name)
        actions = await self._aws.pages(
            at,
            "autoscaling",
            "describe_scheduled_actions",
            "ScheduledUpdateGroupActions",
            AutoScalingGroupName=at.name,
        )
        activities = await newest_activities(self._aws, at, at.name)
        tags = tags_of(group.get("Tags", ()))
        nodegroup = tags.get("eks:nodegroup-name")
        return Found(
            at,
            Bounds(group["MinSize"], group["MaxSize"]),
            group["DesiredCapacity"],
            in_service(group),
            f"{group['AutoScalingGroupARN']}@{group['CreatedTime'].isoformat()}",
            tags,
            group,
            waiting_for=waits_of(group, activities),
            writer=cause_of(activities),
            owner=f"EKS node group {nodegroup}: write aws://.../eks-nodegroup" if nodegroup else "",
            armed={a["ScheduledActionName"]: _armed(a) for a in actions if is_ours(a["ScheduledActionName"])},
        )

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Tag the group, not its instances."""
        await tag_group(self._aws, found.at, found.at.name, tags)

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Both sizes by one call. A maximum below the desired capacity would end instances: it waits."""
        desired, target = found.units, change.target
        maximum = target.maximum if target.maximum >= max(desired, target.minimum) else found.bounds.maximum
        if Bounds(target.minimum, maximum) != found.bounds:
            await self._aws.call(
                found.at,
                "autoscaling",
                "update_auto_scaling_group",
                AutoScalingGroupName=found.at.name,
                MinSize=target.minimum,
                MaxSize=maximum,
            )
        if maximum == target.maximum:
            return Done()
        detail = f"maximum stays {maximum}: {desired} instances are desired, more than {target.maximum}"
        return Done(Carried.PARTLY, detail)

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Put what is missing before anything is taken away, in batches."""
        failed: list[str] = []
        group = {"AutoScalingGroupName": found.at.name}
        for batch in _batches(todo.to_put.items()):
            answer = await self._aws.call(
                found.at,
                "autoscaling",
                "batch_put_scheduled_update_group_action",
                **group,
                ScheduledUpdateGroupActions=[_request(name, step) for name, step in batch],
            )
            failed += map(_failure, answer.get("FailedScheduledUpdateGroupActions", ()))
        for names in _batches(todo.to_delete):
            answer = await self._aws.call(
                found.at, "autoscaling", "batch_delete_scheduled_action", **group, ScheduledActionNames=names
            )
            failed += map(_failure, answer.get("FailedScheduledActions", ()))
        return "; ".join(failed)

    async def let_go(self, found: Found, change: Change) -> Done:
        """As setting it: nothing of a group is made by us."""
        return await self.set_bounds(found, change)

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take tags off the group."""
        await untag_group(self._aws, found.at, found.at.name, keys)

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """Its own maximum, the addresses of its subnets, the account's vCPU."""
        return await group_obstacles(self._aws, found, found.described, need)


async def described_group(aws: Sessions, at: Address, name: str) -> dict[str, Any]:
    """AWS's description of a group. Raises ActuationError where there is none, or none for long."""
    answer = await aws.call(at, "autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])
    groups = [group for group in answer["AutoScalingGroups"] if "Status" not in group]
    if groups:
        return dict(groups[0])
    detail = f"there is no Auto Scaling group {name} in {at.region}, or it is being deleted"
    raise ActuationError(at.resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)


async def newest_activities(aws: Sessions, at: Address, name: str) -> list[dict[str, Any]]:
    """What a group did lately, the newest first."""
    answer = await aws.call(
        at, "autoscaling", "describe_scaling_activities", AutoScalingGroupName=name, MaxRecords=10
    )
    return list(answer["Activities"])


def in_service(group: Mapping[str, Any]) -> int:
    """How many units of a group serve: in service and healthy."""
    return sum(
        weight_of(i)
        for i in group.get("Instances", ())
        if i["LifecycleState"] == "InService" and i["HealthStatus"] == "Healthy"
    )


def waits_of(group: Mapping[str, Any], activities: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """What a group's missing units wait for; nothing where all serve."""
    if in_service(group) >= group["DesiredCapacity"]:
        return ()
    suspended = [p["ProcessName"] for p in group.get("SuspendedProcesses", ()) if p["ProcessName"] in _NEEDED]
    states = [i["LifecycleState"] for i in group.get("Instances", ()) if i["LifecycleState"] != "InService"]
    sick = [i for i in group.get("Instances", ()) if i["HealthStatus"] != "Healthy"]
    return (
        *(f"process {name} is suspended" for name in suspended),
        *(f"{states.count(state)} instances are {state}" for state in dict.fromkeys(states)),
        *([f"{len(sick)} instances are not healthy"] if sick else []),
        *unfinished(activities),
    )


_NEEDED = ("Launch", "HealthCheck", "AddToLoadBalancer")


async def tag_group(aws: Sessions, at: Address, name: str, tags: Mapping[str, str]) -> None:
    """Tag a group without tagging its instances."""
    await aws.call(
        at,
        "autoscaling",
        "create_or_update_tags",
        Tags=[{**_tag(name, key), "Value": value, "PropagateAtLaunch": False} for key, value in tags.items()],
    )


async def untag_group(aws: Sessions, at: Address, name: str, keys: Iterable[str]) -> None:
    """Take tags off a group."""
    await aws.call(at, "autoscaling", "delete_tags", Tags=[_tag(name, key) for key in keys])


def _tag(name: str, key: str) -> dict[str, Any]:
    return {"ResourceId": name, "ResourceType": "auto-scaling-group", "Key": key}


def _batches(items: Iterable[Any]) -> list[list[Any]]:
    listed = list(items)
    return [listed[i : i + _BATCH] for i in range(0, len(listed), _BATCH)]


def _request(name: str, step: Armed) -> dict[str, Any]:
    ceiling = {} if step.ceiling is None else {"MaxSize": step.ceiling}
    return {
        "ScheduledActionName": name,
        "StartTime": step.at.astimezone(UTC),
        "MinSize": step.floor,
        **ceiling,
    }


def _armed(action: Mapping[str, Any]) -> Armed:
    return Armed(action["StartTime"].astimezone(UTC), action.get("MinSize", 0), action.get("MaxSize"))


def _failure(failed: Mapping[str, Any]) -> str:
    why = f"{failed.get('ErrorCode', '')} {failed.get('ErrorMessage', '')}".strip()
    return f"{failed['ScheduledActionName']} was not taken: {re.sub(r'[.]$', '', why)}"
