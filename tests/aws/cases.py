"""Every kind of resource of AWS as a case of the actuators' contract: made over the API, as people do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from advisor.actuation.aws.actuator import AwsActuator
from advisor.actuation.aws.auto_scaling_group import AutoScalingGroup
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from tests.aws.people import client, made_group, resource_id
from tests.aws.reserved import RESERVED_CASES
from tests.aws.scaled import SCALED_ALIKE, SCALED_CASES
from tests.aws.server import AwsServer
from tests.support.actuator_case import ActuatorCase, interrupted_at


def group_case(request: pytest.FixtureRequest) -> ActuatorCase:
    """`asg/NAME`."""
    server: AwsServer = request.getfixturevalue("aws")
    sessions: Sessions = request.getfixturevalue("aws_sessions")
    made_group()

    async def somebody_sets(bounds: Bounds) -> None:
        client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName="web", MinSize=bounds.minimum, MaxSize=bounds.maximum
        )

    async def recreate() -> None:
        client("autoscaling").delete_auto_scaling_group(AutoScalingGroupName="web", ForceDelete=True)
        made_group()

    return ActuatorCase(
        AwsActuator(sessions, AutoScalingGroup(sessions)),
        resource_id("asg/web"),
        resource_id("asg/web-gone"),
        server.world.lead_time,
        lambda: server.world.now,
        server.world.pass_time,
        somebody_sets,
        recreate,
        interrupted_at(server.world.at_call),
        schedules=True,
        cut_off=server.world.faults.cut_off,
    )


AWS_CASES: dict[str, Callable[[pytest.FixtureRequest], ActuatorCase]] = {
    "aws-asg": group_case,
    **SCALED_CASES,
    **RESERVED_CASES,
}

SCHEDULING = {"aws-asg", *SCALED_CASES}
"""Cases of platforms that hold a schedule."""

ALIKE = {*SCALED_ALIKE, "aws-nlb", "aws-dynamodb-warm-writes"}
"""Cases whose calls are those of another case, in the same order."""
