"""The control plane other tests rest on: it is real, it can crash, and its neighbours meddle."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import httpx2
import psutil
import pytest
from lightkube import ApiError, AsyncClient, Client
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.models.policy_v1 import Eviction
from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import Namespace, Pod, ResourceQuota
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.types import PatchType

from tests.kube import binary
from tests.kube.cluster import Cluster
from tests.kube.control_plane import ControlPlane
from tests.kube.furnish import CapacityBuffer, NodePool, ScaledObject
from tests.kube.keda import PAUSED, PAUSED_REPLICAS, PAUSED_SCALE_IN, KedaStandIn
from tests.kube.neighbours import Clobberer
from tests.kube.world import World
from tests.support.deadline import eventually, eventually_async

MINIMUM_5 = {"spec": {"minReplicas": 5}}
SOON_S = 20


@contextmanager
def admin(world: World, field_manager: str) -> Iterator[Client]:
    with closing(world.cluster.client(field_manager=field_manager)) as client:
        yield client


def minimum(world: World, name: str = "web") -> int | None:
    found = world.client.get(HorizontalPodAutoscaler, name, namespace=world.namespace)
    assert found.spec is not None
    return found.spec.minReplicas


def apply_minimum(client: Client, world: World, floor: int, *, force: bool = False) -> None:
    wanted = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "spec": {"minReplicas": floor},
    }
    client.patch(
        HorizontalPodAutoscaler,
        "web",
        wanted,
        namespace=world.namespace,
        patch_type=PatchType.APPLY,
        force=force,
    )


def set_minimum(world: World, floor: int, name: str = "web") -> None:
    world.client.patch(
        HorizontalPodAutoscaler, name, {"spec": {"minReplicas": floor}}, namespace=world.namespace
    )


def status_of(error: pytest.ExceptionInfo[ApiError]) -> int | None:
    return error.value.status.code


def became_ready(pod: Pod) -> datetime:
    assert pod.status is not None
    (condition,) = (one for one in pod.status.conditions or [] if one.type == "Ready")
    assert condition.status == "True"
    assert condition.lastTransitionTime is not None
    return condition.lastTransitionTime


def test_a_raised_minimum_makes_endpoints_ready(world: World) -> None:
    """An HPA's minimum raised from 2 to 5 brings the Deployment to 5, and 5 endpoints ready."""
    world.deployment("web", replicas=2)
    world.autoscaler("web", minimum=2, maximum=10)
    eventually(lambda: world.ready_endpoints("web") == 2, SOON_S)

    set_minimum(world, 5)

    eventually(lambda: world.ready_endpoints("web") == 5, SOON_S, what="5 endpoints are ready")
    web = world.client.get(Deployment, "web", namespace=world.namespace)
    assert web.spec is not None
    assert web.spec.replicas == 5


def test_a_pod_is_ready_no_sooner_than_its_annotation_says(world: World) -> None:
    """A pod told to take 3 s is no ready endpoint before that, and is one after."""
    started = time.monotonic()
    world.deployment("slow", replicas=1, ready_after="3s")

    eventually(lambda: world.ready_endpoints("slow") == 1, SOON_S)

    assert time.monotonic() - started >= 3
    (pod,) = world.pods("slow")
    assert pod.metadata is not None
    assert pod.metadata.creationTimestamp is not None
    assert (became_ready(pod) - pod.metadata.creationTimestamp).total_seconds() >= 2  # whole seconds


def test_a_pod_that_is_never_ready_runs_and_stays_out(world: World) -> None:
    """A pod told never to be ready has an address, and no endpoint slice calls it ready."""
    world.deployment("stuck", replicas=1, never_ready=True)
    world.deployment("fine", replicas=1)

    eventually(lambda: [pod.status.podIP for pod in world.pods("stuck") if pod.status] != [None], SOON_S)
    eventually(lambda: world.ready_endpoints("fine") == 1, SOON_S)

    assert world.ready_endpoints("stuck") == 0


