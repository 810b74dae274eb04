"""Between a client and the API server: who calls what, and what goes wrong with it.

    with FaultProxy(cluster) as proxy:
        clusters = Clusters([Cluster("prod", proxy.kubeconfig_for(kubeconfig))])
        proxy.next_calls(Fault("PATCH", status=429, retry_after_s=1), times=2)

It passes calls on, writes down what they are in RBAC's words, and spoils those that a test names. It runs in
a thread of its own and speaks plain HTTP on 127.0.0.1, with whatever token its caller has.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import aiohttp
import yaml
from aiohttp import web

from tests.kube.cluster import Cluster, kubeconfig

STALL_S = 30.0
VERBS = {"POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}
PATH = re.compile(
    r"^/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<subresource>[^/]+))?)?$"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call in the words of RBAC; an empty `namespace` is one to the whole cluster."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call of this method (any, if empty) to a path that holds `within`.

    "answer" is an answer of `status` in place of the API server's, "text" one that is not JSON, "reset" cuts
    the connection, "stall" says nothing for long. `afterwards`: the API server has done what was asked.
    """

    method: str = ""
    how: Literal["answer", "text", "reset", "stall"] = "answer"
    status: int = 503
    retry_after_s: int | None = None
    afterwards: bool = False
    within: str = ""


class FaultProxy:
    """A proxy in front of one cluster's API server, from `with` to the end of it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster: Mapping[str, str] = cluster.endpoint
        self.calls: list[Call] = []
        self.requests: list[tuple[str, str]] = []
        self.folder = cluster.folder
        self._faults: deque[Fault] = deque()
        self._ready: Future[int] = Future()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def next_calls(self, fault: Fault, times: int = 1) -> None:
        """Spoil the next calls that fit, so many; nothing else is queued any more."""
        self._faults = deque([fault] * times)

    @property
    def faults_left(self) -> int:
        """How many calls are still to be spoilt?"""
        return len(self._faults)

    def kubeconfig_for(self, direct: Path) -> Path:
        """The kubeconfig by which the holder of `direct` calls through here."""
        (user,) = yaml.safe_load(direct.read_text())["users"]
        path = self.folder / f"{direct.stem}-by-{self.port}.yaml"
        path.write_text(kubeconfig({"server": f"http://127.0.0.1:{self.port}"}, user["user"]))
        path.chmod(0o600)
        return path

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._ready.result(10)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._loop.close()

    async def _serve(self) -> None:
        try:
            connector = aiohttp.TCPConnector(ssl=_trust(self._cluster))
            async with aiohttp.ClientSession(connector=connector) as session:
                app = web.Application(client_max_size=2**24)

                async def pass_on(request: web.Request) -> web.StreamResponse:
                    return await self._pass_on(request, session)

                app.router.add_route("*", "/{path:.*}", pass_on)
                runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
                await runner.setup()
                site = web.TCPSite(runner, "127.0.0.1", 0)
                await site.start()
                self._ready.set_result(runner.addresses[0][1])
                await self._over.wait()
                await runner.cleanup()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise

    async def _pass_on(self, request: web.Request, session: aiohttp.ClientSession) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        call = call_of(request.method, request.path)
        if call is not None:
            self.calls.append(call)
        fault = self._fault_for(request)
        if fault is not None and not fault.afterwards:
            return await _spoilt(fault, request)
        answer = await self._answer(request, session)
        return await _spoilt(fault, request) if fault is not None else answer

    def _fault_for(self, request: web.Request) -> Fault | None:
        fault = self._faults[0] if self._faults else None
        if fault is None or fault.method not in ("", request.method) or fault.within not in request.path:
            return None
        return self._faults.popleft()

    async def _answer(self, request: web.Request, session: aiohttp.ClientSession) -> web.Response:
        kept = ("Authorization", "Content-Type", "Accept")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        url = f"{self._cluster['server']}{request.path_qs}"
        body = await request.read()
        async with session.request(request.method, url, data=body, headers=headers) as answer:
            passed = {"Content-Type": answer.headers.get("Content-Type", "application/json")}
            return web.Response(status=answer.status, body=await answer.read(), headers=passed)


def call_of(method: str, path: str) -> Call | None:
    """A request in the words of RBAC; None for one that is none on an object, as /version."""
    found = PATH.match(path)
    if found is None:
        return None
    verb = VERBS.get(method) or ("get" if found["name"] else "list")
    named = {key: found[key] or "" for key in ("group", "resource", "subresource", "namespace")}
    return Call(verb, **named)


def _trust(cluster: Mapping[str, str]) -> ssl.SSLContext:
    """Whom does a kubeconfig's cluster trust? By file or by data."""
    data = cluster.get("certificate-authority-data")
    pem = base64.b64decode(data).decode() if data else None
    return ssl.create_default_context(cafile=cluster.get("certificate-authority"), cadata=pem)


async def _spoilt(fault: Fault, request: web.Request) -> web.StreamResponse:
    if fault.how == "reset":
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
    if fault.how == "stall":
        await asyncio.sleep(STALL_S)
    headers = {} if fault.retry_after_s is None else {"Retry-After": str(fault.retry_after_s)}
    if fault.how == "text":
        return web.Response(status=fault.status, text="<html>upstream trouble</html>", headers=headers)
    return web.Response(
        status=fault.status,
        text=json.dumps(_status(fault.status)),
        content_type="application/json",
        headers=headers,
    )


def _status(code: int) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"a fault of the test: {code}",
        "code": code,
    }
