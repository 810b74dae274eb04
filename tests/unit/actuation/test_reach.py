"""What can be acted on is what the policy names a way to; everything else is only recommended for."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from advisor.actuation import own
from advisor.actuation.checked import Checked
from advisor.actuation.connections import AccountConnection, ClusterConnection, Connections
from advisor.actuation.reach import why_out_of_reach, within_reach
from advisor.actuation.registry import actuators_of, as_dry_run, close_all, longest_call
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


def offering(monkeypatch: pytest.MonkeyPatch, **offered: str) -> None:
    """Packages are installed that offer these actuators, as `module:attribute`."""
    points = EntryPoints(EntryPoint(name, value, own.ENTRY_POINTS) for name, value in offered.items())
    monkeypatch.setattr(own, "entry_points", lambda group: points)


class Unset:
    """An actuator that wants a variable of the environment which is not set."""

    def __init__(self, resources: object) -> None:
        self.url = {}["EDGE_URL"]


class Halfway(SimulatedActuator):
    """An actuator that has not been written to its end."""

    slowest_call = 30.0  # type: ignore[assignment]
    restore = None  # type: ignore[assignment]

    def verify(self, resource: str, floor: int, now: object) -> None:  # type: ignore[override]
        """Not written as the others are."""


def test_an_actuator_that_a_package_offers_is_made_once_with_all_of_its_resources(monkeypatch):
    other = "own://varnish/edge-blog"
    offering(monkeypatch, varnish="advisor.actuation.simulated:SimulatedActuator")

    found = actuators_of(policy(resource(EDGE), resource(other)), Connections())

    assert isinstance(found[EDGE], Checked)
    assert found[EDGE] is found[other]


def test_one_that_nobody_offers_is_an_error_that_names_it_and_those_there_are():
    with pytest.raises(ConfigError) as caught:
        actuators_of(policy(resource(EDGE)), Connections())

    assert "own://varnish/edge-shop: no such actuator is installed (found 'varnish')" in str(caught.value)
    assert "entry point of headstart.actuators" in str(caught.value)


def test_every_actuator_that_cannot_be_used_is_told_at_once_by_the_resource_and_the_package(monkeypatch):
    """Whoever reads it wrote the policy, and perhaps not the actuator."""
    here = "tests.unit.actuation.test_reach"
    offering(
        monkeypatch,
        absent="nowhere.at_all:Actuator",
        nameless=f"{here}:Missing",
        unset=f"{here}:Unset",
        halfway=f"{here}:Halfway",
    )
    names = ("absent", "nameless", "unset", "halfway")

    with pytest.raises(ConfigError) as caught:
        actuators_of(policy(*(resource(f"own://{name}/one") for name in names)), Connections())

    said = {problem.value: problem for problem in caught.value.problems}
    assert {name: problem.path for name, problem in said.items()} == {n: f"own://{n}/one" for n in names}
    assert "ModuleNotFoundError: No module named 'nowhere'" in said["absent"].message
    assert f"{here}:Missing could not be made: AttributeError" in said["nameless"].message
    assert "KeyError: 'EDGE_URL'" in said["unset"].message
    lacking = "no call `restore`; `slowest_call` is no timedelta"
    assert f"`verify` is no `async def`; {lacking}" in said["halfway"].message


async def test_every_actuator_that_has_connections_is_closed_once_also_behind_a_dry_run():
    closed = []

    class Connected(SimulatedActuator):
        """An actuator with something to close."""

        dry_run = False

        async def close(self) -> None:
            closed.append(self)

    rules = policy(resource(EDGE), resource("own://varnish/edge-blog"), resource("sim://a"))
    one = Connected(rules.resources)
    actuators = {EDGE: one, "own://varnish/edge-blog": one, "sim://a": SimulatedActuator(rules.resources)}

    await close_all(actuators)
    await close_all(as_dry_run(actuators, rules))

    assert closed == [one, one]


# --- from the policy file


def test_clusters_and_accounts_are_read_from_the_policy_and_written_back(tmp_path):
    from advisor.policy_file import dump_policy, parse_policy

    text = """
version: 1
clusters:
  prod: {}
  us: {context: prod-us, kubeconfig: us.kubeconfig, pause_image: "mirror.example.com/pause:3.10"}
accounts:
  "123456789012": {role: "arn:aws:iam::123456789012:role/headstart", external_id: ours}
  "210987654321":
resources:
  k8s://prod/shop/hpa/web-shop: {serves: shop, unit_capacity: 10, min: 1, max: 9}
"""
    file = parse_policy(text, "policy.yaml", Path("/etc/headstart"))

    assert file.connections.clusters["prod"] == ClusterConnection("prod")
    assert file.connections.clusters["us"] == ClusterConnection(
        "us", Path("/etc/headstart/us.kubeconfig"), "prod-us", "mirror.example.com/pause:3.10"
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
