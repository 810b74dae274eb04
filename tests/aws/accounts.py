"""Who calls, what a role asks for, which quotas there are and what policies would allow."""

from __future__ import annotations

from werkzeug.wrappers import Response

from tests.aws.wire import Call, Forward, RefusedError, answered
from tests.aws.world import World


def assume_role(world: World, call: Call, forward: Forward) -> Response:
    """A role that asks for an external id is not given to who has none, or another."""
    role = call.given["RoleArn"]
    if world.external_ids.get(role) != call.given.get("ExternalId"):
        raise RefusedError(
            "AccessDenied", f"User is not authorized to perform: sts:AssumeRole on {role}", 403
        )
    return forward()


def service_quota(world: World, call: Call, forward: Forward) -> Response:
    """A quota as it is applied to the account."""
    code = call.given["QuotaCode"]
    if code not in world.quotas:
        raise RefusedError("NoSuchResourceException", "The request failed because the quota does not exist")
    quota = {"ServiceCode": call.given["ServiceCode"], "QuotaCode": code, "Value": world.quotas[code]}
    return answered(call, {"Quota": quota})


def simulate(world: World, call: Call, forward: Forward) -> Response:
    """What the caller's policies say of each action; some are refused, the others allowed."""
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": "*",
            "EvalDecision": "implicitDeny" if action in world.refused_actions else "allowed",
            "MissingContextValues": [world.depends_on] if world.depends_on else [],
        }
        for action in call.given["ActionNames"]
    ]
    return answered(call, {"EvaluationResults": results, "IsTruncated": False})


HANDLERS = {
    ("sts", "AssumeRole"): assume_role,
    ("service-quotas", "GetServiceQuota"): service_quota,
    ("iam", "SimulatePrincipalPolicy"): simulate,
}