def test_a_scaled_down_pod_is_gone(world: World) -> None:
    """A Deployment scaled from 3 to 1 has one pod and one ready endpoint left."""
    world.deployment("web", replicas=3)
    eventually(lambda: world.ready_endpoints("web") == 3, SOON_S)

    world.client.patch(Deployment, "web", {"spec": {"replicas": 1}}, namespace=world.namespace)

    eventually(lambda: len(world.pods("web")) == world.ready_endpoints("web") == 1, SOON_S)


def test_a_field_somebody_else_applied_is_a_real_conflict(world: World) -> None:
    """Server-side apply of a field another manager applied is refused with 409, and names that manager."""
    world.deployment("web")
    world.autoscaler("web", minimum=2, maximum=10)
    with admin(world, "argocd-controller") as argo, admin(world, "headstart") as ours:
        apply_minimum(argo, world, 2, force=True)

        with pytest.raises(ApiError, match="argocd-controller") as refused:
            apply_minimum(ours, world, 5)
        assert status_of(refused) == 409
        assert minimum(world) == 2

        apply_minimum(ours, world, 5, force=True)
    assert minimum(world) == 5


async def test_a_service_account_may_do_what_its_rules_say_and_no_more(world: World) -> None:
    """A token with get, list and patch on HPAs does these, and is refused delete with 403."""
    world.deployment("web")
    world.autoscaler("web", minimum=2, maximum=10)
    rules = [
        {
            "apiGroups": ["autoscaling"],
            "resources": ["horizontalpodautoscalers"],
            "verbs": ["get", "list", "patch"],
        }
    ]
    kubeconfig = world.account("headstart", rules)
    client: AsyncClient = world.cluster.async_client(kubeconfig=kubeconfig, field_manager="headstart")
    try:
        await client.get(HorizontalPodAutoscaler, "web", namespace=world.namespace)
        names = [
            one.metadata.name
            async for one in client.list(HorizontalPodAutoscaler, namespace=world.namespace)
            if one.metadata
        ]
        await client.patch(HorizontalPodAutoscaler, "web", MINIMUM_5, namespace=world.namespace)
        with pytest.raises(ApiError) as refused:
            await client.delete(HorizontalPodAutoscaler, "web", namespace=world.namespace)
        with pytest.raises(ApiError) as elsewhere:
            await client.get(Deployment, "web", namespace=world.namespace)
    finally:
        await client.close()

    assert names == ["web"]
    assert minimum(world) == 5
    assert (status_of(refused), status_of(elsewhere)) == (403, 403)


def test_a_disruption_budget_holds_an_eviction_back(world: World) -> None:
    """With 2 of 2 pods wanted, the budget allows no disruption, and an eviction is refused with 429."""
    world.deployment("web", replicas=2)
    world.budget("web", minAvailable=2)

    def no_disruption_is_allowed() -> bool:
        found = world.client.get(PodDisruptionBudget, "web", namespace=world.namespace)
        assert found.status is not None
        return found.status.currentHealthy == 2 and found.status.disruptionsAllowed == 0

    eventually(no_disruption_is_allowed, SOON_S)
    pod = world.pods("web")[0]
    assert pod.metadata is not None
    assert pod.metadata.name is not None
    eviction = Pod.Eviction(metadata=ObjectMeta(name=pod.metadata.name, namespace=world.namespace))
    assert isinstance(eviction, Eviction)
    with pytest.raises(ApiError) as refused:
        world.client.create(eviction, pod.metadata.name, namespace=world.namespace)
    assert status_of(refused) == 429


def test_a_resource_quota_bounds_the_pods(world: World) -> None:
    """A quota of 2 pods leaves a Deployment of 5 with 2, says so in its status, and counts what is used."""
    world.quota(pods="2")
    world.deployment("web", replicas=5)

    def used() -> str | None:
        status = world.client.get(ResourceQuota, "quota", namespace=world.namespace).status
        return ((status.used if status else None) or {}).get("pods")

    def failure() -> str | None:
        status = world.client.get(Deployment, "web", namespace=world.namespace).status
        conditions = (status.conditions if status else None) or []
        return next((one.message for one in conditions if one.type == "ReplicaFailure"), None)

    eventually(lambda: used() == "2", SOON_S)
    assert "exceeded quota" in str(eventually(failure, SOON_S))
    assert len(world.pods("web")) == 2


