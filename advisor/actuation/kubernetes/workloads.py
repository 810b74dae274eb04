"""What is scaled: a Deployment or a StatefulSet, its pods, and how many of them serve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.core_v1 import Pod, Service
from lightkube.resources.discovery_v1 import EndpointSlice

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.manifests import Manifest, selection
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.readiness import SERVICE_NAME, fronting, ready_pods
from advisor.actuation.kubernetes.waiting import why_not_made, why_not_ready
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

WORKLOADS: Mapping[str, type[Any]] = {"Deployment": Deployment, "StatefulSet": StatefulSet}


COUNTING = (Right("list", Pod), Right("list", Service), Right("list", EndpointSlice))
"""What it takes to count the pods that serve."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many units are asked for now, how many of them serve, and what the others wait for."""

    units: int
    ready: int
    waiting_for: tuple[str, ...] = ()


async def target(api: Connection, name: ObjectName, reference: Manifest) -> Manifest | None:
    """What a `scaleTargetRef` names; None where there is no such object. Raises ActuationError."""
    kind = str(reference.get("kind") or "Deployment")
    if kind not in WORKLOADS:
        detail = f"scales a {kind}, whose pods cannot be counted; only {' and '.join(WORKLOADS)} can be"
        raise ActuationError(name.resource, detail, retryable=False, reason=Reason.ACT_REFUSED)
    return await found_or_none(api, name, WORKLOADS[kind], str(reference["name"]))


async def found_or_none(
    api: Connection, name: ObjectName, kind: type[Any], called: str, *, everywhere: bool = False
) -> Manifest | None:
    """The object, or None where there is none. Raises ActuationError for any other trouble."""
    try:
        return await api.get(name, kind, called, everywhere=everywhere)
    except ActuationError as error:
        if error.reason is not Reason.RESOURCE_GONE:
            raise
        return None


async def standing(api: Connection, name: ObjectName, workload: Manifest | None) -> Standing:
    """How does the workload stand? Ready endpoints count, where a Service leads to its pods."""
    if workload is None:
        return Standing(0, 0, ("what it scales does not exist",))
    spec = workload["spec"]
    units = 1 if spec.get("replicas") is None else int(spec["replicas"])
    pods = await api.all(name, Pod, labels=selection(spec["selector"]))
    services = fronting(await api.all(name, Service), spec["template"])
    slices = await api.all(name, EndpointSlice, labels=[(SERVICE_NAME, services)]) if services else []
    ready = ready_pods(pods, slices if services else None)
    # While it is scaled in, pods that are about to go still serve: nobody should count on them.
    serving = min(len(ready), units)
    if serving >= units:
        return Standing(units, serving)
    waits = (*why_not_made(workload, len(pods)), *why_not_ready(pods, ready))
    return Standing(units, serving, waits)
