"""What is particular to one kind: KEDA's pauses, autoscalers over workloads, what serves, held nodes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest
from lightkube.resources.core_v1 import Service
from lightkube.types import PatchType

from advisor.actuation.actuator import Actuator
from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters, config_of
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.kube.control_plane import ControlPlane
from tests.kube.furnish import NodePool, ScaledObject, strip
from tests.kube.keda import PAUSED, PAUSED_REPLICAS, PAUSED_SCALE_IN
from tests.kube.scenes import LIMITS, Scene, chart_account, policy_of, scene
from tests.kube.sets import FOUND
from tests.kube.world import World
from tests.support.builders import NOW
from tests.support.deadline import eventually, eventually_async

SOON_S = 30
UNSETTLED_S = 60  # controllers that lost kinds they watched take their time
RAISED = Bounds(9, 60)


@pytest.fixture
async def hands(world: World) -> AsyncIterator[Hands]:
    hands = Hands(world)
    yield hands
    await hands.clusters.close()


class Hands:
    """Actuators of every kind on what is in a world, with the chart's rights."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clusters = Clusters([ClusterConnection("prod", chart_account(world))], LIMITS)

    def of(self, kind: str, name: str = "web") -> tuple[Actuator, str]:
        resource = f"k8s://prod/{self.world.namespace}/{kind}/{name}"
        return kubernetes_actuators(self.clusters, {resource: policy_of(resource)})[kind], resource

    async def sees(self, kind: str, name: str = "web") -> Observation:
        actuator, resource = self.of(kind, name)
        return await actuator.observe(resource, NOW)

    async def sees_that(
        self, kind: str, is_so: Callable[[Observation], object], name: str = "web"
    ) -> Observation:
        """What is observed once that is so."""

        async def looked() -> Observation | None:
            found = await self.sees(kind, name)
            return found if is_so(found) else None

        found = await eventually_async(looked, SOON_S)
        assert found is not None
        return found

    async def is_refused(self, kind: str, name: str = "web") -> ActuationError:
        actuator, resource = self.of(kind, name)
        with pytest.raises(ActuationError) as caught:
            await actuator.set_floor(resource, Change(resource, FOUND, RAISED, FOUND, NOW), NOW)
        return caught.value


@pytest.fixture
async def keda(world: World) -> AsyncIterator[Scene]:
    with scene(world, "hpa of keda") as made:
        await eventually_async(partial(_sees, made), SOON_S)
        yield made
        await made.clusters.close()


async def _sees(made: Scene) -> bool:
    return (await made.actuator.observe(made.resource, NOW)).ready_units == 2


# --- KEDA


async def test_a_floor_on_keda_s_hpa_holds_because_it_is_set_on_the_scaled_object(keda: Scene) -> None:
    """KEDA carries it on to its HPA, and has nothing to write back."""
    await keda.actuator.set_floor(keda.resource, Change(keda.resource, FOUND, RAISED, FOUND, NOW), NOW)

    eventually(lambda: keda.world.ready_endpoints() == 9, SOON_S)
    assert keda.spec()["minReplicaCount"] == 9
    assert keda.marks()["headstart.io/originals"] == "2/40"


@pytest.mark.parametrize(("annotation", "value"), [(PAUSED, "true"), (PAUSED, "yes"), (PAUSED_REPLICAS, "6")])
async def test_bounds_that_nothing_would_follow_are_refused(keda: Scene, annotation: str, value: str) -> None:
    """While KEDA is paused its HPA is away: the pause is named as what sets the bounds, by either id."""
    keda.world.client.set(
        ScaledObject, "web", namespace=keda.world.namespace, annotations={annotation: value}
    )

    async def is_paused() -> bool:
        return bool((await keda.actuator.observe(keda.resource, NOW)).owner)

    await eventually_async(is_paused, SOON_S)
    found = await keda.actuator.observe(keda.resource, NOW)
    with pytest.raises(ActuationError) as caught:
        await keda.actuator.set_floor(keda.resource, Change(keda.resource, FOUND, RAISED, FOUND, NOW), NOW)

    assert found.owner == f"whoever paused KEDA ({annotation}: {value})"
    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_REFUSED, False)
    assert keda.spec()["minReplicaCount"] == 2


