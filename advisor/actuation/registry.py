"""The actuators of a policy's resources: those that come with Headstart, and those people bring along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

from advisor.actuation.actuator import Actuator, close
from advisor.actuation.connections import Connections
from advisor.actuation.dry_run import DryRun
from advisor.actuation.own import own_actuators
from advisor.actuation.reach import why_out_of_reach
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.errors import ConfigError, Problem
from advisor.resource_id import parts_of, scheme_of

Resources = Mapping[str, ResourcePolicy]
Actuators = Mapping[str, Actuator]
"""What sets each resource that can be set, by resource id. Resources of a kind share one."""


def actuators_of(policy: Policy, connections: Connections) -> Actuators:
    """An actuator for every resource within reach; nothing is contacted yet.

    Raises ConfigError where a library is missing that one of them needs, or one that people brought is none.
    """
    within = {n: r for n, r in policy.resources.items() if why_out_of_reach(n, connections) is None}
    simulated = simulated_resources(policy)
    found: dict[str, Actuator] = {n: simulated for n in within if scheme_of(n) == "sim"}
    platforms = (*_kubernetes(within, connections), *_aws(within, connections))
    own = own_actuators({n: r for n, r in within.items() if scheme_of(n) == "own"})
    return found | dict(platforms) | own


def as_dry_run(actuators: Actuators, policy: Policy) -> Actuators:
    """The same, with everything real played instead of changed."""
    played: dict[int, Actuator] = {}
    for actuator in actuators.values():
        if not actuator.dry_run and id(actuator) not in played:
            mine = {n: policy.resources[n] for n, other in actuators.items() if other is actuator}
            played[id(actuator)] = DryRun(actuator, mine)
    return {name: played.get(id(actuator), actuator) for name, actuator in actuators.items()}


async def close_all(actuators: Actuators) -> None:
    """Close what connections they have, each once."""
    for actuator in {id(one): one for one in actuators.values()}.values():
        await close(actuator)


def simulated_resources(policy: Policy) -> SimulatedActuator:
    """The actuator of the policy's `sim://` resources."""
    return SimulatedActuator({n: r for n, r in policy.resources.items() if scheme_of(n) == "sim"})


def longest_call(actuators: Actuators) -> timedelta:
    """How long after their caller has gone may calls still take effect?"""
    return max((actuator.slowest_call for actuator in actuators.values()), default=timedelta(0))


def _kubernetes(within: Resources, connections: Connections) -> Iterator[tuple[str, Actuator]]:
    resources = {n: r for n, r in within.items() if scheme_of(n) == "k8s"}
    if not resources:
        return
    try:
        from advisor.actuation.kubernetes.actuators import kubernetes_actuators  # noqa: PLC0415 (an extra)
        from advisor.actuation.kubernetes.clusters import Clusters  # noqa: PLC0415
    except ImportError as error:
        raise _not_installed(next(iter(resources)), "kubernetes", error) from error
    by_kind = kubernetes_actuators(Clusters(connections.clusters.values()), resources)
    yield from ((name, by_kind[parts_of(name)[2]]) for name in resources)


def _aws(within: Resources, connections: Connections) -> Iterator[tuple[str, Actuator]]:
    resources = {n: r for n, r in within.items() if scheme_of(n) == "aws"}
    if not resources:
        return
    try:
        from advisor.actuation.aws.actuators import aws_actuators  # noqa: PLC0415 (an optional extra)
        from advisor.actuation.aws.sessions import Sessions  # noqa: PLC0415
    except ImportError as error:
        raise _not_installed(next(iter(resources)), "aws", error) from error
    by_kind = aws_actuators(Sessions(connections.accounts, version=_version()), resources)
    yield from ((name, by_kind[parts_of(name)[2]]) for name in resources)


def _version() -> str:
    try:
        return version("headstart")
    except PackageNotFoundError:
        return "dev"


def _not_installed(resource: str, extra: str, error: ImportError) -> ConfigError:
    fix = f"install Headstart with its extra: pip install 'headstart[{extra}]'"
    return ConfigError("actuators", [Problem(resource, error.name, "a library is missing", fix)])
