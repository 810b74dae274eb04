"""What can be asked of a worker over HTTP: /metrics, /healthz, /readyz."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

Probe = Callable[[], tuple[bool, Mapping[str, object]]]


async def serve(
    host: str, port: int, registry: CollectorRegistry, *, healthy: Probe, ready: Probe
) -> tuple[web.AppRunner, int]:
    """Start serving; returns the runner to clean up and the port in use (of interest where it was 0).

    A probe answers whether it holds, and with what details; it answers 503 where it does not.
    """
    app = web.Application()
    app.router.add_get("/metrics", make_aiohttp_handler(registry))
    app.router.add_get("/healthz", _handler(healthy))
    app.router.add_get("/readyz", _handler(ready))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    await site.start()
    return runner, int(runner.addresses[0][1])


def _handler(probe: Probe) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        holds, details = probe()
        body = json.dumps({"ok": holds, **details}, default=str)
        return web.Response(text=body, status=200 if holds else 503, content_type="application/json")

    return answer
