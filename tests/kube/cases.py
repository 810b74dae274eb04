"""Every kind of Kubernetes resource as a case of the actuators' contract, on the real control plane."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

import pytest
from lightkube import ApiError

from advisor.actuation.kubernetes.clusters import Clusters
from advisor.domain.capacity import Bounds
from tests.kube.fault import Fault
from tests.kube.fault_proxy import FaultProxy
from tests.kube.pace import LEAD_TIME, SOON_S, Pace
from tests.kube.scenes import Scene, scene
from tests.kube.sets import FOUND, SETS
from tests.kube.world import World
from tests.support.actuator_case import ActuatorCase, interrupted_at
from tests.support.deadline import eventually

MANY = 1000


def _case(kind: str, request: pytest.FixtureRequest) -> ActuatorCase:
    """A scene of the kind, behind a proxy that counts its requests, and at its clock's pace."""
    world: World = request.getfixturevalue("world")
    proxy: FaultProxy = request.getfixturevalue("fault_proxy")
    to_close: list[Clusters] = request.getfixturevalue("clusters_to_close")
    stack = ExitStack()
    request.addfinalizer(stack.close)
    request.addfinalizer(proxy.reset)
    made = stack.enter_context(scene(world, kind, proxy.kubeconfig_for, units_wait=True))
    to_close.append(made.clusters)
    pace = Pace(made)

    async def somebody_sets(bounds: Bounds) -> None:
        await asyncio.to_thread(partial(made.somebody_applies, bounds, force=True))
        await asyncio.to_thread(pace.pass_time, timedelta(0))

    async def recreate() -> None:
        await asyncio.to_thread(_recreate, made)

    return ActuatorCase(
        made.actuator,
        made.resource,
        f"{made.resource}-gone",
        LEAD_TIME,
        lambda: pace.now,
        pace.pass_time,
        somebody_sets,
        recreate,
        interrupted_at(proxy.bell.at),
        at_request=proxy.bell.at,
        writes=partial(made.somebody_applies, force=True),
        cut_off=lambda: proxy.next_calls(Fault(how="reset"), times=MANY),
    )


def _recreate(made: Scene) -> None:
    """Somebody deletes the object, and makes it anew once it is gone."""
    made.somebody_deletes()
    eventually(lambda: _is_gone(made), SOON_S)
    made.somebody_makes(FOUND)


def _is_gone(made: Scene) -> bool:
    try:
        made.manifest()
    except ApiError as error:
        return error.status.code == 404
    return False


KUBERNETES_CASES: dict[str, Callable[[pytest.FixtureRequest], ActuatorCase]] = {
    f"k8s-{kind.replace(' ', '-')}": partial(_case, kind) for kind in SETS
}

KUBERNETES_ALIKE = {
    "k8s-hpa-of-keda",
    "k8s-scaledobject",
    "k8s-capacity-buffer",
    "k8s-nodepool",
    "k8s-statefulset",
}
"""Cases that write as another does: one apply raises, and an apply and a patch restore.

`k8s-hpa` stands for those that hold both bounds, and `k8s-deployment` for those whose maximum is a mark of
ours, and which is read last of several. A buffer that is of our making is made and removed instead:
tests/contract/test_kubernetes_buffers.py cuts these calls short.
"""
