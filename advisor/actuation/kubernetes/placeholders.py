"""Pods that keep room for others: as large, on the same nodes, and first to go when the others come."""

from __future__ import annotations

from lightkube.resources.apps_v1 import Deployment

from advisor.actuation.kubernetes.manifests import Manifest, kind_of
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.pod_shape import pod_shape
from advisor.actuation.kubernetes.quantities import written

PRIORITY_CLASS = "headstart-placeholder"
STANDS_FOR = "headstart.io/stands-for"
PLACED_BY = ("nodeName", "nodeSelector", "schedulerName", "tolerations", "runtimeClassName")
"""What of a pod's spec decides on which nodes it may run, apart from affinity and spreading."""


def placeholder_name(name: str) -> str:
    """What is the placeholder Deployment for a Deployment called?"""
    return f"{name}-headstart-placeholder"


def placeholder(name: ObjectName, stands_for: Manifest, pause_image: str) -> Manifest:
    """The Deployment that keeps room for pods of another, with none of its labels: no Service may find it."""
    labels = {STANDS_FOR: stands_for["metadata"]["name"], "app.kubernetes.io/managed-by": "headstart"}
    return {
        **kind_of(Deployment),
        "metadata": {
            "name": placeholder_name(name.name),
            "namespace": name.namespace,
            "labels": labels,
        },
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {
                    "labels": labels,
                    # Room that Karpenter may consolidate away is none.
                    "annotations": {"karpenter.sh/do-not-disrupt": "true"},
                },
                "spec": _pod(stands_for["spec"]["template"], labels, pause_image),
            },
        },
    }


def _pod(template: Manifest, labels: dict[str, str], pause_image: str) -> Manifest:
    """A pod that does nothing, of the size and in the places of another."""
    spec, shape = template["spec"], pod_shape(template)
    requests = {resource: written(amount, resource) for resource, amount in shape.requests.items()}
    pod: Manifest = {field: spec[field] for field in PLACED_BY if field in spec}
    node_affinity = (spec.get("affinity") or {}).get("nodeAffinity")
    if node_affinity:
        pod["affinity"] = {"nodeAffinity": node_affinity}
    if spec.get("topologySpreadConstraints"):
        pod["topologySpreadConstraints"] = [
            {**one, "labelSelector": {"matchLabels": labels}} for one in spec["topologySpreadConstraints"]
        ]
    return {
        **pod,
        "priorityClassName": PRIORITY_CLASS,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [
            {
                "name": "pause",
                "image": pause_image,
                "resources": {"requests": requests, "limits": _whole(requests)},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "runAsNonRoot": True,
                    "runAsUser": 65534,
                    "capabilities": {"drop": ["ALL"]},
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
            }
        ],
    }


def _whole(requests: dict[str, str]) -> dict[str, str]:
    """Limits for what cannot be overcommitted, such as GPUs: there a request without a limit is refused."""
    return {resource: amount for resource, amount in requests.items() if "/" in resource}
