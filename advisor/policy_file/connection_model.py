"""What may a policy say of how clusters and accounts are reached?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from advisor.actuation.connections import PAUSE_IMAGE, AccountConnection, ClusterConnection, Connections
from advisor.policy_file.section import Section
from advisor.policy_file.values import FreeText

ClusterName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$")]


class ClusterSection(Section):
    """How a Kubernetes cluster is reached. Saying nothing means the one that Headstart runs in."""

    context: FreeText | None = Field(
        default=None, examples=["prod-eu"], description="A context of the kubeconfig."
    )
    kubeconfig: FreeText | None = Field(
        default=None,
        examples=["/etc/headstart/kubeconfig"],
        description="The kubeconfig, relative to this file. Default: the usual one, if `context` is given.",
    )
    pause_image: FreeText = Field(
        default=PAUSE_IMAGE,
        examples=["mirror.example.com/pause:3.10"],
        description="What placeholder pods of a capacity buffer run, where images come from a mirror.",
    )


class AccountSection(Section):
    """How an AWS account is reached. Saying nothing means the credentials that boto3 finds by itself."""

    role: str | None = Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,576}$",
        examples=["arn:aws:iam::123456789012:role/headstart"],
        description="The role to assume.",
    )
    external_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9+=,.@:/_-]{2,1224}$",
        examples=["headstart-prod"],
        description="The external id that the role's trust policy asks for.",
    )


def connections_of(
    clusters: Mapping[str, ClusterSection | None],
    accounts: Mapping[str, AccountSection | None],
    folder: Path,
) -> Connections:
    """The connections that these sections mean; a kubeconfig is relative to `folder`."""

    def cluster(name: str, section: ClusterSection | None) -> ClusterConnection:
        if section is None:
            return ClusterConnection(name)
        kubeconfig = folder / section.kubeconfig if section.kubeconfig else None
        return ClusterConnection(name, kubeconfig, section.context, section.pause_image)

    def account(digits: str, section: AccountSection | None) -> AccountConnection:
        if section is None:
            return AccountConnection(digits)
        return AccountConnection(digits, section.role, section.external_id)

    return Connections(
        {name: cluster(name, section) for name, section in clusters.items()},
        {digits: account(digits, section) for digits, section in accounts.items()},
    )


def connections_document(connections: Connections) -> dict[str, Any]:
    """The two sections of a policy file that mean exactly these connections."""
    document: dict[str, Any] = {}
    if connections.clusters:
        document["clusters"] = {
            name: {
                "context": one.context,
                "kubeconfig": str(one.kubeconfig) if one.kubeconfig else None,
                "pause_image": one.pause_image,
            }
            for name, one in connections.clusters.items()
        }
    if connections.accounts:
        document["accounts"] = {
            digits: {"role": one.role, "external_id": one.external_id}
            for digits, one in connections.accounts.items()
        }
    return document
