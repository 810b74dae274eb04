"""May we do what setting a resource needs? Asked of IAM's policy simulation, days ahead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.actuation.aws.found import Found, Looked
from advisor.actuation.aws.sessions import Sessions
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
from advisor.errors import ActuationError

_SESSION = re.compile(r"arn:(?P<partition>[a-z-]+):sts::(?P<account>[0-9]+):assumed-role/(?P<role>[^/]+)/.+")


async def may_not(sessions: Sessions, found: Found, actions: Sequence[str]) -> Looked:
    """Which of these actions are not allowed to whom we call as?

    The simulation knows nothing of a tag on the resource, so an action that is allowed by a condition on one
    counts as unknown, not as forbidden.
    """
    at = found.at
    try:
        source = _policy_source(await sessions.caller(at))
        results = await sessions.pages(
            at,
            "iam",
            "simulate_principal_policy",
            "EvaluationResults",
            PolicySourceArn=source,
            ActionNames=list(actions),
        )
    except ActuationError as error:
        return Looked(unknown=(f"permissions: {error.detail}",))
    looked = Looked()
    for result in results:
        looked += _judged(found, source, result["EvalActionName"], result)
    return looked


def _judged(found: Found, source: str, action: str, result: dict[str, object]) -> Looked:
    if result["EvalDecision"] == "allowed":
        return Looked()
    if missing := result.get("MissingContextValues"):
        keys = ", ".join(map(str, missing if isinstance(missing, list) else [missing]))
        return Looked(unknown=(f"permissions: whether {action} is allowed depends on {keys}",))
    finding = PreflightFinding(
        found.at.resource,
        Reason.PERMISSION_MISSING,
        f"{source} may not call {action} ({result['EvalDecision']})",
        f"aws iam {_put_policy(source)} --policy-name headstart-write"
        " --policy-document file://deploy/aws/iam-write.json",
        enough_for=found.bounds.minimum,
    )
    return Looked((finding,))


def _put_policy(source: str) -> str:
    name = source.rsplit("/", 1)[-1]
    return (
        f"put-user-policy --user-name {name}" if ":user/" in source else f"put-role-policy --role-name {name}"
    )


def _policy_source(caller: str) -> str:
    """The ARN whose policies apply to a caller: of a role, where the caller is a session of one."""
    session = _SESSION.fullmatch(caller)
    if session is None:
        return caller
    return f"arn:{session['partition']}:iam::{session['account']}:role/{session['role']}"
