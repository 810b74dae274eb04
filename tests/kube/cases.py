"""Kinds of Kubernetes as cases of the contract of all actuators, on the real control plane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from advisor.domain.capacity import Bounds
from tests.kube.faults import FaultProxy
from tests.kube.scenes import Scene, scene
from tests.kube.world import World
from tests.support.actuator_case import ActuatorCase
from tests.support.builders import NOW
from tests.support.deadline import eventually, eventually_async

SOON_S = 30.0


def _case(kind: str, request: pytest.FixtureRequest) -> ActuatorCase:
    """A scene of the kind, behind a proxy that counts its requests."""
    world: World = request.getfixturevalue("world")
    proxy: FaultProxy = request.getfixturevalue("fault_proxy")
    stack = ExitStack()
    request.addfinalizer(stack.close)
    made: Scene = stack.enter_context(scene(world, kind, proxy.kubeconfig_for))
    clock = [NOW]
    eventually(lambda: world.ready_endpoints("web") >= 2, SOON_S, what="two units serve")

    def pass_time(by: timedelta) -> None:
        clock[0] += by
        wanted = made.spec()[made.its.minimum]
        eventually(lambda: world.ready_endpoints("web") >= wanted, SOON_S, what=f"{wanted} units serve")

    async def somebody_sets(bounds: Bounds) -> None:
        await asyncio.to_thread(partial(made.somebody_applies, bounds, force=True))

    async def interrupt(call: Coroutine[Any, Any, Any], step: int) -> bool:
        """Cancel it as soon as its n-th request has come in."""
        enough, task = len(proxy.requests) + step, asyncio.ensure_future(call)

        async def is_far_enough() -> bool:
            return len(proxy.requests) >= enough or task.done()

        await eventually_async(is_far_enough, SOON_S, every_s=0.0005)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    name = made.resource
    return ActuatorCase(
        made.actuator,
        name,
        f"{name}-gone",
        timedelta(minutes=1),
        lambda: clock[0],
        pass_time,
        somebody_sets,
        interrupt=interrupt,
        own_maximum=made.its.maximum is not None,
    )


KUBERNETES_CASES: dict[str, Callable[[pytest.FixtureRequest], ActuatorCase]] = {
    "k8s-hpa": partial(_case, "hpa"),
}
"""One of them: every kind is written by the same calls."""
