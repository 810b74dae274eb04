"""A policy names what its units are paid for by: it is resolved on loading, or refused with a way out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from advisor.errors import ConfigError, Problem
from advisor.policy_file import PolicyFile, dump_policy, load_policy, parse_asked, parse_policy
from advisor.prices.unit_price import Asked
from streams.cli.price_remarks import old_prices

WEB = "sim://web"
NODE = "aws/eu-central-1/ec2/m7g.large"
HEADER = "item,currency,price_per_hour,as_of,source\n"


def policy(web: str, extra: str = "budget: {currency: USD}\n") -> str:
    """A policy with these options of the web."""
    return (
        f"version: 1\nresources:\n  {WEB}: {{serves: shop, unit_capacity: 1, min: 0, max: 9, {web}}}\n{extra}"
    )


def priced(text: str, folder: Path = Path()) -> tuple[PolicyFile, float | None]:
    """The policy and the web's price, after a round trip that must change nothing."""
    file = parse_policy(text, "policy.yaml", folder)
    assert parse_policy(dump_policy(file), "again") == file
    return file, file.policy.resources[WEB].price_per_unit_hour


def problem_of(text: str, folder: Path = Path()) -> Problem:
    """The one problem of a bad policy."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.yaml", folder)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("price", "per_unit"),
    [
        (NODE, 0.0978),
        (f"{{item: {NODE}}}", 0.0978),
        (f"{{item: {NODE}, units_per_item: 8}}", 0.012225),
        ("{item: aws/eu-central-1/fargate, vcpu: 0.5, memory_gb: 1}", 0.02839),
        ("aws/us-east-1/alb/lcu", 0.008),
        ("{item: aws/us-east-1/dynamodb, wcu: 1000, rcu: 0}", 0.65),
    ],
)
def test_an_item_is_a_price_per_unit_and_hour(price: str, per_unit: float) -> None:
    """By name, by dimensions, shared by several units; written out it is a plain figure."""
    file, price_per_unit_hour = priced(policy(f"price: {price}"))

    assert price_per_unit_hour == per_unit
    assert f"price_per_unit_hour: {per_unit}" in dump_policy(file)
    assert "price:" not in dump_policy(file).replace("price_per_unit_hour:", "")


def test_it_is_known_where_a_price_is_from() -> None:
    """The item, the day for which it is known and whose word it is."""
    item = "{item: aws/eu-central-1/fargate, vcpu: 1, memory_gb: 2, units_per_item: 2}"
    price = parse_policy(policy(f"price: {item}"), "p").prices[WEB]

    asked = Asked("aws/eu-central-1/fargate", {"memory_gb": 2.0, "vcpu": 1.0}, 2)
    assert (price.asked, price.currency) == (asked, "USD")
    assert price.as_of == date(2026, 8, 5)
    assert price.source.startswith("AWS list price on demand")


def test_a_price_counts_wherever_a_written_one_would() -> None:
    """A budget is content with it, and it goes before what `defaults:` say."""
    extra = "budget: {currency: USD, per_day: 5}\n"

    assert priced(policy(f"price: {NODE}", extra))[1] == 0.0978
    assert priced(policy(f"price: {NODE}", f"{extra}defaults: {{price_per_unit_hour: 7}}\n"))[1] == 0.0978
    assert priced(policy("price: null, price_per_unit_hour: 3", extra))[1] == 3


def test_the_version_changes_with_the_price_and_with_nothing_else(tmp_path: Path) -> None:
    """Plans made at another price are plans of another policy; a new day or source alone is none."""
    own, text = tmp_path / "own.csv", policy(f"price: {NODE}", "prices: own.csv\n")
    versions = []
    for row in (
        f"{NODE},EUR,0.1,2026-01-01,x",
        f"{NODE},EUR,0.1,2026-02-02,y",
        f"{NODE},EUR,0.2,2026-02-02,y",
    ):
        own.write_text(f"{HEADER}{row}\n")
        versions.append(priced(text, tmp_path)[0].policy.version)

    assert versions[0] == versions[1] != versions[2]


def test_own_prices_go_before_awss_and_are_found_beside_the_policy(tmp_path: Path) -> None:
    """The path is relative to the policy file, wherever the command is run; an absolute one is itself."""
    own = tmp_path / "prices" / "own.csv"
    own.parent.mkdir()
    own.write_text(f"{HEADER}{NODE},USD,0.08,2026-01-01,contract\nour/rack,USD,1.5,2026-01-01,ledger\n")
    path = tmp_path / "policy.yaml"
    found = []
    for named in ("prices/own.csv", str(own)):
        for item in (NODE, "our/rack", "aws/us-east-1/alb/lcu"):
            path.write_text(policy(f"price: {item}", f"prices: {named}\nbudget: {{currency: USD}}\n"))
            found.append(load_policy(path).policy.resources[WEB].price_per_unit_hour)

    assert found == [0.08, 1.5, 0.008] * 2


def test_an_unknown_item_is_answered_with_near_ones() -> None:
    """And with how to add it, for near is not always meant."""
    problem = problem_of(policy("price: aws/eu-central-1/ec2/m7g.lage"))

    assert problem.path == f'resources["{WEB}"].price (line 3)'
    assert f"did you mean `{NODE}`" in problem.fix
    assert "headstart prices update" in problem.fix
    assert "item,currency,price_per_hour,as_of,source" in problem.fix


def test_awss_dollars_are_not_taken_for_euros() -> None:
    """Nothing is converted: the error names both currencies and the ways out."""
    problem = problem_of(policy(f"price: {NODE}", ""))

    assert problem.message == "is priced in USD, and the policy counts in EUR: prices are not converted"
    assert "`budget: {currency: USD}`" in problem.fix
    assert "price_per_unit_hour in EUR" in problem.fix


@pytest.mark.parametrize(
    ("price", "path", "message"),
    [
        (f"{NODE}, price_per_unit_hour: 1", "price", "says again what `price_per_unit_hour` says"),
        ("5", "price", "is not an item"),
        ("[a]", "price", "is not an item"),
        ("a b", "price.item", "is not an item's name"),
        ("{units_per_item: 8}", "price.item", "is missing"),
        (f"{{item: {NODE}, units_per_item: 0}}", "price.units_per_item", "must be at least 1"),
        (f"{{item: {NODE}, units_per_item: 2.5}}", "price.units_per_item", "must be a whole number"),
        (f"{{item: {NODE}, unit_per_item: 8}}", "price", f"is not what {NODE} is paid for by"),
        ("{item: aws/eu-central-1/fargate, vCPU: 1}", "price", "has `vCPU`, which is not a dimension's name"),
        ("{item: aws/eu-central-1/fargate, vcpu: -1}", "price.vcpu", "must be at least 0"),
        ("{item: aws/eu-central-1/fargate, vcpu: 0, memory_gb: 0}", "price", "has nothing of any dimension"),
        (
            "{item: aws/eu-central-1/fargate, vcpu: 1}",
            "price",
            "is paid for by memory_gb and vcpu; how much of memory_gb is not said",
        ),
    ],
)
def test_a_price_that_is_written_wrong_is_answered(price: str, path: str, message: str) -> None:
    """One problem, at its place, in words."""
    problem = problem_of(policy(f"price: {price}"))

    assert problem.path.split(" (line")[0] == f'resources["{WEB}"].{path}'
    assert problem.message == message
    assert problem.fix


def test_a_fixed_limit_has_no_price() -> None:
    """Nothing is bought there."""
    text = policy(f"price: {NODE}").replace(
        "resources:\n", f"resources:\n  fixed://pay: {{serves: x, limit: 5, price: {NODE}}}\n"
    )

    assert "is not an option of what cannot be scaled" in problem_of(text).message


def test_every_problem_of_the_own_prices_is_told_with_the_policys(tmp_path: Path) -> None:
    """The file, its line and its column; items are not looked up in half a table."""
    (tmp_path / "own.csv").write_text(f"{HEADER}a,EUR,x,2026-01-01,s\nb,Euro,1,2026-01-01,s\n")
    text = policy("price: nowhere, headroom: 99", "prices: own.csv\n")

    with pytest.raises(ConfigError) as caught:
        parse_policy(text, "policy.yaml", tmp_path)

    assert [p.path for p in caught.value.problems] == [
        f'resources["{WEB}"].headroom (line 3)',
        "prices (line 4): own.csv, line 2, price_per_hour",
        "prices (line 4): own.csv, line 3, currency",
    ]


@pytest.mark.parametrize("named", ["none.csv", '"a\\0b"', "."])
def test_own_prices_that_cannot_be_read_are_told(tmp_path: Path, named: str) -> None:
    """A missing file, a name that is none, a folder."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(policy("mode: auto", f"prices: {named}\n"), "policy.yaml", tmp_path)

    assert all(p.path.startswith("prices (line 4)") for p in caught.value.problems)
    assert caught.value.problems


