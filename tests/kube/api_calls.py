"""A request to an API server in the words of RBAC."""

from __future__ import annotations

import re
from dataclasses import dataclass

VERBS = {"POST": "create", "PATCH": "patch", "PUT": "update", "DELETE": "delete"}
PATH = re.compile(
    r"^/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[^/]+)(?:/(?P<name>[^/]+)(?:/(?P<subresource>[^/]+))?)?$"
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call in the words of RBAC; an empty `namespace` is one to the whole cluster."""

    verb: str
    group: str
    resource: str
    subresource: str = ""
    namespace: str = ""


def call_of(method: str, path: str) -> Call | None:
    """A request in the words of RBAC; None for one that is none on an object, as /version."""
    found = PATH.match(path)
    if found is None:
        return None
    verb = VERBS.get(method) or ("get" if found["name"] else "list")
    named = {key: found[key] or "" for key in ("group", "resource", "subresource", "namespace")}
    return Call(verb, **named)
