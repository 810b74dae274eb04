"""A worker whose clock is ten minutes off the cluster's: raised in time and held to the end by either."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.kube.cluster import Cluster
from tests.kube.fault_proxy import FaultProxy
from tests.kube.hpa import bounds, marks
from tests.kube.web_shop import shop
from tests.kube.world import World
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.sale import SALE, acts_on, announced, steps_of, traffic, withdrawn
from tests.support.workers import WorkerProcess

TEN = timedelta(minutes=10)
AT_ONCE = {"factor": 100.0, "every": "1m", "hold": "10s"}


@pytest.fixture
def proxy(kubernetes: Cluster) -> Iterator[FaultProxy]:
    with FaultProxy(kubernetes) as proxy:
        yield proxy


def peak_of(estate: Estate, hpa: str) -> int:
    """The most units of what was recommended last; 0 before anything was."""
    return max((units for _, units in steps_of(estate, hpa)), default=0)


def stands_at(world: World, units: int) -> bool:
    return bounds(world)[0] >= units


def told(estate: Estate, worker: WorkerProcess, hpa: str) -> bool:
    """Is the clock in the campaign's verdict, and in the metrics?"""
    state = estate.campaign_states().get(SALE)
    by = worker.metric("headstart_clock_ahead_seconds", resource=hpa)
    return state is not None and "CLOCK_WRONG" in state.reasons and abs(by) == TEN.total_seconds()


@pytest.mark.timeout(700)
def test_by_a_clock_ten_minutes_slow_a_floor_is_raised_in_time_all_the_same(
    world: World, estate: Estate, proxy: FaultProxy
) -> None:
    """The sale starts in two minutes by the cluster's clock, and in twelve by ours."""
    proxy.clock_ahead = TEN
    hpa = shop(world, estate, through=proxy, ramp=AT_ONCE)
    worker = estate.worker(**QUICK).wait_ready()
    traffic(estate, rate_per_s=20)
    start = datetime.now(UTC) + timedelta(minutes=2)
    announced(estate, start + TEN, timedelta(hours=1))
    eventually(lambda: told(estate, worker, hpa), 60, what="it is told")
    peak = peak_of(estate, hpa)
    assert peak > 2

    left_s = (start - datetime.now(UTC)).total_seconds()
    eventually(lambda: world.ready_endpoints("web") >= peak, left_s, what=f"{peak} are ready by the start")

    withdrawn(estate)
    eventually(lambda: bounds(world) == (2, 10) and not marks(world), 400, every_s=1, what="given back")
    assert acts_on(estate, hpa)[-1] == "ORIGINALS_RESTORED"
    assert worker.stop() == 0


@pytest.mark.timeout(900)
def test_by_a_clock_ten_minutes_fast_a_floor_is_held_until_the_sale_is_over_by_the_clusters(
    world: World, estate: Estate, proxy: FaultProxy
) -> None:
    """Long after its end by our clock. Once the two show the same, the way down begins, and ends exactly."""
    proxy.clock_ahead = -TEN
    hpa = shop(world, estate, through=proxy, ramp=AT_ONCE)
    worker = estate.worker(**QUICK).wait_ready()
    traffic(estate, rate_per_s=20)
    start = datetime.now(UTC) + timedelta(seconds=100)
    end = start + timedelta(minutes=1)
    announced(estate, start, end - start)
    eventually(lambda: told(estate, worker, hpa), 60, what="it is told")
    peak = peak_of(estate, hpa)
    left_s = (start - datetime.now(UTC)).total_seconds()
    eventually(partial(stands_at, world, peak), left_s, what=f"{peak} stand by the start")

    lowest: list[int] = []

    def is_long_over() -> bool:
        lowest.append(bounds(world)[0])
        return datetime.now(UTC) > end + timedelta(minutes=2)

    eventually(is_long_over, 400, every_s=2, what="two minutes are over in which it would have been lowered")
    assert min(lowest) >= peak

    proxy.clock_ahead = timedelta(0)
    eventually(lambda: not stands_at(world, peak), 120, what="it is lowered")
    withdrawn(estate)
    eventually(lambda: bounds(world) == (2, 10) and not marks(world), 400, every_s=1, what="given back")
    assert worker.stop() == 0