@pytest.mark.parametrize(("annotation", "value"), [(PAUSED, "false"), (PAUSED_SCALE_IN, "true")])
async def test_a_pause_that_lets_a_floor_rise_is_none(keda: Scene, annotation: str, value: str) -> None:
    """Paused scaling in keeps what is there, which is what a floor is for."""
    keda.world.client.set(
        ScaledObject, "web", namespace=keda.world.namespace, annotations={annotation: value}
    )

    assert (await keda.actuator.observe(keda.resource, NOW)).owner == ""


async def test_bounds_that_are_left_to_keda_are_left_to_it_again(world: World, hands: Hands) -> None:
    """A ScaledObject that sets neither has 0 to 100, and after a restore sets neither."""
    world.deployment("web", replicas=2)
    world.scaled_object("web")
    actuator, resource = hands.of("scaledobject")
    free = Bounds(0, 100)
    before = world.client.get(ScaledObject, "web", namespace=world.namespace)["spec"]

    await actuator.set_floor(resource, Change(resource, free, Bounds(9, 100), free, NOW), NOW)
    raised = await actuator.observe(resource, NOW)
    await actuator.restore(resource, Change(resource, Bounds(9, 100), free, free, NOW), NOW)

    assert (raised.bounds, raised.originals) == (Bounds(9, 100), free)
    assert world.client.get(ScaledObject, "web", namespace=world.namespace)["spec"] == before


# --- workloads that something else scales


@pytest.mark.parametrize(("kind", "of"), [("deployment", "Deployment"), ("statefulset", "StatefulSet")])
async def test_a_workload_that_an_autoscaler_scales_is_not_ours(
    world: World, hands: Hands, kind: str, of: str
) -> None:
    """Its HPA is named as who sets the bounds, with the id to use instead, and a floor is refused."""
    (world.deployment if kind == "deployment" else world.stateful_set)("web", replicas=2)
    free = await hands.sees(kind)
    world.autoscaler("web", minimum=2, maximum=10, kind=of)

    error = await hands.is_refused(kind)

    assert free.owner == ""
    instead = f"k8s://prod/{world.namespace}/hpa/web"
    assert (await hands.sees(kind)).owner == f"HorizontalPodAutoscaler web (use {instead})"
    assert (error.reason, error.retryable) == (Reason.ACT_REFUSED, False)
    assert instead in error.detail


async def test_a_workload_that_keda_scales_is_its_scaled_object_s(world: World, hands: Hands) -> None:
    """Rather than that of the HPA that KEDA keeps for it."""
    world.deployment("web", replicas=2)
    world.scaled_object("web", minimum=2, maximum=8)

    assert (await hands.sees("deployment")).owner.startswith("ScaledObject web (use k8s://prod/")


async def test_an_hpa_of_another_kind_of_that_name_is_none_of_a_workload_s(
    world: World, hands: Hands
) -> None:
    """A StatefulSet and a Deployment may share a name."""
    world.deployment("web", replicas=2)
    world.autoscaler("web", minimum=2, maximum=10, kind="StatefulSet")

    assert (await hands.sees("deployment")).owner == ""


async def test_without_keda_and_karpenter_nothing_breaks(own_kubernetes: ControlPlane) -> None:
    """On a cluster with no CRDs a Deployment is set as anywhere, and a ScaledObject says what is missing."""
    strip(own_kubernetes)
    with World(own_kubernetes, "shop") as world:
        world.deployment("web", replicas=2)
        world.budget("web", maxUnavailable=1)
        hands = Hands(world)
        actuator, resource = hands.of("deployment")

        async def is_clear() -> bool:
            looked = await actuator.preflight(resource, RAISED, NOW)
            return (looked.findings, looked.unknown) == ((), ())

        await eventually_async(is_clear, UNSETTLED_S)
        await actuator.set_floor(resource, Change(resource, FOUND, RAISED, FOUND, NOW), NOW)
        with pytest.raises(ActuationError) as no_keda:
            await hands.sees("scaledobject")
        with pytest.raises(ActuationError) as no_karpenter:
            await hands.sees("nodepool")
        eventually(lambda: world.ready_endpoints() == 9, UNSETTLED_S)
        await hands.clusters.close()

    assert no_keda.value.reason is no_karpenter.value.reason is Reason.RESOURCE_GONE
    assert "KEDA is not installed" in no_keda.value.detail
    assert "CRD is not installed" in no_karpenter.value.detail


