"""Which object of which cluster does a resource id name?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from advisor.domain.reason import Reason
from advisor.errors import ActuationError

PARTS = 4


@dataclass(frozen=True, slots=True)
class ObjectName:
    """An object by its resource id, `k8s://cluster/namespace/kind/name`; `kind` is our word for it."""

    resource: str
    cluster: str
    namespace: str
    kind: str
    name: str

    def called(self, name: str) -> ObjectName:
        """Another object in the same namespace, on behalf of the same resource."""
        return replace(self, name=name)


def object_name(resource: str) -> ObjectName:
    """The parts of a resource id. Raises ActuationError if it is none of Kubernetes'."""
    scheme, _, rest = resource.partition("://")
    parts = rest.split("/")
    if scheme != "k8s" or len(parts) != PARTS or not all(parts):
        detail = "is not written as k8s://cluster/namespace/kind/name; mend it in the policy"
        raise ActuationError(resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)
    return ObjectName(resource, *parts)