def test_a_stateful_set_grows_by_name(world: World) -> None:
    """A StatefulSet makes its pods one after the other, and each is a ready endpoint."""
    world.stateful_set("store", replicas=1)
    eventually(lambda: world.ready_endpoints("store") == 1, SOON_S)

    world.client.patch(StatefulSet, "store", {"spec": {"replicas": 3}}, namespace=world.namespace)

    eventually(lambda: world.ready_endpoints("store") == 3, SOON_S)
    names = sorted(pod.metadata.name or "" for pod in world.pods("store") if pod.metadata)
    assert names == ["store-0", "store-1", "store-2"]


def test_a_clobberer_puts_the_field_back_under_its_own_name(world: World) -> None:
    """Whoever resets a field stands in managedFields by name, whether by apply or by update."""
    world.deployment("web")
    world.autoscaler("web", minimum=2, maximum=10)
    insisted = {"spec": {"minReplicas": 2}}
    for field_manager, how in (("argocd-controller", "apply"), ("kubectl-edit", "update")):
        set_minimum(world, 5)
        with Clobberer(
            world.cluster,
            world.namespace,
            HorizontalPodAutoscaler,
            "web",
            insisted,
            field_manager=field_manager,
            how="apply" if how == "apply" else "update",
            every_s=0.2,
        ) as clobberer:
            eventually(lambda: minimum(world) == 2, SOON_S)  # called within the loop
            eventually(lambda: clobberer.resets == 1, SOON_S)

        assert field_manager in world.managers(HorizontalPodAutoscaler, "web")


def test_keda_writes_its_hpa_back(world: World) -> None:
    """An HPA of a ScaledObject, patched behind KEDA's back, is soon what the ScaledObject says."""
    world.deployment("web")
    world.scaled_object("web", minimum=2, maximum=8)
    with KedaStandIn(world.cluster, world.namespace):
        eventually(lambda: minimum(world, "keda-hpa-web") == 2, SOON_S, ignoring=(ApiError,))
        made = world.client.get(HorizontalPodAutoscaler, "keda-hpa-web", namespace=world.namespace)

        set_minimum(world, 5, "keda-hpa-web")
        eventually(lambda: minimum(world, "keda-hpa-web") == 2, SOON_S, what="KEDA wrote its own figure back")
        world.client.patch(
            ScaledObject,
            "web",
            {"spec": {"minReplicaCount": 4}},
            namespace=world.namespace,
            patch_type=PatchType.MERGE,
        )
        eventually(lambda: world.ready_endpoints("web") == 4, SOON_S, what="the ScaledObject's floor holds")

    assert made.metadata is not None
    assert made.metadata.labels is not None
    assert made.metadata.labels["scaledobject.keda.sh/name"] == "web"
    (owner,) = made.metadata.ownerReferences or []
    assert (owner.kind, owner.name) == ("ScaledObject", "web")
    assert "keda" in world.managers(HorizontalPodAutoscaler, "keda-hpa-web")


@pytest.mark.parametrize(
    ("annotation", "value", "replicas"), [(PAUSED, "true", 2), (PAUSED_REPLICAS, "6", 6)]
)
def test_a_paused_scaled_object_has_no_hpa(world: World, annotation: str, value: str, replicas: int) -> None:
    """KEDA takes a paused ScaledObject's HPA away, and leaves the replicas or sets those it was given."""
    world.deployment("web")
    world.scaled_object("web", minimum=2, maximum=8)

    def hpas() -> int:
        return len(list(world.client.list(HorizontalPodAutoscaler, namespace=world.namespace)))

    with KedaStandIn(world.cluster, world.namespace):
        eventually(lambda: hpas() == 1, SOON_S)
        world.client.set(ScaledObject, "web", namespace=world.namespace, annotations={annotation: value})
        eventually(lambda: hpas() == 0, SOON_S)
        eventually(lambda: world.ready_endpoints("web") == replicas, SOON_S)
        world.client.set(ScaledObject, "web", namespace=world.namespace, annotations={annotation: None})  # type: ignore[dict-item]  # None removes it
        eventually(lambda: hpas() == 1, SOON_S)


