"""May we make the calls that acting on a resource takes? Asked of the API server, right by right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lightkube.core.resource import api_info
from lightkube.resources.authorization_v1 import SelfSubjectAccessReview

from advisor.actuation.kubernetes.clusters import Connection
from advisor.actuation.kubernetes.manifests import plural_of
from advisor.actuation.kubernetes.names import ObjectName
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Right:
    """To do something with a kind of object: in the resource's namespace, or in the whole cluster.

    `called` names the object, where it is one and not all of the kind.
    """

    verb: str
    kind: type[Any]
    called: str | None = None
    everywhere: bool = False


async def missing(api: Connection, name: ObjectName, rights: Sequence[Right]) -> list[Right]:
    """Those of the rights that we do not have. Raises ActuationError where that may not even be asked."""
    allowed = await asyncio.gather(*(_is_allowed(api, name, right) for right in rights))
    return [right for right, is_allowed in zip(rights, allowed, strict=True) if not is_allowed]


async def _is_allowed(api: Connection, name: ObjectName, right: Right) -> bool:
    info = api_info(right.kind)
    asked = {"verb": right.verb, "group": info.resource.group, "resource": info.plural}
    if right.called is not None:
        asked["name"] = right.called
    if not right.everywhere:
        asked["namespace"] = name.namespace
    review = {"spec": {"resourceAttributes": asked}}
    answer = await api.create(name, SelfSubjectAccessReview, review)
    return bool(answer["status"].get("allowed"))


def right_missing(name: ObjectName, right: Right) -> PreflightFinding:
    """The finding that a right is missing, with the commands that give it."""
    plural, place = plural_of(right.kind), f" in namespace {name.namespace}"
    role, where = f"headstart-{right.verb}-{plural.partition('.')[0]}", f"kubectl -n {name.namespace} create "
    kinds = ("role", "rolebinding")
    if right.everywhere:
        place, where, kinds = (
            " in the whole cluster",
            "kubectl create ",
            ("clusterrole", "clusterrolebinding"),
        )
    return PreflightFinding(
        name.resource,
        Reason.PERMISSION_MISSING,
        f"we may not {right.verb} {plural}{place}",
        f"{where}{kinds[0]} {role} --verb={right.verb} --resource={plural} && "
        f"{where}{kinds[1]} {role} --{kinds[0]}={role} --serviceaccount=NAMESPACE:ACCOUNT (ours), "
        "or the chart's actuation.enabled",
    )
