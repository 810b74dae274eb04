"""The worked example of docs/actuators.md, and a platform for it: machines behind a small HTTP API."""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest

from advisor.actuation.actuator import Actuator
from advisor.domain.capacity import Bounds
from tests.support.actuator_case import ActuatorCase, interrupted_at
from tests.support.builders import NOW
from tests.support.request_bell import RequestBell

PAGE = Path(__file__).parents[2] / "docs" / "actuators.md"
LEAD_TIME = timedelta(minutes=10)


def example() -> str:
    """The code of the worked example, as it stands on the page."""
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


class Pool:
    """One pool, whose machines serve a lead time after they were asked for."""

    def __init__(self) -> None:
        self.now: datetime = NOW
        self.bell = RequestBell()
        self.always: int | None = None
        self.id = 0
        self.make()

    def make(self) -> None:
        """Somebody makes it, perhaps anew."""
        self.id, self.etag, self.notes = self.id + 1, 0, None
        self.bounds, self.raises = Bounds(2, 40), [(self.now - LEAD_TIME, 2)]

    def answers(self, status: int) -> None:
        """Whatever is asked has this answer."""
        self.always = status

    def put(self, minimum: int, maximum: int, notes: Any) -> None:
        """Somebody sets it."""
        if minimum > max(units for _, units in self.raises):
            self.raises.append((self.now, minimum))
        elif minimum < self.bounds.minimum:
            self.raises = [(at, min(units, minimum)) for at, units in self.raises]
        self.bounds, self.notes, self.etag = Bounds(minimum, maximum), notes, self.etag + 1

    def told(self) -> dict[str, Any]:
        """What its API answers."""
        serving = max(units for at, units in self.raises if at + LEAD_TIME <= self.now)
        machines = max(units for _, units in self.raises)
        marks = {"id": str(self.id), "notes": self.notes, "etag": str(self.etag)}
        seen = {"machines": machines, "serving": serving, **marks}
        return {"min": self.bounds.minimum, "max": self.bounds.maximum, **seen}


def serve(pool: Pool) -> ThreadingHTTPServer:
    """The API of one pool, named frontend, on a loopback port."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pool.bell.came()
            self._answer(200 if self.path == "/frontend" else 404)

        def do_PUT(self) -> None:
            pool.bell.came()
            said = loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers["If-Match"] != str(pool.etag):
                return self._answer(412)
            pool.put(said["min"], said["max"], said["notes"])
            return self._answer(200)

        def log_message(self, *_: Any) -> None:
            """Nothing: the tests say what went wrong."""

        def _answer(self, status: int) -> None:
            body = dumps(pool.told()).encode()
            self.send_response(pool.always or status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def case(request: pytest.FixtureRequest) -> ActuatorCase:
    """The example and its platform, for the contract."""
    pool = Pool()
    server = serve(pool)

    def cut_off() -> None:
        server.shutdown()
        server.server_close()

    request.addfinalizer(cut_off)
    module: dict[str, Any] = {}
    exec(compile(example(), str(PAGE), "exec"), module)  # noqa: S102 (our own page)
    module["URL"] = f"http://127.0.0.1:{server.server_port}"
    actuator: Actuator = module["HttpPools"]({})

    def pass_time(by: timedelta) -> None:
        pool.now += by

    def writes(bounds: Bounds) -> None:
        pool.put(bounds.minimum, bounds.maximum, pool.notes)

    async def somebody_sets(bounds: Bounds) -> None:
        writes(bounds)

    async def recreate() -> None:
        pool.make()

    name = "own://pools/frontend"
    return ActuatorCase(
        actuator,
        name,
        f"{name}-gone",
        LEAD_TIME,
        lambda: pool.now,
        pass_time,
        somebody_sets,
        recreate,
        interrupted_at(pool.bell.at),
        cut_off=cut_off,
        at_request=pool.bell.at,
        writes=writes,
        answers=pool.answers,
    )
