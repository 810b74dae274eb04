"""What did the autoscalers of a namespace look like all along? Every version that each of them had, in order.

with History(cluster, namespace) as history:
    ...
    assert all(version.minimum <= 10 for version in history.of("web"))
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from advisor.actuation.kubernetes.marks import EPOCH, ORIGINALS
from tests.kube.cluster import Cluster
from tests.support.deadline import eventually

HELD_UP_FOR_S = 30.0


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an autoscaler: its bounds, our marks, and whether our name is on any field."""

    minimum: int
    maximum: int
    originals: str | None
    epoch: str | None
    ours: bool
    resource_version: str


class History:
    """Watches from `with` to the end of it, so that no version is missed however short it lived."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster, self._namespace = cluster, namespace
        self._client = cluster.client()
        self._versions: defaultdict[str, list[Version]] = defaultdict(list)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._loop = asyncio.new_event_loop()
        self._watching = self._loop.create_task(self._watch())

    def of(self, name: str) -> tuple[Version, ...]:
        """The versions of an autoscaler up to now, the newest last."""
        self._raise_what_broke()
        newest = self._client.get(HorizontalPodAutoscaler, name, namespace=self._namespace)
        read = _version(newest).resource_version

        def is_known() -> bool:
            self._raise_what_broke()
            return any(one.resource_version == read for one in self._versions[name])

        eventually(is_known, HELD_UP_FOR_S, what=f"version {read} of {name} has been seen")
        return tuple(self._versions[name])

    def __enter__(self) -> Self:
        self._threads.submit(self._loop.run_until_complete, asyncio.wait([self._watching]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._watching.cancel)
        self._threads.shutdown()
        self._loop.close()
        self._client.close()

    def _raise_what_broke(self) -> None:
        if self._watching.done():
            self._watching.result()

    async def _watch(self) -> None:
        client = self._cluster.async_client()
        try:
            async for event, found in client.watch(HorizontalPodAutoscaler, namespace=self._namespace):
                if event != "DELETED":
                    self._versions[str(found.to_dict()["metadata"]["name"])].append(_version(found))
        finally:
            await client.close()


def _version(found: HorizontalPodAutoscaler) -> Version:
    whole = found.to_dict()
    metadata, spec = whole["metadata"], whole["spec"]
    marks = metadata.get("annotations") or {}
    held = any(entry.get("manager") == "headstart" for entry in metadata.get("managedFields") or [])
    return Version(
        spec["minReplicas"],
        spec["maxReplicas"],
        marks.get(ORIGINALS),
        marks.get(EPOCH),
        held or any(name.startswith("headstart.io/") for name in marks),
        metadata["resourceVersion"],
    )
