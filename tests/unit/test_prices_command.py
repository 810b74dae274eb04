"""`headstart prices` tells what capacity costs and on whose word; `update` asks AWS for its word of today."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from advisor.policy_file import load_policy
from advisor.prices.csv_file import load_prices
from streams.cli.main import app
from tests.support.price_api import PriceApi, instance, metered, price_api, tier

NODE = "aws/eu-central-1/ec2/m7g.large"
POD = "sim://web"
POLICY = f"""version: 1
budget: {{currency: USD, per_day: 100}}
prices: prices.csv
resources:
  {POD}: {{serves: shop, unit_capacity: 9, min: 1, max: 9, price: {{item: {NODE}, units_per_item: 8}}}}
  sim://task:
    {{serves: shop, unit_capacity: 9, min: 1, max: 9,
     price: {{item: aws/eu-central-1/fargate, vcpu: 1, memory_gb: 2}}}}
  sim://written: {{serves: shop, unit_capacity: 9, min: 1, max: 9, price_per_unit_hour: 0.5}}
  fixed://payment: {{serves: shop, limit: 9}}
"""
OWN = "item,currency,price_per_hour,as_of,source\nour/rack,USD,1.5,2020-01-01,ledger\n"


def fargate(usage: str, price: str) -> dict[str, Any]:
    return metered("AmazonECS", usage, "Compute", f"EUC1-Fargate-{usage}", tier(price, "hours"))


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy file, with own prices beside it and a terminal with room for words."""
    monkeypatch.setenv("COLUMNS", "250")
    (tmp_path / "prices.csv").write_text(OWN)
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY)
    return path


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceApi]:
    """A price list that the real client finds."""
    offers = (
        instance("m7g.large", "0.1111000000"),
        fargate("vCPU-Hours:perCPU", "0.0500000000"),
        fargate("GB-Hours", "0.0050000000"),
    )
    with price_api(*offers) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield running


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["prices", *map(str, arguments)])


def test_every_price_is_listed_with_its_item_day_and_source(policy: Path) -> None:
    """What is written in the policy says so; what cannot be scaled costs nothing and is left out."""
    result = run("--policy", policy)

    assert result.exit_code == 0, result.stderr
    assert "USD per unit and hour" in result.output
    assert f"{NODE} / 8" in result.output
    assert "0.012225" in result.output
    assert "written in the policy" in result.output
    assert "fixed://payment" not in result.output


def test_list_prices_are_called_by_that_name(policy: Path) -> None:
    """Nobody shall take them for what he pays."""
    assert "list prices on demand, without savings plans" in run("--policy", policy).output


def test_an_old_price_is_noted(policy: Path) -> None:
    """Here as in `headstart check`, with what to do."""
    policy.write_text(POLICY.replace(NODE, "our/rack"))

    listed = run("--policy", policy)
    checked = CliRunner().invoke(app, ["check", "--policy", str(policy), "--no-kafka"])

    for result in (listed, checked):
        assert result.exit_code == 0, result.stderr
        assert f"note: {POD}: the price of our/rack is as of 2020-01-01, more than a year" in result.output


def test_json_holds_what_the_table_shows(policy: Path) -> None:
    """For other tools; a price that stands in the policy has neither item nor day."""
    said = json.loads(run("--policy", policy, "--json").stdout)

    assert (said["policy"], said["currency"]) == (load_policy(policy).policy.version, "USD")
    by_name = {one["resource"]: one for one in said["resources"]}
    assert list(by_name) == ["sim://task", POD, "sim://written"]
    assert by_name["sim://task"]["amounts"] == {"vcpu": 1, "memory_gb": 2}
    assert (by_name[POD]["item"], by_name[POD]["units_per_item"]) == (NODE, 8)
    assert by_name["sim://written"] == {
        "resource": "sim://written",
        "price_per_unit_hour": 0.5,
        "item": None,
        "amounts": {},
        "units_per_item": 1,
        "as_of": None,
        "source": None,
    }


def test_a_bad_policy_ends_with_two(policy: Path) -> None:
    """With its problems in words."""
    policy.write_text(POLICY.replace("currency: USD", "currency: EUR"))

    result = run("--policy", policy)

    assert result.exit_code == 2
    assert "is priced in USD, and the policy counts in EUR" in result.stderr


# --- update


