"""One resource of each kind for the actuators: bounds 2 to 40, two units ready, and somebody else's hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.types import PatchType

from advisor.actuation.actuator import Actuator
from advisor.actuation.calls import CallLimits
from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.domain.capacity import Bounds
from advisor.domain.policy import ResourcePolicy
from tests.kube.chart import rules
from tests.kube.cluster import Cluster
from tests.kube.furnish import CapacityBuffer, NodePool, ScaledObject
from tests.kube.keda import KedaStandIn
from tests.kube.manifests import Manifest, service, workload
from tests.kube.neighbours import BufferStandIn, KarpenterStandIn, Neighbour
from tests.kube.world import World

FOUND = Bounds(2, 40)
LIMITS = CallLimits(per_s=500.0, at_once=16, timeout_s=10.0, attempts=3, longest_wait_s=1.0)


@dataclass(frozen=True, slots=True)
class Set:
    """How one kind's scene is set: what is made, where the bounds are, what its id is called."""

    word: str
    name: str
    type: type[Any]
    make: Callable[[World, Bounds], None]
    minimum: str
    maximum: str | None
    object_name: str = "web"
    neighbour: Callable[[Cluster, str], Neighbour] | None = None
    is_buffer: bool = False
    is_global: bool = False

    def of(self, world: World) -> Set:
        """The set with its own name in this world: what is global is called as the world's namespace."""
        return replace(self, name=world.namespace, object_name=world.namespace) if self.is_global else self


def _hpa(world: World, bounds: Bounds) -> None:
    world.autoscaler("web", minimum=bounds.minimum, maximum=bounds.maximum)


def _scaled_object(world: World, bounds: Bounds) -> None:
    world.scaled_object("web", minimum=bounds.minimum, maximum=bounds.maximum)


def _workload(kind: str, world: World, bounds: Bounds) -> None:
    world.create(workload(kind, "web", bounds.minimum, annotations={}, requests={"cpu": "100m"}))


def _buffer(world: World, bounds: Bounds) -> None:
    reference = {"apiGroup": "apps", "kind": "Deployment", "name": "web"}
    world.create(
        {
            "apiVersion": "autoscaling.x-k8s.io/v1beta1",
            "kind": "CapacityBuffer",
            "metadata": {"name": "web"},
            "spec": {"scalableRef": reference, "replicas": bounds.minimum},
        }
    )


def _node_pool(world: World, bounds: Bounds) -> None:
    world.create(
        {
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodePool",
            "metadata": {"name": world.namespace},
            "spec": {"replicas": bounds.minimum, "template": {"spec": {"requirements": []}}},
        }
    )


HPA = ("minReplicas", "maxReplicas")
KEDA = ("minReplicaCount", "maxReplicaCount")
SETS: Mapping[str, Set] = {
    "hpa": Set("hpa", "web", HorizontalPodAutoscaler, _hpa, *HPA),
    "hpa of keda": Set("hpa", "keda-hpa-web", ScaledObject, _scaled_object, *KEDA, neighbour=KedaStandIn),
    "scaledobject": Set("scaledobject", "web", ScaledObject, _scaled_object, *KEDA, neighbour=KedaStandIn),
    "deployment": Set("deployment", "web", Deployment, partial(_workload, "Deployment"), "replicas", None),
    "capacity-buffer": Set(
        "capacity-buffer",
        "web",
        CapacityBuffer,
        _buffer,
        "replicas",
        None,
        neighbour=BufferStandIn,
        is_buffer=True,
    ),
    "nodepool": Set(
        "nodepool",
        "web",
        NodePool,
        _node_pool,
        "replicas",
        None,
        neighbour=KarpenterStandIn,
        is_global=True,
    ),
    "statefulset": Set(
        "statefulset", "web", StatefulSet, partial(_workload, "StatefulSet"), "replicas", None
    ),
}


