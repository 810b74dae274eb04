"""Who wrote what on an object? As its `managedFields` tell, by the names that writers gave themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.actuation.kubernetes.manifests import Manifest

WRITERS = {
    "argocd-controller": "Argo CD",
    "argocd-application-controller": "Argo CD",
    "kustomize-controller": "Flux",
    "helm-controller": "Flux",
    "Terraform": "Terraform",
    "HashiCorp": "Terraform",
    "terraform-provider-kubernetes": "Terraform",
    "pulumi-kubernetes": "Pulumi",
    "helm": "Helm",
    "Helm": "Helm",
    "keda": "KEDA",
    "keda-operator": "KEDA",
    "kubectl": "somebody with kubectl",
    "kubectl-edit": "somebody with kubectl edit",
    "kubectl-patch": "somebody with kubectl patch",
    "kubectl-scale": "somebody with kubectl scale",
    "kubectl-autoscale": "somebody with kubectl autoscale",
    "kubectl-client-side-apply": "somebody with kubectl apply",
    "kubectl-replace": "somebody with kubectl replace",
    "kubectl-create": "somebody with kubectl create",
    "kubectl-rollout": "somebody with kubectl rollout",
    "kube-controller-manager": "a controller of Kubernetes",
    "karpenter": "Karpenter",
}
"""Field managers that are known by another name to people."""


def writer(found: Manifest, fields: Sequence[str], us: str) -> str:
    """Who wrote one of these fields of `spec` last, other than `us`: `Argo CD (argocd-controller)`.

    Times are whole seconds: of several within one, it is who holds the first of the fields, for whoever
    changes a field takes it from the others. Empty where all of them are ours, or nobody's.
    """
    owners = [
        (str(entry.get("time", "")), [field in owned for field in fields], str(entry.get("manager", "")))
        for entry in _entries(found)
        if entry.get("manager") != us and not (owned := _owned(entry)).isdisjoint(fields)
    ]
    return named(max(owners)[2]) if owners else ""


def named(manager: str) -> str:
    """A field manager in words, with its own name."""
    known = WRITERS.get(manager) or next(
        (words for name, words in WRITERS.items() if manager.startswith(f"{name}-")), None
    )
    return f"{known} ({manager})" if known else manager


def is_held(found: Manifest, us: str) -> bool:
    """Is any field of the object held in our name?"""
    return any(entry.get("manager") == us for entry in _entries(found))


def letting_go(found: Manifest, us: str) -> list[Manifest]:
    """The steps of a JSON patch by which we hold no field of the object any more, and none is changed.

    The API server takes an empty list for one that got lost; a list of one empty entry is how to say it.
    """
    entries = _entries(found)
    numbers = [number for number, entry in enumerate(entries) if entry.get("manager") == us]
    if numbers and len(numbers) == len(entries):
        return [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]
    return [{"op": "remove", "path": f"/metadata/managedFields/{number}"} for number in reversed(numbers)]


def _entries(found: Manifest) -> list[Manifest]:
    return found["metadata"].get("managedFields") or []


def _owned(entry: Manifest) -> set[str]:
    """The fields directly under `spec` that an entry owns."""
    spec: dict[str, Any] = (entry.get("fieldsV1") or {}).get("f:spec") or {}
    return {name.removeprefix("f:") for name in spec}
