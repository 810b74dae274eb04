"""Between a client and the API server: who calls what, and what goes wrong with it.

    with FaultProxy(cluster) as proxy:
        clusters = Clusters([Cluster("prod", proxy.kubeconfig_for(kubeconfig))])
        proxy.next_calls(Fault("PATCH", status=429, retry_after_s=1), times=2)
        gate = proxy.gate("PATCH", "/web")  # its caller waits; it may die, and what it asked for is late
        gate.open()

It passes calls on, writes down what they are in RBAC's words, and spoils or keeps those that a test names.
What it answers is dated `clock_ahead` of the present. It runs in a thread of its own and speaks plain HTTP on
127.0.0.1, with whatever token its caller has.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import yaml
from aiohttp import web

from tests.kube.api_calls import VERBS, Call, call_of
from tests.kube.cluster import Cluster, kubeconfig
from tests.kube.fault import Fault, spoilt
from tests.kube.gate import Gate
from tests.support.request_bell import RequestBell


@dataclass(frozen=True, slots=True)
class Write:
    """A call other than a look or a dry run, and the API server's answer; in the order of answers."""

    method: str
    path: str
    body: bytes
    status: int


class FaultProxy:
    """A proxy in front of one cluster's API server, from `with` to the end of it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster: Mapping[str, str] = cluster.endpoint
        self.calls: list[Call] = []
        self.requests: list[tuple[str, str]] = []
        self.writes: list[Write] = []
        self.folder = cluster.folder
        self.clock_ahead = timedelta(0)
        self.bell = RequestBell()
        self._faults: deque[Fault] = deque()
        self._gates: list[Gate] = []
        self._late: set[asyncio.Task[web.Response]] = set()
        self._ready: Future[int] = Future()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def next_calls(self, fault: Fault, times: int = 1) -> None:
        """Spoil the next calls that fit, so many; nothing else is queued any more."""
        self._faults = deque([fault] * times)

    def reset(self) -> None:
        """Spoil nothing any more."""
        self._faults.clear()
        self.bell.at(0, None)

    def gate(self, method: str, path: str, content: str = "", *, shut: bool = True, **options: Any) -> Gate:
        """A gate for calls of this method to a path that ends so, with a body of this type (see `Gate`).

        Dry runs do not fit. Of several gates that a call fits, the newest stops it.
        """

        def fits(request: web.Request) -> bool:
            named = request.method == method and request.path.endswith(path)
            return named and content in request.content_type and not _is_dry_run(request)

        made = Gate(fits, self._loop, shut=shut, **options)
        self._gates.insert(0, made)
        return made

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
                for task in self._late:
                    task.cancel()
                await runner.cleanup()
        except BaseException as error:
            if not self._ready.done():
                self._ready.set_exception(error)
            raise

    async def _pass_on(self, request: web.Request, session: aiohttp.ClientSession) -> web.StreamResponse:
        self.requests.append((request.method, request.path))
        self.bell.came()
        call = call_of(request.method, request.path)
        if call is not None:
            self.calls.append(call)
        gate = next((gate for gate in self._gates if gate.fits(request)), None)
        if gate is not None:
            return await self._stopped(gate, request, session)
        fault = self._fault_for(request)
        if fault is not None and not fault.afterwards:
            return await spoilt(fault, request)
        answer = await self._answer(request, session)
        return await spoilt(fault, request) if fault is not None else answer

    async def _stopped(
        self, gate: Gate, request: web.Request, session: aiohttp.ClientSession
    ) -> web.StreamResponse:
        await request.read()  # while its caller is there
        task = self._loop.create_task(self._through(gate, request, session))
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        answer = await asyncio.shield(task)  # a caller that goes ends what waits here, and not the call
        await answer.prepare(request)
        await answer.write_eof()
        gate.tell_answered()
        return answer

    async def _through(
        self, gate: Gate, request: web.Request, session: aiohttp.ClientSession
    ) -> web.Response:
        kept = not gate.afterwards and await gate.wait()
        answer = await self._answer(request, session)
        kept = kept or (gate.afterwards and await gate.wait())
        if kept:
            gate.statuses.append(answer.status)
        return answer

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
            passed = {
                "Content-Type": answer.headers.get("Content-Type", "application/json"),
                "Date": format_datetime(datetime.now(UTC) + self.clock_ahead, usegmt=True),
            }
            said = await answer.read()
            if request.method in VERBS and not _is_dry_run(request):
                self.writes.append(Write(request.method, request.path, body, answer.status))
            return web.Response(status=answer.status, body=said, headers=passed)


def _is_dry_run(request: web.Request) -> bool:
    return "dryRun" in request.query


def _trust(cluster: Mapping[str, str]) -> ssl.SSLContext:
    """Whom does a kubeconfig's cluster trust? By file or by data."""
    data = cluster.get("certificate-authority-data")
    pem = base64.b64decode(data).decode() if data else None
    return ssl.create_default_context(cafile=cluster.get("certificate-authority"), cadata=pem)
