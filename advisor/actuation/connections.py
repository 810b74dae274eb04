"""How are clusters and accounts reached? What is not named here is never contacted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PAUSE_IMAGE = "rancher/mirrored-pause:3.6"
"""An image whose process only waits, from where every cluster pulls by default."""


@dataclass(frozen=True, slots=True)
class ClusterConnection:
    """A Kubernetes cluster by the name that resource ids use.

    `kubeconfig` and `context` say how people reach it; without either it is the cluster that Headstart runs
    in, reached by its service account. A context alone is one of the usual kubeconfig. `pause_image` is what
    placeholder pods run there, by the name that the cluster pulls it by.
    """

    name: str
    kubeconfig: Path | None = None
    context: str | None = None
    pause_image: str = PAUSE_IMAGE


@dataclass(frozen=True, slots=True)
class AccountConnection:
    """An AWS account by its twelve digits.

    `role` is assumed, with `external_id` if its trust policy asks for one; without a role the credentials
    that boto3 finds by itself have to be those of the account.
    """

    account: str
    role: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Connections:
    """Clusters by name, accounts by their digits."""

    clusters: Mapping[str, ClusterConnection] = field(default_factory=dict)
    accounts: Mapping[str, AccountConnection] = field(default_factory=dict)