def test_a_scaled_object_paused_one_way_keeps_its_hpa(world: World) -> None:
    """With scaling in paused the HPA stays, and may not scale down."""
    world.deployment("web")
    world.scaled_object("web", minimum=2, maximum=8, annotations={PAUSED_SCALE_IN: "true"})

    def scale_down_policy() -> str | None:
        found = world.client.get(HorizontalPodAutoscaler, "keda-hpa-web", namespace=world.namespace)
        behavior = found.spec.behavior if found.spec else None
        return behavior.scaleDown.selectPolicy if behavior and behavior.scaleDown else None

    with KedaStandIn(world.cluster, world.namespace) as keda:
        eventually(lambda: scale_down_policy() == "Disabled", SOON_S, ignoring=(ApiError,))
        set_minimum(world, 5, "keda-hpa-web")
        eventually(lambda: keda.writes == 2, SOON_S, what="written once at first and once back")


def test_the_neighbours_resources_have_the_rules_their_projects_publish(world: World) -> None:
    """A CapacityBuffer and a NodePool get their defaults, and what breaks their rules is refused."""
    template = {"name": "unit"}
    buffer = {
        "apiVersion": "autoscaling.x-k8s.io/v1beta1",
        "kind": "CapacityBuffer",
        "metadata": {"name": "room"},
    }
    world.create({**buffer, "spec": {"podTemplateRef": template, "replicas": 3}})
    pool = world.create(
        {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": {"name": world.namespace},
            "spec": {"template": {"spec": {"requirements": []}}},
        }
    )

    with pytest.raises(ApiError, match="podTemplateRef needs replicas or limits"):
        world.create({**buffer, "metadata": {"name": "bare"}, "spec": {"podTemplateRef": template}})
    with pytest.raises(ApiError, match="neither added"):
        world.client.patch(NodePool, world.namespace, {"spec": {"replicas": 2}}, patch_type=PatchType.MERGE)
    found = world.client.get(CapacityBuffer, "room", namespace=world.namespace)
    assert found["spec"]["provisioningStrategy"] == "buffer.x-k8s.io/active-capacity"
    assert pool["spec"]["disruption"] == {
        "consolidateAfter": "0s",
        "consolidationPolicy": "WhenEmptyOrUnderutilized",
        "budgets": [{"nodes": "10%"}],
    }


def test_a_killed_api_server_comes_back_with_everything(own_kubernetes: ControlPlane) -> None:
    """After a SIGKILL and a start at the same address all objects are there, and the controllers go on."""
    address, crashed = own_kubernetes.url, own_kubernetes.api_server.pid
    with World(own_kubernetes, "shop") as world:
        world.deployment("web", replicas=2)
        world.autoscaler("web", minimum=2, maximum=10)
        eventually(lambda: world.ready_endpoints("web") == 2, SOON_S)

        own_kubernetes.api_server.kill()
        assert not own_kubernetes.api_server.running
        assert not psutil.pid_exists(crashed)
        own_kubernetes.api_server.restart()

        assert own_kubernetes.url == address
        assert world.ready_endpoints("web") == 2
        set_minimum(world, 5)
        eventually(lambda: world.ready_endpoints("web") == 5, 60, what="the controllers go on")


