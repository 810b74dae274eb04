"""KEDA's operator, as far as Headstart meets it: the HPA it keeps for each ScaledObject.

It does as KEDA 2.13 and later do, by the field manager `keda`: it makes `keda-hpa-<name>`, owned by the
ScaledObject, and writes it back whole whenever its bounds or labels are not the ScaledObject's (annotations
that others put on it go with that). A paused ScaledObject has no HPA. All triggers count as active: nothing
goes idle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from lightkube import ApiError
from lightkube.codecs import from_dict
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.types import PatchType

from tests.kube.cluster import Cluster
from tests.kube.furnish import ScaledObject
from tests.kube.manifests import Manifest
from tests.kube.neighbours import Neighbour

OWNER_LABEL = "scaledobject.keda.sh/name"
PAUSED = "autoscaling.keda.sh/paused"
PAUSED_REPLICAS = "autoscaling.keda.sh/paused-replicas"
PAUSED_SCALE_IN = "autoscaling.keda.sh/paused-scale-in"
PAUSED_SCALE_OUT = "autoscaling.keda.sh/paused-scale-out"
LEAST_HPA_MINIMUM = 1  # an HPA cannot go to zero; KEDA does that itself
DEFAULT_MAXIMUM = 100


class KedaStandIn(Neighbour):
    """Keeps the HPAs of all ScaledObjects of one namespace; `writes` counts how often it wrote one."""

    def __init__(self, cluster: Cluster, namespace: str, *, every_s: float = 0.2) -> None:
        super().__init__(cluster, namespace, "keda", every_s)
        self.writes = 0

    def act(self) -> None:
        """Look at every ScaledObject once."""
        for scaled in list(self.client.list(ScaledObject, namespace=self.namespace)):
            self._reconcile(scaled.to_dict())

    def _reconcile(self, scaled: Manifest) -> None:
        name, annotations = hpa_name(scaled), annotations_of(scaled)
        found = self._found(name)
        pinned = annotations.get(PAUSED_REPLICAS)
        if pinned is not None:
            self._scale_target(scaled, int(pinned))
        if pinned is not None or _yes(annotations.get(PAUSED)):
            if found is not None:
                self.client.delete(HorizontalPodAutoscaler, name, namespace=self.namespace)
        elif found is None:
            self.client.create(_object(hpa(scaled)))
            self.writes += 1
        elif _differs(hpa(scaled), found.to_dict()):
            self.client.replace(_object(hpa(scaled)))
            self.writes += 1
        self._report(scaled, paused=pinned is not None or _yes(annotations.get(PAUSED)))

    def _found(self, name: str) -> HorizontalPodAutoscaler | None:
        try:
            return self.client.get(HorizontalPodAutoscaler, name, namespace=self.namespace)
        except ApiError as error:
            if error.status.code != 404:
                raise
            return None

    def _scale_target(self, scaled: Manifest, replicas: int) -> None:
        target = scaled["spec"]["scaleTargetRef"]["name"]
        scale = {"spec": {"replicas": replicas}}
        self.client.patch(
            Deployment.Scale, target, scale, namespace=self.namespace, patch_type=PatchType.MERGE
        )

    def _report(self, scaled: Manifest, *, paused: bool) -> None:
        """Say in the ScaledObject's status which HPA is its, and whether it is paused."""
        conditions = [
            {"type": "Ready", "status": "True"},
            {"type": "Active", "status": "True"},
            {"type": "Paused", "status": str(paused)},
        ]
        status = {"hpaName": hpa_name(scaled), "conditions": conditions}
        if scaled.get("status") != status:
            name = scaled["metadata"]["name"]
            self.client.patch(
                ScaledObject.Status,
                name,
                {"status": status},
                namespace=self.namespace,
                patch_type=PatchType.MERGE,
            )


def hpa_name(scaled: Manifest) -> str:
    """What is the HPA of this ScaledObject called?"""
    advanced = scaled["spec"].get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
    return str(advanced.get("name") or f"keda-hpa-{scaled['metadata']['name']}")


def hpa(scaled: Manifest) -> Manifest:
    """The HPA KEDA wants for this ScaledObject."""
    metadata, spec = scaled["metadata"], scaled["spec"]
    owner = {
        "apiVersion": scaled["apiVersion"],
        "kind": scaled["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    labels = {
        "app.kubernetes.io/managed-by": "keda-operator",
        "app.kubernetes.io/name": hpa_name(scaled),
        "app.kubernetes.io/part-of": metadata["name"],
        OWNER_LABEL: metadata["name"],
    }
    target = {"apiVersion": "apps/v1", "kind": "Deployment", **spec["scaleTargetRef"]}
    wanted: Manifest = {
        "scaleTargetRef": {key: target[key] for key in ("apiVersion", "kind", "name")},
        "minReplicas": max(spec.get("minReplicaCount") or 0, LEAST_HPA_MINIMUM),
        "maxReplicas": spec.get("maxReplicaCount", DEFAULT_MAXIMUM),
        "metrics": [_metric(number, one, metadata["name"]) for number, one in enumerate(spec["triggers"])],
    }
    held = {"scaleDown": PAUSED_SCALE_IN, "scaleUp": PAUSED_SCALE_OUT}
    behavior = {
        way: {"selectPolicy": "Disabled"}
        for way, name in held.items()
        if _yes(annotations_of(scaled).get(name))
    }
    if behavior:
        wanted["behavior"] = behavior
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": hpa_name(scaled),
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": annotations_of(scaled),
            "ownerReferences": [owner],
        },
        "spec": wanted,
    }


def annotations_of(scaled: Manifest) -> dict[str, str]:
    """The ScaledObject's annotations, an empty dict if it has none."""
    return dict(scaled["metadata"].get("annotations") or {})


def _metric(number: int, trigger: Mapping[str, Any], owner: str) -> Manifest:
    """The external metric that stands for a trigger; KEDA's own metrics server would answer for it."""
    metric = {"name": f"s{number}-{trigger['type']}", "selector": {"matchLabels": {OWNER_LABEL: owner}}}
    target = {"type": "AverageValue", "averageValue": str(trigger["metadata"].get("lagThreshold", "10"))}
    return {"type": "External", "external": {"metric": metric, "target": target}}


def _differs(wanted: Manifest, found: Manifest) -> bool:
    """Is there a difference KEDA looks at: bounds, target, what is held still, labels, owner?"""
    fields = ("minReplicas", "maxReplicas", "scaleTargetRef")
    held = {way: policy["selectPolicy"] for way, policy in (wanted["spec"].get("behavior") or {}).items()}
    there = {
        way: policy.get("selectPolicy")
        for way, policy in (found["spec"].get("behavior") or {}).items()
        if policy.get("selectPolicy") == "Disabled"
    }
    metadata, kept = wanted["metadata"], found["metadata"]
    return (
        any(wanted["spec"][field] != found["spec"].get(field) for field in fields)
        or held != there
        or (kept.get("labels") or {}) != metadata["labels"]
        or not kept.get("ownerReferences")
    )


def _object(manifest: Manifest) -> HorizontalPodAutoscaler:
    return cast(HorizontalPodAutoscaler, from_dict(manifest))


def _yes(value: str | None) -> bool:
    """Is the annotation set to true? KEDA takes any word that is not a boolean for yes."""
    return value is not None and value.lower() not in ("false", "f", "0")
