"""The chart allows exactly the calls that the code makes: reading apart from writing, and nothing more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import product

import pytest

from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.errors import ActuationError
from tests.kube.api_calls import Call
from tests.kube.chart import rendered, rules
from tests.kube.cluster import Cluster as Running
from tests.kube.control_plane import ControlPlane
from tests.kube.fault_proxy import FaultProxy
from tests.kube.furnish import strip
from tests.kube.manifests import Manifest
from tests.kube.scenes import LIMITS, Scene, chart_account, policy_of, scene
from tests.kube.sets import FOUND, SETS
from tests.kube.world import World
from tests.support.builders import NOW
from tests.support.deadline import eventually_async

RAISED = Bounds(9, 60)
SOON_S = 30
WRITES = {"patch", "create", "delete"}
Allowed = tuple[str, str, str, bool]
"""Verb, group, resource, and whether it is the whole cluster's."""


@pytest.fixture(scope="module")
def proxy(kubernetes: Running) -> Iterator[FaultProxy]:
    with FaultProxy(kubernetes) as proxy:
        yield proxy


def allowed(*, actuation: bool) -> set[Allowed]:
    here, everywhere = rules(actuation=actuation)
    return {*_each(here, False), *_each(everywhere, True)}


def _each(of: list[Manifest], everywhere: bool) -> Iterator[Allowed]:
    for rule in of:
        for verb, group, resource in product(rule["verbs"], rule["apiGroups"], rule["resources"]):
            yield verb, group, resource, everywhere


def made(calls: list[Call]) -> set[Allowed]:
    return {(call.verb, call.group, call.resource, not call.namespace) for call in calls}


async def live(one: Scene) -> None:
    """Everything that an actuator is ever asked for, from the first look to the restore."""
    actuator, resource = one.actuator, one.resource

    async def is_seen() -> bool:
        return (await actuator.observe(resource, NOW)).ready_units >= 0

    await eventually_async(is_seen, SOON_S, ignoring=(ActuationError,))
    await actuator.preflight(resource, RAISED, NOW)
    await actuator.set_floor(resource, Change(resource, FOUND, RAISED, FOUND, NOW), NOW)
    await actuator.verify(resource, 9, NOW)
    await actuator.restore(resource, Change(resource, RAISED, FOUND, FOUND, NOW), NOW)


@pytest.fixture(scope="module")
def calls(kubernetes: Running, proxy: FaultProxy, own_bare: ControlPlane) -> Iterator[list[Call]]:
    """Every call that the actuators of all kinds make over all their lives, on clusters of both sorts."""

    async def all_kinds() -> None:
        for number, kind in enumerate(SETS):
            with (
                World(kubernetes, f"rights-{number}") as world,
                scene(world, kind, proxy.kubeconfig_for) as one,
            ):
                await live(one)
                await one.clusters.close()

    async def buffers(world: World, through: FaultProxy) -> None:
        """One that is made and removed by us: of the cluster's own kind, or of placeholders."""
        world.deployment("web")
        resource = f"k8s://prod/{world.namespace}/capacity-buffer/web"
        clusters = Clusters([ClusterConnection("prod", through.kubeconfig_for(chart_account(world)))], LIMITS)
        actuator = kubernetes_actuators(clusters, {resource: policy_of(resource)})["capacity-buffer"]
        none = Bounds(0, 40)
        await actuator.preflight(resource, RAISED, NOW)
        await actuator.set_floor(resource, Change(resource, none, RAISED, none, NOW), NOW)
        await actuator.set_floor(resource, Change(resource, RAISED, Bounds(5, 60), none, NOW), NOW)
        await actuator.observe(resource, NOW)
        await actuator.restore(resource, Change(resource, Bounds(5, 60), none, none, NOW), NOW)
        await clusters.close()

    asyncio.run(all_kinds())
    with World(kubernetes, "rights-buffers") as world:
        asyncio.run(buffers(world, proxy))
    with FaultProxy(own_bare) as other, World(own_bare, "rights") as world:
        asyncio.run(buffers(world, other))
        yield [*proxy.calls, *other.calls]


@pytest.fixture(scope="module")
def own_bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster on which none of the neighbours' kinds is installed."""
    with ControlPlane(tmp_path_factory.mktemp("bare")) as control_plane:
        strip(control_plane)
        yield control_plane


@pytest.mark.kubernetes
def test_nothing_is_called_that_the_chart_does_not_allow(calls: list[Call]) -> None:
    """Every call of every kind, over its whole life, is in a rule; no call is to a subresource."""
    assert made(calls) - allowed(actuation=True) == set()
    assert {call.subresource for call in calls} == {""}


@pytest.mark.kubernetes
def test_nothing_is_allowed_that_is_not_called(calls: list[Call]) -> None:
    """A right that no call needs is one too many."""
    assert allowed(actuation=True) - made(calls) == set()


def test_without_actuation_nothing_can_be_written() -> None:
    """The only thing that is ever made is the question what we may do, which leaves nothing behind."""
    written = {one for one in allowed(actuation=False) if one[0] in WRITES}

    assert written == {("create", "authorization.k8s.io", "selfsubjectaccessreviews", True)}
    assert allowed(actuation=False) < allowed(actuation=True)


def test_rights_can_be_kept_to_some_namespaces() -> None:
    """What is in namespaces is bound in these alone; what is the cluster's own is bound in the cluster."""
    manifests = rendered("actuation.enabled=true", "rbac.namespaces={shop,search}", namespace="ops")
    bound = [
        (one["kind"], one["metadata"].get("namespace", ""), one["roleRef"]["name"])
        for one in manifests
        if one["kind"].endswith("Binding")
    ]

    assert sorted(bound) == [
        ("ClusterRoleBinding", "", "headstart-read-cluster"),
        ("ClusterRoleBinding", "", "headstart-write-cluster"),
        ("RoleBinding", "search", "headstart-read"),
        ("RoleBinding", "search", "headstart-write"),
        ("RoleBinding", "shop", "headstart-read"),
        ("RoleBinding", "shop", "headstart-write"),
    ]
    subjects = [one["subjects"] for one in manifests if one["kind"].endswith("Binding")]
    assert all(
        one == [{"kind": "ServiceAccount", "name": "headstart", "namespace": "ops"}] for one in subjects
    )


def test_who_makes_their_own_roles_gets_none() -> None:
    """Nothing at all is rendered then."""
    assert rendered("rbac.create=false") == []
