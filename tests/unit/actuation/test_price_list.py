"""AWS's prices are asked for with the real client, over HTTP, from a price list of real offers' shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from advisor.actuation.aws.price_items import known_items, product_of
from advisor.actuation.aws.price_list import ask_prices, price_list_client
from advisor.errors import ConfigError, PriceListError, Problem
from advisor.prices.csv_file import packaged_prices
from advisor.prices.table import PriceRow
from tests.support.price_api import INSTANCE, PriceApi, instance, metered, offer, price_api, tier

TODAY = date(2026, 11, 22)
NODE = "aws/eu-central-1/ec2/m7g.large"
LCU = {"operation": "LoadBalancing:Application"}


def fargate(usage: str, price: str) -> dict[str, Any]:
    return metered("AmazonECS", f"SKU{usage}", "Compute", usage, tier(price, "hours"))


OFFERS = (
    instance("m7g.large", "0.0978000000"),
    instance("m7g.xlarge", "0.1956000000"),
    instance("m7g.large", "0.1978000000", sku="WINDOWS", operatingSystem="Windows"),
    fargate("EUC1-SpotUsage-Fargate-vCPU-Hours:perCPU", "0.0140000000"),
    fargate("EUC1-Fargate-ARM-vCPU-Hours:perCPU", "0.0372500000"),
    fargate("EUC1-Fargate-vCPU-Hours:perCPU", "0.0465600000"),
    fargate("EUC1-Fargate-Windows-vCPU-Hours:perCPU", "0.0535000000"),
    fargate("EUC1-Fargate-GB-Hours", "0.0051100000"),
    *(
        metered(
            "AWSELB",
            f"LB{kind}",
            "Load Balancer-Application",
            f"EUC1-{usage}",
            tier(price, "LCU-Hrs"),
            groupDescription=f"{kind} Application Load Balancer capacity units-hr",
            **LCU,
        )
        for kind, usage, price in (
            ("Used", "LCUUsage", "0.0080000000"),
            ("Reserved", "ReservedLCUUsage", "0.0070000000"),
        )
    ),
    metered(
        "AWSLambda",
        "LAM",
        "Serverless",
        "EUC1-Lambda-Provisioned-Concurrency",
        tier("0.0000050147", "Lambda-GB-Second"),
        group="AWS-Lambda-Provisioned-Concurrency",
    ),
    *(
        metered(
            "AmazonRDS",
            f"RDS{usage}",
            "Database Instance",
            f"EUC1-{usage}:db.r6g.large",
            tier(price, "Hrs"),
            instanceType="db.r6g.large",
            databaseEngine="Aurora PostgreSQL",
            deploymentOption="Single-AZ",
        )
        for usage, price in (("InstanceUsage", "0.3130000000"), ("InstanceUsageIOOptimized", "0.4070000000"))
    ),
    metered(
        "AmazonElastiCache",
        "EC",
        "Cache Instance",
        "EUC1-NodeUsage:cache.r6g.large",
        tier("0.2470000000", "Hrs"),
        instanceType="cache.r6g.large",
        cacheEngine="Redis",
    ),
    metered(
        "AmazonDynamoDB",
        "DDB",
        "Provisioned IOPS",
        "EUC1-WriteCapacityUnit-Hrs",
        tier("0.0000000000", "WriteCapacityUnit-Hrs", end="18600"),
        tier("0.0007930000", "WriteCapacityUnit-Hrs", begin="18600"),
        group="DDB-WriteUnits",
    ),
    metered(
        "AmazonDynamoDB",
        "IA",
        "Provisioned IOPS",
        "EUC1-IA-WriteCapacityUnit-Hrs",
        tier("0.0009910000", "WriteCapacityUnit-Hrs"),
        group="DDB-WriteUnits",
    ),
)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceApi]:
    """A price list that the real client finds."""
    with price_api(*OFFERS) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield running


def asked(*items: str, currency: str = "USD") -> list[PriceRow]:
    return ask_prices(price_list_client("us-east-1"), items, currency, TODAY)


def problem(item: str, currency: str = "USD") -> Problem:
    """The one problem of an item that has no price."""
    with pytest.raises(ConfigError) as caught:
        asked(item, currency=currency)
    (found,) = caught.value.problems
    return found


@pytest.mark.parametrize(
    ("item", "price"),
    [
        ("ec2/m7g.large", 0.0978),
        ("fargate/vcpu", 0.04656),
        ("fargate-arm/vcpu", 0.03725),
        ("fargate/memory_gb", 0.00511),
        ("alb/lcu", 0.008),
        ("alb-reserved/lcu", 0.007),
        ("lambda/provisioned-concurrency/memory_gb", 0.01805292),
        ("aurora-postgresql/db.r6g.large", 0.313),
        ("elasticache-redis/cache.r6g.large", 0.247),
        ("dynamodb/wcu", 0.000793),
    ],
)
def test_an_item_costs_what_its_one_product_costs_an_hour(api: PriceApi, item: str, price: float) -> None:
    """Spot, Windows, other tiers and table classes stand beside it; what is free at first does not count."""
    (row,) = asked(f"aws/eu-central-1/{item}")

    assert row == PriceRow(f"aws/eu-central-1/{item}", "USD", price, TODAY, "AWS Price List")


def test_every_page_of_an_answer_is_read(api: PriceApi) -> None:
    """The meters of Fargate fill three pages here, and what is asked for stands on the last ones."""
    asked("aws/eu-central-1/fargate/memory_gb")

    assert [said.get("NextToken") for said in api.asked] == [None, "2", "4"]
    assert api.asked[0]["ServiceCode"] == "AmazonECS"


def test_a_usage_type_without_its_region_is_the_one_that_is_meant(api: PriceApi) -> None:
    """In us-east-1 the list writes `WriteCapacityUnit-Hrs` alone; `IA-` is a class, not a region."""
    here = {"regionCode": "us-east-1"}
    api.offers = [
        metered(
            "AmazonDynamoDB", sku, "Provisioned IOPS", usage, tier(price, "WriteCapacityUnit-Hrs"), **here
        )
        for sku, usage, price in (
            ("A", "WriteCapacityUnit-Hrs", "0.00065"),
            ("B", "IA-WriteCapacityUnit-Hrs", "0.00081"),
        )
    ]

    (row,) = asked("aws/us-east-1/dynamodb/wcu")

    assert row.price_per_hour == 0.00065


def test_a_product_that_is_not_listed_is_told(api: PriceApi) -> None:
    """A typing error in an instance's name, or a region without it."""
    found = problem("aws/eu-central-1/ec2/m77.large")

    assert (found.path, found.message) == ("aws/eu-central-1/ec2/m77.large", "is not in the price list")


