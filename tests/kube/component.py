"""One part of a control plane as a child process that can be started again as it was."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path

from tests.kube.binary import KubernetesUnavailableError
from tests.support.leashed import LeashedProcess

READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0


class Component(LeashedProcess):
    """A process that answers 200 at `health` once it is ready. It keeps its command, and so its port."""

    def __init__(
        self,
        name: str,
        command: list[str],
        log: Path,
        health: str,
        ca_file: Path | None = None,
        token: str | None = None,
    ) -> None:
        super().__init__(name, log, stop_within_s=STOP_WITHIN_S)
        self.name, self.command, self.health = name, command, health
        self.ca_file, self.token = ca_file, token

    def start(self, timeout_s: float = READY_WITHIN_S) -> None:
        """Start it, return once it is ready. Raises KubernetesUnavailableError with the end of its log."""
        self.launch()
        self.wait_until_ready(timeout_s)

    def launch(self) -> None:
        """Start it without waiting; nothing if it runs."""
        if not self.running:
            self.run(self.command)

    def wait_until_ready(self, timeout_s: float = READY_WITHIN_S) -> None:
        """Return once it is ready. Raises KubernetesUnavailableError if it ends before, or is late."""
        late = f"did not answer {self.health} in time"
        if trouble := self.trouble_until(self.ready, timeout_s, late):
            raise KubernetesUnavailableError(trouble)

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

    def restart(self) -> None:
        """Start it again on the same port and data, after `kill`, or in place of a `stop` and `start`."""
        self.stop()
        self.start()
