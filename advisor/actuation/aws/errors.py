"""What kind of trouble is an error of boto3, and can the same call succeed later?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from advisor.domain.reason import Reason
from advisor.errors import ActuationError

Kind = tuple[Reason, bool]
"""The Reason, and whether trying again can help."""

_CODES: Mapping[Kind, tuple[str, ...]] = {
    (Reason.ACT_THROTTLED, True): (
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    ),
    (Reason.CREDENTIALS_EXPIRED, True): (
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    ),
    (Reason.CLOCK_WRONG, False): (
        "InvalidSignatureException",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    ),
    (Reason.ACT_FORBIDDEN, False): (
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "Forbidden",
        "NotAuthorized",
        "OperationNotPermitted",
        "UnauthorizedOperation",
    ),
    (Reason.RESOURCE_GONE, False): (
        "ClusterNotFoundException",
        "DBClusterNotFoundFault",
        "LoadBalancerNotFound",
        "NotFoundException",
        "ObjectNotFoundException",
        "ProvisionedConcurrencyConfigNotFoundException",
        "ReplicationGroupNotFoundFault",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ServiceNotFoundException",
        "TableNotFoundException",
    ),
    # So many lowerings a day, and today's are used up.
    (Reason.ACT_REFUSED, True): ("CapacityDecreaseRequestLimitExceeded",),
    # Busy with something else: an instance refresh, a scaling activity, the request before this one.
    (Reason.ACT_FAILED, True): (
        "CapacityReservationPending",
        "ConcurrentUpdateException",
        "InstanceRefreshInProgress",
        "InsufficientCapacity",
        "InvalidDBClusterStateFault",
        "InvalidDBInstanceState",
        "InvalidReplicationGroupState",
        "PriorRequestNotComplete",
        "ResourceConflictException",
        "ResourceContention",
        "ResourceInUse",
        "ResourceInUseException",
        "ScalingActivityInProgress",
    ),
    (Reason.PLATFORM_UNREACHABLE, True): (
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServerException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    ),
}
_KINDS = {code: kind for kind, codes in _CODES.items() for code in codes}

_CURES = {
    Reason.ACT_FORBIDDEN: "Fix: allow the action to the role that Headstart acts with (deploy/aws)",
    Reason.CLOCK_WRONG: "Fix: check this machine's clock (AWS takes 5 minutes), then the secret key",
    Reason.RESOURCE_GONE: "Fix: check the name, account and region in the policy",
}


def actuation_error(
    resource: str, action: str, error: ClientError | BotoCoreError | OSError
) -> ActuationError:
    """What a failed call of `action` (such as `autoscaling:UpdateAutoScalingGroup`) means for a resource."""
    if isinstance(error, ClientError):
        return _answered(resource, action, error.response)
    reason, retryable = _unanswered(error)
    return ActuationError(resource, f"{action}: {error}", retryable=retryable, reason=reason)


def _unanswered(error: BotoCoreError | OSError) -> Kind:
    if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
        return Reason.ACT_TIMED_OUT, True
    if isinstance(error, (EndpointConnectionError, ConnectionClosedError, HTTPClientError, OSError)):
        return Reason.PLATFORM_UNREACHABLE, True
    if isinstance(error, (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)):
        return Reason.CREDENTIALS_EXPIRED, True
    return Reason.ACT_FAILED, False


def _answered(resource: str, action: str, response: Mapping[str, Any]) -> ActuationError:
    said, meta = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    reason, retryable = _kind(code, message, int(meta.get("HTTPStatusCode", 400)))
    cure = _CURES.get(reason, "")
    detail = f"{action} answered {code}: {message}".rstrip(": ")
    return ActuationError(
        resource,
        f"{detail}. {cure}" if cure else detail,
        retryable=retryable,
        reason=reason,
        retry_after=_asked_to_wait(meta.get("HTTPHeaders", {})),
    )


def _kind(code: str, message: str, status: int) -> Kind:
    """Codes come with and without a closing `Exception` or `Fault`, by service and protocol."""
    for spelling in (code, code.removesuffix("Exception"), code.removesuffix("Fault")):
        if spelling in _KINDS:
            return _KINDS[spelling]
    if "not found" in message.lower() and code in ("ValidationError", "ValidationException"):
        return Reason.RESOURCE_GONE, False
    if status >= 500:
        return Reason.PLATFORM_UNREACHABLE, True
    return (Reason.ACT_THROTTLED, True) if status == 429 else (Reason.ACT_REFUSED, False)


def _asked_to_wait(headers: Mapping[str, str]) -> float | None:
    asked = headers.get("retry-after", "")
    return float(asked) if asked.isdigit() else None
