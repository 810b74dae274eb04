"""How is a cluster reached? By a kubeconfig, as its administrator or as whoever holds a token."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import yaml
from lightkube import AsyncClient, Client, KubeConfig

TIMEOUT_S = 10.0


class Cluster:
    """A cluster that runs, known by its kubeconfig; `folder` takes the kubeconfigs made for others."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        self.kubeconfig = kubeconfig
        self.folder = folder
        self._numbers = count(1)

    @property
    def url(self) -> str:
        """The API server's address, e.g. `https://127.0.0.1:20007`."""
        return str(self._named()["cluster"]["server"])

    @property
    def endpoint(self) -> dict[str, Any]:
        """Where the API server is and whom to trust, as a kubeconfig says it; files by absolute path."""
        return dict(self._named()["cluster"])

    def client(self, *, kubeconfig: Path | None = None, field_manager: str | None = None) -> Client:
        """A client, the administrator's unless `kubeconfig` says otherwise."""
        return Client(KubeConfig.from_file(kubeconfig or self.kubeconfig), **_options(field_manager))

    def async_client(
        self, *, kubeconfig: Path | None = None, field_manager: str | None = None
    ) -> AsyncClient:
        """As `client`, for coroutines."""
        return AsyncClient(KubeConfig.from_file(kubeconfig or self.kubeconfig), **_options(field_manager))

    def kubeconfig_for(self, token: str, *, namespace: str = "default") -> Path:
        """A kubeconfig for whoever holds `token`: may do what that account may do, and nothing more."""
        config = kubeconfig(self._named()["cluster"], {"token": token}, namespace)
        path = self.folder / f"kubeconfig-{next(self._numbers)}.yaml"
        path.write_text(config)
        path.chmod(0o600)
        return path

    def _named(self) -> dict[str, Any]:
        """The cluster of the kubeconfig's current context; certificate files by absolute path."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        (context,) = (one for one in config["contexts"] if one["name"] == config["current-context"])
        (named,) = (one for one in config["clusters"] if one["name"] == context["context"]["cluster"])
        authority = named["cluster"].get("certificate-authority")
        if authority is not None:
            named["cluster"]["certificate-authority"] = str(self.kubeconfig.parent / authority)
        return dict(named)


def kubeconfig(cluster: dict[str, Any], user: dict[str, Any], namespace: str = "default") -> str:
    """The text of a kubeconfig with one cluster and one user in it."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "tests", "cluster": cluster}],
        "users": [{"name": "tests", "user": user}],
        "contexts": [
            {"name": "tests", "context": {"cluster": "tests", "user": "tests", "namespace": namespace}}
        ],
        "current-context": "tests",
    }
    return json.dumps(config, indent=2)  # which is YAML


def _options(field_manager: str | None) -> dict[str, Any]:
    # Proxies and credentials of the machine are none of a test's business.
    return {"field_manager": field_manager, "trust_env": False, "timeout": httpx2.Timeout(TIMEOUT_S)}
