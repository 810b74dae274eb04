"""With which files and flags do the components start? Everything on 127.0.0.1, everything in one folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.kafka.broker import free_ports
from tests.kube.cluster import kubeconfig
from tests.kube.component import Component

STAGES = Path(__file__).with_name("stages.yaml")
# The controllers that act on what Headstart touches, and the two that clear away what a test leaves.
CONTROLLERS = [
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "horizontal-pod-autoscaler-controller",
    "endpointslice-controller",
    "disruption-controller",
    "resourcequota-controller",
    "garbage-collector-controller",
    "namespace-controller",
]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the components listen, all on 127.0.0.1."""

    etcd: int
    etcd_peer: int
    api: int
    controllers: int
    kwok: int

    @classmethod
    def free(cls) -> Ports:
        """Five ports nobody listens on now."""
        return cls(*islice(free_ports(), 5))


@dataclass(frozen=True, slots=True)
class Settings:
    """The components of one control plane under `folder`, and the administrator's credentials."""

    hk: Path
    folder: Path
    ports: Ports
    token: str

    @classmethod
    def written(cls, hk: Path, folder: Path) -> Settings:
        """Fresh settings, their files in `folder`: signing keys, the administrator's token, kubeconfig."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        settings = cls(hk, folder, Ports.free(), secrets.token_hex(16))
        _write_signing_keys(settings.signing_key, settings.verifying_key)
        settings.tokens.write_text(f'{settings.token},admin,admin,"system:masters"\n')
        cluster = {"server": settings.url, "certificate-authority": str(settings.ca_file)}
        settings.kubeconfig.write_text(kubeconfig(cluster, {"token": settings.token}))
        return settings

    @property
    def url(self) -> str:
        """The API server's address."""
        return f"https://127.0.0.1:{self.ports.api}"

    @property
    def ca_file(self) -> Path:
        """The certificate the API server signed itself at its first start: what clients trust."""
        return self.folder / "certs" / "apiserver.crt"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig.yaml"

    @property
    def signing_key(self) -> Path:
        """The key that signs tokens of service accounts."""
        return self.folder / "accounts.key"

    @property
    def verifying_key(self) -> Path:
        """The key such tokens are verified by."""
        return self.folder / "accounts.pub"

    @property
    def tokens(self) -> Path:
        """The API server's list of static tokens."""
        return self.folder / "tokens.csv"

    def etcd(self) -> Component:
        """The store. It never waits for the disk: the data lives as long as the machine, which is enough."""
        client = f"http://127.0.0.1:{self.ports.etcd}"
        peer = f"http://127.0.0.1:{self.ports.etcd_peer}"
        flags = {
            "data-dir": str(self.folder / "etcd"),
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "log-level": "warn",
        }
        return self._component("etcd", flags, "--unsafe-no-fsync", health=f"{client}/readyz")

    def api_server(self) -> Component:
        """The API server, with RBAC. Pods need no service account here, so that admission is off."""
        flags = {
            "etcd-servers": f"http://127.0.0.1:{self.ports.etcd}",
            "bind-address": "127.0.0.1",
            "advertise-address": "127.0.0.1",
            "secure-port": str(self.ports.api),
            "cert-dir": str(self.ca_file.parent),
            "service-cluster-ip-range": "10.0.0.0/16",
            "token-auth-file": str(self.tokens),
            "authorization-mode": "RBAC",
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": str(self.verifying_key),
            "service-account-signing-key-file": str(self.signing_key),
            "disable-admission-plugins": "ServiceAccount",
            "endpoint-reconciler-type": "none",
            # Watches outlive a graceful end by up to a minute otherwise.
            "shutdown-watch-termination-grace-period": "0s",
        }
        health = f"{self.url}/readyz"
        return self._component("kube-apiserver", flags, health=health, ca_file=self.ca_file, token=self.token)

    def controller_manager(self) -> Component:
        """The controllers; the autoscaler looks every second, and at fresh pods too."""
        certificates = self.folder / "controllers"
        flags = {
            "kubeconfig": str(self.kubeconfig),
            "controllers": ",".join(CONTROLLERS),
            "leader-elect": "false",
            "bind-address": "127.0.0.1",
            "secure-port": str(self.ports.controllers),
            "cert-dir": str(certificates),
            "use-service-account-credentials": "false",
            "horizontal-pod-autoscaler-sync-period": "1s",
            "horizontal-pod-autoscaler-initial-readiness-delay": "0s",
            "horizontal-pod-autoscaler-cpu-initialization-period": "0s",
            "kube-api-qps": "200",
            "kube-api-burst": "400",
        }
        health = f"https://127.0.0.1:{self.ports.controllers}/healthz"
        ca_file = certificates / "kube-controller-manager.crt"
        return self._component("kube-controller-manager", flags, health=health, ca_file=ca_file)

    def kubelet(self) -> Component:
        """kwok, which plays the kubelet of every node as stages.yaml says."""
        address = f"127.0.0.1:{self.ports.kwok}"
        flags = {
            "kubeconfig": str(self.kubeconfig),
            "config": str(STAGES),
            "manage-all-nodes": "true",
            "node-ip": "127.0.0.1",
            # By default it listens on every interface of the machine.
            "server-address": address,
        }
        return self._component("kwok", flags, health=f"http://{address}/healthz")

    def _component(
        self,
        name: str,
        flags: dict[str, str],
        *switches: str,
        health: str,
        ca_file: Path | None = None,
        token: str | None = None,
    ) -> Component:
        command = [str(self.hk), name, *(f"--{flag}={value}" for flag, value in flags.items()), *switches]
        return Component(name, command, self.folder / f"{name}.log", health, ca_file, token)


def _write_signing_keys(private: Path, public: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    private.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