def test_without_its_controllers_a_cluster_takes_orders_and_does_nothing(
    own_kubernetes: ControlPlane,
) -> None:
    """With the controller manager dead a raised minimum is stored and no pod comes, until it is back."""
    with World(own_kubernetes, "shop") as world:
        world.deployment("web", replicas=2)
        world.autoscaler("web", minimum=2, maximum=10)
        eventually(lambda: world.ready_endpoints("web") == 2, SOON_S)

        own_kubernetes.controller_manager.kill()
        set_minimum(world, 5)
        assert minimum(world) == 5
        assert len(world.pods("web")) == 2
        own_kubernetes.controller_manager.restart()

        eventually(lambda: world.ready_endpoints("web") == 5, SOON_S)


def test_every_part_can_be_killed_and_started_again(own_kubernetes: ControlPlane) -> None:
    """etcd comes back with all it had, and a kubelet that comes back runs new pods."""
    with World(own_kubernetes, "shop") as world:
        world.deployment("web", replicas=2)
        eventually(lambda: world.ready_endpoints("web") == 2, SOON_S)

        own_kubernetes.kubelet.kill()
        own_kubernetes.etcd.kill()
        own_kubernetes.etcd.restart()
        own_kubernetes.kubelet.restart()

        eventually(lambda: world.ready_endpoints("web") == 2, SOON_S, ignoring=(httpx2.HTTPError,))
        world.client.patch(Deployment, "web", {"spec": {"replicas": 3}}, namespace=world.namespace)
        eventually(lambda: world.ready_endpoints("web") == 3, SOON_S)


@pytest.mark.kubernetes
def test_a_control_plane_dies_with_the_process_that_started_it(tmp_path: Path) -> None:
    """A test run killed by SIGKILL leaves none of its processes behind."""
    script = (
        "import sys, time; from pathlib import Path; from tests.kube.control_plane import ControlPlane\n"
        "plane = ControlPlane(Path(sys.argv[1])).start()\n"
        "print(*(part.pid for part in plane.components), flush=True); time.sleep(600)"
    )
    root = Path(__file__).parents[2]
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    with run.stdout:
        pids = [int(pid) for pid in run.stdout.readline().split()]
        assert [psutil.pid_exists(pid) for pid in pids] == [True] * 4

        run.send_signal(signal.SIGKILL)
        run.wait(10)

    eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids), 10, what="the orphans are gone")


async def test_a_frozen_api_server_answers_when_it_thaws(own_kubernetes: ControlPlane) -> None:
    """Frozen, it takes a connection and says nothing; thawed, it answers as before."""
    own_kubernetes.api_server.pause()
    assert not own_kubernetes.api_server.ready()

    own_kubernetes.api_server.resume()

    client = own_kubernetes.async_client()
    try:

        async def names() -> set[str | None]:
            return {one.metadata.name async for one in client.list(Namespace) if one.metadata}

        assert "default" in await eventually_async(names, SOON_S)
    finally:
        await client.close()


def test_a_machine_without_go_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without Go, and with nothing built yet, the error names the tool, where it was sought, and the fix."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(binary.KubernetesUnavailableError, match=r"go: not found by the PATH\. Install Go 1"):
        binary.build()


def test_a_go_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Go older than the sources need is refused by its version, before anything is fetched."""
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go version go1.22.1 linux/amd64\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    with pytest.raises(binary.KubernetesUnavailableError, match=r"1\.26 or newer is needed, found.*1\.22"):
        binary.go_command()


@pytest.mark.kubernetes
def test_a_broken_start_says_what_the_component_said(tmp_path: Path) -> None:
    """A component that cannot start raises at once, with the end of its own log in the message."""
    broken = ControlPlane(tmp_path)
    broken.api_server.command.append("--no-such-flag")

    with pytest.raises(binary.KubernetesUnavailableError, match="no-such-flag"):
        broken.start()

    assert not any(component.running for component in broken.components)


def test_a_kubeconfig_of_a_token_reaches_the_same_cluster(kubernetes: Cluster) -> None:
    """Whoever holds no good token is told so with 401, by the cluster itself."""
    stranger = kubernetes.kubeconfig_for("not-a-token")
    with closing(kubernetes.client(kubeconfig=stranger)) as client, pytest.raises(ApiError) as refused:
        client.get(Namespace, "default")

    assert status_of(refused) == 401
