"""Room for pods to come: made with the first floor, sized, given way, and removed when it is not needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lightkube import ApiError
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import Pod
from lightkube.resources.scheduling_v1 import PriorityClass

from advisor.actuation.actuator import Actuator
from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.kube.control_plane import ControlPlane
from tests.kube.fault_proxy import FaultProxy
from tests.kube.furnish import CapacityBuffer, strip
from tests.kube.manifests import Manifest
from tests.kube.neighbours import BufferStandIn
from tests.kube.scenes import LIMITS, chart_account, policy_of
from tests.kube.world import World
from tests.support.actuator_case import interrupted_at
from tests.support.builders import NOW
from tests.support.deadline import eventually, eventually_async

SOON_S = 30
NONE, RAISED = Bounds(0, 40), Bounds(5, 40)
MARKS = ("headstart.io/made", "headstart.io/originals")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A cluster that knows no capacity buffers, and no other neighbours' kinds."""
    with ControlPlane(tmp_path_factory.mktemp("bare")) as control_plane:
        strip(control_plane)
        yield control_plane


@dataclass
class Buffer:
    """The buffer for the Deployment `web` of a world, and who may set it."""

    world: World
    kubeconfig: Path
    name: str = "web"

    def __post_init__(self) -> None:
        prod = ClusterConnection("prod", self.kubeconfig, pause_image="example.test/pause:1")
        self.clusters = Clusters([prod], LIMITS)
        actuators = kubernetes_actuators(self.clusters, {self.resource: policy_of(self.resource)})
        self.actuator: Actuator = actuators["capacity-buffer"]

    @property
    def resource(self) -> str:
        return f"k8s://prod/{self.world.namespace}/capacity-buffer/{self.name}"

    async def set(self, target: Bounds, found: Bounds = NONE) -> None:
        await self.actuator.set_floor(
            self.resource, Change(self.resource, found, target, NONE, NOW, epoch=7), NOW
        )

    async def restore(self, found: Bounds = RAISED) -> None:
        await self.actuator.restore(
            self.resource, Change(self.resource, found, NONE, NONE, NOW, epoch=7), NOW
        )

    async def holds(self, units: int) -> bool:
        return (await self.actuator.verify(self.resource, units, NOW)).holds

    def placeholder(self) -> Manifest | None:
        try:
            found = self.world.client.get(
                Deployment, "web-headstart-placeholder", namespace=self.world.namespace
            )
        except ApiError as error:
            assert error.status.code == 404
            return None
        return dict(found.to_dict())


@pytest.fixture
def bare_world(bare: ControlPlane, request: pytest.FixtureRequest) -> Iterator[World]:
    with World(bare, f"buffers-{abs(hash(request.node.name)) % 10**8}") as world:
        world.deployment("web", replicas=2, requests={"cpu": "250m", "memory": "300Mi"})
        yield world


@pytest.fixture
async def placeholder(bare_world: World) -> Buffer:
    return Buffer(bare_world, chart_account(bare_world))


async def test_what_does_not_exist_yet_holds_nothing(placeholder: Buffer) -> None:
    """Nothing is made by a look: the bounds go from nothing to what the policy allows."""
    found = await placeholder.actuator.observe(placeholder.resource, NOW)

    assert (found.bounds, found.units, found.ready_units) == (NONE, 0, 0)
    assert (found.identity, found.originals) == ("", None)
    assert await placeholder.holds(0)
    assert placeholder.placeholder() is None


async def test_placeholders_are_made_sized_and_removed(placeholder: Buffer) -> None:
    """The first floor makes them, others size them, and the restore leaves nothing behind."""
    await placeholder.set(RAISED)
    await eventually_async(lambda: placeholder.holds(5), SOON_S)
    await placeholder.set(Bounds(7, 50), RAISED)
    await eventually_async(lambda: placeholder.holds(7), SOON_S)
    raised = await placeholder.actuator.observe(placeholder.resource, NOW)
    await placeholder.set(Bounds(7, 50), Bounds(7, 50))
    await placeholder.set(Bounds(3, 50), Bounds(7, 50))
    lowered = await placeholder.actuator.observe(placeholder.resource, NOW)
    await placeholder.restore(Bounds(3, 50))
    await placeholder.restore(Bounds(3, 50))

    assert (raised.bounds, raised.originals) == (Bounds(7, 50), NONE)
    assert (lowered.bounds, lowered.originals) == (Bounds(3, 50), NONE)
    assert placeholder.placeholder() is None

    def are_gone() -> bool:
        pods = placeholder.world.client.list(Pod, namespace=placeholder.world.namespace)
        return {(pod.metadata.labels or {}).get("app") for pod in pods if pod.metadata} == {"web"}

    eventually(are_gone, SOON_S)


