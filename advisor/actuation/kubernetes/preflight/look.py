"""Everything that is looked at days ahead and again before acting; what may not be looked at is said so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lightkube.resources.core_v1 import LimitRange, ResourceQuota
from lightkube.resources.policy_v1 import PodDisruptionBudget

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.errors import is_unknown_kind
from advisor.actuation.kubernetes.kind import Found, Kind
from advisor.actuation.kubernetes.manifests import Manifest, NodePool, plural_of
from advisor.actuation.kubernetes.marks import is_managed
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.evictions import eviction_findings
from advisor.actuation.kubernetes.preflight.node_limits import node_findings
from advisor.actuation.kubernetes.preflight.pod_shape import pod_shape
from advisor.actuation.kubernetes.preflight.quotas import (
    SCOPES_OF_ALL,
    limit_findings,
    quota_findings,
    scopes_of,
)
from advisor.actuation.kubernetes.preflight.rights import Right, missing, right_missing
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import Preflight, PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


@dataclass(slots=True)
class Look:
    """One preflight under way: what was found, and what could not be looked at."""

    api: Connection
    name: ObjectName
    need: Bounds
    findings: list[PreflightFinding] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    async def every(self, kind: type[Any], *, everywhere: bool = False) -> list[Manifest]:
        """All objects of a kind; none where the cluster does not know it, or where they may not be listed."""
        try:
            return await self.api.all(self.name, kind, everywhere=everywhere)
        except ActuationError as error:
            if is_unknown_kind(error):
                return []
            if error.reason is not Reason.ACT_FORBIDDEN:
                raise
            self.unknown.append(f"{plural_of(kind)}: {error.detail}")
            return []

    def ended(self, now: datetime) -> Preflight:
        """What came of it."""
        return Preflight(now, self.need.minimum, tuple(self.findings), tuple(self.unknown))


async def look(
    api: Connection, kind: Kind, name: ObjectName, need: Bounds, most: int, now: datetime
) -> Preflight:
    """The preflight of one resource. `most` is the maximum of what has none of its own."""
    under_way = Look(api, name, need)
    lacking = await missing(api, name, kind.reads(name))
    under_way.findings += [right_missing(name, right) for right in lacking]
    if lacking:
        return under_way.ended(now)
    try:
        await _at_all(under_way, kind, most)
    except ActuationError as error:
        if error.reason is not Reason.ACT_FORBIDDEN:
            raise
        under_way.findings.append(_forbidden(name, error))
    return under_way.ended(now)


async def _at_all(under_way: Look, kind: Kind, most: int) -> None:
    api, name = under_way.api, under_way.name
    found = await kind.find(api, name)
    await _may_it_be_written(under_way, found, most)
    under_way.findings += kind.doubts(found, name, under_way.need)
    workload = await kind.workload(api, found, name)
    if workload is not None:
        await _will_pods_come(under_way, workload, (await kind.standing(api, found, name)).units)
    if workload is not None and not found.is_ours_to_make:
        await _will_pods_stay(under_way, workload)


async def _may_it_be_written(under_way: Look, found: Found, most: int) -> None:
    """Rights, the maximum where we may not raise it, and what admission says to the very write."""
    api, name, need = under_way.api, under_way.name, under_way.need
    bounds = found.fields.bounds(found.manifest, most)
    lacking = await missing(api, name, _writes(found))
    under_way.findings += [right_missing(name, right) for right in lacking]
    is_capped = found.fields.maximum_path is not None and bounds.maximum < need.maximum
    if is_capped and (lacking or found.owner or not is_managed(found.manifest)):
        under_way.findings.append(_maximum_too_low(found, name, bounds.maximum, need.maximum))
    if lacking or found.owner:
        return
    raised = Bounds(max(bounds.minimum, need.minimum), max(bounds.maximum, need.maximum, need.minimum))
    spec = found.fields.spec(found.manifest, raised)
    try:
        if found.exists:
            # Whatever its version by now: nothing is kept that could be written over.
            head = {key: value for key, value in found.head.items() if key != "resourceVersion"}
            await api.apply(name, found.type, {"metadata": head, "spec": spec}, dry_run=True)
        else:
            made = {**found.manifest, "spec": {**found.manifest["spec"], **spec}}
            await api.create(name, found.type, made, dry_run=True)
    except ActuationError as error:
        if error.reason not in (Reason.ACT_REFUSED, Reason.ACT_FORBIDDEN):
            raise
        under_way.findings.append(_would_be_refused(found, name, error, bounds.minimum))


def _writes(found: Found) -> list[Right]:
    """The rights that acting takes: what is ours to make is made and removed as well."""
    everywhere = "namespace" not in found.head
    writes = [Right("patch", found.type, found.name, everywhere)]
    if found.is_ours_to_make:
        writes += [Right("create", found.type), Right("delete", found.type, found.name)]
    return writes


async def _will_pods_come(under_way: Look, workload: Manifest, units: int) -> None:
    """Quotas, limits and node pools."""
    name, needed = under_way.name, under_way.need.minimum
    limits = await under_way.every(LimitRange)
    quotas = await under_way.every(ResourceQuota)
    shape = pod_shape(workload["spec"]["template"], limits)
    under_way.unknown += _scoped(quotas)
    pools = await under_way.every(NodePool, everywhere=True)
    under_way.findings += [
        *quota_findings(name, quotas, shape, units, needed),
        *limit_findings(name, limits, shape, units),
        *node_findings(name, pools, shape, units, needed),
    ]


async def _will_pods_stay(under_way: Look, workload: Manifest) -> None:
    """Evictions that take away at once what was raised."""
    unseen = len(under_way.unknown)
    budgets = await under_way.every(PodDisruptionBudget)
    if len(under_way.unknown) == unseen:
        name, needed = under_way.name, under_way.need.minimum
        under_way.findings += eviction_findings(name, budgets, workload, needed)


def _scoped(quotas: Iterable[Manifest]) -> Iterator[str]:
    for quota in quotas:
        others = scopes_of(quota) - SCOPES_OF_ALL
        if others:
            called = quota["metadata"]["name"]
            yield f"resourcequotas: {called} counts only pods that are {', '.join(sorted(others))}"


def _maximum_too_low(found: Found, name: ObjectName, there: int, needed: int) -> PreflightFinding:
    plural = plural_of(found.type)
    patch = f'{{"spec":{{"{found.fields.maximum_path}":{needed}}}}}'
    return PreflightFinding(
        name.resource,
        Reason.MAXIMUM_TOO_LOW,
        f"{plural} {found.name} has a maximum of {there} units, {needed} are needed, and we may not raise it",
        f"kubectl -n {name.namespace} patch {plural} {found.name} --type=merge -p '{patch}'",
        float(there),
        float(needed),
        there,
    )


def _forbidden(name: ObjectName, error: ActuationError) -> PreflightFinding:
    """A right that is needed for what the resource turned out to be, as the ScaledObject behind an HPA."""
    cure = "kubectl create a role and a binding for what the refusal names, or use the chart's own"
    return PreflightFinding(name.resource, Reason.PERMISSION_MISSING, error.detail, cure)


def _would_be_refused(found: Found, name: ObjectName, error: ActuationError, there: int) -> PreflightFinding:
    return PreflightFinding(
        name.resource,
        error.reason,
        f"a dry run of the raise is refused: {error.detail}",
        f"kubectl -n {name.namespace} edit {plural_of(found.type)} {found.name}, or mend the rule it names",
        enough_for=there,
    )
