"""What can be acted on is what the policy names a way to; everything else is only recommended for."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from advisor.actuation import registry
from advisor.actuation.connections import AccountConnection, ClusterConnection, Connections
from advisor.actuation.reach import why_out_of_reach, within_reach
from advisor.actuation.registry import actuators_of, longest_call
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.policy import Mode
from advisor.domain.reason import Reason
from advisor.errors import ConfigError
from tests.support.builders import policy, resource

PODS = "k8s://prod/shop/hpa/web-shop"
NODES = "aws://123456789012/eu-central-1/asg/shop-nodes"
EDGE = "own://varnish/edge-shop"
THERE = Connections({"prod": ClusterConnection("prod")}, {"123456789012": AccountConnection("123456789012")})


@pytest.mark.parametrize("name", [PODS, NODES, EDGE, "sim://web"])
def test_what_the_policy_names_a_way_to_is_within_reach(name):
    assert why_out_of_reach(name, THERE) is None


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        (PODS, "list prod under `clusters:`"),
        (NODES, "list '123456789012' under `accounts:`"),
        ("fixed://payment-provider", "it cannot be scaled"),
    ],
)
def test_what_it_names_no_way_to_is_not_and_the_cure_is_told(name, cure):
    assert why_out_of_reach(name, Connections()) == cure


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("k8s://prod/shop/daemonset/web", "kinds in Kubernetes are capacity-buffer, deployment, hpa"),
        ("aws://123456789012/eu-central-1/s3/web", "kinds in AWS are alb, asg"),
    ],
)
def test_a_kind_that_cannot_be_set_is_told_those_that_can(name, says):
    assert says in str(why_out_of_reach(name, THERE))


def test_modes_that_act_are_kept_where_there_is_a_way_and_lowered_where_there_is_none():
    rules = policy(resource(PODS), resource(NODES, mode=Mode.APPROVE), resource("sim://web"))
    only_pods = Connections(clusters=THERE.clusters)

    kept, lowered = within_reach(rules, only_pods, dry_run_only=False)

    assert [r.mode for r in kept.resources.values()] == [Mode.AUTO, Mode.RECOMMEND, Mode.AUTO]
    assert [(one.resource, one.asked, one.reason) for one in lowered] == [
        (NODES, Mode.APPROVE, Reason.NO_ACTUATOR)
    ]


def test_a_replay_acts_on_what_is_simulated_only():
    rules = policy(resource(PODS), resource("sim://web"))

    kept, lowered = within_reach(rules, THERE, dry_run_only=True)

    assert [r.mode for r in kept.resources.values()] == [Mode.RECOMMEND, Mode.AUTO]
    assert [one.reason for one in lowered] == [Reason.NOT_A_DRY_RUN]


def test_simulated_resources_share_one_actuator_and_calls_of_none_take_time():
    found = actuators_of(policy(resource("sim://a"), resource("sim://b")), Connections())

    assert found["sim://a"] is found["sim://b"]
    assert longest_call(found).total_seconds() == 0


# --- brought along


def test_an_actuator_that_a_package_offers_is_made_once_with_all_of_its_resources(monkeypatch):
    other = "own://varnish/edge-blog"
    offered = EntryPoint("varnish", "advisor.actuation.simulated:SimulatedActuator", registry.ENTRY_POINTS)
    monkeypatch.setattr(registry, "entry_points", lambda group: EntryPoints([offered]))

    found = actuators_of(policy(resource(EDGE), resource(other)), Connections())

    assert isinstance(found[EDGE], SimulatedActuator)
    assert found[EDGE] is found[other]


def test_one_that_nobody_offers_is_an_error_that_names_it_and_those_there_are():
    with pytest.raises(ConfigError) as caught:
        actuators_of(policy(resource(EDGE)), Connections())

    assert "own://varnish/edge-shop: no such actuator is installed (found 'varnish')" in str(caught.value)
    assert "entry point of headstart.actuators" in str(caught.value)


# --- from the policy file


def test_clusters_and_accounts_are_read_from_the_policy_and_written_back(tmp_path):
    from advisor.policy_file import dump_policy, parse_policy

    text = """
version: 1
clusters:
  prod: {}
  us: {context: prod-us, kubeconfig: us.kubeconfig}
accounts:
  "123456789012": {role: "arn:aws:iam::123456789012:role/headstart", external_id: ours}
  "210987654321":
resources:
  k8s://prod/shop/hpa/web-shop: {serves: shop, unit_capacity: 10, min: 1, max: 9}
"""
    file = parse_policy(text, "policy.yaml", Path("/etc/headstart"))

    assert file.connections.clusters["prod"] == ClusterConnection("prod")
    assert file.connections.clusters["us"] == ClusterConnection(
        "us", Path("/etc/headstart/us.kubeconfig"), "prod-us"
    )
    role = "arn:aws:iam::123456789012:role/headstart"
    assert file.connections.accounts["123456789012"] == AccountConnection("123456789012", role, "ours")
    assert file.connections.accounts["210987654321"] == AccountConnection("210987654321")
    assert parse_policy(dump_policy(file), "again").connections == file.connections


def test_how_a_cluster_is_reached_is_no_part_of_what_was_decided_on():
    from advisor.policy_file import parse_policy

    rules = "version: 1\nresources:\n  k8s://a/b/hpa/c: {serves: s, unit_capacity: 10, min: 1, max: 9}\n"

    assert (
        parse_policy(rules, "one").policy.version
        == parse_policy(f"{rules}clusters: {{a: {{}}}}\n", "two").policy.version
    )
