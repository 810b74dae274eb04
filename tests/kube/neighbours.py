"""Whose hands are on the same objects? Somebody who acts on their own, and one who puts fields back.

Each runs in a thread of its own, with a client of its own, from `with` to the end of it.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Literal, Self

import httpx2
from lightkube.core.resource import api_info
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.core_v1 import Node
from lightkube.types import PatchType

from tests.kube.cluster import Cluster
from tests.kube.furnish import CapacityBuffer, NodePool

log = logging.getLogger(__name__)


class Neighbour(ABC):
    """Somebody who acts every `every_s` seconds, also while the API server comes and goes.

    They first act after one period: a test sets its scene undisturbed.
    """

    def __init__(self, cluster: Cluster, namespace: str, field_manager: str, every_s: float) -> None:
        self.client = cluster.client(field_manager=field_manager)
        self.namespace = namespace
        self.field_manager = field_manager
        self.every_s = every_s
        self._over = threading.Event()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix=field_manager)
        self._life: Future[None] | None = None

    @abstractmethod
    def act(self) -> None:
        """Look once and do what there is to do."""

    def __enter__(self) -> Self:
        self._life = self._threads.submit(self._live)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        self._threads.shutdown()
        self.client.close()
        if self._life is not None:
            self._life.result()  # what it stumbled over fails the test

    def _live(self) -> None:
        while not self._over.wait(self.every_s):
            try:
                self.act()
            except httpx2.HTTPError as error:  # the API server's refusals are among them
                log.warning("%s could not act, and tries again: %r", self.field_manager, error)


class Clobberer(Neighbour):
    """Puts fields of one object back every `every_s` seconds, whoever changed them.

    `fields` is the part of the object it insists on, e.g. `{"spec": {"minReplicas": 2}}`. By "apply" it owns
    them as a declarative tool does that forces its way (Argo CD, Flux, Terraform); by "update" as somebody
    does who writes the object with an editor or an SDK.
    """

    def __init__(
        self,
        cluster: Cluster,
        namespace: str,
        resource_type: type[Any],
        name: str,
        fields: Mapping[str, Any],
        *,
        field_manager: str = "argocd-controller",
        how: Literal["apply", "update"] = "apply",
        every_s: float = 1.0,
    ) -> None:
        super().__init__(cluster, namespace, field_manager, every_s)
        self.resource_type, self.name, self.how = resource_type, name, how
        self.fields = dict(fields)
        self.resets = 0

    def act(self) -> None:
        """Put the fields back; `resets` counts the times they had been changed."""
        found = self.client.get(self.resource_type, self.name, namespace=self.namespace)
        self.client.patch(
            self.resource_type,
            self.name,
            self._patch(),
            namespace=self.namespace,
            patch_type=PatchType.APPLY if self.how == "apply" else PatchType.MERGE,
            force=True,
        )
        self.resets += not _holds(found.to_dict(), self.fields)

    def _patch(self) -> dict[str, Any]:
        if self.how == "update":
            return self.fields
        kind = api_info(self.resource_type).resource
        return {"apiVersion": kind.api_version, "kind": kind.kind, **self.fields}


def _holds(found: Any, wanted: Any) -> bool:
    """Does `found` have every field of `wanted`, with the value it has there?"""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(_holds(found.get(key), wanted[key]) for key in wanted)
    return bool(found == wanted)


class BufferStandIn(Neighbour):
    """An autoscaler as far as capacity buffers go: it says of each in a namespace that it has the room."""

    def __init__(self, cluster: Cluster, namespace: str, *, every_s: float = 0.1) -> None:
        super().__init__(cluster, namespace, "cluster-autoscaler", every_s)

    def act(self) -> None:
        """Look at every buffer once."""
        for buffer in list(self.client.list(CapacityBuffer, namespace=self.namespace)):
            found = buffer.to_dict()
            replicas, generation = found["spec"].get("replicas", 0), found["metadata"]["generation"]
            condition = {
                "type": "Provisioning",
                "status": "True",
                "reason": "CapacityProvisioned",
                "message": "there is room",
                "lastTransitionTime": "2026-11-27T06:00:00Z",
                "observedGeneration": generation,
            }
            status = {"replicas": replicas, "conditions": [condition]}
            if found.get("status") != status:
                self.client.patch(
                    CapacityBuffer.Status,
                    found["metadata"]["name"],
                    {"status": status},
                    namespace=self.namespace,
                    patch_type=PatchType.MERGE,
                )


class KarpenterStandIn(Neighbour):
    """Karpenter as far as one static NodePool goes: so many nodes as it has replicas; none after the end."""

    def __init__(self, cluster: Cluster, pool: str, *, every_s: float = 0.1) -> None:
        super().__init__(cluster, pool, "karpenter", every_s)
        self.pool = pool

    def act(self) -> None:
        """Make the nodes that are missing, and take those that are too many."""
        pools = (pool.to_dict() for pool in self.client.list(NodePool))
        found = [pool for pool in pools if pool["metadata"]["name"] == self.pool]
        self._keep(int(found[0]["spec"].get("replicas", 0)) if found else 0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._over.set()
        self._threads.submit(self._keep, 0).result()
        super().__exit__(kind, error, at)

    def _keep(self, count: int) -> None:
        labels: dict[str, Any] = {"karpenter.sh/nodepool": self.pool}
        nodes = self.client.list(Node, labels=labels)
        names = sorted(str(node.metadata.name) for node in nodes if node.metadata)
        for number in range(count):
            name = f"{self.pool}-{number}"
            if name not in names:
                self.client.create(Node(metadata=ObjectMeta(name=name, labels=labels)))
        for name in names:
            if int(name.rpartition("-")[2]) >= count:
                self.client.delete(Node, name)
