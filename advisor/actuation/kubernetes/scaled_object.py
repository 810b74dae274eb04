"""`k8s://cluster/namespace/scaledobject/name`: the bounds of KEDA's ScaledObject.

KEDA carries them on to the HPA that it keeps. A minimum of 0 is 1 for that HPA; KEDA itself goes to 0.
Paused, KEDA takes its HPA away and nothing follows the bounds; with only scaling in or out paused it stays.
"""

from __future__ import annotations

from advisor.actuation.kubernetes.autoscaler_kind import AutoscalerKind
from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.errors import is_unknown_kind
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import Manifest, ScaledObject, annotations_of, conditions_of
from advisor.actuation.kubernetes.marks import BoundsFields, Side
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.workloads import COUNTING
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

FIELDS = BoundsFields(Side("minReplicaCount", absent=0), Side("maxReplicaCount", absent=100))
PAUSED, PAUSED_AT = "autoscaling.keda.sh/paused", "autoscaling.keda.sh/paused-replicas"


class ScaledObjectKind(AutoscalerKind):
    """ScaledObjects (keda.sh/v1alpha1)."""

    def reads(self, name: ObjectName) -> tuple[Right, ...]:
        """The ScaledObject and the pods that KEDA scales."""
        return (Right("get", ScaledObject, name.name), *COUNTING)

    def doubts(self, found: Found, name: ObjectName, need: Bounds) -> tuple[PreflightFinding, ...]:
        """An idle count: KEDA goes down to it, below any minimum, while none of its triggers is active."""
        idle = found.manifest["spec"].get("idleReplicaCount")
        if idle is None:
            return ()
        detail = (
            f"ScaledObject {found.name} has idleReplicaCount {idle}: while none of its triggers is active, "
            "KEDA leaves that many replicas, whatever the minimum"
        )
        cure = (
            f"kubectl -n {name.namespace} patch scaledobjects.keda.sh {found.name} --type=json "
            '-p \'[{"op":"remove","path":"/spec/idleReplicaCount"}]\''
        )
        there, needed = float(idle), float(need.minimum)
        finding = PreflightFinding(
            name.resource, Reason.FLOOR_NOT_KEPT, detail, cure, there, needed, int(idle), blocks=False
        )
        return (finding,)

    async def find(self, api: Connection, name: ObjectName) -> Found:
        """The ScaledObject."""
        try:
            found = await api.get(name, ScaledObject, name.name)
        except ActuationError as error:
            if not is_unknown_kind(error):
                raise
            detail = f"cluster {name.cluster} has no ScaledObjects: KEDA is not installed there"
            raise ActuationError(
                name.resource, detail, retryable=False, reason=Reason.RESOURCE_GONE
            ) from error
        return Found(found, ScaledObject, FIELDS, paused(found))

    def held_up_by(self, found: Found) -> tuple[str, ...]:
        """What KEDA says of itself where it is not well."""
        ready = conditions_of(found.manifest).get("Ready", {})
        failed = ready.get("status") == "False"
        return (f"KEDA: {ready.get('message') or ready.get('reason')}",) if failed else ()


def paused(scaled: Manifest) -> str:
    """Who sets the replicas while KEDA is paused, in words; empty where it is not.

    KEDA takes any value that is no boolean for yes.
    """
    annotations = annotations_of(scaled)
    if PAUSED_AT in annotations:
        return f"whoever paused KEDA ({PAUSED_AT}: {annotations[PAUSED_AT]})"
    if annotations.get(PAUSED, "false").lower() not in ("false", "f", "0"):
        return f"whoever paused KEDA ({PAUSED}: {annotations[PAUSED]})"
    return ""