async def test_an_autoscaler_over_something_else_says_that_it_cannot_be_counted(
    world: World, hands: Hands
) -> None:
    """A floor that nobody can verify is refused by name instead of being called ready or not."""
    world.autoscaler("web", minimum=2, maximum=10, kind="Rollout")

    with pytest.raises(ActuationError) as caught:
        await hands.sees("hpa")

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_REFUSED, False)
    assert "Rollout" in caught.value.detail


# --- what serves


async def test_a_pod_that_never_becomes_ready_does_not_serve(world: World, hands: Hands) -> None:
    """It runs, and counts as asked for; what it waits for is said."""
    world.deployment("web", replicas=3, never_ready=True)

    found = await hands.sees_that("deployment", lambda seen: "3 pods: Cont" in str(seen.waiting_for))

    assert (found.units, found.ready_units) == (3, 0)
    assert found.waiting_for == ("3 pods: ContainersNotReady",)


async def test_pods_behind_several_services_count_once(world: World, hands: Hands) -> None:
    """And a Service that publishes addresses before they are ready says nothing of readiness."""
    world.deployment("web", replicas=2)
    for name, other in (("again", {}), ("early", {"publishNotReadyAddresses": True})):
        ports = [{"port": 80}]
        spec = {"selector": {"app": "web"}, "ports": ports, **other}
        world.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})
    eventually(lambda: world.ready_endpoints("again") == world.ready_endpoints("early") == 2, SOON_S)

    assert (await hands.sees("deployment")).ready_units == 2


async def test_an_early_service_alone_proves_nothing(world: World, hands: Hands) -> None:
    """Its endpoints are called ready while the pods are not: the pods' own word counts."""
    world.deployment("web", replicas=2, never_ready=True)
    early = {"spec": {"publishNotReadyAddresses": True}}
    world.client.patch(Service, "web", early, namespace=world.namespace, patch_type=PatchType.MERGE)
    eventually(lambda: world.ready_endpoints("web") == 2, SOON_S, what="the slices call them ready")

    assert (await hands.sees("deployment")).ready_units == 0


async def test_without_a_service_ready_pods_serve(world: World, hands: Hands) -> None:
    """As those that take their work from a queue."""
    world.deployment("web", replicas=3)
    world.client.delete(Service, "web", namespace=world.namespace)

    found = await hands.sees_that("deployment", lambda seen: seen.ready_units == 3)

    assert found.waiting_for == ()


async def test_pods_that_a_quota_keeps_out_are_waited_for_by_its_name(world: World, hands: Hands) -> None:
    """The controller's own words say which quota it is."""
    world.quota(pods="2")
    world.deployment("web", replicas=5)

    def is_kept_out(seen: Observation) -> bool:
        return seen.ready_units == 2 and "exceeded quota" in str(seen.waiting_for)

    found = await hands.sees_that("deployment", is_kept_out)

    assert found.units == 5


async def test_a_workload_that_is_not_there_is_waited_for(world: World, hands: Hands) -> None:
    """An HPA can be set before what it scales exists."""
    world.autoscaler("web", minimum=2, maximum=40)

    found = await hands.sees("hpa")

    assert (found.bounds, found.units, found.ready_units) == (FOUND, 0, 0)
    assert found.waiting_for[0] == "what it scales does not exist"


# --- pools of nodes


