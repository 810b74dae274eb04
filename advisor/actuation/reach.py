"""Which resources can be acted on at all, and what the policy means where they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from advisor.actuation.actuator import Actuator
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.policy import Mode, Policy
from advisor.domain.reason import Reason
from advisor.resource_id import scheme_of

Actuators = Mapping[str, Actuator]
"""What sets each resource that can be set, by resource id. Resources of a kind share one."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """A resource whose mode could not be kept, and why."""

    resource: str
    asked: Mode
    reason: Reason


def actuators_of(policy: Policy) -> Actuators:
    """The actuators there are for the resources of a policy."""
    simulated = simulated_resources(policy)
    return {name: simulated for name in policy.resources if scheme_of(name) == "sim"}


def longest_call(actuators: Actuators) -> timedelta:
    """How long after their caller has gone may calls still take effect?"""
    return max((actuator.slowest_call for actuator in actuators.values()), default=timedelta(0))


def simulated_resources(policy: Policy) -> SimulatedActuator:
    """The actuator of the policy's `sim://` resources."""
    return SimulatedActuator({n: r for n, r in policy.resources.items() if scheme_of(n) == "sim"})


def within_reach(
    policy: Policy, actuators: Actuators, *, dry_run_only: bool
) -> tuple[Policy, tuple[Lowered, ...]]:
    """The policy with nothing left in approve or auto that could not, or must not, be acted on.

    A resource without an actuator is only recommended; so is, in a replay (`dry_run_only`), one whose
    actuator changes something real.
    """
    resources, lowered = dict(policy.resources), []
    for name, resource in policy.resources.items():
        actuator = actuators.get(name)
        if resource.mode.rank <= Mode.RECOMMEND.rank or (
            actuator is not None and (actuator.dry_run or not dry_run_only)
        ):
            continue
        resources[name] = replace(resource, mode=Mode.RECOMMEND)
        reason = Reason.NO_ACTUATOR if actuator is None else Reason.NOT_A_DRY_RUN
        lowered.append(Lowered(name, resource.mode, reason))
    return replace(policy, resources=resources), tuple(lowered)
