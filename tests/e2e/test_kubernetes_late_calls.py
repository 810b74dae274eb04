"""Two workers at once on a real HPA: one is frozen in the middle of a write, the other decides meanwhile.

The write is kept on its way, as a packet may be, until the other has done the opposite. Then it arrives, and
its worker wakes up and takes itself for the decider still.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kube.fault_proxy import FaultProxy
from tests.kube.gate import Gate
from tests.kube.history import History
from tests.kube.shops import (
    Shops,
    assert_epochs_rise,
    assert_never_raised_without_originals,
    epoch_of,
    let_decide,
    path_of,
    receipts_of,
)
from tests.kube.world import World
from tests.support.deadline import eventually
from tests.support.estate import Estate
from tests.support.sale import announced, steps_of, traffic, withdrawn
from tests.support.workers import WorkerProcess

LOWERED, RAISED, UNOPPOSED = "late-restore", "late-raise", "late-restore-unopposed"
SERVICES = {LOWERED: "web", RAISED: "search", UNOPPOSED: "cart"}
LITTLE = 3
ACTS_WITHIN_S = 100.0
TAKEN_OVER_S = 170.0
"""Until every call of the decider before has ended, with what comes before and after that."""


@dataclass
class Life:
    """A worker, and the way it calls the API server."""

    worker: WorkerProcess
    proxy: FaultProxy

    @property
    def decides(self) -> bool:
        """Is it the decider, by its own account?"""
        return self.worker.running and self.worker.metric("headstart_decider") == 1

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing, and is dead to everybody else, until the end of the block."""
        os.kill(self.worker.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.worker.pid, signal.SIGCONT)


def decider_and_standby(lives: Sequence[Life]) -> tuple[Life, Life]:
    """Who decides, and who does not, once there is one of each."""

    def one_decides() -> bool:
        return sorted(life.decides for life in lives) == [False, True]

    eventually(one_decides, ACTS_WITHIN_S, ignoring=(OSError,), what="one of two decides")
    first, second = lives
    return (first, second) if first.decides else (second, first)


def arrived(gate: Gate) -> set[int]:
    """Let what waits at the gate go on to the API server; what that says to it."""
    gate.open()
    eventually(lambda: len(gate.statuses) >= gate.kept, ACTS_WITHIN_S, what="what was late has arrived")
    return set(gate.statuses)


def planned(estate: Estate, resource: str) -> int:
    """The most units of what was recommended last."""
    return max((units for _, units in steps_of(estate, resource)), default=0)


@pytest.mark.timeout(900)
def test_a_write_that_is_late_changes_nothing_nor_does_the_worker_that_made_it(
    world: World, estate: Estate
) -> None:
    """A restore that arrives after the next raise, and a raise that arrives after all was given back.

    Where the next decider had nothing to write, the late restore finds what it was decided on: what it takes
    away is set again.
    """
    options: dict[str, dict[str, Any]] = {name: {"serves": service} for name, service in SERVICES.items()}
    options[UNOPPOSED]["max"] = LITTLE  # both of its sales ask for that: nothing is written for the second
    shops = Shops(world, estate, options)
    soon, long = datetime.now(UTC) + timedelta(minutes=1), timedelta(hours=1)

    def is_announced(service: str, number: int, uplift: float) -> None:
        announced(estate, soon, long, uplift=uplift, sale=f"{service}-{number}", service=service)

    with ExitStack() as stack:
        history = stack.enter_context(History(world.cluster, world.namespace))
        proxies = [stack.enter_context(FaultProxy(world.cluster)) for _ in range(2)]
        lives = [Life(shops.worker(proxy).wait_ready(), proxy) for proxy in proxies]
        workers = [life.worker for life in lives]
        sleeper, _ = decider_and_standby(lives)
        traffic(estate, rate_per_s=10, services=tuple(SERVICES.values()))
        for name in (LOWERED, UNOPPOSED):
            is_announced(SERVICES[name], 1, 1.5)
        for name in (LOWERED, UNOPPOSED):
            eventually(lambda name=name: shops.is_raised(name, 3), ACTS_WITHIN_S, what=f"{name} is raised")
        least = shops.bounds(LOWERED)[0]
        assert shops.bounds(UNOPPOSED)[0] == LITTLE

        late = {name: sleeper.proxy.gate("PATCH", path_of(name), "apply-patch") for name in SERVICES}
        old = epoch_of(shops.writes(sleeper.proxy, LOWERED)[-1])
        done = {name: len(shops.writes(sleeper.proxy, name)) for name in SERVICES}
        for name in (LOWERED, UNOPPOSED):
            withdrawn(estate, sale=f"{SERVICES[name]}-1")
        is_announced(SERVICES[RAISED], 1, 1.5)
        for name in SERVICES:
            assert late[name].came.wait(TAKEN_OVER_S), sleeper.worker.tail()
        with sleeper.frozen():
            for gate in late.values():
                gate.keep_these()
            is_announced(SERVICES[LOWERED], 2, 3.0)
            is_announced(SERVICES[UNOPPOSED], 2, 1.5)
            for name, units in ((LOWERED, least + 1), (RAISED, 3)):
                eventually(
                    lambda n=name, u=units: shops.is_raised(n, u), ACTS_WITHIN_S, what=f"{name} is raised"
                )
            eventually(lambda: planned(estate, shops.id(UNOPPOSED)) == LITTLE, ACTS_WITHIN_S)
            raised = len(history.of(LOWERED))
            assert arrived(late[LOWERED]) == {409}
            arrived(late[UNOPPOSED])
            eventually(lambda: shops.is_raised(UNOPPOSED, LITTLE), ACTS_WITHIN_S, what="it is set again")
        decider_and_standby(lives)
        let_decide(*workers)
        assert min(version.minimum for version in history.of(LOWERED)[raised - 1 :]) > least
        eventually(lambda: shops.is_raised(UNOPPOSED, LITTLE), ACTS_WITHIN_S, what="it still stands")

        for name, number in ((LOWERED, 2), (UNOPPOSED, 2), (RAISED, 1)):
            withdrawn(estate, sale=f"{SERVICES[name]}-{number}")
        for name in SERVICES:
            back = f"{name} is given back"
            eventually(lambda n=name: shops.is_as_before(n), TAKEN_OVER_S, every_s=0.5, what=back)
        assert arrived(late[RAISED]) == {409}
        let_decide(*workers)
        for name in SERVICES:
            assert shops.is_as_before(name)
            assert_never_raised_without_originals(history.of(name))
            assert_epochs_rise(history.of(name), receipts_of(estate, shops.id(name)))
        for name in (LOWERED, RAISED):
            written = shops.writes(sleeper.proxy, name)[done[name] :]
            assert {write.status for write in written if epoch_of(write) == old} == {409}
