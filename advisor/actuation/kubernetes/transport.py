"""How do requests reach an API server, and when were its answers dated?"""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
from lightkube.config.client_adapter import verify_cluster
from lightkube.config.kubeconfig import SingleConfig
from lightkube.config.models import User

from advisor.actuation.platform_clock import PlatformClock


class DatedTransport(httpx2.AsyncBaseTransport):
    """The way to the cluster of a config, on which `clock` hears the date of every answer.

    lightkube hands out objects and keeps the headers that they came with.
    """

    def __init__(self, config: SingleConfig, clock: PlatformClock) -> None:
        trusted = verify_cluster(config.cluster, config.user or User(), config.abs_file)
        self._way = httpx2.AsyncHTTPTransport(verify=trusted, proxy=_proxy_to(config.cluster.server))
        self._clock = clock

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass it on."""
        answer = await self._way.handle_async_request(request)
        self._clock.answered(answer.headers.get("Date"))
        return answer

    async def aclose(self) -> None:
        """Close its connections."""
        await self._way.aclose()


def _proxy_to(server: str) -> str | None:
    """The environment's proxy (`HTTPS_PROXY`, `NO_PROXY`): a client with a way of its own asks for none."""
    address = urlsplit(server)
    if proxy_bypass(address.hostname or ""):
        return None
    return getproxies().get(address.scheme)