def test_what_is_asked_of_the_tables_can_be_told_without_them() -> None:
    """So that prices can be fetched which the policy does not load without."""
    asked = parse_asked(policy("price: {item: a/b, x: 2}", "prices: none.csv\n"), "policy.yaml")

    assert (asked.currency, asked.file) == ("EUR", "none.csv")
    assert asked.by_resource == {WEB: Asked("a/b", {"x": 2.0})}
    assert asked.by_resource[WEB].rows == ("a/b/x",)


def test_a_price_older_than_a_year_is_remarked() -> None:
    """Once for an item with all who take it; on the day it turns a year it is not yet old."""
    item = "aws/us-east-1/ec2/m7g.large"
    text = policy(f"price: {item}").replace(
        "budget:", f"  sim://x: {{serves: y, unit_capacity: 1, min: 0, max: 9, price: {item}}}\nbudget:"
    )
    prices = parse_policy(text, "p").prices
    day = prices[WEB].as_of
    assert day is not None

    (remark,) = old_prices(prices, date(day.year + 2, 1, 1))

    assert remark.startswith(f"{WEB}, sim://x: the price of {item} is as of {day}, more than a year ago")
    assert list(old_prices(prices, date(day.year + 1, day.month, day.day))) == []


def test_a_price_of_no_known_day_is_remarked() -> None:
    """The packaged table says where nobody knows since when a price holds."""
    (remark,) = old_prices(parse_policy(policy(f"price: {NODE}"), "p").prices, date(2026, 1, 1))

    assert remark.startswith(f"{WEB}: the price of {NODE} is of no known day.")