async def test_a_placeholder_is_as_large_as_what_it_stands_for_and_gives_way_first(
    placeholder: Buffer,
) -> None:
    """Same requests, same nodes, no label that a Service looks for, the lowest priority that gets nodes."""
    await placeholder.set(RAISED)
    await eventually_async(lambda: placeholder.holds(5), SOON_S)

    made = placeholder.placeholder()
    assert made is not None
    template = made["spec"]["template"]
    (container,) = template["spec"]["containers"]
    assert container["resources"]["requests"] == {"cpu": "250m", "memory": "300Mi"}
    assert container["image"] == "example.test/pause:1"
    assert template["spec"]["nodeName"] == "headstart-tests"
    assert template["metadata"]["annotations"] == {"karpenter.sh/do-not-disrupt": "true"}
    assert template["metadata"]["labels"]["headstart.io/stands-for"] == "web"
    assert template["spec"]["terminationGracePeriodSeconds"] == 0
    eventually(lambda: placeholder.world.ready_endpoints() == 2, SOON_S)
    priority = placeholder.world.client.get(PriorityClass, "headstart-placeholder")
    assert (priority.value, priority.preemptionPolicy, priority.globalDefault) == (-10, "Never", None)
    pod = next(
        one
        for one in placeholder.world.client.list(Pod, namespace=placeholder.world.namespace)
        if one.spec is not None and one.spec.priorityClassName
    )
    assert pod.spec is not None
    assert pod.spec.priority == -10


async def test_placeholders_that_somebody_deleted_are_made_again(placeholder: Buffer) -> None:
    """The bounds are from nothing again, less than what was set, and the same floor makes them anew."""
    await placeholder.set(RAISED)
    world = placeholder.world
    world.client.delete(Deployment, "web-headstart-placeholder", namespace=world.namespace)
    found = await placeholder.actuator.observe(placeholder.resource, NOW)

    await placeholder.set(RAISED)

    assert found.bounds == NONE
    assert (await placeholder.actuator.observe(placeholder.resource, NOW)).bounds == RAISED


@pytest.mark.parametrize("step", range(1, 7))
async def test_making_and_removing_cut_short_at_any_call_are_set_right_by_the_next(
    bare: ControlPlane, bare_world: World, step: int
) -> None:
    """There are placeholders with their bounds and originals, or none: nothing is half made or half gone."""
    with FaultProxy(bare) as proxy:
        placeholder = Buffer(bare_world, proxy.kubeconfig_for(chart_account(bare_world)))
        interrupt = interrupted_at(proxy.bell.at)
        await interrupt(placeholder.set(RAISED), step)
        half = await placeholder.actuator.observe(placeholder.resource, NOW)
        await placeholder.set(RAISED, half.bounds)
        raised = await placeholder.actuator.observe(placeholder.resource, NOW)
        await interrupt(placeholder.restore(), step)
        left = await placeholder.actuator.observe(placeholder.resource, NOW)
        await placeholder.restore(left.bounds)
        await placeholder.clusters.close()

    states = {(one.bounds, one.originals) for one in (half, left)}
    assert states <= {(NONE, None), (RAISED, NONE)}
    assert (raised.bounds, raised.originals) == (RAISED, NONE)
    assert placeholder.placeholder() is None


async def test_there_is_no_room_for_what_does_not_exist(placeholder: Buffer) -> None:
    """A buffer that stands for no Deployment is gone, with the words that say which one was sought."""
    nothing = Buffer(placeholder.world, placeholder.kubeconfig, "nothing")

    with pytest.raises(ActuationError) as caught:
        await nothing.actuator.observe(nothing.resource, NOW)

    assert caught.value.reason is Reason.RESOURCE_GONE
    assert "no Deployment nothing" in caught.value.detail


async def test_a_preflight_of_placeholders_looks_at_quotas_and_rights(placeholder: Buffer) -> None:
    """Placeholders are pods that a quota counts; the rights to make and to remove them are asked for."""
    clear = await placeholder.actuator.preflight(placeholder.resource, RAISED, NOW)
    placeholder.world.quota(**{"requests.memory": "900Mi"})

    async def is_found() -> bool:
        looked = await placeholder.actuator.preflight(placeholder.resource, RAISED, NOW)
        return [(one.reason, one.enough_for) for one in looked.findings] == [(Reason.QUOTA_TOO_SMALL, 1)]

    reader = Buffer(placeholder.world, placeholder.world.account("reader", []))
    missing = await reader.actuator.preflight(reader.resource, RAISED, NOW)

    assert (clear.findings, clear.unknown) == ((), ())
    assert placeholder.placeholder() is None
    await eventually_async(is_found, SOON_S)
    assert {one.reason for one in missing.findings} == {Reason.PERMISSION_MISSING}


async def test_a_buffer_of_the_cluster_is_made_where_it_knows_them(world: World) -> None:
    """A CapacityBuffer for the Deployment; it holds once the autoscaler says that it has the room."""
    world.deployment("web", replicas=2)
    buffer = Buffer(world, chart_account(world))

    await buffer.set(RAISED)
    made = world.client.get(CapacityBuffer, "web", namespace=world.namespace)
    waits = await buffer.actuator.verify(buffer.resource, 5, NOW)
    with BufferStandIn(world.cluster, world.namespace):
        await eventually_async(lambda: buffer.holds(5), SOON_S)
    await buffer.restore()
    left = [one.metadata for one in world.client.list(CapacityBuffer, namespace=world.namespace)]

    assert made["spec"]["scalableRef"] == {"apiGroup": "apps", "kind": "Deployment", "name": "web"}
    assert made["spec"]["replicas"] == 5
    assert {mark: made["metadata"]["annotations"][mark] for mark in MARKS} == {
        "headstart.io/made": "true",
        "headstart.io/originals": "-/40",
    }
    assert (waits.holds, waits.ready_units) == (False, 0)
    assert "autoscaler" in waits.waiting_for[0]
    assert left == []
