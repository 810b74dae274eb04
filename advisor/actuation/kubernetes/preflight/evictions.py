"""May evictions take away what is raised, when nodes are drained or consolidated?"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from advisor.actuation.kubernetes.manifests import Manifest, selects
from advisor.actuation.kubernetes.names import ObjectName
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason


def eviction_findings(
    name: ObjectName, budgets: Sequence[Manifest], workload: Manifest, needed: int
) -> list[PreflightFinding]:
    """A finding where all of `needed` pods may be evicted at once, for want of a budget or by its leave."""
    labels = (workload["spec"]["template"].get("metadata") or {}).get("labels") or {}
    # An empty selector is every pod of the namespace, none at all is no pod.
    selectors = [(one, one["spec"].get("selector")) for one in budgets]
    over = [one for one, selector in selectors if selector is not None and selects(selector, labels)]
    called = workload["metadata"]["name"]
    if over and min(_may_go(one["spec"], needed) for one in over) < needed:
        return []
    if over:
        first = over[0]["metadata"]["name"]
        why = f"PodDisruptionBudget {first} lets all pods of {called} be evicted at once"
        patch = '{"spec":{"minAvailable":null,"maxUnavailable":"10%"}}'
        cure = f"kubectl -n {name.namespace} patch poddisruptionbudget {first} --type=merge -p '{patch}'"
    else:
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        why = f"no PodDisruptionBudget keeps the pods of {called} from being evicted all at once"
        cure = (
            f"kubectl -n {name.namespace} create poddisruptionbudget {called} --selector={selector} "
            "--max-unavailable=10%"
        )
    reason = Reason.DISRUPTION_ALLOWED
    return [PreflightFinding(name.resource, reason, why, cure, enough_for=needed, blocks=False)]


def _may_go(spec: Manifest, pods: int) -> int:
    """How many of so many healthy pods does a budget let be evicted?"""
    if spec.get("maxUnavailable") is not None:
        return min(_of(spec["maxUnavailable"], pods), pods)
    return pods - _of(spec.get("minAvailable", 1), pods)


def _of(value: int | str, pods: int) -> int:
    text = str(value)
    return ceil(pods * int(text.removesuffix("%")) / 100) if text.endswith("%") else int(text)
