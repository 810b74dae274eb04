"""Application Auto Scaling, whatever the dimension: tasks, capacity units, readers, concurrency, shards.

The bounds are those of a scalable target, and so are the tags: one way for all dimensions, also for those
whose objects have no tags of their own (an index of a table, an alias of a function). Where there is no
scalable target yet, its minimum is what runs, and we make one; it is taken away again with the restore.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from advisor.actuation.aws.activities import cause_of, unfinished
from advisor.actuation.aws.addresses import Address
from advisor.actuation.aws.dimension_preflight import dimension_obstacles
from advisor.actuation.aws.dimensions import Dimension
from advisor.actuation.aws.effects import Effect
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.marks import marks_for, marks_in
from advisor.actuation.aws.schedules import Rearmament, armed_by, as_scheduled_action, is_ours
from advisor.actuation.aws.sessions import Answer, Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.change import Carried, Change, Done
from advisor.domain.policy import ResourcePolicy
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

SCALER = "application-autoscaling"


class ApplicationAutoScaling:
    """One dimension's scalable targets. `resources` tells the maximum of what has no scalable target yet."""

    def __init__(
        self, sessions: Sessions, dimension: Dimension, resources: Mapping[str, ResourcePolicy]
    ) -> None:
        self._aws = sessions
        self._dimension = dimension
        self._resources = resources

    @property
    def writes(self) -> Sequence[str]:
        """What setting and restoring it calls."""
        own = (
            "RegisterScalableTarget",
            "DeregisterScalableTarget",
            "TagResource",
            "UntagResource",
            "PutScheduledAction",
            "DeleteScheduledAction",
        )
        extra = ["lambda:DeleteProvisionedConcurrencyConfig"] if self._dimension.namespace == "lambda" else []
        return [*(f"{SCALER}:{action}" for action in own), *extra]

    async def find(self, resource: str, now: datetime) -> Found:
        """The object itself, and its scalable target if it has one."""
        at = self._dimension.address(resource)
        effect = await self._dimension.effect(self._aws, at)
        named = self._dimension.target(at)
        target = await self._target(at, named)
        activities = await self._call(
            at, "describe_scaling_activities", **named, IncludeNotScaledActivities=True, MaxResults=10
        )
        did = activities["ScalingActivities"]
        if target is None:
            return self._unplaced(at, effect, cause_of(did))
        answer = await self._call(at, "list_tags_for_resource", ResourceARN=target["ScalableTargetARN"])
        tags = answer.get("Tags", {})
        actions = await self._aws.pages(at, SCALER, "describe_scheduled_actions", "ScheduledActions", **named)
        bounds = self._bounds(at, target, made=marks_in(tags).made)
        missing = not effect.settled or effect.ready_units < bounds.minimum
        return Found(
            at,
            bounds,
            max(effect.units, bounds.minimum),
            effect.ready_units,
            effect.identity,
            tags,
            {"target": target, "object": effect.described, "units": effect.units},
            waiting_for=(effect.waiting_for + unfinished(did) or _nobody_knows(effect, bounds))
            if missing
            else (),
            writer=cause_of(did),
            armed={
                a["ScheduledActionName"]: armed_by(a) for a in actions if is_ours(a["ScheduledActionName"])
            },
            settled=effect.settled,
        )

    async def mark(self, found: Found, tags: Mapping[str, str]) -> None:
        """Tag the scalable target; one that is not there yet is made with its tags."""
        if found.placed:
            await self._call(found.at, "tag_resource", ResourceARN=_arn(found), Tags=dict(tags))

    async def set_bounds(self, found: Found, change: Change) -> Done:
        """Register both bounds by one call. A maximum below what runs would take units away: it waits."""
        runs, target = found.described["units"], change.target
        if not found.placed:
            return await self._make(found, change)
        maximum = target.maximum if target.maximum >= max(runs, target.minimum) else found.bounds.maximum
        if Bounds(target.minimum, maximum) != found.bounds:
            await self._register(found, Bounds(target.minimum, maximum))
        if maximum == target.maximum:
            return Done()
        return Done(Carried.PARTLY, f"maximum stays {maximum}: {runs} units run, more than {target.maximum}")

    async def arm(self, found: Found, todo: Rearmament) -> str:
        """Put what is missing before anything is taken away; the API takes one at a time."""
        named = self._dimension.target(found.at)
        for name, step in todo.to_put.items():
            await self._call(
                found.at,
                "put_scheduled_action",
                **named,
                ScheduledActionName=name,
                **as_scheduled_action(step),
            )
        for name in todo.to_delete:
            await self._delete_action(found.at, {**named, "ScheduledActionName": name})
        suspended = found.described.get("target", {}).get("SuspendedState", {})
        if todo.to_put and suspended.get("ScheduledScalingSuspended"):
            return "scheduled scaling is suspended: nothing armed will be carried out"
        return ""

    async def let_go(self, found: Found, change: Change) -> Done:
        """Set exactly the target; a scalable target that we made goes once what runs is what ran before.

        Until then its maximum is its minimum, for nothing else would ever lower what runs there.
        """
        if not found.placed:
            return Done()
        if not found.marks.made:
            return await self.set_bounds(found, change)
        before, runs = change.target.minimum, found.described["units"]
        if found.described["target"]["MaxCapacity"] != before:
            await self._register(found, Bounds(before, before))
        if before == 0 and runs and self._dimension.namespace == "lambda":
            await self._delete_concurrency(found.at)
        elif runs != before:
            return Done(Carried.PARTLY, f"{runs} units run: the scalable target stays until it is {before}")
        await self._call(found.at, "deregister_scalable_target", **self._dimension.target(found.at))
        return Done()

    async def unmark(self, found: Found, keys: Sequence[str]) -> None:
        """Take tags off the scalable target; one that we made is gone with them."""
        if not found.marks.made:
            await self._call(found.at, "untag_resource", ResourceARN=_arn(found), TagKeys=list(keys))

    async def obstacles(self, found: Found, need: Bounds) -> Looked:
        """The scalable target's maximum, and what the platform behind it has to say."""
        return await dimension_obstacles(self._aws, self._dimension, found, need)

    async def _make(self, found: Found, change: Change) -> Done:
        """A scalable target with its tags, which AWS does not take if somebody made it in the meantime."""
        try:
            await self._register(found, change.target, Tags=marks_for(change, made=True))
        except ActuationError as error:
            named = self._dimension.target(found.at)
            if error.reason is not Reason.ACT_REFUSED or await self._target(found.at, named) is None:
                raise
            detail = "a scalable target was registered in the meantime: decided anew"
            raise ActuationError(
                found.at.resource, detail, retryable=True, reason=Reason.ACT_CONFLICT
            ) from error
        return Done()

    async def _target(self, at: Address, named: Mapping[str, str]) -> dict[str, Any] | None:
        listed = await self._call(
            at,
            "describe_scalable_targets",
            ServiceNamespace=named["ServiceNamespace"],
            ResourceIds=[named["ResourceId"]],
            ScalableDimension=named["ScalableDimension"],
        )
        return next(iter(listed["ScalableTargets"]), None)

    def _unplaced(self, at: Address, effect: Effect, writer: str) -> Found:
        bounds = Bounds(effect.units, max(self._most(at), effect.units))
        return Found(
            at,
            bounds,
            effect.units,
            effect.ready_units,
            effect.identity,
            {},
            {"object": effect.described, "units": effect.units},
            waiting_for=effect.waiting_for,
            writer=writer,
            armed={},
            placed=False,
            settled=effect.settled,
        )

    def _bounds(self, at: Address, target: Mapping[str, Any], *, made: bool) -> Bounds:
        """Those of the scalable target. One that we are giving back has no maximum of its own any more."""
        minimum, maximum = target["MinCapacity"], target["MaxCapacity"]
        return Bounds(minimum, max(self._most(at), maximum) if made and minimum == maximum else maximum)

    def _most(self, at: Address) -> int:
        policy = self._resources.get(at.resource)
        return policy.maximum if policy else 0

    async def _register(self, found: Found, bounds: Bounds, **more: Any) -> None:
        await self._call(
            found.at,
            "register_scalable_target",
            **self._dimension.target(found.at),
            MinCapacity=bounds.minimum,
            MaxCapacity=bounds.maximum,
            **more,
        )

    async def _delete_action(self, at: Address, named: Mapping[str, str]) -> None:
        """An action that was carried out in the meantime is gone, as it should be."""
        with _gone_is_fine():
            await self._call(at, "delete_scheduled_action", **named)

    async def _delete_concurrency(self, at: Address) -> None:
        """A configuration of none cannot be asked for: there is one, or there is not."""
        named = {"FunctionName": at.name, "Qualifier": at.within}
        with _gone_is_fine():
            await self._aws.call(at, "lambda", "delete_provisioned_concurrency_config", **named)

    async def _call(self, at: Address, operation: str, **parameters: Any) -> Answer:
        return await self._aws.call(at, SCALER, operation, **parameters)


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except ActuationError as error:
        if error.reason is not Reason.RESOURCE_GONE:
            raise


def _arn(found: Found) -> str:
    return str(found.described["target"]["ScalableTargetARN"])


def _nobody_knows(effect: Effect, bounds: Bounds) -> tuple[str, ...]:
    return (
        f"{effect.ready_units} of {bounds.minimum} units serve; Application Auto Scaling tells of no reason",
    )
