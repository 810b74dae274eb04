"""A real Kubernetes control plane as child processes: etcd, API server, controllers, and a simulated kubelet.

    with ControlPlane(folder) as kubernetes:
        kubernetes.client().list(Deployment, namespace="shop")
        kubernetes.api_server.kill()
        kubernetes.api_server.restart()

It listens on 127.0.0.1 only, keeps its data under `folder` and its ports over restarts, and never outlives
the process that started it. There is no scheduler: pods name their node (`furnish.NODE`) themselves.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from tests.kube import binary
from tests.kube.cluster import Cluster
from tests.kube.component import Component
from tests.kube.furnish import furnish
from tests.kube.settings import Settings


class ControlPlane(Cluster):
    """One real control plane. Not started by its constructor: use it as context manager, or call `start`."""

    def __init__(self, folder: Path) -> None:
        settings = Settings.written(binary.build(), folder)
        super().__init__(settings.kubeconfig, folder)
        self.ca_file = settings.ca_file
        self.etcd = settings.etcd()
        self.api_server = settings.api_server()
        self.controller_manager = settings.controller_manager()
        self.kubelet = settings.kubelet()

    @property
    def components(self) -> list[Component]:
        """Every process, in the order they start."""
        return [self.etcd, self.api_server, self.controller_manager, self.kubelet]

    def start(self) -> ControlPlane:
        """Start every process, and return once all answer, the CRDs are served and a node is Ready."""
        try:
            self.etcd.start()
            self.api_server.start()
            self.controller_manager.launch()
            self.kubelet.launch()
            self.controller_manager.wait_until_ready()
            self.kubelet.wait_until_ready()
            furnish(self)
        except BaseException:
            self.kill()
            raise
        return self

    def stop(self) -> None:
        """End every process in order, the last started first; `start` brings all back as it was."""
        for component in reversed(self.components):
            component.stop()

    def kill(self) -> None:
        """End every process at once, for data that nobody wants again."""
        for component in reversed(self.components):
            component.kill()

    def __enter__(self) -> ControlPlane:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.kill()
