"""Which actuator sets which kind of Kubernetes resource?"""

from __future__ import annotations

from collections.abc import Mapping

from lightkube.resources.apps_v1 import Deployment, StatefulSet

from advisor.actuation.actuator import Actuator
from advisor.actuation.kubernetes.actuator import KubernetesActuator
from advisor.actuation.kubernetes.capacity_buffer import CapacityBufferKind
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.actuation.kubernetes.hpa import HpaKind
from advisor.actuation.kubernetes.kind import Kind
from advisor.actuation.kubernetes.node_pool import NodePoolKind
from advisor.actuation.kubernetes.scaled_object import ScaledObjectKind
from advisor.actuation.kubernetes.workload_kind import WorkloadKind
from advisor.domain.policy import ResourcePolicy


def kubernetes_actuators(
    clusters: Clusters, resources: Mapping[str, ResourcePolicy]
) -> Mapping[str, Actuator]:
    """An actuator for each kind, by the word that resource ids use for it: `hpa`, `deployment` ...

    All share the clusters' connections and limits; closing one closes those of all.
    """
    kinds: dict[str, Kind] = {
        "hpa": HpaKind(),
        "scaledobject": ScaledObjectKind(),
        "deployment": WorkloadKind(Deployment),
        "statefulset": WorkloadKind(StatefulSet),
        "capacity-buffer": CapacityBufferKind(),
        "nodepool": NodePoolKind(),
    }
    return {word: KubernetesActuator(kind, clusters, resources) for word, kind in kinds.items()}
