"""How does time pass on a scene? By the test's clock: units serve a lead time after they were asked for.

Controllers act when they like, and no test can know how soon. So nothing serves by itself here: pods run and
do not become Ready, neighbours make neither room nor nodes, until the clock has come to it. And time has
passed only once all is at rest: what is seen then is seen again until somebody writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.core_v1 import Node, Pod
from lightkube.resources.discovery_v1 import EndpointSlice

from tests.kube.furnish import ScaledObject
from tests.kube.manifests import Manifest
from tests.kube.scenes import Scene
from tests.support.builders import MINUTE, NOW
from tests.support.deadline import eventually

LEAD_TIME = 2 * MINUTE
SOON_S = 60.0


@dataclass(frozen=True, slots=True)
class Rest:
    """How many units are asked for and how many serve, where nothing moves by itself."""

    units: int
    serving: int


class Pace:
    """The clock of one scene whose units wait; its two units serve from the beginning."""

    def __init__(self, made: Scene) -> None:
        self.now: datetime = NOW
        self._made = made
        self._asked, self._since = self._minimum(), NOW
        self._until_all_serve()

    def pass_time(self, by: timedelta) -> None:
        """Let time pass, and those units serve whose time has come. Blocks until all is at rest."""
        asked = self._minimum()
        if asked != self._asked:
            self._asked, self._since = asked, self.now
        self.now += by
        if self.now >= self._since + LEAD_TIME:
            self._until_all_serve()
        else:
            eventually(lambda: at_rest(self._made), SOON_S, what="nothing moves by itself")

    def _minimum(self) -> int:
        return int(self._made.spec()[self._made.its.minimum])

    def _until_all_serve(self) -> None:
        eventually(self._all_serve, SOON_S, what=f"{self._asked} units serve, and none is on its way")

    def _all_serve(self) -> bool:
        """Let those serve that are there; more may come after them, as a StatefulSet's next pod does."""
        self._made.let_serve()
        rest = at_rest(self._made)
        return rest is not None and rest.units == rest.serving


def at_rest(made: Scene) -> Rest | None:
    """How a scene stands where nothing moves by itself; None while something does."""
    if made.its.is_buffer:
        return _room_at_rest(made.manifest())
    return _nodes_at_rest(made) if made.its.is_global else _pods_at_rest(made)


def _room_at_rest(buffer: Manifest) -> Rest:
    """Its autoscaler acts when it is told to: what it says of an older spec is not about this one."""
    status = buffer.get("status") or {}
    said = [one.get("observedGeneration") for one in status.get("conditions") or []]
    holds = said == [buffer["metadata"]["generation"]]
    return Rest(buffer["spec"]["replicas"], status["replicas"] if holds else 0)


def _nodes_at_rest(made: Scene) -> Rest | None:
    """Karpenter acts when it is told to, the nodes' kubelets at once."""
    labels: dict[str, Any] = {"karpenter.sh/nodepool": made.its.object_name}
    ready = [_says_ready(node) for node in made.world.client.list(Node, labels=labels)]
    return Rest(made.spec()["replicas"], len(ready)) if all(ready) else None


def _pods_at_rest(made: Scene) -> Rest | None:
    """The autoscaler has done its part, the controller of pods its own, kubelets and endpoints theirs.

    In the order in which one moves the next: what was found at rest is not moved by what is looked at later.
    """
    replicas = _scaled_to(made)
    pods = made.world.pods("web")
    words = [_says_ready(pod) for pod in pods]
    ready = {_uid(pod) for pod, word in zip(pods, words, strict=True) if word}
    # A StatefulSet makes the next pod when those before it are Ready.
    there = min(replicas, len(ready) + 1) if made.its.type is StatefulSet else replicas
    is_going = any(pod.metadata and pod.metadata.deletionTimestamp for pod in pods)
    if len(pods) != there or None in words or is_going or ready != _endpoints(made):
        return None
    return Rest(replicas, len(ready))


def _scaled_to(made: Scene) -> int:
    """To how many pods the workload is scaled for good; -1 while its autoscaler has still to scale it."""
    found, its = made.manifest(), made.its
    status, spec = found.get("status") or {}, found["spec"]
    kind: type[Any] = StatefulSet if its.type is StatefulSet else Deployment
    scaled = made.world.client.get(kind, "web", namespace=made.world.namespace).spec
    replicas = int(scaled.replicas or 0)
    most = replicas if its.maximum is None else spec[its.maximum]
    # After a write of its own that came to nothing an HPA says so, until it has tried again.
    is_unable = any(
        (one["type"], one["status"]) == ("AbleToScale", "False") for one in status.get("conditions") or []
    )
    is_begun = its.type is not ScaledObject or "hpaName" in status
    return replicas if spec[its.minimum] <= replicas <= most and is_begun and not is_unable else -1


def _endpoints(made: Scene) -> set[str]:
    """The pods that a load balancer sends requests to, by uid: addresses may be given out twice."""
    labels: dict[str, Any] = {"kubernetes.io/service-name": "web"}
    slices = made.world.client.list(EndpointSlice, namespace=made.world.namespace, labels=labels)
    return {
        str(endpoint.targetRef.uid)
        for one in slices
        for endpoint in one.endpoints or []
        if endpoint.targetRef and endpoint.conditions and endpoint.conditions.ready
    }


def _says_ready(found: Pod | Node) -> bool | None:
    """What a pod or a node says of itself; None while it says nothing."""
    conditions = (found.status.conditions if found.status else None) or []
    return next((one.status == "True" for one in conditions if one.type == "Ready"), None)


def _uid(pod: Pod) -> str:
    return str(pod.metadata.uid) if pod.metadata else ""
