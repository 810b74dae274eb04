"""What does one pod of a template ask of its namespace and its nodes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from advisor.actuation.kubernetes.manifests import Manifest
from advisor.actuation.kubernetes.quantities import quantity

Amounts = Mapping[str, Decimal]
"""Amounts by resource: `cpu` in cores, `memory` in bytes, others in pieces."""


@dataclass(frozen=True, slots=True)
class PodShape:
    """What a pod requests and may use at most, with the defaults that its namespace gives.

    `largest` is the most that any one container asks for or may use; `unlimited` and `unrequested` name what
    at least one container says nothing of.
    """

    requests: Amounts
    limits: Amounts
    largest: Amounts
    unrequested: frozenset[str] = frozenset()
    unlimited: frozenset[str] = frozenset()


def pod_shape(template: Manifest, limit_ranges: Sequence[Manifest] = ()) -> PodShape:
    """The shape of a pod of this template: its containers' sum, or its largest init container if more.

    Init containers that are restarted always run beside the others, and count as they do.
    """
    spec = template["spec"]
    defaults = [limit for one in limit_ranges for limit in one["spec"].get("limits") or []]
    init = spec.get("initContainers") or []
    beside = [*spec["containers"], *(one for one in init if one.get("restartPolicy") == "Always")]
    before = [one for one in init if one.get("restartPolicy") != "Always"]
    overhead = _amounts(spec.get("overhead") or {})
    sums = [_sum([_resources(one, side, defaults) for one in beside]) for side in ("requests", "limits")]
    most = [_most([_resources(one, side, defaults) for one in before]) for side in ("requests", "limits")]
    requests, limits = (
        _sum([_most([total, first]), overhead]) for total, first in zip(sums, most, strict=True)
    )
    unrequested, unlimited = (
        frozenset(
            resource
            for resource in ("cpu", "memory")
            if any(resource not in _resources(one, side, defaults) for one in [*beside, *before])
        )
        for side in ("requests", "limits")
    )
    each = [_resources(one, side, defaults) for one in [*beside, *before] for side in ("requests", "limits")]
    return PodShape(requests, limits, _most(each), unrequested, unlimited)


def _resources(container: Manifest, side: str, defaults: Sequence[Manifest]) -> Amounts:
    """What a container says of itself, else what the namespace says of it: a limit is a request as well."""
    said = container.get("resources") or {}
    given: dict[str, Decimal] = {}
    for limit in defaults:
        if limit.get("type") == "Container":
            given |= _amounts(limit.get("default") or {})
            if side == "requests":
                given |= _amounts(limit.get("defaultRequest") or {})
    own_limits = _amounts(said.get("limits") or {}) if side == "requests" else {}
    return {**given, **own_limits, **_amounts(said.get(side) or {})}


def _amounts(written: Mapping[str, object]) -> dict[str, Decimal]:
    return {resource: quantity(text) for resource, text in written.items()}


def _sum(parts: Sequence[Amounts]) -> Amounts:
    names = {resource for part in parts for resource in part}
    return {name: sum((part.get(name, Decimal(0)) for part in parts), Decimal(0)) for name in names}


def _most(parts: Sequence[Amounts]) -> Amounts:
    names = {resource for part in parts for resource in part}
    return {name: max((part.get(name, Decimal(0)) for part in parts), default=Decimal(0)) for name in names}