async def test_a_pool_that_follows_its_pods_is_kept_from_shrinking(world: World, hands: Hands) -> None:
    """A budget of zero stands behind its own while the floor does; nodes are only counted."""
    spec = {
        "template": {"spec": {"requirements": []}},
        "disruption": {"consolidateAfter": "30s", "budgets": [{"nodes": "20%"}]},
    }
    pool = world.namespace
    metadata = {"name": pool}
    world.create({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": metadata, "spec": spec})
    before = world.client.get(NodePool, pool)["spec"]
    actuator, resource = hands.of("nodepool", pool)
    none, held = Bounds(0, 40), Bounds(3, 40)

    await actuator.set_floor(resource, Change(resource, none, held, none, NOW), NOW)
    await actuator.set_floor(resource, Change(resource, held, Bounds(5, 40), none, NOW), NOW)
    raised = await actuator.observe(resource, NOW)
    budgets = world.client.get(NodePool, pool)["spec"]["disruption"]["budgets"]
    verified = await actuator.verify(resource, 5, NOW)
    await actuator.restore(resource, Change(resource, Bounds(5, 40), none, none, NOW), NOW)
    left = world.client.get(NodePool, pool)

    assert (raised.bounds, raised.originals, raised.units) == (Bounds(5, 40), none, 0)
    assert budgets == [{"nodes": "20%"}, {"nodes": "0"}]
    assert (verified.holds, verified.waiting_for) == (False, ("5 units that are not asked for yet",))
    assert left["spec"] == before
    assert "headstart" not in world.managers(NodePool, pool)


async def test_a_hold_that_somebody_takes_off_a_pool_is_seen(world: World, hands: Hands) -> None:
    """Without the budget of zero nothing is held, whatever our marks say; a restore leaves their budgets."""
    pool = world.namespace
    spec = {"template": {"spec": {"requirements": []}}}
    metadata = {"name": pool}
    world.create({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": metadata, "spec": spec})
    actuator, resource = hands.of("nodepool", pool)
    none, held = Bounds(0, 40), Bounds(3, 40)
    await actuator.set_floor(resource, Change(resource, none, held, none, NOW), NOW)
    theirs = {"spec": {"disruption": {"budgets": [{"nodes": "50%"}]}}}
    world.client.patch(NodePool, pool, theirs, patch_type=PatchType.MERGE, field_manager="kubectl-edit")

    found = await actuator.observe(resource, NOW)
    await actuator.restore(resource, Change(resource, held, none, none, NOW), NOW)

    assert found.bounds.minimum == 0
    assert found.writer == "somebody with kubectl edit (kubectl-edit)"
    left = world.client.get(NodePool, pool)
    assert left["spec"]["disruption"]["budgets"] == [{"nodes": "50%"}]
    assert not any(key.startswith("headstart.io/") for key in left["metadata"].get("annotations") or {})


async def test_a_limit_on_the_nodes_of_a_pool_is_found(world: World, hands: Hands) -> None:
    """Five nodes allowed, nine needed."""
    pool = world.namespace
    spec = {"replicas": 2, "limits": {"nodes": "5"}, "template": {"spec": {"requirements": []}}}
    metadata = {"name": pool}
    world.create({"apiVersion": "karpenter.sh/v1", "kind": "NodePool", "metadata": metadata, "spec": spec})
    actuator, resource = hands.of("nodepool", pool)

    (found,) = (await actuator.preflight(resource, RAISED, NOW)).findings

    assert (found.reason, found.there, found.needed) == (Reason.MAXIMUM_TOO_LOW, 5, 9)
    assert found.enough_for == 5


def test_a_kubeconfig_may_hold_several_clusters(tmp_path: Path) -> None:
    """The context that a cluster is configured with decides which one it is."""
    named = {name: {"server": f"https://{name}.test"} for name in ("one", "two")}
    config = {
        "clusters": [{"name": name, "cluster": cluster} for name, cluster in named.items()],
        "users": [{"name": "us", "user": {"token": "t"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "us"}} for name in named],
        "current-context": "one",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))

    assert config_of(ClusterConnection("prod", path)).cluster.server == "https://one.test"
    assert config_of(ClusterConnection("prod", path, "two")).cluster.server == "https://two.test"
