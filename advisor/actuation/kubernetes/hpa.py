"""`k8s://cluster/namespace/hpa/name`: the bounds of a HorizontalPodAutoscaler.

One that KEDA keeps is written back by KEDA: its bounds are those of its ScaledObject, and are set there.
"""

from __future__ import annotations

from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from advisor.actuation.kubernetes.autoscaler_kind import AutoscalerKind
from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import Manifest, conditions_of, labels_of
from advisor.actuation.kubernetes.marks import BoundsFields, Side
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.scaled_object import ScaledObjectKind
from advisor.actuation.kubernetes.workloads import COUNTING, found_or_none
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

FIELDS = BoundsFields(Side("minReplicas", absent=1), Side("maxReplicas"))
KEDA_LABEL = "scaledobject.keda.sh/name"
KEDA_PREFIX = "keda-hpa-"


class HpaKind(AutoscalerKind):
    """HorizontalPodAutoscalers (autoscaling/v2)."""

    def __init__(self) -> None:
        self._scaled_objects = ScaledObjectKind()

    def reads(self, name: ObjectName) -> tuple[Right, ...]:
        """The HPA and the pods that it scales."""
        return (Right("get", HorizontalPodAutoscaler, name.name), *COUNTING)

    def doubts(self, found: Found, name: ObjectName, need: Bounds) -> tuple[PreflightFinding, ...]:
        """Those of the ScaledObject, where it is KEDA's: an HPA keeps its floor whatever its metrics say."""
        if found.type is HorizontalPodAutoscaler:
            return ()
        return self._scaled_objects.doubts(found, name, need)

    async def find(self, api: Connection, name: ObjectName) -> Found:
        """The HPA, or the ScaledObject whose it is."""
        found = await found_or_none(api, name, HorizontalPodAutoscaler, name.name)
        scaled = _scaled_object_of(found) if found else name.name.removeprefix(KEDA_PREFIX)
        if found and scaled is None:
            return Found(found, HorizontalPodAutoscaler, FIELDS)
        if found is None and not name.name.startswith(KEDA_PREFIX):
            raise _gone(name)
        try:  # while KEDA is paused there is no HPA, and the ScaledObject says so
            return await self._scaled_objects.find(api, name.called(str(scaled)))
        except ActuationError as error:
            if found is None and error.reason is Reason.RESOURCE_GONE:
                raise _gone(name) from error
            raise

    def held_up_by(self, found: Found) -> tuple[str, ...]:
        """What the HPA, or the ScaledObject whose it is, says of itself.

        That the HPA's floor is above what its metrics ask for is as it should be.
        """
        if found.type is not HorizontalPodAutoscaler:
            return self._scaled_objects.held_up_by(found)
        conditions = conditions_of(found.manifest)
        able, limited = conditions.get("AbleToScale", {}), conditions.get("ScalingLimited", {})
        held = [able] if able.get("status") == "False" else []
        capped = [limited] if limited.get("reason") == "TooManyReplicas" else []
        return tuple(f"the HPA: {one.get('message') or one.get('reason')}" for one in (*held, *capped))


def _scaled_object_of(hpa: Manifest) -> str | None:
    """The name of the ScaledObject that an HPA belongs to, if it does."""
    owners = hpa["metadata"].get("ownerReferences") or []
    named = next((str(one["name"]) for one in owners if one.get("kind") == "ScaledObject"), None)
    return named or labels_of(hpa).get(KEDA_LABEL)


def _gone(name: ObjectName) -> ActuationError:
    detail = f"there is no HorizontalPodAutoscaler {name.name} in namespace {name.namespace}"
    return ActuationError(name.resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)
