"""The server: moto in a thread, behind rules that AWS keeps and moto does not, for real boto3 over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from io import BytesIO
from threading import Thread
from types import TracebackType
from typing import Any

from moto.moto_api._internal.models import moto_api_backend
from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from advisor.actuation.aws.actions import action_of
from tests.aws import accounts, balancers, groups, objects, pools, scaler
from tests.aws.wire import Call, Forward, RefusedError, call_of, refused
from tests.aws.world import World

Handler = Callable[[World, Call, Forward], Response]
HANDLERS: dict[tuple[str, str], Handler] = {
    **groups.HANDLERS,
    **scaler.HANDLERS,
    **objects.HANDLERS,
    **accounts.HANDLERS,
    **balancers.HANDLERS,
    **pools.HANDLERS,
}
SETTLE: tuple[Callable[[World], None], ...] = (groups.settle, scaler.settle)
"""What lets time take effect before and after every call."""


class _Quiet(MotoRequestHandler):
    """Says nothing of every request, and dates every answer by the world's clock."""

    def log(self, type: str, message: str, *args: Any) -> None:
        logging.getLogger("tests.aws").debug(message, *args)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What stands in the Date of an answer."""
        now = datetime.now(UTC) if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
        world: World = self.server.app.world
        return format_datetime(now + world.clock_ahead, usegmt=True)


class AwsServer:
    """An AWS on a port of this machine. `world` is its state; `reset` makes it new."""

    def __init__(self) -> None:
        self.world = World()
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = Thread(target=self._server.serve_forever, name="aws-server", daemon=True)

    def __enter__(self) -> AwsServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.faults.clear()
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    def reset(self) -> World:
        """A new world, of which nothing of the old one is left."""
        self.world.faults.clear()
        moto_api_backend.reset()
        self.world = World()
        return self.world

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request, as WSGI has it."""
        request = Request(environ)
        call = call_of(request)
        if call is None:
            return Response.from_app(self._moto, environ)(environ, start)
        return self._answer(call, request)(environ, start)

    def _answer(self, call: Call, request: Request) -> Response:
        world = self.world
        with self._counted(world):
            return self._answer_in(world, call, request)

    @contextmanager
    def _counted(self, world: World) -> Iterator[None]:
        with world.lock:
            world.at_once += 1
            world.most_at_once = max(world.most_at_once, world.at_once)
        try:
            yield
        finally:
            world.at_once -= 1

    def _answer_in(self, world: World, call: Call, request: Request) -> Response:
        struck = world.faults.strike(call, request)
        if struck is not None:
            return struck
        action = action_of(call.service, call.operation)
        with world.lock:
            world.called(action, ours="headstart/" in request.headers.get("User-Agent", ""))
            if action in world.forbidden:
                return refused(
                    call, RefusedError("AccessDenied", f"not authorized to perform: {action}", 403)
                )
            self._settle(world)
            answer = self._carried_out(world, call, request)
            self._settle(world)
            return answer

    def _settle(self, world: World) -> None:
        for settle in SETTLE:
            settle(world)

    def _carried_out(self, world: World, call: Call, request: Request) -> Response:
        def forward() -> Response:
            request.get_data(cache=True)
            environ = {**request.environ, "wsgi.input": _again(request)}
            return Response.from_app(self._moto, environ)

        handler = HANDLERS.get((call.service, call.operation))
        try:
            return handler(world, call, forward) if handler else forward()
        except RefusedError as no:
            return refused(call, no)


def _again(request: Request) -> BytesIO:
    return BytesIO(request.get_data(cache=True))
