"""How is a cluster reached, and how is it called: one client each, within its limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias, cast

import httpx2
import yaml
from lightkube import AsyncClient, KubeConfig
from lightkube.config.kubeconfig import DEFAULT_KUBECONFIG, SingleConfig
from lightkube.core.exceptions import ConfigError as ClientConfigError
from lightkube.types import PatchType

from advisor.actuation.calls import CallLimits, Calls
from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.errors import TROUBLE, sorted_error
from advisor.actuation.kubernetes.manifests import Manifest, kind_of
from advisor.actuation.kubernetes.names import ObjectName
from advisor.actuation.kubernetes.transport import DatedTransport
from advisor.actuation.platform_clock import PlatformClock
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

FIELD_MANAGER = "headstart"
"""Under this name what we write stands in an object's managedFields."""

PAGE = 500
Client: TypeAlias = Any
"""A lightkube AsyncClient, whose overloads ask for kinds that are known when the code is written."""


def config_of(cluster: ClusterConnection) -> SingleConfig:
    """What the client needs to know of a cluster. Raises the client's ConfigError with what is missing."""
    if cluster.kubeconfig is None and cluster.context is None:
        try:
            return _chosen(KubeConfig.from_service_account(), None)
        except KeyError as error:
            raise ClientConfigError(f"{error} is not set: not within a pod") from error
    path = cluster.kubeconfig or Path(DEFAULT_KUBECONFIG)
    try:
        return _chosen(KubeConfig.from_file(path), cluster.context)
    except (KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ClientConfigError(f"{path} is no kubeconfig: {error!r}") from error


def _chosen(config: KubeConfig, context: str | None) -> SingleConfig:
    chosen = config.get(context)
    if chosen is None:
        raise ClientConfigError("no current context is set")
    return chosen


class Connection:
    """The calls to one cluster, each within the cluster's limits; every one raises ActuationError only.

    Objects are manifests: plain dicts, as the API server writes them.
    """

    def __init__(self, cluster: ClusterConnection, limits: CallLimits) -> None:
        self.cluster = cluster
        self._limits = limits
        self._calls = Calls(limits)
        self._clock = PlatformClock()
        self._client: AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worn_out: list[AsyncClient] = []

    @property
    def clock_ahead(self) -> timedelta:
        """How much later the cluster's clock shows than ours, by its last answers; in whole minutes."""
        return self._clock.ahead

    async def get(
        self, name: ObjectName, kind: type[Any], called: str, *, everywhere: bool = False
    ) -> Manifest:
        """The object of that kind and name in the namespace, or of the cluster if it is `everywhere`."""
        place = _place(name, everywhere)
        return cast(Manifest, await self._call(name, lambda client: client.get(kind, called, **place)))

    async def all(
        self,
        name: ObjectName,
        kind: type[Any],
        *,
        labels: Sequence[tuple[str, Any]] = (),
        everywhere: bool = False,
    ) -> list[Manifest]:
        """All objects of that kind in the namespace that have the labels."""

        async def attempt(client: Client) -> list[Any]:
            place = _place(name, everywhere)
            return [one async for one in client.list(kind, labels=list(labels), chunk_size=PAGE, **place)]

        return cast(list[Manifest], await self._call(name, attempt))

    async def apply(
        self, name: ObjectName, kind: type[Any], wanted: Manifest, *, dry_run: bool = False
    ) -> Manifest:
        """Server-side apply: what `wanted` says, and what we said before and it does not is taken back.

        By force: somebody else, who keeps the object in Git or wrote it by hand, owns the same fields as a
        matter of course. What they last wrote was compared before, and is put back and handed over after.
        """
        place = _place(name, "namespace" not in wanted["metadata"])
        called = wanted["metadata"]["name"]
        body = {**kind_of(kind), **wanted}
        done = await self._call(
            name,
            lambda client: client.patch(
                kind, called, body, patch_type=PatchType.APPLY, force=True, dry_run=dry_run, **place
            ),
        )
        return cast(Manifest, done)

    async def patch(
        self, name: ObjectName, kind: type[Any], found: Manifest, steps: list[Manifest]
    ) -> Manifest:
        """A JSON patch of the object as it was found: a conflict if it has changed since."""
        metadata = found["metadata"]
        place = _place(name, "namespace" not in metadata)
        version = metadata["resourceVersion"]
        steps = [{"op": "replace", "path": "/metadata/resourceVersion", "value": version}, *steps]
        done = await self._call(
            name,
            lambda client: client.patch(kind, metadata["name"], steps, patch_type=PatchType.JSON, **place),
        )
        return cast(Manifest, done)

    async def create(
        self, name: ObjectName, kind: type[Any], wanted: Manifest, *, dry_run: bool = False
    ) -> Manifest:
        """Make an object: a conflict if there is one of its name."""
        place = _place(name, "namespace" not in wanted.get("metadata", {}))
        body = kind.from_dict({**kind_of(kind), **wanted})
        return cast(
            Manifest, await self._call(name, lambda client: client.create(body, dry_run=dry_run, **place))
        )

    async def delete(self, name: ObjectName, kind: type[Any], called: str) -> None:
        """Remove an object of the namespace."""
        await self._call(name, lambda client: client.delete(kind, called, namespace=name.namespace))

    async def close(self) -> None:
        """Close what connections there are; the next call opens them again."""
        clients, self._client, self._worn_out = [self._client, *self._worn_out], None, []
        for client in clients:
            if client is not None:
                await client.close()

    async def _call(self, name: ObjectName, do: Callable[[Client], Awaitable[Any]]) -> Any:
        async def attempt() -> Any:
            try:
                answer = await do(self._opened())
            except TROUBLE as error:
                trouble = sorted_error(name.resource, self.cluster.name, error)
                if trouble.reason is Reason.CREDENTIALS_EXPIRED and self._client is not None:
                    # Whoever renews them writes the kubeconfig anew: the next call reads it again.
                    self._worn_out.append(self._client)
                    self._client = None
                raise trouble from error
            return [one.to_dict() for one in answer] if isinstance(answer, list) else _plain(answer)

        self._come_to_this_loop()
        return await self._calls.make(name.resource, attempt)

    def _come_to_this_loop(self) -> None:
        """Begin anew on a new event loop: neither connections nor waits outlive the loop they began on."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._client, self._worn_out = loop, None, []
            self._calls = Calls(self._limits)

    def _opened(self) -> AsyncClient:
        if self._client is None:
            timeout = httpx2.Timeout(self._limits.timeout_s)
            config = config_of(self.cluster)
            way = DatedTransport(config, self._clock)
            self._client = AsyncClient(config, field_manager=FIELD_MANAGER, timeout=timeout, transport=way)
        return self._client


class Clusters:
    """The clusters there are, by the name that resource ids use."""

    def __init__(self, clusters: Iterable[ClusterConnection], limits: CallLimits | None = None) -> None:
        self.limits = limits or CallLimits()
        self._connections = {one.name: Connection(one, self.limits) for one in clusters}

    def of(self, name: ObjectName) -> Connection:
        """The connection to the cluster of a resource. Raises ActuationError where none is configured."""
        try:
            return self._connections[name.cluster]
        except KeyError:
            known = ", ".join(self._connections) or "none"
            detail = f"no cluster {name.cluster} is configured (there are: {known}); add it to the settings"
            raise ActuationError(
                name.resource, detail, retryable=False, reason=Reason.PLATFORM_UNREACHABLE
            ) from None

    async def close(self) -> None:
        """Close the connections to all of them."""
        for connection in self._connections.values():
            await connection.close()


def _place(name: ObjectName, everywhere: bool) -> dict[str, str]:
    return {} if everywhere else {"namespace": name.namespace}


def _plain(answer: Any) -> Any:
    return None if answer is None else answer.to_dict()
