"""Warm pools of Auto Scaling groups: `asg-warm-pool/NAME`. A unit is an instance that is prepared.

The floor is the pool's MinSize. It has no maximum that would cap a floor: the policy's stands in, or the
group's MaxSize. A group without a pool gets one, of stopped instances; the restore takes it away again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from advisor.actuation.aws.addresses import with_names
from advisor.actuation.aws.auto_scaling_group import described_group, tag_group, untag_group
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.group_preflight import group_obstacles
from advisor.actuation.aws.marks import tags_of
from advisor.actuation.aws.schedules import Rearmament
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change, Done
from advisor.domain.policy import ResourcePolicy

_KEPT = ("MaxGroupPreparedCapacity", "PoolState", "InstanceReusePolicy")
"""What a pool is besides its size. AWS sets to its default whatever a write leaves out.

The default of MaxGroupPreparedCapacity is to prepare all that the group could still grow by.
"""


class WarmPool:
    """The instances that a group keeps prepared."""

    writes: Sequence[str] = (
        "autoscaling:CreateOrUpdateTags",
        "autoscaling:PutWarmPool",
        "autoscaling:DeleteWarmPool",
        "autoscaling:DeleteTags",
    )

    def __init__(self, sessions: Sessions, resources: Mapping[str, ResourcePolicy]) -> None:
        self._aws = sessions
        self._resources = resources

    async def find(self, resource: str, now: datetime) -> Found:
        """The group, its pool if it has one, and the instances in it."""
        at = with_names(resource, 1, 1, "asg-warm-pool/NAME")
        group = await described_group(self._aws, at, at.name)
        pool = await self._aws.call(at, "autoscaling", "describe_warm_pool", AutoScalingGroupName=at.name)
        config = pool.get("WarmPoolConfiguration", {})
        placed = bool(config) and config.get("Status") != "PendingDelete"
        minimum = config.get("MinSize", 0) if placed else 0
        states = [i["LifecycleState"] for i in pool.get("Instances", ())]
        ready = sum(state in ("Warmed:Stopped", "Warmed:Running", "Warmed:Hibernated") for state in states)
        policy = self._resources.get(resource)
        return Found(
            at,
            Bounds(minimum, max(policy.maximum if policy else group["MaxSize"], minimum)),
            max(minimum, len(states)),
            ready,
            f"{group['AutoScalingGroupARN']}@{group['CreatedTime'].isoformat()}",
            tags_of(group.get("Tags", ())),
            {**group, "pool": config},
            scope="warm-pool.",
            waiting_for=(f"{minimum - ready} instances are not prepared yet",) if ready < minimum else (),
            placed=placed,
            has_maximum=False,
        )

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Tag the group, for a pool has no tags."""
        await tag_group(self._aws, found.at, found.at.name, tags)

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Write the pool with its new size, all else as it is; one that we made is no larger than that."""
        pool, units = found.described["pool"], change.target.minimum
        kept: dict[str, Any] = {name: pool[name] for name in _KEPT if name in pool}
        if not found.placed or found.marks.made:
            kept = {"PoolState": "Stopped", "MaxGroupPreparedCapacity": units}
        await self._aws.call(
            found.at,
            "autoscaling",
            "put_warm_pool",
            AutoScalingGroupName=found.at.name,
            MinSize=units,
            **kept,
        )
        return Done()

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Pools hold no schedule."""
        raise AssertionError(f"{found.at.resource} was found with a schedule, which it cannot hold")

    async def let_go(self, found: Found, change: Change) -> Done:
        """Write its old size, or take away a pool that we made."""
        if not found.placed:
            return Done()
        if not found.marks.made:
            return await self.set_bounds(found, change)
        await self._aws.call(found.at, "autoscaling", "delete_warm_pool", AutoScalingGroupName=found.at.name)
        return Done()

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take its tags off the group."""
        await untag_group(self._aws, found.at, found.at.name, keys)

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """Prepared instances take addresses as others do, and vCPU while they are being prepared."""
        return await group_obstacles(self._aws, found, found.described, need)
