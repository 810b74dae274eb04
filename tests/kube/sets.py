"""How each kind's scene is set: what is made of bounds, where they stand, and who else lives there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from advisor.domain.capacity import Bounds
from tests.kube.cluster import Cluster
from tests.kube.furnish import CapacityBuffer, NodePool, ScaledObject
from tests.kube.keda import KedaStandIn
from tests.kube.manifests import NEVER_READY, workload
from tests.kube.neighbours import BufferStandIn, KarpenterStandIn, Neighbour
from tests.kube.world import World

FOUND = Bounds(2, 40)


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

    @property
    def units_are_pods(self) -> bool:
        """Are they the pods of `web`? Others are room or nodes, which are the neighbour's doing."""
        return not (self.is_buffer or self.is_global)

    def of(self, world: World) -> Set:
        """The set with its own name in this world: what is global is called as the world's namespace."""
        return replace(self, name=world.namespace, object_name=world.namespace) if self.is_global else self


def _hpa(world: World, bounds: Bounds) -> None:
    world.autoscaler("web", minimum=bounds.minimum, maximum=bounds.maximum)


def _scaled_object(world: World, bounds: Bounds) -> None:
    world.scaled_object("web", minimum=bounds.minimum, maximum=bounds.maximum)


def make_workload(kind: str, world: World, bounds: Bounds) -> None:
    """Make the Deployment or StatefulSet `web` with as many pods as the minimum says."""
    annotations = {NEVER_READY: "true"} if world.pods_wait else {}
    world.create(workload(kind, "web", bounds.minimum, annotations=annotations, requests={"cpu": "100m"}))


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
    "deployment": Set(
        "deployment", "web", Deployment, partial(make_workload, "Deployment"), "replicas", None
    ),
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
        "statefulset", "web", StatefulSet, partial(make_workload, "StatefulSet"), "replicas", None
    ),
}
