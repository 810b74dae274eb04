"""Which prices are so old that nobody should rely on them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from advisor.prices.unit_price import UnitPrice

OLD = timedelta(days=365)
"""How old a price may be before it is remarked."""


def old_prices(prices: Mapping[str, UnitPrice], on: date) -> Iterator[str]:
    """One sentence for each item whose price is older than a year on this day, or of no known day."""
    old: dict[tuple[str, date | None], list[str]] = {}
    for resource, price in prices.items():
        if price.as_of is None or on - price.as_of > OLD:
            old.setdefault((price.asked.item, price.as_of), []).append(resource)
    for (item, as_of), resources in old.items():
        age = "of no known day" if as_of is None else f"as of {as_of}, more than a year ago"
        yield (
            f"{', '.join(resources)}: the price of {item} is {age}. "
            "`headstart prices update` asks AWS; in a file of your own, look the price up and set `as_of`."
        )
