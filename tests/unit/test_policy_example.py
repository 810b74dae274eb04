"""The example policy shows every option, and the published schema is the one the code has."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.domain.policy import Mode
from advisor.errors import ConfigError
from advisor.policy_file import load_policy, parse_policy, policy_schema
from advisor.policy_file.text import read_document

DEPLOY = Path(__file__).parents[2] / "deploy"
EXAMPLE = DEPLOY / "policy.example.yaml"
SCHEMA = DEPLOY / "policy.schema.json"


def example() -> Any:
    """The example as plain data."""
    return read_document(EXAMPLE.read_text(encoding="utf-8")).data


def schema() -> Any:
    """The published schema."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


def union(sections: Iterable[Iterable[str]]) -> set[str]:
    """Every option that one of these sections shows."""
    return {option for section in sections for option in section}


def test_the_example_loads():
    """It says two services share a database, and only the proven shop acts by itself."""
    policy = load_policy(EXAMPLE).policy

    (database,) = (r for r in policy.resources.values() if "/aurora-readers/" in r.resource)
    assert set(database.serves) == {"web-shop", "checkout"}
    assert [r.resource for r in policy.resources.values() if r.mode is Mode.AUTO] == [
        "k8s://prod/shop/hpa/web-shop"
    ]


def test_the_example_shows_every_option():
    """Each option of each section of the schema appears in the example, live and not in a comment."""
    document = example()
    resources = list(document["resources"].values())
    fixed = document["resources"]["fixed://payment-provider"]
    caps = list(document["caps"].values())
    prices = [r["price"] for r in resources if "price" in r]
    shown = {
        "PolicySection": set(document),
        "BudgetSection": set(document["budget"]),
        "SharedOptions": set(document["defaults"]),
        "RampSection": set(document["defaults"]["ramp"]),
        "LoadTestSection": union(r["load_test"] for r in resources if "load_test" in r),
        "IrreversibleSection": union(r["irreversible"] for r in resources if "irreversible" in r),
        "PriceSection": union(p for p in prices if isinstance(p, dict)) - {"vcpu", "memory_gb"},
        "ResourceSection": union(r for r in resources if r is not fixed),
        "FixedSection": set(fixed),
        "ServiceSection": union(document["services"].values()),
        "SourceSection": union(document["sources"]),
        "TrafficSection": union(document["traffic"].values()),
        "ClusterSection": union(document["clusters"].values()),
        "AccountSection": union(document["accounts"].values()),
        "PoolSection": union(document["pools"].values()),
        "CapsSection": set(document["caps"]),
        "ModeCapsSection": union(caps),
        "HoursSection": union(one["hours"] for one in caps if "hours" in one),
        "FreezeSection": union(document["freezes"]),
        "ApprovalSection": set(document["approval"]),
    }
    published = schema()
    options = {name: set(s["properties"]) for name, s in published["$defs"].items() if "properties" in s}
    options["PolicySection"] = set(published["properties"])

    # what is said under `defaults:` need not be repeated under a resource
    shown["ResourceSection"] |= shown["SharedOptions"]
    shown["FixedSection"] |= shown["SharedOptions"] & {"quantile"} | {"demand"}
    assert shown == options


def test_the_example_points_editors_at_the_schema():
    """Its first line makes editors complete and check it; the file named there lies beside it."""
    first = EXAMPLE.read_text(encoding="utf-8").splitlines()[0]

    assert first == f"# yaml-language-server: $schema={SCHEMA.name}"


def test_the_published_schema_is_in_step_with_the_code():
    """If this fails: write `policy_schema()` to deploy/policy.schema.json again."""
    assert schema() == policy_schema()


def test_the_example_is_valid_by_the_schema():
    """What the loader accepts, an editor does not underline."""
    jsonschema.Draft202012Validator.check_schema(schema())
    validator = jsonschema.Draft202012Validator(schema())

    assert [error.message for error in validator.iter_errors(example())] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("unit_capacity: 120", "unit_capcity: 120"),
        ("mode: auto", "mode: automatic"),
        ("lead_time: 6m", "lead_time: 6 minutes"),
        ("k8s://prod/shop/hpa/web-shop:", "k8s://prod/web-shop:"),
        ("currency: EUR", "currency: Euro"),
        ("max_uplift: 8", "max_uplift: many"),
        ("format: json", "format: xml"),
        ("limit: 400 #", "limit: none #"),
        ("    limit: 400 #", "    max: 3\n    limit: 400 #"),
        ("serves: checkout", "serves: checkout\n    demand: checkout"),
        ("    demand: web-shop + checkout * 2.5\n", ""),
        ("cooldown: 0s", "cooldown: 0"),
        ("cooldown: 0s", "cooldown: 0h"),
        ("quantum: 3", "quantum: 0"),
        ("from: 08:00", "from: 8 am"),
        ("[mon, tue,", "[monday, tue,"),
        ("start: 2026-11-26T00:00", "start: 26.11.2026"),
        ("committed: 30d", "commited: 30d"),
        ("two_people_above: 1000", "two_people_above: -1"),
        ("  auto:\n", "  observe:\n"),
        ("risk: 0.02", "risk: 0"),
        ("units_per_item: 8", "units_per_item: 0"),
        ("vcpu: 0.5", "vcpu: half"),
        ("vcpu: 0.5", "vCPU: 0.5"),
        ("price: aws/", "price: /aws/"),
        ("prices: prices.example.csv", "prices: 5"),
    ],
)
def test_schema_and_loader_refuse_the_same_mistakes(before, after):
    """A mistake in one value is found in the editor already, and again on loading."""
    text = EXAMPLE.read_text(encoding="utf-8").replace(before, after, 1)
    validator = jsonschema.Draft202012Validator(schema())

    assert not validator.is_valid(read_document(text).data)
    with pytest.raises(ConfigError):
        parse_policy(text, "example", DEPLOY)
