"""What kind of trouble is an error of the Kubernetes client, and can the same call succeed later?"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
from lightkube.core.exceptions import ConfigError as ClientConfigError

from advisor.domain.reason import Reason
from advisor.errors import ActuationError

TROUBLE = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    ClientConfigError,
    msgspec.MsgspecError,
    OSError,
    KeyError,  # the client looks for the content type of an error's answer, which a load balancer may omit
)
"""All that the client raises when a call does not succeed, whoever is to blame."""

BY_STATUS = {
    400: (Reason.ACT_REFUSED, False),
    401: (Reason.CREDENTIALS_EXPIRED, True),
    403: (Reason.ACT_FORBIDDEN, False),
    404: (Reason.RESOURCE_GONE, False),
    408: (Reason.ACT_TIMED_OUT, True),
    409: (Reason.ACT_CONFLICT, True),
    422: (Reason.ACT_REFUSED, False),
    429: (Reason.ACT_THROTTLED, True),
    504: (Reason.ACT_TIMED_OUT, True),
}
"""Reason, and whether the same call can succeed later. Any other 5xx is the platform's own trouble."""

NO_RIGHT = re.compile(r'\bUser "[^"]*" cannot \w+ resource')
"""How the API server says that RBAC forbids a call. Admission says no with 403 as well, and otherwise."""

NO_SUCH_PATH = "404 page not found"
"""All that the API server says of kinds it does not know, in plain text; other plain 404s are not its own."""

NO_SUCH_KIND = "does not know this kind of object"
LONGEST_DETAIL = 500


def sorted_error(resource: str, cluster: str, error: BaseException) -> ActuationError:
    """The error as one of ours: what kind of trouble, in words that name the cluster, and if it can pass."""
    answer = next((e for e in _chain(error) if isinstance(e, httpx2.HTTPStatusError)), None)
    if answer is not None:
        return _of_answer(resource, cluster, answer.response)
    if isinstance(error, httpx2.TimeoutException):
        detail = f"no answer from cluster {cluster} in time"
        return ActuationError(resource, detail, retryable=True, reason=Reason.ACT_TIMED_OUT)
    certificate = next((e for e in _chain(error) if isinstance(e, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return _of_certificate(resource, cluster, certificate)
    if isinstance(error, ClientConfigError | httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        detail = f"cluster {cluster} cannot be called: {_words(error)}; mend its kubeconfig"
        return ActuationError(resource, detail, retryable=False, reason=Reason.PLATFORM_UNREACHABLE)
    if isinstance(error, httpx2.HTTPError | OSError):
        detail = f"no connection to cluster {cluster}: {_words(error)}"
        return ActuationError(resource, detail, retryable=True, reason=Reason.PLATFORM_UNREACHABLE)
    detail = f"cluster {cluster} gave an answer that is not Kubernetes': {_words(error)}"
    return ActuationError(resource, detail, retryable=True, reason=Reason.PLATFORM_UNREACHABLE)


def is_unknown_kind(error: ActuationError) -> bool:
    """Does the cluster not know the kind of object at all, because its CRD is not installed?"""
    return error.reason is Reason.RESOURCE_GONE and NO_SUCH_KIND in error.detail


def _of_answer(resource: str, cluster: str, answer: httpx2.Response) -> ActuationError:
    code, said = answer.status_code, _status(answer)
    if code == 404 and not said:
        return _of_plain_404(resource, cluster, answer)
    message = str(said.get("message") or f"HTTP {code} {answer.reason_phrase}")
    reason, retryable = BY_STATUS.get(code, (Reason.ACT_FAILED, False))
    if code >= 500 and code not in BY_STATUS:
        reason, retryable = Reason.PLATFORM_UNREACHABLE, True
    if code == 403 and said and not NO_RIGHT.search(message):
        reason = Reason.ACT_REFUSED
    return ActuationError(
        resource,
        f"cluster {cluster}: {message}"[:LONGEST_DETAIL],
        retryable=retryable,
        reason=reason,
        retry_after=_retry_after_s(answer, said),
    )


def _of_plain_404(resource: str, cluster: str, answer: httpx2.Response) -> ActuationError:
    if answer.text.strip() == NO_SUCH_PATH:
        detail = f"cluster {cluster} {NO_SUCH_KIND}: its CRD is not installed"
        return ActuationError(resource, detail, retryable=False, reason=Reason.RESOURCE_GONE)
    detail = f"cluster {cluster}: 404, and not by the API server: mend the address in its kubeconfig"
    return ActuationError(resource, detail, retryable=True, reason=Reason.PLATFORM_UNREACHABLE)


def _status(answer: httpx2.Response) -> dict[str, Any]:
    """The Kubernetes Status in an answer; empty for an answer that some proxy or load balancer gave."""
    try:
        said = msgspec.json.decode(answer.content)
    except msgspec.MsgspecError:
        return {}
    return said if isinstance(said, dict) and said.get("kind") == "Status" else {}


def _retry_after_s(answer: httpx2.Response, said: dict[str, Any]) -> float | None:
    header = answer.headers.get("Retry-After", "")
    if header.isdecimal():
        return float(header)
    asked = (said.get("details") or {}).get("retryAfterSeconds")
    return float(asked) if asked else None


def _of_certificate(resource: str, cluster: str, error: ssl.SSLCertVerificationError) -> ActuationError:
    """A certificate that is not valid at this time tells of a wrong clock, if it is a good one otherwise."""
    said = error.verify_message
    if "not yet valid" in said or "has expired" in said:
        detail = f"the certificate of cluster {cluster}: {said}; compare our clock with the cluster's"
        return ActuationError(resource, detail, retryable=True, reason=Reason.CLOCK_WRONG)
    detail = f"the certificate of cluster {cluster} is not trusted: {said}; mend its kubeconfig"
    return ActuationError(resource, detail, retryable=False, reason=Reason.PLATFORM_UNREACHABLE)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
