"""`k8s://cluster/namespace/nodepool/name`: nodes of a Karpenter NodePool, of whatever namespace's id.

A static pool (spec.replicas) has as many nodes as it says: its replicas are the minimum. Any other gets its
nodes from the pods that need them, so that a floor makes none of them: it keeps those that are there from
being consolidated, by a disruption budget of zero that stands until the floor is given back. Nodes for pods
to come are what a capacity buffer is for. A budget holds off consolidation and drift, not expiry.

Units are nodes, and those that are Ready serve.
"""

from __future__ import annotations

from dataclasses import dataclass

from lightkube.resources.core_v1 import Node

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import Manifest, NodePool, conditions_of
from advisor.actuation.kubernetes.marks import (
    MAXIMUM,
    MINIMUM,
    BoundsFields,
    Side,
    marked,
)
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.quantities import quantity
from advisor.actuation.kubernetes.workloads import Standing
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason

STATIC = BoundsFields(Side("replicas", absent=0), Side(None))
HOLD = {"nodes": "0"}
"""A disruption budget that lets no node be taken, of those that hold at any time and for any reason."""

OF_POOL = "karpenter.sh/nodepool"


@dataclass(frozen=True, slots=True)
class HeldNodes:
    """The bounds of a pool that has none: marks, and a budget of zero at the end of its own while they hold.

    Without that budget the minimum is 0, whatever the marks say: somebody took it away.
    """

    @property
    def paths(self) -> tuple[str, ...]:
        """Where the budgets are."""
        return ("disruption",)

    @property
    def maximum_path(self) -> str | None:
        """None: a pool's limits are cores and memory."""
        return None

    def bounds(self, found: Manifest, most: int) -> Bounds:
        """The floor that is held, and the maximum that we were asked for."""
        least = marked(found, MINIMUM, 0) if HOLD in _budgets(found) else 0
        return Bounds(least, max(least, marked(found, MAXIMUM, most)))

    def spec(self, found: Manifest, bounds: Bounds, before: str = "") -> Manifest:
        """The pool's own budgets, with ours behind them where a floor is to be held."""
        is_ours = marked(found, MINIMUM, 0) > 0
        budgets = _budgets(found)
        own = budgets[:-1] if is_ours and budgets[-1:] == [HOLD] else budgets
        wanted = [*own, HOLD] if bounds.minimum > 0 else own
        return {"disruption": {"budgets": wanted}} if wanted else {}

    def marks(self, bounds: Bounds) -> dict[str, str]:
        """Both bounds."""
        return {MINIMUM: str(bounds.minimum), MAXIMUM: str(bounds.maximum)}

    def originals(self, found: Manifest, originals: Bounds) -> str:
        """As any other kind's."""
        return STATIC.originals(found, originals)

    def read_originals(self, mark: str, most: int = 0) -> Bounds | None:
        """As any other kind's."""
        return STATIC.read_originals(mark, most)


class NodePoolKind:
    """NodePools (karpenter.sh/v1)."""

    def reads(self, name: ObjectName) -> tuple[Right, ...]:
        """The pool and its nodes."""
        pool = Right("get", NodePool, name.name, everywhere=True)
        return (pool, Right("list", Node, everywhere=True))

    def doubts(self, found: Found, name: ObjectName, need: Bounds) -> tuple[PreflightFinding, ...]:
        """A limit on nodes below what is needed."""
        limit = (found.manifest["spec"].get("limits") or {}).get("nodes")
        if limit is None or quantity(limit) >= need.minimum:
            return ()
        there = int(quantity(limit))
        patch = f'{{"spec":{{"limits":{{"nodes":"{need.minimum}"}}}}}}'
        finding = PreflightFinding(
            name.resource,
            Reason.MAXIMUM_TOO_LOW,
            f"NodePool {found.name} is limited to {there} nodes, and {need.minimum} are needed",
            f"kubectl patch nodepools.karpenter.sh {found.name} --type=merge -p '{patch}'",
            float(there),
            float(need.minimum),
            there,
        )
        return (finding,)

    async def find(self, api: Connection, name: ObjectName) -> Found:
        """The pool."""
        found = await api.get(name, NodePool, name.name, everywhere=True)
        return Found(found, NodePool, STATIC if "replicas" in found["spec"] else HeldNodes())

    async def prepare(self, api: Connection, found: Found, name: ObjectName) -> None:
        """Nothing: it is never made by us."""

    async def workload(self, api: Connection, found: Found, name: ObjectName) -> Manifest | None:
        """None: nodes are no pods."""
        return None

    async def standing(self, api: Connection, found: Found, name: ObjectName) -> Standing:
        """How many nodes the pool has, and how many of them take pods."""
        nodes = await api.all(name, Node, labels=[(OF_POOL, found.name)], everywhere=True)
        ready = sum(_takes_pods(node) for node in nodes)
        units = int(found.manifest["spec"].get("replicas", len(nodes)))
        waits = [] if len(nodes) >= units else [f"{units - len(nodes)} nodes that are not there yet"]
        if ready < len(nodes):
            waits.append(f"{len(nodes) - ready} nodes that are not Ready, or cordoned")
        return Standing(units, min(ready, units), tuple(waits))


def _budgets(pool: Manifest) -> list[Manifest]:
    return list((pool["spec"].get("disruption") or {}).get("budgets") or [])


def _takes_pods(node: Manifest) -> bool:
    is_cordoned = (node.get("spec") or {}).get("unschedulable")
    is_going = bool(node["metadata"].get("deletionTimestamp") or is_cordoned)
    return conditions_of(node).get("Ready", {}).get("status") == "True" and not is_going
