"""Requests and answers of AWS's protocols, as boto3 sends and reads them, by botocore's own models."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

from moto.core.parse import QueryParser
from moto.core.serialize import SERIALIZERS
from moto.core.utils import get_service_model
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Request, Response

_SERVICES = {"elasticloadbalancing": "elbv2", "servicequotas": "service-quotas"}
_SCOPE = re.compile(r"Credential=(?P<key>[^/]+)/[^/]+/(?P<region>[^/]+)/(?P<service>[^/]+)/")


@dataclass(frozen=True)
class Call:
    """One request: which operation of which service, in which region, with what."""

    service: str
    operation: str
    region: str
    access_key: str
    given: Mapping[str, Any]


class RefusedError(Exception):
    """An answer that says no."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


Forward = Callable[[], Response]
"""Lets moto answer instead."""


def call_of(request: Request) -> Call | None:
    """What a request asks for; None where it is not signed, or of a service unknown here."""
    scope = _SCOPE.search(request.headers.get("Authorization", ""))
    if scope is None:
        return None
    service = _SERVICES.get(scope["service"], scope["service"])
    protocol = get_service_model(service).protocol
    body = request.get_data(cache=True)
    if protocol in ("query", "ec2"):
        values = {name: value[0] for name, value in parse_qs(body.decode(), keep_blank_values=True).items()}
        operation = values.get("Action", "")
        given = _query(service, operation, values) if protocol == "query" else values
    elif protocol == "json":
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        given = json.loads(body or b"{}")
    else:
        operation, given = _rest(service, request)
    return Call(service, operation, scope["region"], scope["key"], given)


def _query(service: str, operation: str, values: Mapping[str, str]) -> dict[str, Any]:
    model = get_service_model(service).operation_model(operation)
    return dict(QueryParser(model).parse({"values": MultiDict(values)}))


def _rest(service: str, request: Request) -> tuple[str, dict[str, Any]]:
    raw_path = str(request.environ.get("RAW_URI", request.path)).partition("?")[0]
    for operation, method, pattern, query in _routes(service):
        found = pattern.fullmatch(raw_path) if method == request.method else None
        if found and all(request.args.get(name) == value for name, value in query):
            members = get_service_model(service).operation_model(operation).input_shape.members
            names = {shape.serialization.get("name", member): member for member, shape in members.items()}
            path = {names[name]: unquote(value) for name, value in found.groupdict().items()}
            body = json.loads(request.get_data(cache=True) or b"{}")
            return operation, {**_arguments(request), **path, **body}
    return "", {}


def _arguments(request: Request) -> dict[str, Any]:
    """What stands behind the question mark; what stands there twice is a list."""
    return {name: found if len(found) > 1 else found[0] for name, found in request.args.lists()}


@cache
def _routes(service: str) -> tuple[tuple[str, str, re.Pattern[str], tuple[tuple[str, str], ...]], ...]:
    """Operation, method, path and fixed query. What asks for more comes first: others fit it as well."""
    model = get_service_model(service)
    routes = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(r"\\\{(\w+)(?:\\\+)?\\\}", r"(?P<\1>[^/]+)", re.escape(path.rstrip("/")))
        routes.append((name, http["method"], re.compile(pattern + "/?"), tuple(parse_qsl(query))))
    return tuple(sorted(routes, key=lambda route: (-len(route[3]), -len(route[2].pattern))))


def answered(call: Call, result: Mapping[str, Any]) -> Response:
    """An answer in the service's own protocol."""
    model = get_service_model(call.service).operation_model(call.operation)
    serializer = SERIALIZERS[get_service_model(call.service).protocol](operation_model=model)
    said = serializer.serialize(result)
    return Response(said["body"], status=said["status_code"], headers=dict(said["headers"]))


def refused(call: Call, no: RefusedError) -> Response:
    """A refusal in the service's own protocol."""
    protocol = get_service_model(call.service).protocol
    if protocol in ("json", "rest-json"):
        body = json.dumps({"__type": no.code, "message": no.message, "Message": no.message})
        return Response(
            body,
            status=no.status,
            headers={"x-amzn-ErrorType": no.code},
            content_type="application/x-amz-json-1.1",
        )
    kind = "Sender" if no.status < 500 else "Receiver"
    error = f"<Code>{no.code}</Code><Message>{no.message}</Message>"
    if protocol == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>r</RequestID></Response>"
    else:
        error = f"<Error><Type>{kind}</Type>{error}</Error><RequestId>r</RequestId>"
        text = f"<ErrorResponse>{error}</ErrorResponse>"
    return Response(text, status=no.status, content_type="text/xml")
