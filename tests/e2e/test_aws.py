"""A campaign on Kafka in auto mode raises an Auto Scaling group by AWS's own API, and gives it back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.aws.people import client, made_group, resource_id
from tests.aws.server import AwsServer
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.sale import MARKETING, acts_on, announced, steps_of, traffic, withdrawn

GROUP = resource_id("asg/web")
TAKES = timedelta(seconds=15)


@contextmanager
def by_the_wall_clock(server: AwsServer) -> Iterator[None]:
    """The world of the test's AWS lives by real time, and boots an instance in fifteen seconds."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(0.1):
            server.world.now = datetime.now(UTC)

    server.world.now, server.world.lead_time = datetime.now(UTC), TAKES
    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def group() -> dict[str, Any]:
    found: list[dict[str, Any]] = client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return found[0]


def in_service() -> int:
    return sum(one["LifecycleState"] == "InService" for one in group()["Instances"])


def armed() -> list[dict[str, Any]]:
    """What AWS will carry out by itself, soonest first."""
    answer = client("autoscaling").describe_scheduled_actions(AutoScalingGroupName="web")
    found: list[dict[str, Any]] = answer["ScheduledUpdateGroupActions"]
    return sorted(found, key=lambda action: action["StartTime"])


@pytest.mark.timeout(1500)
def test_a_group_is_armed_raised_verified_and_given_back_exactly(aws: AwsServer, estate: Estate) -> None:
    """Armed up and down long before the start; in service in time; as it was once it is called off."""
    with by_the_wall_clock(aws):
        made_group()
        rules = {
            **{"serves": "web", "unit_capacity": 10, "min": 2, "max": 60, "lead_time": "30s", "mode": "auto"},
            **{"ramp": {"factor": 3.0, "every": "1m", "hold": "1m"}, "tier": "nodes"},
        }
        estate.create(
            {GROUP: rules},
            sources=MARKETING,
            accounts={"123456789012": {}},
            step="1m",
            stale_after="1h",
        )
        worker = estate.worker(**QUICK).wait_ready()
        traffic(estate, rate_per_s=20)
        start = datetime.now(UTC) + timedelta(minutes=7)
        announced(estate, start, timedelta(hours=1))
        eventually(lambda: len(steps_of(estate, GROUP)) > 2, 60, what="a plan is agreed")

        eventually(lambda: len(armed()) > 1, 30, what="its steps are armed")
        ups = [action for action in armed() if "MaxSize" in action]
        downs = [action for action in armed() if "MaxSize" not in action]
        assert group()["MinSize"] == 2
        assert all(action["ScheduledActionName"].startswith("headstart-") for action in armed())
        ahead = [action["MinSize"] for action in ups if action["StartTime"] + TAKES < start]
        assert ahead, steps_of(estate, GROUP)
        assert downs
        assert all(action["StartTime"] > start + timedelta(hours=1) for action in downs)
        assert "DesiredCapacity" not in downs[-1]
        assert downs[-1]["MinSize"] == 2
        most = max(ahead)

        left_s = (start - datetime.now(UTC)).total_seconds()
        eventually(lambda: in_service() >= most, left_s, what=f"{most} are in service by the start")
        tags = {tag["Key"]: tag["Value"] for tag in group()["Tags"]}
        assert tags["headstart.io/originals"] == "2/40"

        withdrawn(estate)

        def is_restored() -> bool:
            return (group()["MinSize"], group()["MaxSize"]) == (2, 40) and not armed()

        eventually(is_restored, 900, every_s=2, what="everything is given back")
        assert not [tag for tag in group()["Tags"] if tag["Key"].startswith("headstart.io/")]
        reasons = acts_on(estate, GROUP)
        assert reasons[-1] == "ORIGINALS_RESTORED"
        assert "FLOOR_SET" in reasons
        assert worker.metric("headstart_lead_time_seconds", resource=GROUP, quantile="0.95") == 30
        assert worker.stop() == 0
