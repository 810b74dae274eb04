"""The policy documents allow what the code calls, read apart from write, and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.actuation.aws.actuators import aws_kinds
from advisor.actuation.aws.sessions import Sessions
from advisor.actuation.reach import AWS_KINDS
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.change import Carried
from tests.aws.cases import AWS_CASES
from tests.aws.people import client
from tests.aws.scaled import SCALED, scaled_case
from tests.aws.server import AwsServer
from tests.support.actuator_case import ActuatorCase
from tests.support.builders import HOUR

DEPLOY = Path(__file__).parents[4] / "deploy" / "aws"
NEEDS_NONE = {"sts:GetCallerIdentity"}
"""Whoever has credentials may ask whose they are."""


def allowed(document: str) -> set[str]:
    statements = json.loads((DEPLOY / document).read_text())["Statement"]
    actions = [action for statement in statements for action in statement["Action"]]
    assert len(actions) == len(set(actions))
    return set(actions)


READ, WRITE = allowed("iam-read.json"), allowed("iam-write.json")


def each_case(request: pytest.FixtureRequest, aws: AwsServer) -> Iterator[tuple[str, ActuatorCase]]:
    """Every case of the contract, each in an AWS of its own, and the ways that only some of them go."""
    for name, make in AWS_CASES.items():
        aws.reset()
        yield name.removeprefix("aws-").removesuffix("-without-a-target"), make(request)
    aws.reset()
    case = AWS_CASES["aws-asg-warm-pool"](request)
    client("autoscaling").delete_warm_pool(AutoScalingGroupName="web")
    yield "asg-warm-pool", case
    aws.reset()
    case = scaled_case("lambda", placed=False)(request)
    client("lambda").delete_provisioned_concurrency_config(FunctionName="pay", Qualifier="live")
    yield "lambda", case


async def looked_at(case: ActuatorCase) -> None:
    await case.actuator.observe(case.name, case.now())
    await case.actuator.verify(case.name, 2, case.now())
    await case.actuator.preflight(case.name, Bounds(44, 50), case.now())


async def raised_and_given_back(case: ActuatorCase) -> None:
    """Raised in two steps with something armed, disarmed in part, and restored."""
    now, fresh = case.now(), (await case.actuator.observe(case.name, case.now())).bounds
    armed = (Armed(now + HOUR, 20, 60), Armed(now + 3 * HOUR, 2))
    nine = Bounds(9, fresh.maximum)
    await case.actuator.set_floor(case.name, case.change(nine, fresh, fresh, armed), now)
    case.pass_time(case.lead_time)
    await case.actuator.set_floor(case.name, case.change(nine, nine, fresh, armed[:1]), case.now())
    for _ in range(3):
        stands = (await case.actuator.observe(case.name, case.now())).bounds
        done = await case.actuator.restore(case.name, case.change(fresh, stands, fresh), case.now())
        if done.carried is Carried.WHOLE:
            return
    pytest.fail(done.detail)


async def test_what_is_called_is_allowed_by_the_right_document_and_nothing_else_is(
    request: pytest.FixtureRequest, aws: AwsServer, aws_sessions: Sessions
):
    kinds = aws_kinds(aws_sessions, {})
    looked: set[str] = set()
    written: dict[str, set[str]] = defaultdict(set)
    for kind, case in each_case(request, aws):
        aws.world.quotas |= {"L-1216C47A": 5.0, "L-3032A538": 1.0}
        await looked_at(case)
        looked |= set(aws.world.ours) - NEEDS_NONE
        aws.world.ours.clear()
        await raised_and_given_back(case)
        written[kind] |= set(aws.world.ours) - NEEDS_NONE - READ

    assert looked - READ == set()
    assert READ - looked == set()
    assert {kind: actions - set(kinds[kind].writes) for kind, actions in written.items()} == {
        kind: set() for kind in kinds
    }
    assert set().union(*written.values()) == WRITE


def test_every_kind_asks_ahead_for_no_more_than_the_document_allows(aws_sessions: Sessions):
    for kind, of in aws_kinds(aws_sessions, {}).items():
        assert set(of.writes) <= WRITE, kind
    assert set(SCALED) <= set(aws_kinds(aws_sessions, {}))


def test_the_kinds_that_the_policy_may_name_are_those_that_can_be_set(aws_sessions: Sessions):
    assert set(aws_kinds(aws_sessions, {})) == AWS_KINDS


def test_nothing_is_both_read_and_written_and_nothing_is_allowed_wholesale():
    assert set() == READ & WRITE
    assert [action for action in READ | WRITE if "*" in action] == []


def test_what_is_tagged_as_not_ours_is_out_of_reach_of_every_write():
    for statement in json.loads((DEPLOY / "iam-write.json").read_text())["Statement"]:
        managed = statement["Condition"]["StringNotEquals"]
        assert managed == {"aws:ResourceTag/headstart.io/managed": "false"}