def test_two_products_that_fit_are_no_price(api: PriceApi) -> None:
    """Which of them is paid for is not ours to guess."""
    api.offers = [instance("m7g.large", "0.1", sku="A"), instance("m7g.large", "0.2", sku="B")]

    found = problem(NODE)

    assert found.message == "fits 2 products of the price list"
    assert "EUC1-BoxUsage:m7g.large (A)" in str(found.value)


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ([tier("0.1", "Hrs", end="100"), tier("0.05", "Hrs", begin="100")], "costs less the more there is"),
        ([tier("0.1", "GB-Mo")], "is not paid for by time"),
        ([], "has not one price on demand"),
        ([tier("0.7", "Hrs", currency="CNY")], "has no price in USD"),
    ],
)
def test_a_price_that_is_not_one_of_an_hour_is_refused(
    api: PriceApi, tiers: list[dict[str, Any]], message: str
) -> None:
    """Discounts by volume, months, other currencies: the answer is no, never a guess."""
    api.offers = [
        offer("AmazonEC2", "S", "Compute Instance", {"instanceType": "m7g.large", **INSTANCE}, *tiers)
    ]

    assert problem(NODE).message == message


def test_every_item_without_a_price_is_told_at_once(api: PriceApi) -> None:
    """One round, not one for each mistake."""
    with pytest.raises(ConfigError) as caught:
        asked(NODE, "aws/eu-central-1/ec2/m77.large", "aws/eu-central-1/s3/gb", "mine/node")

    assert [p.path.rpartition("/")[2] for p in caught.value.problems] == ["m77.large", "gb", "node"]
    assert "aws/REGION/fargate/vcpu" in caught.value.problems[1].fix


def test_a_refused_call_is_one_sentence(api: PriceApi) -> None:
    """Without the right the answer names it."""
    api.error = (400, "AccessDeniedException")

    with pytest.raises(PriceListError, match=r"AccessDeniedException.*pricing:GetProducts"):
        asked(NODE)


def test_missing_credentials_are_one_sentence(api: PriceApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(PriceListError, match="Unable to locate credentials"):
        asked(NODE)
    assert api.asked == []


@pytest.mark.parametrize("spoil", ["terms", "product"])
def test_an_answer_in_an_unknown_form_is_no_price(api: PriceApi, spoil: str) -> None:
    """Should the list change its form one day, that is said instead of read somehow."""
    offer_of_node = json.loads(json.dumps(OFFERS[0]))
    if spoil == "terms":
        del next(iter(offer_of_node["terms"]["OnDemand"].values()))["priceDimensions"]
    else:
        offer_of_node["product"]["sku"] = 5
    api.offers = [offer_of_node]

    with pytest.raises(PriceListError, match=r"in a form not known here: .*(priceDimensions|sku)"):
        asked(NODE)


def test_every_packaged_item_can_be_asked_for() -> None:
    """What comes with us can be brought up to date; each example for people is an item as well."""
    examples = [item.replace("REGION", "eu-central-1") for item in known_items()]

    assert [item for item in [*packaged_prices().rows, *examples] if product_of(item) is None] == []
