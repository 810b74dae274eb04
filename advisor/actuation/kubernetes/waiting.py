"""What do units wait for that are not ready? As the platform says it, the commonest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from advisor.actuation.kubernetes.manifests import Manifest, conditions_of

MOST = 4
LONGEST = 300


def why_not_made(workload: Manifest, pods: int) -> tuple[str, ...]:
    """Why are there fewer pods than replicas? A quota, a webhook: what the controller last met with."""
    spec = workload["spec"]
    wanted = 1 if spec.get("replicas") is None else int(spec["replicas"])
    failure = conditions_of(workload).get("ReplicaFailure", {})
    if failure.get("status") == "True":
        return (str(failure.get("message") or failure.get("reason"))[:LONGEST],)
    return (f"{wanted - pods} pods that are not made yet",) if pods < wanted else ()


def why_not_ready(pods: Sequence[Manifest], ready: Collection[str]) -> tuple[str, ...]:
    """Why do pods not serve? Each reason once, with the number of pods, the commonest first."""
    reasons = Counter(_why(pod) for pod in pods if pod["metadata"]["uid"] not in ready)
    return tuple(
        f"{count} {'pod' if count == 1 else 'pods'}: {reason}"[:LONGEST]
        for reason, count in sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    )


def _why(pod: Manifest) -> str:
    conditions = conditions_of(pod)
    if pod["metadata"].get("deletionTimestamp"):
        return "being deleted"
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason', 'not scheduled')}: {scheduled.get('message', '')}".rstrip(": ")
    for container in _containers(pod):
        stopped = (container.get("state") or {}).get("waiting")
        if stopped:
            why = f"{container['name']}: {stopped.get('reason', 'waiting')}: {stopped.get('message', '')}"
            return why.rstrip(": ")
    not_ready = conditions.get("Ready", {})
    if not_ready.get("status") == "True":
        return "Ready, and no ready endpoint of a Service yet"
    return str(not_ready.get("message") or not_ready.get("reason") or "not started yet")


def _containers(pod: Manifest) -> list[Manifest]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
