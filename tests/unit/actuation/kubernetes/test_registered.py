"""Every kind that a policy may name is set by an actuator, reached through the policy's clusters."""

from __future__ import annotations

import asyncio

import pytest

from advisor.actuation.connections import ClusterConnection, Connections
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.actuation.reach import KUBERNETES_KINDS
from advisor.actuation.registry import actuators_of
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.builders import NOW


def policy(*resources: str) -> Policy:
    return Policy("1", {one: ResourcePolicy(one, {"web-shop": 1.0}, 10.0, 2, 40) for one in resources})


def test_the_kinds_within_reach_are_those_that_there_are_actuators_for() -> None:
    """No more, or a policy would be taken that nothing can carry out; and no fewer."""
    assert set(kubernetes_actuators(Clusters([]), {})) == KUBERNETES_KINDS


def test_resources_of_one_kind_share_an_actuator_and_all_kinds_their_connections() -> None:
    """So that limits on the calls to a cluster hold whatever is called for."""
    names = [f"k8s://prod/shop/{kind}/web" for kind in sorted(KUBERNETES_KINDS)]
    connections = Connections({"prod": ClusterConnection("prod")})

    found = actuators_of(
        policy(*names, "k8s://prod/shop/hpa/search", "k8s://other/shop/hpa/web"), connections
    )

    assert set(found) == {*names, "k8s://prod/shop/hpa/search"}
    assert found["k8s://prod/shop/hpa/web"] is found["k8s://prod/shop/hpa/search"]
    assert not any(actuator.dry_run for actuator in found.values())


def test_an_actuator_goes_on_from_one_event_loop_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command may start a loop for each of its steps: that is no error of its own."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    name = "k8s://prod/shop/hpa/web"
    actuator = actuators_of(policy(name), Connections({"prod": ClusterConnection("prod")}))[name]

    reasons = []
    for _ in range(2):
        with pytest.raises(ActuationError) as caught:
            asyncio.run(actuator.observe(name, NOW))  # within no pod, and so without a cluster
        reasons.append(caught.value.reason)

    assert reasons == [Reason.PLATFORM_UNREACHABLE] * 2
