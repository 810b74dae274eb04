"""`k8s://cluster/namespace/capacity-buffer/name`: room on nodes for so many pods of a Deployment to come.

Where the cluster knows CapacityBuffers (autoscaling.x-k8s.io/v1beta1) it is one of these, and the cluster's
autoscaler keeps the room. Elsewhere it is a placeholder Deployment of our own (placeholders.py). Either
stands for the Deployment of the buffer's name, unless it is somebody else's buffer, which says so itself.

What does not exist has bounds from 0. It is made with the first floor, and goes with the restore; a buffer
that others made is raised and put back as anything else.
"""

from __future__ import annotations

from typing import Any

from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.scheduling_v1 import PriorityClass

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.errors import is_unknown_kind
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import (
    CapacityBuffer,
    Manifest,
    conditions_of,
    kind_of,
    plural_of,
)
from advisor.actuation.kubernetes.marks import BoundsFields, Side
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.placeholders import PRIORITY_CLASS, placeholder, placeholder_name
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.workloads import COUNTING, Standing, found_or_none, standing
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

FIELDS = BoundsFields(Side("replicas", absent=0), Side(None))


class CapacityBufferKind:
    """CapacityBuffers, or placeholder Deployments of pods that only wait."""

    def reads(self, name: ObjectName) -> tuple[Right, ...]:
        """The buffer or the placeholder, what it stands for, and the pods of either."""
        placeholders = Right("get", Deployment, placeholder_name(name.name))
        priority = Right("get", PriorityClass, PRIORITY_CLASS, everywhere=True)
        stands_for = Right("get", Deployment, name.name)
        return (Right("get", CapacityBuffer, name.name), placeholders, stands_for, priority, *COUNTING)

    def doubts(self, found: Found, name: ObjectName, need: Bounds) -> tuple[PreflightFinding, ...]:
        """A buffer whose size follows from a percentage or from limits: nobody can say what it holds."""
        spec = found.manifest["spec"]
        other = next((field for field in ("percentage", "limits") if field in spec), None)
        if other is None:
            return ()
        detail = (
            f"CapacityBuffer {found.name} has {other} beside replicas: it may hold fewer units than asked for"
        )
        kind = plural_of(CapacityBuffer)
        cure = (
            f"kubectl -n {name.namespace} patch {kind} {found.name} --type=json "
            f'-p \'[{{"op":"remove","path":"/spec/{other}"}}]\''
        )
        finding = PreflightFinding(name.resource, Reason.FLOOR_NOT_KEPT, detail, cure, blocks=False)
        return (finding,)

    async def find(self, api: Connection, name: ObjectName) -> Found:
        """The buffer or the placeholder, or what is to be made where neither exists yet."""
        try:
            found = await api.get(name, CapacityBuffer, name.name)
            return Found(found, CapacityBuffer, FIELDS, is_ours_to_make=True)
        except ActuationError as error:
            if error.reason is not Reason.RESOURCE_GONE:
                raise
            knows_buffers = not is_unknown_kind(error)
        if knows_buffers:
            return await self._to_make(api, name, CapacityBuffer)
        there = await found_or_none(api, name, Deployment, placeholder_name(name.name))
        if there is not None:
            return Found(there, Deployment, FIELDS, is_ours_to_make=True)
        return await self._to_make(api, name, Deployment)

    async def prepare(self, api: Connection, found: Found, name: ObjectName) -> None:
        """The priority class, without which no placeholder is admitted. It stays: it costs nothing."""
        if found.type is not Deployment or await found_or_none(
            api, name, PriorityClass, PRIORITY_CLASS, everywhere=True
        ):
            return
        wanted = {
            "metadata": {"name": PRIORITY_CLASS},
            # The Cluster Autoscaler makes no room for pods below -10; apps have 0 or more.
            "value": -10,
            "preemptionPolicy": "Never",
            "globalDefault": False,
            "description": "Room for pods to come: pods of this class give way to any other.",
        }
        try:
            await api.create(name, PriorityClass, wanted)
        except ActuationError as error:
            if error.reason is not Reason.ACT_CONFLICT:  # somebody made it meanwhile
                raise

    async def workload(self, api: Connection, found: Found, name: ObjectName) -> Manifest | None:
        """The pods that there is to be room for: a placeholder's own, or those that the buffer stands for."""
        if found.type is Deployment:
            return found.manifest
        return await self._stands_for(api, name, found.manifest["spec"].get("scalableRef") or {})

    async def standing(self, api: Connection, found: Found, name: ObjectName) -> Standing:
        """How many placeholders are Ready, or for how many pods the autoscaler says that it has room."""
        if not found.exists:
            return Standing(0, 0)
        if found.type is Deployment:
            return await standing(api, name, found.manifest)
        return _room_of(found.manifest)

    async def _to_make(self, api: Connection, name: ObjectName, kind: type[Any]) -> Found:
        """What is made with the first floor. Raises ActuationError where there is nothing to stand for."""
        stands_for = await self._stands_for(api, name, {})
        if stands_for is None:
            detail = (
                f"there is no capacity buffer {name.name} in namespace {name.namespace}, "
                f"and no Deployment {name.name} for which one could be made"
            )
            raise ActuationError(name.resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)
        if kind is Deployment:
            wanted = placeholder(name, stands_for, api.cluster.pause_image)
            return Found(wanted, Deployment, FIELDS, is_ours_to_make=True, exists=False)
        reference = {"apiGroup": "apps", "kind": "Deployment", "name": name.name}
        metadata = {"name": name.name, "namespace": name.namespace}
        wanted = {**kind_of(CapacityBuffer), "metadata": metadata, "spec": {"scalableRef": reference}}
        return Found(wanted, CapacityBuffer, FIELDS, is_ours_to_make=True, exists=False)

    async def _stands_for(self, api: Connection, name: ObjectName, reference: Manifest) -> Manifest | None:
        if reference.get("kind", "Deployment") != "Deployment":
            return None
        return await found_or_none(api, name, Deployment, str(reference.get("name") or name.name))


def _room_of(buffer: Manifest) -> Standing:
    """What the autoscaler says of a buffer: the room is there once it is provisioned, for this very spec."""
    units = int(buffer["spec"].get("replicas") or 0)
    conditions, generation = conditions_of(buffer), buffer["metadata"].get("generation", 0)
    provisioned = conditions.get("Provisioning", {})
    is_current = int(provisioned.get("observedGeneration", generation)) >= generation
    if provisioned.get("status") == "True" and is_current:
        held = int((buffer.get("status") or {}).get("replicas") or 0)
        short = (f"the autoscaler keeps room for {held} of {units}",) if held < units else ()
        return Standing(units, min(held, units), short)
    said = next((c for c in conditions.values() if c.get("status") == "False"), {})
    words = said.get("message") or said.get("reason") or "the autoscaler has not said yet that it has room"
    return Standing(units, 0, (str(words),) if units else ())
