"""A server as a child process that never outlives its parent: end it, crash it, freeze it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support import leash

LINES_TOLD = 15


class LeashedProcess:
    """One server, not started by its constructor. `called` names it in errors, `log` takes what it writes."""

    def __init__(self, called: str, log: Path, *, stop_within_s: float) -> None:
        self.called = called
        self.log = log
        self._stop_within_s = stop_within_s
        self._leash: subprocess.Popen[str] | None = None
        self._pid: int | None = None
        self._paused = False

    @property
    def running(self) -> bool:
        """Is the process there (frozen or not)?"""
        return self._leash is not None and self._leash.poll() is None

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError if it is not running."""
        if self._pid is None or not self.running:
            raise RuntimeError(f"{self.called} is not running: call start()")
        return self._pid

    def run(self, command: Sequence[str]) -> None:
        """Start this command without waiting, so that several can come up at once."""
        with self.log.open("a") as log:
            # A session of its own: Ctrl-C reaches the test run first, which then ends the process in order.
            self._leash = subprocess.Popen(
                [sys.executable, leash.__file__, *command],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        assert self._leash.stdout is not None
        self._pid = int(self._leash.stdout.readline() or "0") or None
        self._paused = False

    def trouble_until(self, is_ready: Callable[[], bool], timeout_s: float, late: str) -> str | None:
        """None once it is ready. Where it ends before, or is `late`: the end of its log, and it is killed."""
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            if not self.running or time.monotonic() > deadline:
                state = late if self.running else "ended at once"
                tail = "\n".join(self.log.read_text().splitlines()[-LINES_TOLD:])
                self.kill()
                return f"{self.called} {state}. Its log ({self.log}):\n{tail}"
            time.sleep(0.05)
        return None

    def stop(self, timeout_s: float | None = None) -> None:
        """End it in order (SIGTERM), frozen or not; if that takes too long, kill it."""
        if self._leash is None:
            return
        self.resume()
        self._leash.terminate()
        try:
            self._leash.wait(self._stop_within_s if timeout_s is None else timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
        self._forget()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL), frozen or not: nothing is flushed, nobody is told."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
        if self._leash is not None:
            self._leash.wait(self._stop_within_s)
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

    def _forget(self) -> None:
        if self._leash is not None and self._leash.stdout is not None:
            self._leash.stdout.close()
        self._leash, self._pid, self._paused = None, None, False
