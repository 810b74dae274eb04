"""What does one unit of a resource cost an hour, by a table of prices?"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from advisor.prices.table import PriceRow, PriceTable

HOW_TO_ADD = (
    "add it to the file that `prices:` names (item,currency,price_per_hour,as_of,source), "
    "let `headstart prices update` ask AWS for it, or write price_per_unit_hour instead"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a policy says a unit is made of: an item, how much of each dimension, units that share one."""

    item: str
    amounts: Mapping[str, float] = field(default_factory=dict, hash=False)
    units_per_item: int = 1

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows of a table that give the price."""
        return tuple(f"{self.item}/{name}" for name in sorted(self.amounts)) or (self.item,)

    def __str__(self) -> str:
        parts = [self.item, *(f"{name} {amount:g}" for name, amount in sorted(self.amounts.items()))]
        shared = f" / {self.units_per_item}" if self.units_per_item > 1 else ""
        return ", ".join(parts) + shared


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit costs an hour, and whence: `as_of` is the day of the oldest row, None if not known."""

    asked: Asked
    price_per_unit_hour: float
    currency: str
    as_of: date | None
    source: str


class NoPriceError(Exception):
    """The table does not say what this costs: what was found, what is wrong, and how to mend it."""

    def __init__(self, value: object, message: str, fix: str) -> None:
        self.value, self.message, self.fix = value, message, fix
        super().__init__(f"{message} (found {value!r}). Fix: {fix}")


def unit_price(asked: Asked, table: PriceTable, currency: str) -> UnitPrice:
    """The price of one unit. Raises NoPriceError where the table has none, or has it in another currency."""
    rows = _rows(asked, table)
    for row in rows.values():
        if row.currency != currency:
            raise NoPriceError(
                row.item,
                f"is priced in {row.currency}, and the policy counts in {currency}: prices are not converted",
                f"set `budget: {{currency: {row.currency}}}`, give it a price in {currency} in the file that "
                f"`prices:` names, or write price_per_unit_hour in {currency}",
            )
    whole = sum(row.price_per_hour * asked.amounts.get(name, 1.0) for name, row in rows.items())
    return UnitPrice(
        asked=asked,
        price_per_unit_hour=float(f"{whole / asked.units_per_item:.12g}"),  # 0.3, not 0.30000000000000004
        currency=currency,
        as_of=_oldest([row.as_of for row in rows.values()]),
        source="; ".join(dict.fromkeys(row.source for row in rows.values())),
    )


def _oldest(days: Sequence[date | None]) -> date | None:
    """The first of these days; none where one of them is not known."""
    known = [day for day in days if day is not None]
    return min(known) if len(known) == len(days) else None


def _rows(asked: Asked, table: PriceTable) -> dict[str, PriceRow]:
    """The rows that count, by dimension. All dimensions must be named: one left out would look cheap."""
    plain, dimensions = table.rows.get(asked.item), dict(table.dimensions.get(asked.item, {}))
    if plain is None and not dimensions:
        raise NoPriceError(asked.item, "is in no price table", _near(asked.item, table))
    if plain is not None and not asked.amounts:
        return {"": plain}
    for name in sorted(asked.amounts.keys() - dimensions.keys()):
        close = difflib.get_close_matches(name, dimensions, n=1)
        otherwise = (
            f"it has {', '.join(dimensions)}" if dimensions else "leave it out: the item has one price"
        )
        fix = f"did you mean `{close[0]}`?" if close else otherwise
        raise NoPriceError(name, f"is not what {asked.item} is paid for by", fix)
    if missing := [name for name in dimensions if name not in asked.amounts]:
        example = ", ".join(f"{name}: {asked.amounts.get(name, 1):g}" for name in dimensions)
        raise NoPriceError(
            asked.item,
            f"is paid for by {' and '.join(dimensions)}; how much of {' and '.join(missing)} is not said",
            f"write how much a unit has of each, 0 for none: {{item: {asked.item}, {example}}}",
        )
    return dimensions


def _near(item: str, table: PriceTable) -> str:
    close = difflib.get_close_matches(item, table.items(), n=3, cutoff=0.75)
    meant = " or ".join(f"`{name}`" for name in close)
    return f"did you mean {meant}? Else {HOW_TO_ADD}" if close else HOW_TO_ADD
