"""What a kind of object has to say, so that one actuator can set the bounds of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.manifests import Manifest
from advisor.actuation.kubernetes.marks import Fields
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.preflight.rights import Right
from advisor.actuation.kubernetes.workloads import Standing
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding


@dataclass(frozen=True, slots=True)
class Found:
    """The object that holds a resource's bounds, as it was read.

    It need not be the one that the id names: the bounds of an HPA that KEDA keeps are its ScaledObject's.
    `owner` names who else sets the bounds, so that ours would be in vain; empty: nobody. Where something that
    `is_ours_to_make` does not exist, `manifest` is what to make with the first floor, but for its bounds.
    """

    manifest: Manifest
    type: type[Any]
    fields: Fields
    owner: str = ""
    is_ours_to_make: bool = False
    exists: bool = True

    @property
    def name(self) -> str:
        """What the object is called."""
        return str(self.manifest["metadata"]["name"])

    @property
    def head(self) -> Manifest:
        """What a write to this very object, as it was read, begins with: its place, version and identity."""
        metadata = self.manifest["metadata"]
        kept = ("name", "namespace", "resourceVersion", "uid")
        return {key: metadata[key] for key in kept if key in metadata}


class Kind(Protocol):
    """One kind of resource: how its object is found, and how what it scales stands."""

    def reads(self, name: ObjectName) -> tuple[Right, ...]:
        """The rights without which a resource cannot be observed."""

    def doubts(self, found: Found, name: ObjectName, need: Bounds) -> tuple[PreflightFinding, ...]:
        """What is found on the object itself that speaks against a plan."""

    async def find(self, api: Connection, name: ObjectName) -> Found:
        """The object that holds the bounds. Raises ActuationError, RESOURCE_GONE where there is none."""

    async def prepare(self, api: Connection, found: Found, name: ObjectName) -> None:
        """Make what has to be there before the object is made. Raises ActuationError."""

    async def workload(self, api: Connection, found: Found, name: ObjectName) -> Manifest | None:
        """What it scales; None where there is no such thing."""

    async def standing(self, api: Connection, found: Found, name: ObjectName) -> Standing:
        """How many units are asked for, how many serve, and what the others wait for."""
