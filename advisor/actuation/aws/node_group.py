"""Managed node groups of EKS: `eks-nodegroup/CLUSTER/NODEGROUP`. A unit is a node, by its instance.

Written by EKS's own call, never on the Auto Scaling group below it, which EKS keeps as it has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from advisor.actuation.aws.activities import cause_of
from advisor.actuation.aws.addresses import Address, with_names
from advisor.actuation.aws.auto_scaling_group import (
    described_group,
    in_service,
    newest_activities,
    waits_of,
)
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.group_preflight import group_obstacles
from advisor.actuation.aws.schedules import Rearmament
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.change import Carried, Change, Done
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


class NodeGroup:
    """A node group's minSize and maxSize. EKS can hold no schedule."""

    writes: Sequence[str] = ("eks:TagResource", "eks:UpdateNodegroupConfig", "eks:UntagResource")

    def __init__(self, sessions: Sessions) -> None:
        self._aws = sessions

    async def find(self, resource: str, now: datetime) -> Found:
        """The node group, and the instances of the groups below it."""
        at = with_names(resource, 2, 2, "eks-nodegroup/CLUSTER/NODEGROUP")
        answer = await self._aws.call(
            at, "eks", "describe_nodegroup", clusterName=at.name, nodegroupName=at.within
        )
        described = answer["nodegroup"]
        if described["status"] == "DELETING":
            detail = f"node group {at.within} of cluster {at.name} is being deleted"
            raise ActuationError(resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)
        sizes = described["scalingConfig"]
        groups = await self._groups(at, described)
        did = [await newest_activities(self._aws, at, group["AutoScalingGroupName"]) for group in groups]
        waits = [wait for group, acts in zip(groups, did, strict=True) for wait in waits_of(group, acts)]
        issues = [f"{i['code']}: {i['message']}" for i in described.get("health", {}).get("issues", ())]
        return Found(
            at,
            Bounds(sizes["minSize"], sizes["maxSize"]),
            sizes["desiredSize"],
            sum(in_service(group) for group in groups),
            f"{described['nodegroupArn']}@{described['createdAt'].isoformat()}",
            described.get("tags", {}),
            {**described, "groups": groups},
            waiting_for=(*waits, *issues),
            writer=cause_of([act for acts in did for act in acts]),
        )

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Tag the node group, not its nodes."""
        arn = found.described["nodegroupArn"]
        await self._aws.call(found.at, "eks", "tag_resource", resourceArn=arn, tags=dict(tags))

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Both sizes by one call.

        The desired size is named only where EKS insists on it: below the minimum. A maximum below it waits.
        """
        desired, target = found.units, change.target
        maximum = target.maximum if target.maximum >= max(desired, target.minimum) else found.bounds.maximum
        if Bounds(target.minimum, maximum) != found.bounds:
            sizes = {"minSize": target.minimum, "maxSize": maximum}
            await self._aws.call(
                found.at,
                "eks",
                "update_nodegroup_config",
                clusterName=found.at.name,
                nodegroupName=found.at.within,
                scalingConfig=sizes | ({"desiredSize": target.minimum} if desired < target.minimum else {}),
                clientRequestToken=_token(found, change),
            )
        if maximum == target.maximum:
            return Done()
        detail = f"maximum stays {maximum}: {desired} nodes are desired, more than {target.maximum}"
        return Done(Carried.PARTLY, detail)

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Node groups hold no schedule."""
        raise AssertionError(f"{found.at.resource} was found with a schedule, which it cannot hold")

    async def let_go(self, found: Found, change: Change) -> Done:
        """As setting it."""
        return await self.set_bounds(found, change)

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take tags off the node group."""
        arn = found.described["nodegroupArn"]
        await self._aws.call(found.at, "eks", "untag_resource", resourceArn=arn, tagKeys=list(keys))

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """What keeps the group below it from growing."""
        looked = Looked()
        for group in found.described["groups"]:
            looked += await group_obstacles(self._aws, found, group, need)
        return looked

    async def _groups(self, at: Address, described: Mapping[str, Any]) -> list[dict[str, Any]]:
        named = [group["name"] for group in described.get("resources", {}).get("autoScalingGroups", ())]
        return [await described_group(self._aws, at, name) for name in named]


def _token(found: Found, change: Change) -> str:
    """The same for the same change of the same node group as it stood.

    EKS answers a token that it knows with what it did then. So what stood when is a part of it: setting the
    floor again after somebody else put it back is another change.
    """
    stood = found.described["modifiedAt"].isoformat()
    return sha256(f"{change.token}|{stood}".encode()).hexdigest()[:32]
