"""Which resources can be acted on at all, and what the policy means where they cannot.

Nothing is contacted to say so, and no client library imported: that is :mod:`advisor.actuation.registry`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from advisor.actuation.connections import Connections
from advisor.domain.policy import Mode, Policy
from advisor.domain.reason import Reason
from advisor.resource_id import parts_of, scheme_of

KUBERNETES_KINDS = frozenset(
    {"hpa", "scaledobject", "deployment", "statefulset", "capacity-buffer", "nodepool"}
)
AWS_KINDS = frozenset(
    {
        "alb",
        "asg",
        "asg-warm-pool",
        "aurora-readers",
        "dynamodb-reads",
        "dynamodb-warm-reads",
        "dynamodb-warm-writes",
        "dynamodb-writes",
        "ecs",
        "eks-nodegroup",
        "elasticache-replicas",
        "elasticache-shards",
        "lambda",
        "nlb",
    }
)


@dataclass(frozen=True, slots=True)
class Lowered:
    """A resource whose mode could not be kept, why, and how that could be cured."""

    resource: str
    asked: Mode
    reason: Reason
    cure: str


def within_reach(
    policy: Policy, connections: Connections, *, dry_run_only: bool
) -> tuple[Policy, tuple[Lowered, ...]]:
    """The policy with nothing left in approve or auto that could not, or must not, be acted on.

    What nothing can set is only recommended; so is, in a replay (`dry_run_only`), what is real.
    """
    resources, lowered = dict(policy.resources), []
    for name, resource in policy.resources.items():
        if resource.mode.rank <= Mode.RECOMMEND.rank:
            continue
        cure = why_out_of_reach(name, connections)
        reason = Reason.NO_ACTUATOR
        if cure is None:
            if not dry_run_only or scheme_of(name) == "sim":
                continue
            reason, cure = Reason.NOT_A_DRY_RUN, "a replay acts on sim:// resources only"
        resources[name] = replace(resource, mode=Mode.RECOMMEND)
        lowered.append(Lowered(name, resource.mode, reason, cure))
    return replace(policy, resources=resources), tuple(lowered)


def why_out_of_reach(resource: str, connections: Connections) -> str | None:
    """What keeps this resource from being looked at and set, as the way to cure it? None: nothing."""
    scheme, parts = scheme_of(resource), parts_of(resource)
    if scheme == "k8s":
        if parts[2] not in KUBERNETES_KINDS:
            return f"kinds in Kubernetes are {', '.join(sorted(KUBERNETES_KINDS))}"
        return None if parts[0] in connections.clusters else f"list {parts[0]} under `clusters:`"
    if scheme == "aws":
        if parts[2] not in AWS_KINDS:
            return f"kinds in AWS are {', '.join(sorted(AWS_KINDS))}"
        return None if parts[0] in connections.accounts else f"list {parts[0]!r} under `accounts:`"
    return None if scheme in {"own", "sim"} else "it cannot be scaled"
