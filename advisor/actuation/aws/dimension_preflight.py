"""What will keep a dimension of Application Auto Scaling from growing: maxima, limits, quotas?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from advisor.actuation.aws.dimensions import Dimension
from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.group_preflight import maximum_too_low
from advisor.actuation.aws.quotas import quota
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.capacity import Bounds
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

FARGATE_QUOTA = "L-3032A538"
"""vCPU of Fargate tasks on demand."""

CONCURRENCY_QUOTA = "L-B99A9384"
"""Concurrent executions of all functions."""

_OF = ("Table", "Account")
_THROUGHPUT = {
    ("Table", "Read"): "L-CF0CBE56",
    ("Table", "Write"): "L-AB614373",
    ("Account", "Read"): "L-34F6A552",
    ("Account", "Write"): "L-34F8CCC8",
}
"""Capacity units of one table, and of all tables of a region."""

KEPT_UNRESERVED = 100
"""Executions that Lambda keeps for functions without a reservation."""


async def dimension_obstacles(aws: Sessions, dimension: Dimension, found: Found, need: Bounds) -> Looked:
    """All of it. What may not be looked at is unknown."""
    looked = maximum_too_low(found, need, _register(dimension, found, need)) + _most(dimension, found, need)
    ask = _ASKS.get(dimension.namespace)
    if ask is None:
        return looked
    try:
        return looked + await ask(aws, dimension, found, need.minimum)
    except ActuationError as error:
        return looked + Looked(unknown=(f"limits of {dimension.namespace}: {error.detail}",))


def _register(dimension: Dimension, found: Found, need: Bounds) -> str:
    named = dimension.target(found.at)
    return (
        f"aws application-autoscaling register-scalable-target --region {found.at.region}"
        f" --service-namespace {named['ServiceNamespace']} --resource-id {named['ResourceId']}"
        f" --scalable-dimension {named['ScalableDimension']} --max-capacity {need.minimum}"
    )


def _most(dimension: Dimension, found: Found, need: Bounds) -> Looked:
    """A limit that is the platform's own, and which nothing raises."""
    if dimension.most is None or need.minimum <= dimension.most:
        return Looked()
    finding = PreflightFinding(
        found.at.resource,
        Reason.MAXIMUM_TOO_LOW,
        f"the platform allows {dimension.most} units at most, {need.minimum} are needed",
        f"set `maximum: {dimension.most}` for {found.at.resource} in the policy, and larger instances",
        dimension.most,
        need.minimum,
        dimension.most,
    )
    return Looked((finding,))


async def _fargate(aws: Sessions, dimension: Dimension, found: Found, need: int) -> Looked:
    service = found.described["object"]
    providers = [s["capacityProvider"] for s in service.get("capacityProviderStrategy", ())]
    if service.get("launchType") != "FARGATE" and "FARGATE" not in providers:
        return Looked(unknown=("capacity of the container instances: set a floor on their group as well",))
    answer = await aws.call(
        found.at, "ecs", "describe_task_definition", taskDefinition=service["taskDefinition"]
    )
    vcpu = int(answer["taskDefinition"]["cpu"]) / 1024
    allowed = await quota(aws, found.at, "fargate", FARGATE_QUOTA)
    return allowed.too_small_for(found.at.resource, need, vcpu, "vCPU of Fargate tasks")


async def _throughput(aws: Sessions, dimension: Dimension, found: Found, need: int) -> Looked:
    limits = await aws.call(found.at, "dynamodb", "describe_limits")
    word = "Read" if "Read" in dimension.counted else "Write"
    there, code = min((limits[f"{of}Max{word}CapacityUnits"], _THROUGHPUT[of, word]) for of in _OF)
    if there >= need:
        return Looked()
    finding = PreflightFinding(
        found.at.resource,
        Reason.QUOTA_TOO_SMALL,
        f"the account allows a table {there} {word.lower()} capacity units, {need} are needed",
        f"aws service-quotas request-service-quota-increase --region {found.at.region}"
        f" --service-code dynamodb --quota-code {code} --desired-value {need}",
        there,
        need,
        there,
    )
    return Looked((finding,))


async def _concurrency(aws: Sessions, dimension: Dimension, found: Found, need: int) -> Looked:
    limit = (await aws.call(found.at, "lambda", "get_account_settings"))["AccountLimit"]
    there = limit["UnreservedConcurrentExecutions"] - KEPT_UNRESERVED + found.described["units"]
    if there >= need:
        return Looked()
    wanted = limit["ConcurrentExecutions"] + need - there
    finding = PreflightFinding(
        found.at.resource,
        Reason.QUOTA_TOO_SMALL,
        f"the account has {there} concurrent executions left for it, {need} are needed",
        f"aws service-quotas request-service-quota-increase --region {found.at.region}"
        f" --service-code lambda --quota-code {CONCURRENCY_QUOTA} --desired-value {wanted}",
        there,
        need,
        there,
    )
    return Looked((finding,))


_ASKS: Mapping[str, Callable[[Sessions, Dimension, Found, int], Awaitable[Looked]]] = {
    "ecs": _fargate,
    "dynamodb": _throughput,
    "lambda": _concurrency,
}
