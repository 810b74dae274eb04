"""The real worker as a child process: start it, wait for it, ask it over HTTP, end it, kill it.

    with estate.worker("--clock", "events") as worker:
        assert worker.wait(60) == 0

Its log, standard error included, is a file. It never outlives the process that started it: it is told our
process id and ends when we do.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from streams.processes import PARENT_VARIABLE
from tests.support.deadline import eventually

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 40.0
ENDS_WITHIN_S = 30.0
ANSWERS_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker said over HTTP."""

    status: int
    text: str
    content_type: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class WorkerProcess:
    """One worker. Not started by its constructor; use it as a context manager, or call `start`."""

    def __init__(self, arguments: tuple[str, ...], environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._command = [sys.executable, "-m", "streams.cli.main", "worker", *arguments]
        # nothing of the shell's own HEADSTART_* may reach the worker
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HEADSTART_")}
        self._environ = {**inherited, **environ, PARENT_VARIABLE: str(os.getpid())}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> WorkerProcess:
        """Start it; returns at once. Its log begins anew."""
        if self.running:
            raise RuntimeError(f"the worker with process id {self.pid} still runs: stop() or kill() it first")
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches the test run first, which then ends the worker
            )
        return self

    @property
    def running(self) -> bool:
        """Is its process alive?"""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id. Raises RuntimeError before the first start."""
        return self._started.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended (a signal's number as a negative); None while it runs."""
        return self._started.poll()

    @property
    def text(self) -> str:
        """Everything it has written to its log, as text."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """What it has logged, a mapping a line; only events of this name, if one is given."""
        lines = (line for line in self.text.splitlines() if line.startswith("{") and line.endswith("}"))
        found = [json.loads(line) for line in lines]
        return [event for event in found if name is None or event.get("event") == name]

    @property
    def port(self) -> int | None:
        """Where it serves probes and metrics; None until it has said so."""
        serving = self.events("serving")
        return int(serving[-1]["port"]) if serving else None

    def get(self, path: str) -> Answer:
        """GET from it. Raises OSError while nobody listens."""
        port = self.port
        if port is None:
            raise ConnectionRefusedError(f"the worker logging to {self.log} serves no port yet")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERS_WITHIN_S)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            content_type = response.getheader("Content-Type") or ""
            return Answer(response.status, response.read().decode(), content_type)
        finally:
            connection.close()

    def metric(self, name: str, **labels: str) -> float:
        """A metric's value now, added up over every series that has these labels; 0 where there is none."""
        from prometheus_client.parser import text_string_to_metric_families

        samples = (
            s for family in text_string_to_metric_families(self.get("/metrics").text) for s in family.samples
        )
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    def wait_ready(self, timeout_s: float = READY_WITHIN_S) -> WorkerProcess:
        """Return once /readyz answers 200. Raises AssertionError if it ends, or takes longer."""

        def ready() -> bool:
            if not self.running:
                raise AssertionError(f"the worker ended with exit code {self.exit_code}")
            return self.get("/readyz").status == 200

        try:
            eventually(ready, timeout_s, every_s=0.1, ignoring=(OSError,), what="the worker is ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.tail()}") from error
        return self

    def wait(self, timeout_s: float = ENDS_WITHIN_S) -> int:
        """Its exit code, once it has ended by itself. Raises AssertionError if that takes longer."""
        try:
            return self._started.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"the worker still runs after {timeout_s:g} s:\n{self.tail()}") from error

    def stop(self, timeout_s: float = ENDS_WITHIN_S) -> int:
        """End it in order, as Kubernetes does (SIGTERM); its exit code. Raises AssertionError if it stays."""
        self._started.terminate()
        return self.wait(timeout_s)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL): nothing is flushed, nobody is told."""
        self._started.kill()
        self._started.wait()

    def tail(self, lines: int = 30) -> str:
        """The end of its log."""
        return "\n".join(self.text.splitlines()[-lines:])

    def __enter__(self) -> WorkerProcess:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self.running:
            self.kill()

    @property
    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the worker was never started: call start()")
        return self._process
