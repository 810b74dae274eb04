"""Do the namespace's quotas and limits leave room for so many more pods?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal

from advisor.actuation.kubernetes.manifests import Manifest
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.pod_shape import PodShape
from advisor.actuation.kubernetes.quantities import quantity, written
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason

PODS = ("pods", "count/pods")
SCOPES_OF_ALL = frozenset({"NotTerminating"})
"""Pods of a workload have no deadline: a quota on those without one counts them, as one on all does."""


def quota_findings(
    name: ObjectName, quotas: Sequence[Manifest], shape: PodShape, there: int, needed: int
) -> Iterator[PreflightFinding]:
    """The quotas that do not hold `needed` units where `there` are now."""
    for quota in quotas:
        if needed > there and not scopes_of(quota) - SCOPES_OF_ALL:
            yield from _of_quota(name, quota, shape, there, needed)


def scopes_of(quota: Manifest) -> set[str]:
    """The scopes that a quota is for; none: it counts every pod of the namespace."""
    spec = quota["spec"]
    expressions = (spec.get("scopeSelector") or {}).get("matchExpressions") or []
    return {*(spec.get("scopes") or []), *(str(one["scopeName"]) for one in expressions)}


def _of_quota(
    name: ObjectName, quota: Manifest, shape: PodShape, there: int, needed: int
) -> Iterator[PreflightFinding]:
    called, status = quota["metadata"]["name"], quota.get("status") or {}
    for resource, text in (status.get("hard") or quota["spec"].get("hard") or {}).items():
        each = _each(resource, shape)
        if each is None:
            continue
        hard, used = quantity(text), quantity((status.get("used") or {}).get(resource, "0"))
        if each == 0:
            if _is_unsaid(resource, shape):
                yield _unsaid(name, called, resource, there)
            continue
        fit = int(max((hard - used) / each, Decimal(0)).to_integral_value(ROUND_FLOOR))
        asked = used + each * (needed - there)
        if there + fit < needed:
            enough = written(asked, resource)
            yield PreflightFinding(
                name.resource,
                Reason.QUOTA_TOO_SMALL,
                f"ResourceQuota {called} allows {text} {resource}, {written(used, resource)} are used, and "
                f"{needed} units need {enough} in all",
                f"kubectl -n {name.namespace} patch resourcequota {called} --type=merge "
                f'-p \'{{"spec":{{"hard":{{"{resource}":"{enough}"}}}}}}\'',
                float(hard),
                float(asked),
                there + fit,
            )


def _each(resource: str, shape: PodShape) -> Decimal | None:
    """How much of a quota's resource does one pod take? None for what pods do not take."""
    if resource in PODS:
        return Decimal(1)
    side, separator, rest = resource.partition(".")
    if separator and side == "limits":
        return shape.limits.get(rest, Decimal(0))
    if separator and side == "requests":
        return shape.requests.get(rest, Decimal(0))
    return shape.requests.get(resource, Decimal(0)) if resource in ("cpu", "memory") else None


def _is_unsaid(resource: str, shape: PodShape) -> bool:
    unsaid = shape.unlimited if resource.startswith("limits.") else shape.unrequested
    return resource.rpartition(".")[2] in unsaid


def _unsaid(name: ObjectName, quota: str, resource: str, there: int) -> PreflightFinding:
    side = "limits" if resource.startswith("limits.") else "requests"
    compute = resource.rpartition(".")[2]
    return PreflightFinding(
        name.resource,
        Reason.QUOTA_TOO_SMALL,
        f"ResourceQuota {quota} counts {resource}, and pods that say nothing of theirs are refused",
        f"kubectl -n {name.namespace} set resources {_workload(name)} --{side}={compute}=...",
        enough_for=there,
    )


def limit_findings(
    name: ObjectName, limit_ranges: Sequence[Manifest], shape: PodShape, there: int
) -> Iterator[PreflightFinding]:
    """The LimitRanges that pods of this shape break: those that run go on, and no new one is admitted."""
    pod = {
        resource: max(shape.limits.get(resource, amount), amount)
        for resource, amount in shape.requests.items()
    }
    asked_of = {"Pod": {**shape.limits, **pod}, "Container": shape.largest}
    for one in limit_ranges:
        for limit in one["spec"].get("limits") or []:
            asked = asked_of.get(str(limit.get("type")), {})
            for resource, text in (limit.get("max") or {}).items():
                if asked.get(resource, Decimal(0)) > quantity(text):
                    yield _over_limit(name, one, limit["type"], resource, text, asked[resource], there)


def _over_limit(
    name: ObjectName, limit_range: Manifest, of: str, resource: str, text: str, asked: Decimal, there: int
) -> PreflightFinding:
    called = limit_range["metadata"]["name"]
    return PreflightFinding(
        name.resource,
        Reason.QUOTA_TOO_SMALL,
        f"LimitRange {called} allows a {of.lower()} {text} {resource}, and one asks for "
        f"{written(asked, resource)}: no new pod is admitted",
        f"kubectl -n {name.namespace} edit limitrange {called}",
        float(quantity(text)),
        float(asked),
        there,
    )


def _workload(name: ObjectName) -> str:
    return f"deployment/{name.name}" if name.kind != "statefulset" else f"statefulset/{name.name}"
