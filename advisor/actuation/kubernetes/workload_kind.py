"""`k8s://cluster/namespace/deployment/name` and `.../statefulset/name`: the replicas of a workload.

They are its minimum. It has no maximum of its own, for nothing scales it: the mark `headstart.io/maximum`
keeps the one that we were last asked for, and without that it is the policy's.

We write `spec.replicas` of the object and not of its scale subresource, because the originals have to come
with it in the same write, and the subresource takes no annotations.
"""

from __future__ import annotations

from typing import Any

from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.errors import is_unknown_kind
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import Manifest, ScaledObject, kind_of
from advisor.actuation.kubernetes.marks import BoundsFields, Side
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.workloads import COUNTING, Standing, standing
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.errors import ActuationError

FIELDS = BoundsFields(Side("replicas", absent=1), Side(None))


class WorkloadKind:
    """Deployments or StatefulSets that no autoscaler scales."""

    def __init__(self, kind: type[Any]) -> None:
        self._kind = kind

    def reads(self, name: ObjectName) -> tuple[Right, ...]:
        """The workload, its pods, and the autoscalers that may scale it."""
        scalers = (Right("list", HorizontalPodAutoscaler), Right("list", ScaledObject))
        return (Right("get", self._kind, name.name), *scalers, *COUNTING)

    def doubts(self, found: Found, name: ObjectName, need: Bounds) -> tuple[PreflightFinding, ...]:
        """None: nothing but replicas is there to speak against it."""
        return ()

    async def find(self, api: Connection, name: ObjectName) -> Found:
        """The workload, and which autoscaler scales it, if one does."""
        scaler = await self._scaler(api, name)
        # Last, so that it is as it was a moment ago when it is written.
        return Found(await api.get(name, self._kind, name.name), self._kind, FIELDS, scaler)

    async def prepare(self, api: Connection, found: Found, name: ObjectName) -> None:
        """Nothing: it is never made by us."""

    async def workload(self, api: Connection, found: Found, name: ObjectName) -> Manifest | None:
        """Itself."""
        return found.manifest

    async def standing(self, api: Connection, found: Found, name: ObjectName) -> Standing:
        """How its pods stand."""
        return await standing(api, name, found.manifest)

    async def _scaler(self, api: Connection, name: ObjectName) -> str:
        """The autoscaler that scales this workload, with the id by which to set its bounds; empty: none."""
        for scaled in await _scaled_objects(api, name):
            if self._is_target(scaled, name):
                return _instead(name, "ScaledObject", "scaledobject", scaled)
        for hpa in await api.all(name, HorizontalPodAutoscaler):
            if self._is_target(hpa, name):
                return _instead(name, "HorizontalPodAutoscaler", "hpa", hpa)
        return ""

    def _is_target(self, scaler: Manifest, name: ObjectName) -> bool:
        reference = scaler["spec"]["scaleTargetRef"]
        kind = reference.get("kind") or "Deployment"
        return (kind, reference["name"]) == (kind_of(self._kind)["kind"], name.name)


async def _scaled_objects(api: Connection, name: ObjectName) -> list[Manifest]:
    """The ScaledObjects of the namespace; none where KEDA is not installed."""
    try:
        return await api.all(name, ScaledObject)
    except ActuationError as error:
        if is_unknown_kind(error):
            return []
        raise


def _instead(name: ObjectName, words: str, kind: str, scaler: Manifest) -> str:
    called = scaler["metadata"]["name"]
    return f"{words} {called} (use k8s://{name.cluster}/{name.namespace}/{kind}/{called})"
