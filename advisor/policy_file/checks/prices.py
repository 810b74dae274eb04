"""Does every item that a price is taken from have one, in the policy's currency?"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.policy_file.checks.finding import Finding, Plain, mapping, scalable_resources
from advisor.policy_file.limits_model import BudgetSection
from advisor.policy_file.price_model import asked_in
from advisor.prices.table import PriceTable
from advisor.prices.unit_price import NoPriceError, unit_price


def price_problems(data: Plain, table: PriceTable | None) -> Iterator[Finding]:
    """Which resources have two prices, or name an item without one? No table: only the former is told."""
    currency = mapping(data.get("budget")).get("currency", BudgetSection().currency)
    for resource, section in scalable_resources(data):
        said, place = section.get("price"), ("resources", resource, "price")
        if said is not None and section.get("price_per_unit_hour") is not None:
            message = "says again what `price_per_unit_hour` says"
            yield Finding(place, said, message, "keep one of the two")
        asked = asked_in(said)
        if asked is None or table is None or not isinstance(currency, str):
            continue
        try:
            unit_price(asked, table, currency)
        except NoPriceError as error:
            yield Finding(place, error.value, error.message, error.fix)
