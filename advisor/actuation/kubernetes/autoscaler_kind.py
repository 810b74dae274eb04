"""What kinds have in common that name in `scaleTargetRef` the workload that they scale."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.kind import Found
from advisor.actuation.kubernetes.manifests import Manifest
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.workloads import Standing, standing, target


class AutoscalerKind(ABC):
    """An autoscaler that exists already: it scales a workload, whose pods are its units."""

    @abstractmethod
    def held_up_by(self, found: Found) -> tuple[str, ...]:
        """What keeps the autoscaler from scaling, in its own words; empty where nothing does."""

    async def prepare(self, api: Connection, found: Found, name: ObjectName) -> None:  # noqa: B027 - for all
        """Nothing: it is never made by us."""

    async def workload(self, api: Connection, found: Found, name: ObjectName) -> Manifest | None:
        """What it scales."""
        return await target(api, name, found.manifest["spec"]["scaleTargetRef"])

    async def standing(self, api: Connection, found: Found, name: ObjectName) -> Standing:
        """How the pods stand that it scales, with what keeps the autoscaler itself from scaling."""
        stands = await standing(api, name, await self.workload(api, found, name))
        if stands.ready >= stands.units:
            return stands
        return replace(stands, waiting_for=(*stands.waiting_for, *self.held_up_by(found)))
