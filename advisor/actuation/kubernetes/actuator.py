"""Setting the bounds of Kubernetes objects: read, compare, one server-side apply; and all taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from advisor.actuation.conflicts import refuse_conflict
from advisor.actuation.kubernetes.clusters import FIELD_MANAGER, Clusters, Connection
from advisor.actuation.kubernetes.kind import Found, Kind
from advisor.actuation.kubernetes.managed_fields import is_held, letting_go, writer
from advisor.actuation.kubernetes.manifests import Manifest, annotations_of
from advisor.actuation.kubernetes.marks import EPOCH, MADE, ORIGINALS, epoch_on, is_managed, ours
from advisor.actuation.kubernetes.names import ObjectName, object_name
from advisor.actuation.kubernetes.preflight.look import look
from advisor.domain.capacity import Bounds, Observation, Verification
from advisor.domain.change import Change, Done
from advisor.domain.policy import ResourcePolicy
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

TRIES = 10
"""So often is an object read that changes between look and write, as its status does while it grows."""

SERVER_KEEPS = timedelta(seconds=60)
"""The API server's --request-timeout by default: as long it may carry out a request whose caller is gone."""

Write = Callable[[Connection, ObjectName, Found, Change], Awaitable[None]]


class KubernetesActuator:
    """Sets the bounds of one kind of object, in whichever cluster."""

    def __init__(self, kind: Kind, clusters: Clusters, resources: Mapping[str, ResourcePolicy]) -> None:
        self._kind = kind
        self._clusters = clusters
        self._resources = resources

    @property
    def dry_run(self) -> bool:
        """Never: what is behind it is real."""
        return False

    @property
    def slowest_call(self) -> timedelta:
        """As long as a change may take, and then as the API server may keep a request."""
        return self._longest + SERVER_KEEPS

    @property
    def _longest(self) -> timedelta:
        return 2 * self._clusters.limits.slowest_call

    async def observe(self, resource: str, now: datetime) -> Observation:
        """The object's bounds and marks, who wrote them last, and how many Ready endpoints there are."""
        api, name = self._at(resource)
        found = await self._kind.find(api, name)
        stands = await self._kind.standing(api, found, name)
        most = self._most(resource)
        return Observation(
            resource,
            now,
            found.fields.bounds(found.manifest, most),
            stands.units,
            stands.ready,
            owner=found.owner,
            managed=is_managed(found.manifest),
            originals=found.fields.read_originals(annotations_of(found.manifest).get(ORIGINALS, ""), most),
            writer=writer(found.manifest, found.fields.paths, FIELD_MANAGER),
            identity=str(found.manifest["metadata"].get("uid", "")),
            waiting_for=stands.waiting_for,
            clock_ahead=api.clock_ahead,
            epoch=epoch_on(found.manifest),
        )

    async def preflight(self, resource: str, need: Bounds, now: datetime) -> Preflight:
        """Rights, maxima, quotas, limits, evictions, and a dry run of the raise itself."""
        api, name = self._at(resource)
        return await look(api, self._kind, name, need, self._most(resource), now)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """Both bounds and our marks in one server-side apply, if they do not stand already."""
        await self._carry_out(resource, change, self._set)
        return Done()

    async def verify(self, resource: str, floor: int, now: datetime) -> Verification:
        """Are so many endpoints Ready?"""
        api, name = self._at(resource)
        found = await self._kind.find(api, name)
        stands = await self._kind.standing(api, found, name)
        waits = () if stands.ready >= floor else stands.waiting_for
        if stands.ready < floor and not waits:
            waits = (f"{floor - stands.units} units that are not asked for yet",)
        return Verification(floor, stands.ready, waits)

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """The target, then our marks and our name off the object: whoever owned its fields can write again.

        In two writes, for an apply that leaves the fields out would take them away. The marks go with the
        second: were we to die between the two, they would tell the next look that something is left to do.
        """
        await self._carry_out(resource, change, self._set_and_leave)
        return Done()

    async def close(self) -> None:
        """Close the clusters' connections."""
        await self._clusters.close()

    def _at(self, resource: str) -> tuple[Connection, ObjectName]:
        name = object_name(resource)
        return self._clusters.of(name), name

    def _most(self, resource: str) -> int:
        """The maximum of what has none of its own: as far as the policy lets it grow."""
        policy = self._resources.get(resource)
        return policy.maximum if policy else 0

    async def _carry_out(self, resource: str, change: Change, write: Write) -> None:
        """Read, compare and write; again where the object changed meanwhile and its bounds did not."""
        api, name = self._at(resource)
        try:
            async with asyncio.timeout(self._longest.total_seconds()):
                await self._settle(api, name, change, write)
        except TimeoutError as error:
            detail = f"not done within {self._longest.total_seconds():g} s"
            raise ActuationError(resource, detail, retryable=True, reason=Reason.ACT_TIMED_OUT) from error

    async def _settle(self, api: Connection, name: ObjectName, change: Change, write: Write) -> None:
        for trial in range(1, TRIES + 1):
            found = await self._kind.find(api, name)
            self._compare(found, change)
            try:
                await write(api, name, found, change)
                break
            except ActuationError as error:
                if error.reason is not Reason.ACT_CONFLICT or trial == TRIES:
                    raise

    def _compare(self, found: Found, change: Change) -> None:
        """Raises ActuationError where the bounds are not those that were decided on, or another's writing."""
        if found.owner:
            detail = f"its bounds are set by {found.owner}: ours would be in vain"
            raise ActuationError(change.resource, detail, retryable=False, reason=Reason.ACT_REFUSED)
        bounds = found.fields.bounds(found.manifest, self._most(change.resource))
        refuse_conflict(
            change,
            is_as_decided=bounds in (change.found, change.target),
            bounds=bounds,
            by=writer(found.manifest, found.fields.paths, FIELD_MANAGER) or "somebody else",
            epoch=epoch_on(found.manifest),
        )

    async def _set(self, api: Connection, name: ObjectName, found: Found, change: Change) -> None:
        stands = found.fields.bounds(found.manifest, self._most(change.resource)) == change.target
        mark = found.fields.originals(found.manifest, change.originals)
        if not found.exists:
            if change.target.minimum > 0:
                await self._make(api, name, found, self._wanted(found, change, mark))
        elif not stands or annotations_of(found.manifest).get(ORIGINALS) != mark:
            await api.apply(name, found.type, self._wanted(found, change, mark))

    async def _make(self, api: Connection, name: ObjectName, found: Found, wanted: Manifest) -> None:
        """Make the object with its bounds and marks: a conflict if somebody made one meanwhile."""
        await self._kind.prepare(api, found, name)
        marks = {**wanted["metadata"]["annotations"], MADE: "true"}
        metadata = {**found.manifest["metadata"], "annotations": marks}
        spec = {**found.manifest["spec"], **wanted["spec"]}
        await api.create(name, found.type, {**found.manifest, "metadata": metadata, "spec": spec})

    async def _set_and_leave(self, api: Connection, name: ObjectName, found: Found, change: Change) -> None:
        manifest = found.manifest
        if MADE in annotations_of(manifest) and change.target.minimum == 0:
            await self._remove(api, name, found)
            return
        if found.fields.bounds(manifest, self._most(change.resource)) != change.target:
            mark = found.fields.originals(manifest, change.originals)
            wanted = self._wanted(found, change, mark, restoring=True)
            manifest = await api.apply(name, found.type, wanted)
        if ours(manifest) or is_held(manifest, FIELD_MANAGER):
            await api.patch(name, found.type, manifest, _leaving(manifest))

    async def _remove(self, api: Connection, name: ObjectName, found: Found) -> None:
        """Remove what we made, unless somebody was quicker."""
        try:
            await api.delete(name, found.type, found.name)
        except ActuationError as error:
            if error.reason is not Reason.RESOURCE_GONE:
                raise

    def _wanted(self, found: Found, change: Change, mark: str, *, restoring: bool = False) -> Manifest:
        """What we say of the object: the target's bounds and our marks, and nothing else of it."""
        marks = {ORIGINALS: mark, EPOCH: str(change.epoch), **found.fields.marks(change.target)}
        if MADE in annotations_of(found.manifest):
            marks[MADE] = "true"
        spec = found.fields.spec(found.manifest, change.target, mark if restoring else "")
        return {"metadata": {**found.head, "annotations": marks}, "spec": spec}


def _leaving(manifest: Manifest) -> list[Manifest]:
    """The steps of a JSON patch that take our marks off an object, and our name from its fields."""
    escaped = (mark.replace("~", "~0").replace("/", "~1") for mark in ours(manifest))
    marks = [{"op": "remove", "path": f"/metadata/annotations/{mark}"} for mark in escaped]
    return [*marks, *letting_go(manifest, FIELD_MANAGER)]
