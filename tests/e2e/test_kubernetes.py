"""A campaign on Kafka raises a real HPA with the chart's rights alone, against somebody who takes it back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from tests.kube.hpa import bounds, marks
from tests.kube.neighbours import Clobberer
from tests.kube.web_shop import shop
from tests.kube.world import World
from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.sale import SALE, acts_on, announced, steps_of, traffic, withdrawn

ARGO = "argocd-controller"
NAMED = "Argo CD (argocd-controller)"


@pytest.mark.timeout(1500)
def test_an_hpa_is_raised_in_time_fought_for_given_up_and_given_back_exactly(
    world: World, estate: Estate
) -> None:
    """In steps before the start, verified by ready endpoints; whoever takes it back is named and counted."""
    hpa = shop(world, estate, actuation=True, reassert=2)
    worker = estate.worker(**QUICK).wait_ready()
    traffic(estate, rate_per_s=20)
    start = datetime.now(UTC) + timedelta(minutes=4)
    announced(estate, start, timedelta(hours=1))
    eventually(lambda: steps_of(estate, hpa), 60, what="a plan is made")
    least = max(units for at, units in steps_of(estate, hpa) if at <= start - timedelta(seconds=30))
    assert least > 2

    left_s = (start - datetime.now(UTC)).total_seconds()
    eventually(lambda: world.ready_endpoints("web") >= least, left_s, what=f"{least} are ready by the start")
    assert bounds(world)[0] >= least
    eventually(
        lambda: worker.metric("headstart_ready_observed_units", resource=hpa) >= least,
        20,
        what="the worker has seen them",
    )
    assert marks(world)

    insists = {"spec": {"minReplicas": 2}}
    kind = HorizontalPodAutoscaler
    with Clobberer(
        world.cluster, world.namespace, kind, "web", insists, field_manager=ARGO, every_s=30
    ) as argo:
        eventually(
            lambda: worker.metric("headstart_floor_clobbers_total", resource=hpa, by=NAMED) >= 1,
            60,
            what="it is noticed and named",
        )
        eventually(
            lambda: worker.metric("headstart_floor_given_up", resource=hpa) == 1, 240, what="it is given up"
        )
        assert argo.resets >= 3
        reasons = eventually(
            lambda: [r for r in estate.campaign_states()[SALE].reasons if r == "FLOOR_CLOBBERED"], 30
        )
        assert reasons
        assert NAMED in estate.campaign_states()[SALE].sentence
    for command in (("hold", hpa), ("resume", hpa)):
        done = run(estate.bootstrap, estate.prefix, *command, "--by", "ada")
        assert done.exit_code == 0, done.output
    eventually(lambda: bounds(world)[0] >= least, 30, what="a person lets it be set again")

    withdrawn(estate)
    eventually(lambda: bounds(world) == (2, 10) and not marks(world), 400, every_s=1, what="given back")
    eventually(lambda: "headstart" not in world.managers(HorizontalPodAutoscaler, "web"), 20)
    acts = acts_on(estate, hpa)
    assert acts[-1] == "ORIGINALS_RESTORED"
    assert "ACT_FORBIDDEN" not in acts
    assert worker.stop() == 0


@pytest.mark.timeout(300)
def test_a_right_that_is_missing_is_a_finding_days_ahead_and_no_crash(world: World, estate: Estate) -> None:
    """The chart without actuation: looking is allowed, writing is not."""
    hpa = shop(world, estate, actuation=False)
    worker = estate.worker(**QUICK).wait_ready()
    traffic(estate, rate_per_s=20)
    announced(estate, datetime.now(UTC) + timedelta(hours=3), timedelta(hours=1))

    def found() -> list[str]:
        state = estate.campaign_states().get(SALE)
        return [reason for reason in state.reasons if reason == "PERMISSION_MISSING"] if state else []

    eventually(found, 90, what="it is found ahead")
    checked = run(estate.bootstrap, estate.prefix, "check", "--policy", str(estate.policy), "--no-kafka")
    assert checked.exit_code == 1
    assert "PERMISSION_MISSING" in checked.output
    assert "cure:" in checked.output
    plan = run(
        estate.bootstrap, estate.prefix, "plan", SALE, "--json", HEADSTART_POLICY_FILE=str(estate.policy)
    )
    (finding,) = [f for f in json.loads(plan.stdout)["findings"] if f["reason"] == "PERMISSION_MISSING"]
    assert finding["resource"] == hpa
    assert worker.running
    assert bounds(world) == (2, 10)
