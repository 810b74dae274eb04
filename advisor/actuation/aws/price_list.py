"""What does AWS's Price List API say an item costs an hour?

Nothing is guessed: an item that no product, or more than one, fits has no price.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

from advisor.actuation.aws.price_items import Product, known_items, product_of
from advisor.errors import ConfigError, PriceListError, Problem
from advisor.prices.table import PriceRow

SOURCE = "AWS Price List"
ENDPOINTS = ("us-east-1", "eu-central-1", "ap-south-1", "cn-northwest-1")
"""The regions in which the API can be asked. Each answers for all regions of its partition."""

_PER_HOUR = {"hrs": 1, "hours": 1, "hour": 1, "second": 3600, "seconds": 3600}
"""How many of the unit's times are an hour, by the last word of the unit, such as `LCU-Hrs`."""


class _Answer(BaseModel):
    """A part of an answer. The API may add members; those read here are there, and of their kind."""

    model_config = ConfigDict(strict=True, frozen=True)


class _Tier(_Answer):
    unit: str
    endRange: str  # noqa: N815, the API's own name
    pricePerUnit: dict[str, str]  # noqa: N815


class _Term(_Answer):
    priceDimensions: dict[str, _Tier]  # noqa: N815


class _Terms(_Answer):
    OnDemand: dict[str, _Term] = {}


class _Described(_Answer):
    sku: str
    productFamily: str = ""  # noqa: N815
    attributes: dict[str, str]


class _Offer(_Answer):
    product: _Described
    terms: _Terms


def price_list_client(endpoint: str) -> Any:
    """A client of the Price List API at one of ENDPOINTS. Credentials are where boto3 looks for them.

    Raises PriceListError where boto3 finds its own settings wrong.
    """
    settings = Config(
        connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5}
    )
    try:
        return boto3.Session().client("pricing", region_name=endpoint, config=settings)
    except BotoCoreError as error:
        raise PriceListError(f"{SOURCE}: {error}. Fix: see how boto3 is configured") from error


def ask_prices(client: Any, items: Sequence[str], currency: str, on: date) -> list[PriceRow]:
    """What these items cost, in this currency, in their order; `on` is the day of asking.

    Raises ConfigError with every item that has no price of its own in the list, PriceListError where the
    list cannot be asked or answers in a way that is not known here.
    """
    rows, problems = [], []
    for item in items:
        product = product_of(item)
        if product is None:
            fix = f"write it as one of {', '.join(known_items())}, or give it a price in a file of your own"
            problems.append(Problem(item, item, "is no item that AWS can be asked for", fix))
            continue
        try:
            price = _price(_the_one(product, _offers(client, product)), currency)
        except _NotPricedError as error:
            problems.append(Problem(item, error.value, error.message, error.fix))
            continue
        rows.append(PriceRow(item, currency, price, on, SOURCE))
    if problems:
        raise ConfigError(SOURCE, problems)
    return rows


class _NotPricedError(Exception):
    def __init__(self, value: object, message: str, fix: str) -> None:
        self.value, self.message, self.fix = value, message, fix
        super().__init__(message)


def _offers(client: Any, product: Product) -> Iterator[_Offer]:
    """Everything that the list has for these attributes, page by page."""
    filters = [
        {"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in product.attributes.items()
    ]
    token: dict[str, str] = {}
    try:
        while True:
            page = client.get_products(
                ServiceCode=product.service, Filters=filters, FormatVersion="aws_v1", MaxResults=100, **token
            )
            for text in page.get("PriceList", ()):
                yield _Offer.model_validate_json(text)
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}
    except (BotoCoreError, ClientError) as error:
        fix = "check the credentials, that they allow pricing:GetProducts, and that the API can be reached"
        raise PriceListError(f"{SOURCE} could not be asked: {error}. Fix: {fix}") from error
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        raise PriceListError(f"{SOURCE}: {product.service} is in a form not known here: {where}") from error


def _the_one(product: Product, offers: Iterator[_Offer]) -> _Offer:
    """The one offer that is this product."""
    fitting = [offer for offer in offers if _has(offer, product.attributes)]
    if product.usage_type is not None:
        fitting = list(_metered(product.usage_type, fitting))
    if not fitting:
        fix = "check its spelling, and that its region has it"
        raise _NotPricedError(product.service, "is not in the price list", fix)
    if len(fitting) > 1:
        found = ", ".join(f"{_usage(offer)} ({offer.product.sku})" for offer in fitting[:4])
        fix = "give it a price in a file of your own"
        raise _NotPricedError(found, f"fits {len(fitting)} products of the price list", fix)
    return fitting[0]


def _has(offer: _Offer, attributes: Mapping[str, str]) -> bool:
    own = {**offer.product.attributes, "productFamily": offer.product.productFamily}
    return all(own.get(name) == value for name, value in attributes.items())


def _metered(usage_type: str, offers: Sequence[_Offer]) -> Iterator[_Offer]:
    """Those with this usage type: as it is or, in most regions, behind the region's short name."""
    if bare := [offer for offer in offers if _usage(offer) == usage_type]:
        yield from bare
        return
    yield from (o for o in offers if re.fullmatch(rf"[A-Z0-9]+-{re.escape(usage_type)}", _usage(o)))


def _usage(offer: _Offer) -> str:
    return offer.product.attributes.get("usagetype", "")


def _price(offer: _Offer, currency: str) -> float:
    """The price of one more hour, on demand: what is free for the first of a month does not count."""
    terms = list(offer.terms.OnDemand.values())
    tiers = [tier for term in terms for tier in term.priceDimensions.values()]
    last = [tier for tier in tiers if tier.endRange == "Inf"]
    if len(terms) != 1 or len(last) != 1:
        found = f"{len(terms)} terms, {len(tiers)} prices"
        fix = "give it a price in a file of your own"
        raise _NotPricedError(found, "has not one price on demand", fix)
    prices = [_amount(tier, currency) for tier in tiers]
    if any(price not in (0.0, _amount(last[0], currency)) for price in prices):
        fix = "give it the price that you pay in a file of your own"
        raise _NotPricedError(prices, "costs less the more there is", fix)
    unit = last[0].unit
    times = _PER_HOUR.get(re.split(r"[-\s]", unit.lower())[-1])
    if times is None:
        raise _NotPricedError(unit, "is not paid for by time", "give it a price in a file of your own")
    return float(f"{_amount(last[0], currency) * times:.12g}")


def _amount(tier: _Tier, currency: str) -> float:
    if currency not in tier.pricePerUnit:
        listed = ", ".join(tier.pricePerUnit) or "nothing"
        fix = f"set `budget: {{currency: {listed}}}`, or give it a price in {currency} in a file of your own"
        raise _NotPricedError(listed, f"has no price in {currency}", fix)
    written = tier.pricePerUnit[currency]
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", written):
        raise PriceListError(f"{SOURCE} answered with a price that is no number: {written!r}")
    return float(written)