def test_an_update_asks_aws_and_the_policy_goes_by_it(policy: Path, api: PriceApi) -> None:
    """What the policy names is asked for, own rows stay, and the next load has the new prices."""
    before = load_policy(policy).policy

    result = run("update", "--policy", policy)

    assert result.exit_code == 0, result.stderr
    table = load_prices(policy.parent / "prices.csv").rows
    assert list(table) == [
        "our/rack",
        NODE,
        "aws/eu-central-1/fargate/memory_gb",
        "aws/eu-central-1/fargate/vcpu",
    ]
    row = table[NODE]
    assert (row.price_per_hour, row.source) == (0.1111, "AWS Price List")
    assert abs((datetime.now(UTC).date() - row.as_of).days) <= 1
    after = load_policy(policy).policy
    assert after.resources["sim://task"].price_per_unit_hour == 0.06
    assert after.version != before.version


def test_an_update_shows_what_was_before(policy: Path, api: PriceApi) -> None:
    """A price that rose by half should be seen by whoever asked."""
    (policy.parent / "prices.csv").write_text(f"{OWN}{NODE},USD,0.07,2024-05-05,AWS Price List\n")

    result = run("update", "--policy", policy)

    assert "0.1111" in result.output
    assert "0.07 USD, 2024-05-05" in result.output


def test_prices_can_be_fetched_that_the_policy_does_not_load_without(policy: Path, api: PriceApi) -> None:
    """Neither the file nor the item is there yet; the file is made, and what the policy lacks is said."""
    policy.write_text(POLICY.replace("prices: prices.csv\n", "").replace("m7g.large", "m99g.large"))
    api.offers = [instance("m99g.large", "0.2"), *api.offers]
    target = policy.parent / "new.csv"

    result = run("update", "--policy", policy, "--file", target)

    assert result.exit_code == 0, result.stderr
    assert load_prices(target).rows["aws/eu-central-1/ec2/m99g.large"].price_per_hour == 0.2
    assert "Add `prices: new.csv`" in result.output


def test_one_item_without_a_price_changes_nothing(policy: Path, api: PriceApi) -> None:
    """Exit code 2, each such item by name, and the file as it was."""
    api.offers = api.offers[1:]

    result = run("update", "--policy", policy)

    assert result.exit_code == 2
    assert f"{NODE} is not in the price list" in result.stderr
    assert (policy.parent / "prices.csv").read_text() == OWN


def test_a_refusal_by_aws_ends_with_one(policy: Path, api: PriceApi) -> None:
    """In a sentence, without a traceback, and the file as it was."""
    api.error = (400, "AccessDeniedException")

    result = run("update", "--policy", policy)

    assert result.exit_code == 1
    assert "AccessDeniedException" in result.stderr
    assert "pricing:GetProducts" in result.stderr
    assert "Traceback" not in result.output
    assert (policy.parent / "prices.csv").read_text() == OWN


def test_dollars_are_not_written_for_a_policy_in_euros(policy: Path, api: PriceApi) -> None:
    """They would not be taken anyway, and might stand in the place of what one pays."""
    policy.write_text(POLICY.replace("currency: USD", "currency: EUR"))

    result = run("update", "--policy", policy)

    assert result.exit_code == 2
    assert "has no price in EUR" in result.stderr
    assert (policy.parent / "prices.csv").read_text() == OWN


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        (("prices: prices.csv\n", ""), [], "the policy names no file of prices"),
        ((NODE, "our/rack"), ["--region", "eu-west-1"], "the API is asked in us-east-1, eu-central-1"),
        (("max: 9, price_per", "max: 0, price_per"), [], "must be at least 1"),
    ],
)
def test_what_cannot_be_asked_for_ends_with_two(
    policy: Path, api: PriceApi, change: tuple[str, str], arguments: list[str], said: str
) -> None:
    """Before anything is sent."""
    policy.write_text(POLICY.replace(*change))

    result = run("update", "--policy", policy, *arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert api.asked == []


def test_a_policy_without_items_of_aws_has_nothing_to_ask_for(policy: Path, api: PriceApi) -> None:
    """Own items are nobody else's to know."""
    policy.write_text(POLICY.replace(NODE, "our/rack").replace("aws/eu-central-1/fargate", "our/task"))

    result = run("update", "--policy", policy)

    assert result.exit_code == 2
    assert "there is nothing to ask AWS for" in result.stderr
    assert api.asked == []


def test_options_before_update_are_not_lost_silently(policy: Path) -> None:
    """`prices --policy X update` would update by another policy than X."""
    result = run("--policy", policy, "update")

    assert result.exit_code == 2
    assert "write options behind `update`" in result.stderr
