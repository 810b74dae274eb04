"""May Karpenter add the nodes that so many more pods need, or do its pools' limits forbid it?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from advisor.actuation.kubernetes.manifests import Manifest
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.pod_shape import PodShape
from advisor.actuation.kubernetes.quantities import quantity, written
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason


def node_findings(
    name: ObjectName, pools: Sequence[Manifest], shape: PodShape, there: int, needed: int
) -> list[PreflightFinding]:
    """A finding for each resource of which all pools together have too little left under their limits.

    None of them blocks: nodes that run already may have room. A pool without a limit has room for all.
    """
    if not pools or needed <= there:
        return []
    each = ((resource, shape.requests.get(resource, Decimal(0))) for resource in ("cpu", "memory"))
    found = (_of_resource(name, pools, resource, one, there, needed) for resource, one in each if one > 0)
    return [finding for finding in found if finding is not None]


def _of_resource(
    name: ObjectName, pools: Sequence[Manifest], resource: str, each: Decimal, there: int, needed: int
) -> PreflightFinding | None:
    rooms = [_room(pool, resource) for pool in pools]
    left = sum((room for room in rooms if room is not None), Decimal(0))
    fit, asked = int((left / each).to_integral_value(ROUND_FLOOR)), each * (needed - there)
    if None in rooms or there + fit >= needed:
        return None
    names, first = ", ".join(pool["metadata"]["name"] for pool in pools), pools[0]
    enough = written(_limit(first, resource) + asked - left, resource)
    patch = f'{{"spec":{{"limits":{{"{resource}":"{enough}"}}}}}}'
    return PreflightFinding(
        name.resource,
        Reason.MAXIMUM_TOO_LOW,
        f"the limits of NodePool {names} leave {written(left, resource)} {resource} for new nodes, "
        f"and {needed - there} more units ask for {written(asked, resource)}",
        f"kubectl patch nodepool {first['metadata']['name']} --type=merge -p '{patch}'",
        float(left),
        float(asked),
        there + fit,
        blocks=False,
    )


def _room(pool: Manifest, resource: str) -> Decimal | None:
    """What the pool's limit leaves of a resource; None where it has no limit."""
    if resource not in (pool["spec"].get("limits") or {}):
        return None
    used = ((pool.get("status") or {}).get("resources") or {}).get(resource, "0")
    return max(_limit(pool, resource) - quantity(used), Decimal(0))


def _limit(pool: Manifest, resource: str) -> Decimal:
    return quantity(pool["spec"]["limits"][resource])
