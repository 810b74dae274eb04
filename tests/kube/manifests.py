"""How do the objects look that tests make? As their owners would write them, with nothing left to chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.kube.furnish import NODE

Manifest = dict[str, Any]
READY_AFTER = "headstart.test/ready-after"
NEVER_READY = "headstart.test/never-ready"


def workload(
    kind: str, name: str, replicas: int, *, annotations: Mapping[str, str], requests: Mapping[str, str]
) -> Manifest:
    """A Deployment or a StatefulSet of one container, its pods on the tests' node."""
    labels = {"app": name}
    spec: Manifest = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": dict(annotations)},
            "spec": {
                "nodeName": NODE,  # there is no scheduler
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    {"name": "app", "image": "example.test/app:1", "resources": {"requests": dict(requests)}}
                ],
            },
        },
    }
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def service(name: str) -> Manifest:
    """The Service in front of the pods of the workload `name`: it is what gives them endpoint slices."""
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": ports},
    }


def autoscaler(name: str, target: Manifest, minimum: int, maximum: int) -> Manifest:
    """An HPA on 60% CPU. Without a metrics server it keeps its target within its bounds, and does no more."""
    metric = {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
    }
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {
            "scaleTargetRef": target,
            "minReplicas": minimum,
            "maxReplicas": maximum,
            "metrics": [metric],
        },
    }


def scaled_object(
    name: str,
    target: Manifest,
    minimum: int | None,
    maximum: int | None,
    *,
    annotations: Mapping[str, str],
    idle: int | None,
) -> Manifest:
    """KEDA's ScaledObject with one Kafka trigger; bounds that are None are left to KEDA."""
    bounds = {"minReplicaCount": minimum, "maxReplicaCount": maximum, "idleReplicaCount": idle}
    trigger = {"type": "kafka", "metadata": {"topic": "orders", "lagThreshold": "50"}}
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {"name": name, "annotations": dict(annotations)},
        "spec": {
            "scaleTargetRef": target,
            "triggers": [trigger],
            **{field: count for field, count in bounds.items() if count is not None},
        },
    }


def budget(name: str, app: str, **limit: int | str) -> Manifest:
    """A PodDisruptionBudget over the pods of `app`; `limit` is minAvailable or maxUnavailable."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"app": app}}, **limit},
    }


def quota(name: str, hard: Mapping[str, str]) -> Manifest:
    """A ResourceQuota, e.g. of `{"pods": "4"}`."""
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name},
        "spec": {"hard": dict(hard)},
    }


def account(name: str) -> Manifest:
    """A ServiceAccount."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def role(kind: str, name: str, rules: Sequence[Manifest]) -> Manifest:
    """A Role or a ClusterRole with `rules` as RBAC writes them."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "rules": list(rules),
    }


def binding(kind: str, name: str, account_name: str, namespace: str) -> Manifest:
    """What gives the account the Role or ClusterRole of kind `kind` and name `name`."""
    subject = {"kind": "ServiceAccount", "name": account_name, "namespace": namespace}
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": f"{kind}Binding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [subject],
    }
