"""Workers are SIGKILLed at every step of an act on real HPAs; whoever comes next ends as if nobody had died.

Seven HPAs are raised, and given back, at once; a proxy stops the acts on them at seven different steps, and
there the worker dies. So one death is a death at every step. The next worker may lower nothing until every
call of the dead one has ended, which is what these tests wait for most of the time.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from tests.kube.fault_proxy import FaultProxy
from tests.kube.gate import Gate
from tests.kube.history import History
from tests.kube.shops import (
    Shops,
    assert_epochs_rise,
    assert_never_raised_without_originals,
    path_of,
    receipts_of,
)
from tests.kube.world import World
from tests.support.deadline import eventually
from tests.support.estate import Estate
from tests.support.sale import acts_on, announced, steps_of, traffic, withdrawn
from tests.support.workers import WorkerProcess

LOOK, ASKED, DONE = "at-the-look-before", "bounds-on-their-way", "bounds-set-unanswered"
LEAVING, LEFT = "leave-on-its-way", "left-unanswered"
CHECKING, CHECKED = "at-the-look-after", "looked-receipt-unwritten"
STEPS = (LOOK, ASKED, DONE, LEAVING, LEFT, CHECKING, CHECKED)
WITHIN_S = 9.0
"""A call that is kept for longer is given up and made again."""

TAKEN_OVER_S = 170.0
"""Until every call of the decider before has ended, with what comes before and after that."""


def kill_at_every_step(worker: WorkerProcess, stops: dict[str, Gate], begins_within_s: float) -> None:
    """Wait until the act on each HPA has come to its step, and there end the worker."""
    assert stops[ASKED].came.wait(begins_within_s), worker.tail()
    late = [name for name, gate in stops.items() if not gate.came.wait(WITHIN_S)]
    assert not late, worker.tail()
    stops[CHECKED].open()
    assert stops[CHECKED].answered.wait(WITHIN_S)
    worker.kill()


def stops_in(proxy: FaultProxy, *, restoring: bool) -> dict[str, Gate]:
    """The gates at which the acts on the HPAs stop: in one raise, or in one restore with its two writes."""
    slow = proxy.gate("GET", path_of(LOOK), shut=False, slow_s=1.0)
    stops = {
        LOOK: slow,  # it lags behind the others, and stays where it is once one of them writes
        ASKED: proxy.gate("PATCH", path_of(ASKED), "apply-patch", on_came=slow.shut),
        DONE: proxy.gate("PATCH", path_of(DONE), "apply-patch", afterwards=True),
    }
    if restoring:
        stops[LEAVING] = proxy.gate("PATCH", path_of(LEAVING), "json-patch")
        stops[LEFT] = proxy.gate("PATCH", path_of(LEFT), "json-patch", afterwards=True)
    for name in (CHECKING, CHECKED):
        stops[name] = proxy.gate("GET", path_of(name), shut=False)
        last = "json-patch" if restoring else "apply-patch"
        proxy.gate("PATCH", path_of(name), last, shut=False, on_answered=stops[name].shut)
    return stops


def is_told(estate: Estate, resource: str) -> bool:
    """Was it written down that the resource was raised, and last that it was restored?"""
    acts = acts_on(estate, resource)
    return "FLOOR_SET" in acts and acts[-1] == "ORIGINALS_RESTORED"


@pytest.mark.timeout(900)
def test_whoever_dies_at_whichever_step_floors_stand_in_time_and_originals_come_back(
    world: World, estate: Estate
) -> None:
    """No floor is ever raised without the mark of what was before it, and no decider's epoch comes again."""
    shops = Shops(world, estate, {name: {"lead_time": "40s"} for name in STEPS})
    with ExitStack() as stack:
        history = stack.enter_context(History(world.cluster, world.namespace))
        first, second, third = (stack.enter_context(FaultProxy(world.cluster)) for _ in range(3))

        raising = stops_in(first, restoring=False)
        worker = shops.worker(first).wait_ready()
        traffic(estate, rate_per_s=10)
        start = datetime.now(UTC) + timedelta(seconds=90)
        announced(estate, start, timedelta(hours=1), uplift=2.0)
        kill_at_every_step(worker, raising, 90)
        acted = {name: [write.status for write in shops.writes(first, name)] for name in shops.names}
        assert acted[LOOK] == acted[ASKED] == []
        assert acted[DONE] == acted[CHECKING] == acted[CHECKED] == [200]
        assert not receipts_of(estate, shops.id(CHECKED))

        worker = shops.worker(second)
        least = max(units for at, units in steps_of(estate, shops.id(LOOK)) if at <= start)
        assert least > 2
        left_s = (start - datetime.now(UTC)).total_seconds()
        for name in shops.names:
            in_time = f"{name} is raised in time"
            eventually(lambda name=name: shops.is_raised(name, least), left_s, what=in_time)
        raised = {name: len(shops.writes(second, name)) for name in shops.names}
        restoring = stops_in(second, restoring=True)
        withdrawn(estate)
        kill_at_every_step(worker, restoring, TAKEN_OVER_S)
        written = {name: len(shops.writes(second, name)) - raised[name] for name in shops.names}
        assert written == {LOOK: 0, ASKED: 0, DONE: 1, LEAVING: 1, LEFT: 2, CHECKING: 2, CHECKED: 2}
        assert "ORIGINALS_RESTORED" not in acts_on(estate, shops.id(CHECKED))

        shops.worker(third)
        for name in shops.names:
            back = f"{name} is as before"
            eventually(lambda name=name: shops.is_as_before(name), TAKEN_OVER_S, every_s=0.5, what=back)
        for name in shops.names:
            versions = history.of(name)
            assert max(version.minimum for version in versions) >= least
            assert_never_raised_without_originals(versions)
            told = f"{name} has a receipt of its raise and of its restore, whoever died before it was written"
            eventually(lambda name=name: is_told(estate, shops.id(name)), WITHIN_S, every_s=0.5, what=told)
            assert_epochs_rise(versions, receipts_of(estate, shops.id(name)))
