"""How are objects spoken of: as the plain dicts that the API server writes, and by their kinds.

Custom resources are declared here as their projects publish them; a cluster need not have any of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lightkube import operators
from lightkube.core.resource import api_info
from lightkube.generic_resource import create_global_resource, create_namespaced_resource

Manifest = dict[str, Any]

ScaledObject = create_namespaced_resource("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects")
CapacityBuffer = create_namespaced_resource(
    "autoscaling.x-k8s.io", "v1beta1", "CapacityBuffer", "capacitybuffers"
)
NodePool = create_global_resource("karpenter.sh", "v1", "NodePool", "nodepools")


def kind_of(kind: type[Any]) -> Manifest:
    """The apiVersion and kind that a manifest of this kind begins with."""
    info = api_info(kind)
    definition = info.parent or info.resource
    return {"apiVersion": definition.api_version, "kind": definition.kind}


def plural_of(kind: type[Any]) -> str:
    """What RBAC and kubectl call objects of this kind, with their group: `deployments.apps`."""
    info = api_info(kind)
    return f"{info.plural}.{info.resource.group}" if info.resource.group else info.plural


def labels_of(found: Manifest) -> Mapping[str, str]:
    """The object's labels; empty if it has none."""
    return found["metadata"].get("labels") or {}


def annotations_of(found: Manifest) -> Mapping[str, str]:
    """The object's annotations; empty if it has none."""
    return found["metadata"].get("annotations") or {}


def conditions_of(found: Manifest) -> dict[str, Manifest]:
    """The conditions in the object's status, by type."""
    return {str(one["type"]): one for one in (found.get("status") or {}).get("conditions") or []}


def selection(selector: Manifest) -> list[tuple[str, Any]]:
    """A label selector as the client wants it: pairs of a key and what its value has to be."""
    make: dict[str, Callable[[list[str]], Any]] = {
        "In": operators.in_,
        "NotIn": operators.not_in,
        "Exists": lambda _: operators.exists(),
        "DoesNotExist": lambda _: operators.not_exists(),
    }
    expressions = selector.get("matchExpressions") or []
    return [
        *(selector.get("matchLabels") or {}).items(),
        *((one["key"], make[one["operator"]](one.get("values") or [])) for one in expressions),
    ]


def selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Does the label selector match these labels? An empty one matches all."""
    fits: dict[str, Callable[[str | None, list[str]], bool]] = {
        "In": lambda value, values: value in values,
        "NotIn": lambda value, values: value not in values,
        "Exists": lambda value, _: value is not None,
        "DoesNotExist": lambda value, _: value is None,
    }
    named = (selector.get("matchLabels") or {}).items()
    expressions = selector.get("matchExpressions") or []
    return all(labels.get(key) == value for key, value in named) and all(
        fits[one["operator"]](labels.get(one["key"]), one.get("values") or []) for one in expressions
    )
