"""Errors of the client become ours: each kind of trouble by its name, with words that help."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import msgspec
import pytest
from lightkube import ApiError
from lightkube.core.exceptions import ConfigError

from advisor.actuation.kubernetes.errors import is_unknown_kind, sorted_error
from advisor.actuation.kubernetes.names import object_name
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

WEB = "k8s://prod/shop/hpa/web"
REQUEST = httpx2.Request("PATCH", "https://prod.test/apis")


def status(code: int, message: str, **other: Any) -> ApiError:
    """An error as the API server words it."""
    said = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "message": message,
        **other,
    }
    answer = httpx2.Response(code, text=json.dumps(said), request=REQUEST)
    return ApiError(request=REQUEST, response=answer)


def plain(code: int, text: str, **headers: str) -> httpx2.HTTPStatusError:
    """An error as something between us and the API server words it."""
    answer = httpx2.Response(code, text=text, headers=headers, request=REQUEST)
    return httpx2.HTTPStatusError(text, request=REQUEST, response=answer)


def sort(error: BaseException) -> ActuationError:
    found = sorted_error(WEB, "prod", error)
    assert found.resource == WEB
    assert "prod" in found.detail
    return found


def test_admission_that_says_no_with_403_is_no_missing_right() -> None:
    """A quota and a webhook answer as RBAC does, but name no right."""
    right = (
        'hpas is forbidden: User "system:serviceaccount:shop:headstart" cannot patch resource "hpas" in ...'
    )

    assert sort(status(403, right)).reason is Reason.ACT_FORBIDDEN
    assert sort(status(403, "exceeded quota: q, requested: pods=1")).reason is Reason.ACT_REFUSED
    assert sort(status(400, "admission webhook denied the request")).reason is Reason.ACT_REFUSED


def test_how_long_to_wait_is_taken_from_the_header_or_from_the_status() -> None:
    """In seconds; a date is not taken for a number."""
    asked = httpx2.Response(429, text="{}", headers={"Retry-After": "12"}, request=REQUEST)
    dated = httpx2.Response(
        429, text="{}", headers={"Retry-After": "Fri, 27 Nov 2026 10:00:00 GMT"}, request=REQUEST
    )

    assert sort(ApiError(request=REQUEST, response=asked)).retry_after == 12.0
    assert sort(ApiError(request=REQUEST, response=dated)).retry_after is None
    assert sort(status(500, "later", details={"retryAfterSeconds": 3})).retry_after == 3.0


def test_a_kind_that_is_not_known_is_told_from_an_object_that_is_not_there() -> None:
    """The API server says the first in plain text; another plain 404 is not its own, and may pass."""
    kind = sort(plain(404, "404 page not found\n"))
    thing = sort(status(404, 'horizontalpodautoscalers.autoscaling "web" not found'))
    proxy = sort(plain(404, "<html>no such site</html>"))

    assert (is_unknown_kind(kind), is_unknown_kind(thing), is_unknown_kind(proxy)) == (True, False, False)
    assert kind.reason is thing.reason is Reason.RESOURCE_GONE
    assert (proxy.reason, proxy.retryable) == (Reason.PLATFORM_UNREACHABLE, True)


def test_an_answer_without_a_content_type_is_understood_by_its_status() -> None:
    """The client stumbles over such an answer; the status that it was about to tell still counts."""
    error = KeyError("content-type")
    error.__context__ = plain(503, "")

    assert sort(error).reason is Reason.PLATFORM_UNREACHABLE
    assert "503" in sort(error).detail


@pytest.mark.parametrize(
    ("error", "reason", "retryable"),
    [
        (httpx2.ConnectError("refused", request=REQUEST), Reason.PLATFORM_UNREACHABLE, True),
        (httpx2.RemoteProtocolError("cut", request=REQUEST), Reason.PLATFORM_UNREACHABLE, True),
        (httpx2.ReadTimeout("late", request=REQUEST), Reason.ACT_TIMED_OUT, True),
        (httpx2.ConnectTimeout("late", request=REQUEST), Reason.ACT_TIMED_OUT, True),
        (httpx2.UnsupportedProtocol("ftp", request=REQUEST), Reason.PLATFORM_UNREACHABLE, False),
        (ConfigError("no such file"), Reason.PLATFORM_UNREACHABLE, False),
        (msgspec.DecodeError("malformed"), Reason.PLATFORM_UNREACHABLE, True),
        (PermissionError("token"), Reason.PLATFORM_UNREACHABLE, True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_trouble_on_the_way_is_sorted(error: Exception, reason: Reason, retryable: bool) -> None:
    """What may pass, and what somebody has to mend."""
    assert (sort(error).reason, sort(error).retryable) == (reason, retryable)


@pytest.mark.parametrize(
    "resource", ["k8s://prod/shop/hpa", "k8s://prod//hpa/web", "aws://1/eu/asg/web", "web"]
)
def test_an_id_of_another_shape_is_an_error_that_shows_the_shape(resource: str) -> None:
    """It cannot get here by a checked policy, and is no crash if it does."""
    with pytest.raises(ActuationError, match="k8s://cluster/namespace/kind/name"):
        object_name(resource)


def test_a_long_refusal_is_cut() -> None:
    """A webhook may answer with a page."""
    assert len(sort(status(422, "x" * 10_000)).detail) <= 500
