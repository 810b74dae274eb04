"""One part of a control plane as a child process: start, stop, kill, freeze, and start again as it was."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.kafka import leash
from tests.kube.binary import KubernetesUnavailableError

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0


@dataclass(slots=True)
class Component:
    """A process that answers 200 at `health` once it is ready. It keeps its command, and so its port."""

    name: str
    command: list[str]
    log: Path
    health: str
    ca_file: Path | None = None
    token: str | None = None
    _leash: subprocess.Popen[str] | None = field(default=None, init=False, repr=False)
    _pid: int | None = field(default=None, init=False)
    _paused: bool = field(default=False, init=False)

    @property
    def running(self) -> bool:
        """Is the process there (frozen or not)?"""
        return self._leash is not None and self._leash.poll() is None

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError if it is not running."""
        if self._pid is None or not self.running:
            raise RuntimeError(f"{self.name} is not running: call start()")
        return self._pid

    def start(self, timeout_s: float = READY_WITHIN_S) -> None:
        """Start it, return once it is ready. Raises KubernetesUnavailableError with the end of its log."""
        self.launch()
        self.wait_until_ready(timeout_s)

    def launch(self) -> None:
        """Start it without waiting, so that several can come up at once."""
        if self.running:
            return
        with self.log.open("a") as log:
            # A session of its own: Ctrl-C reaches the test run first, which then ends the control plane.
            self._leash = subprocess.Popen(
                [sys.executable, leash.__file__, *self.command],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._leash.stdout is not None
        self._pid = int(self._leash.stdout.readline() or "0") or None
        self._paused = False

    def wait_until_ready(self, timeout_s: float = READY_WITHIN_S) -> None:
        """Return once it is ready. Raises KubernetesUnavailableError if it ends before, or is late."""
        deadline = time.monotonic() + timeout_s
        while not self.ready():
            if not self.running or time.monotonic() > deadline:
                state = f"did not answer {self.health} in time" if self.running else "ended at once"
                tail = "\n".join(self.log.read_text().splitlines()[-15:])
                self.kill()
                raise KubernetesUnavailableError(f"{self.name} {state}. Its log ({self.log}):\n{tail}")
            time.sleep(0.05)

    def ready(self) -> bool:
        """Does it answer 200 at its health check now?"""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = urllib.request.Request(self.health, headers=headers)  # noqa: S310  # our own loopback URL
        try:
            context = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
            with urllib.request.urlopen(request, timeout=2, context=context) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):  # not listening, not ready, no certificate written yet
            return False

    def stop(self, timeout_s: float = STOP_WITHIN_S) -> None:
        """End it in order (SIGTERM); if that takes too long, kill it."""
        if self._leash is None:
            return
        self.resume()
        self._leash.terminate()
        try:
            self._leash.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL), frozen or not."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
        if self._leash is not None:
            self._leash.wait(STOP_WITHIN_S)
        self._forget()

    def pause(self) -> None:
        """Freeze it (SIGSTOP): it takes connections and answers nothing, as a machine that hangs does."""
        os.kill(self.pid, signal.SIGSTOP)
        self._paused = True

    def resume(self) -> None:
        """Let it go on after `pause`; nothing if it was not frozen."""
        if self._paused and self.running:
            os.kill(self.pid, signal.SIGCONT)
        self._paused = False

    def restart(self) -> None:
        """Start it again on the same port and data, after `kill`, or in place of a `stop` and `start`."""
        self.stop()
        self.start()

    def _forget(self) -> None:
        if self._leash is not None and self._leash.stdout is not None:
            self._leash.stdout.close()
        self._leash, self._pid, self._paused = None, None, False