class Scene:
    """A resource of one kind in a world of its own, and the actuator that may set it."""

    def __init__(
        self, world: World, its: Set, actuator: Actuator, clusters: Clusters, kubeconfig: Path
    ) -> None:
        self.world = world
        self.kubeconfig = kubeconfig
        self.its = its
        self.actuator = actuator
        self.clusters = clusters

    @property
    def resource(self) -> str:
        """The resource's id."""
        return resource_id(self.world, self.its)

    def manifest(self) -> Manifest:
        """The object that holds the bounds, as it is now."""
        found = self.world.client.get(self.its.type, self.its.object_name, namespace=self.world.namespace)
        return dict(found.to_dict())

    def spec(self) -> Manifest:
        """What stands in the object's `spec`."""
        return dict(self.manifest()["spec"])

    def marks(self) -> dict[str, str]:
        """The annotations on the object that are ours."""
        annotations = self.manifest()["metadata"].get("annotations") or {}
        return {key: value for key, value in annotations.items() if key.startswith("headstart.io/")}

    def managers(self) -> list[str]:
        """Who holds fields of the object."""
        return self.world.managers(self.its.type, self.its.object_name)

    def somebody_applies(self, bounds: Bounds, manager: str = "argocd-controller", *, force: bool) -> None:
        """A declarative tool applies its bounds: the whole of what it knows of the object."""
        fields = {self.its.minimum: bounds.minimum}
        if self.its.maximum is not None:
            fields[self.its.maximum] = bounds.maximum
        kind = {key: self.manifest()[key] for key in ("apiVersion", "kind")}
        self.world.client.patch(
            self.its.type,
            self.its.object_name,
            {**kind, "spec": fields},
            namespace=self.world.namespace,
            patch_type=PatchType.APPLY,
            field_manager=manager,
            force=force,
        )

    def somebody_annotates(self, **annotations: str | None) -> None:
        """Somebody writes annotations on the object; `managed="false"` is `headstart.io/managed`."""
        named = {f"headstart.io/{key}": value for key, value in annotations.items()}
        self.world.client.patch(
            self.its.type,
            self.its.object_name,
            {"metadata": {"annotations": named}},
            namespace=self.world.namespace,
            patch_type=PatchType.MERGE,
            field_manager="kubectl-annotate",
        )

    def somebody_makes(self, bounds: Bounds) -> None:
        """Somebody makes the object anew under its name."""
        self.its.make(self.world, bounds)

    def somebody_deletes(self) -> None:
        """Somebody deletes the object."""
        self.world.client.delete(self.its.type, self.its.object_name, namespace=self.world.namespace)


def resource_id(world: World, its: Set) -> str:
    """The id of the resource of a scene."""
    return f"k8s://prod/{world.namespace}/{its.word}/{its.name}"


def policy_of(resource: str) -> ResourcePolicy:
    """A policy that lets the resource grow to 40."""
    return ResourcePolicy(resource, {"web-shop": 1.0}, 10.0, FOUND.minimum, FOUND.maximum)


def chart_account(world: World, *, actuation: bool = True) -> Path:
    """The kubeconfig of a service account that may do what the chart says, and no more."""
    here, everywhere = rules(actuation=actuation)
    return world.account("headstart", here, cluster_rules=everywhere)


@contextmanager
def scene(
    world: World,
    kind: str,
    through: Callable[[Path], Path] = lambda direct: direct,
    *,
    actuation: bool = True,
    account: Callable[[World], Path] | None = None,
    limits: CallLimits = LIMITS,
) -> Iterator[Scene]:
    """The scene of one kind, set, with the chart's rights or those of another `account`.

    `through` makes the kubeconfig that the actuator uses of the account's.
    """
    its = SETS[kind].of(world)
    with ExitStack() as stack:
        world.create(service("web"))
        if its.type not in (Deployment, StatefulSet):
            _workload("Deployment", world, FOUND)
        its.make(world, FOUND)
        if its.neighbour is not None:
            stack.enter_context(its.neighbour(world.cluster, world.namespace))
        direct = account(world) if account else chart_account(world, actuation=actuation)
        kubeconfig = through(direct)
        clusters = Clusters([ClusterConnection("prod", kubeconfig)], limits)
        resource = resource_id(world, its)
        actuators = kubernetes_actuators(clusters, {resource: policy_of(resource)})
        yield Scene(world, its, actuators[its.word], clusters, kubeconfig)
