"""Which pods serve? Those that a Service sends requests to, for that is what a unit is there for."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.actuation.kubernetes.manifests import Manifest, conditions_of, selects

SERVICE_NAME = "kubernetes.io/service-name"
"""The label by which an endpoint slice says whose it is."""


def fronting(services: Sequence[Manifest], template: Manifest) -> list[str]:
    """The names of the Services whose ready endpoints say that pods of this template serve.

    Not those that publish addresses before they are ready, as databases do to find each other.
    """
    labels = (template.get("metadata") or {}).get("labels") or {}
    return [
        service["metadata"]["name"]
        for service in services
        if (selector := service["spec"].get("selector"))
        and not service["spec"].get("publishNotReadyAddresses")
        and selects({"matchLabels": selector}, labels)
    ]


def ready_pods(pods: Sequence[Manifest], slices: Sequence[Manifest] | None) -> frozenset[str]:
    """The uids of the pods that serve: a pod counts once, in however many slices and families it stands.

    `slices` are those of the Services in front of the pods. None says that there is no Service: then a pod
    serves that says so itself.
    """
    if slices is None:
        return frozenset(pod["metadata"]["uid"] for pod in pods if _says_ready(pod))
    uids = {pod["metadata"]["name"]: pod["metadata"]["uid"] for pod in pods if not _is_going(pod)}
    endpoints = [endpoint for one in slices for endpoint in one.get("endpoints") or []]
    named = {uids.get(ref.get("name")) for ref in map(_pod_of, endpoints) if ref}
    addressed = {ref.get("uid") for ref in map(_pod_of, endpoints) if ref}
    # One that was made anew under its name is another pod, which the slice does not know yet.
    return frozenset(uid for uid in named & addressed if uid is not None)


def _pod_of(endpoint: Manifest) -> Manifest | None:
    """The pod that an endpoint leads to; None for what is not ready, not a pod, or about to go."""
    conditions = endpoint.get("conditions") or {}
    reference: Manifest = endpoint.get("targetRef") or {}
    serves = conditions.get("ready") is not False and not conditions.get("terminating")
    return reference if serves and reference.get("kind") == "Pod" else None


def _says_ready(pod: Manifest) -> bool:
    ready = conditions_of(pod).get("Ready", {})
    return ready.get("status") == "True" and not _is_going(pod)


def _is_going(pod: Manifest) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))
