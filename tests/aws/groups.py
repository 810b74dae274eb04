"""Auto Scaling groups as AWS keeps them: bounds that fit, launches that take time, schedules that fire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.autoscaling import autoscaling_backends
from moto.autoscaling.models import FakeAutoScalingGroup
from werkzeug.wrappers import Response

from tests.aws.wire import Call, Forward, RefusedError, answered
from tests.aws.world import World


def groups() -> Iterator[tuple[Any, FakeAutoScalingGroup]]:
    """Every group of every account and region, with the backend that keeps it."""
    for regions in list(autoscaling_backends.values()):
        for backend in list(regions.values()):
            for group in list(backend.autoscaling_groups.values()):
                yield backend, group


def settle(world: World) -> None:
    """Fire what is due, and let launched instances come into service."""
    for backend, group in groups():
        for name, action in list(backend.scheduled_actions.items()):
            if action.auto_scaling_group_name == group.name and _utc(action.start_time) <= world.now:
                del backend.scheduled_actions[name]
                _fire(world, group, name, action)
        for state in group.instance_states:
            if not hasattr(state, "ready_at"):
                state.ready_at = world.now + world.lead_time
                state.serves = False
            state.serves = state.serves or (state.ready_at <= world.now and not world.no_capacity)


def created(world: World, call: Call, forward: Forward) -> Response:
    """A group is made with its instances in service."""
    answer = forward()
    for _, group in groups():
        if group.name == call.given["AutoScalingGroupName"]:
            for state in group.instance_states:
                state.ready_at, state.serves = world.now, True
    return answer


def described(world: World, call: Call, forward: Forward) -> Response:
    """What is on its way is pending. moto counts only what is in service, so it is told for an answer."""
    states = [state for _, group in groups() for state in group.instance_states if not state.serves]
    for state in states:
        state.lifecycle_state = "Pending"
    try:
        return forward()
    finally:
        for state in states:
            state.lifecycle_state = "InService"


def update(world: World, call: Call, forward: Forward) -> Response:
    """Refused where minimum, desired and maximum do not fit together."""
    given = call.given
    group = next((g for _, g in groups() if g.name == given["AutoScalingGroupName"]), None)
    if group is None:
        raise RefusedError("ValidationError", "AutoScalingGroup name not found - null")
    minimum = given.get("MinSize", group.min_size)
    maximum = given.get("MaxSize", group.max_size)
    desired = given.get("DesiredCapacity")
    if minimum > maximum:
        no = f"Max bound, {maximum}, must be greater than or equal to min bound, {minimum}"
        raise RefusedError("ValidationError", no)
    if desired is not None and not minimum <= desired <= maximum:
        raise RefusedError(
            "ValidationError", f"Desired capacity:{desired} must be between the specified min size"
        )
    before = group.desired_capacity
    answer = forward()
    world.tell(
        group.name,
        f"At {world.now.isoformat()} a user request update of AutoScalingGroup constraints to"
        f" min: {minimum}, max: {maximum}, desired: {group.desired_capacity} changing the desired capacity"
        f" from {before} to {group.desired_capacity}.",
    )
    _launching(world, group, before)
    return answer


def put_actions(world: World, call: Call, forward: Forward) -> Response:
    """A batch of scheduled actions: those that start in the past, or where a part fails, are not taken."""
    failed = []
    backend = next((b for b, g in groups() if g.name == call.given["AutoScalingGroupName"]), None)
    if backend is None:
        raise RefusedError("ValidationError", "AutoScalingGroup name not found - null")
    for n, action in enumerate(call.given["ScheduledUpdateGroupActions"]):
        name = action["ScheduledActionName"]
        if _utc(action["StartTime"]) <= world.now:
            failed.append(_failed(name, "ValidationError", "Given start time is in the past"))
        elif "partial batch" in world.forbidden and n % 2:
            failed.append(_failed(name, "InternalFailure", "Try again"))
        else:
            backend.put_scheduled_update_group_action(
                name=call.given["AutoScalingGroupName"],
                desired_capacity=action.get("DesiredCapacity"),
                max_size=action.get("MaxSize"),
                min_size=action.get("MinSize"),
                scheduled_action_name=name,
                start_time=_utc(action["StartTime"]).isoformat(),
                end_time=None,
                recurrence=None,
                timezone=None,
            )
    return answered(call, {"FailedScheduledUpdateGroupActions": failed})


def activities(world: World, call: Call, forward: Forward) -> Response:
    """What a group did, the newest first."""
    name = call.given["AutoScalingGroupName"]
    entries = [{"AutoScalingGroupName": name, **entry} for entry in world.activities.get(name, ())]
    return answered(call, {"Activities": entries[: call.given.get("MaxRecords", 100)]})


def _fire(world: World, group: FakeAutoScalingGroup, name: str, action: Any) -> None:
    """An action sets what it names; a desired capacity outside the bounds follows them."""
    before = group.desired_capacity or 0
    group.min_size = action.min_size if action.min_size is not None else group.min_size
    group.max_size = action.max_size if action.max_size is not None else group.max_size
    wanted = min(max(before, group.min_size), group.max_size)
    if wanted != before:
        group.set_desired_capacity(wanted)
    world.tell(
        group.name,
        f"At {world.now.isoformat()} the scheduled action {name} was executed."
        f" Setting min size to {group.min_size}.",
    )
    _launching(world, group, before)


def _launching(world: World, group: FakeAutoScalingGroup, before: int | None) -> None:
    if world.no_capacity and (group.desired_capacity or 0) > (before or 0):
        message = "We currently do not have sufficient m7g.large capacity in the Availability Zone"
        world.tell(
            group.name,
            "an instance was started in response to a difference between desired and actual capacity",
            "Failed",
            StatusMessage=f"{message}. Launching EC2 instance failed: InsufficientInstanceCapacity",
        )


def _failed(name: str, code: str, message: str) -> dict[str, str]:
    return {"ScheduledActionName": name, "ErrorCode": code, "ErrorMessage": message}


def _utc(time: Any) -> datetime:
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


HANDLERS = {
    ("autoscaling", "CreateAutoScalingGroup"): created,
    ("autoscaling", "DescribeAutoScalingGroups"): described,
    ("autoscaling", "UpdateAutoScalingGroup"): update,
    ("autoscaling", "BatchPutScheduledUpdateGroupAction"): put_actions,
    ("autoscaling", "DescribeScalingActivities"): activities,
}
