"""What does an item cost an hour, since when is that known, and who says so?

An item is named by a path, such as `aws/eu-central-1/ec2/m7g.large`. Some are paid for by several
dimensions: `aws/eu-central-1/fargate` has the rows `aws/eu-central-1/fargate/vcpu` and `.../memory_gb`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

DIMENSION_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"
"""How a dimension is named: unlike `m7g.large` it has no dot, so that nobody takes a folder for an item."""

ITEM_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._/+:-]{0,199}$"
"""How an item is named."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """What one item, or one dimension of it, costs an hour. `as_of` is the day of that, None if not known."""

    item: str
    currency: str
    price_per_hour: float
    as_of: date | None
    source: str


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by item. `dimensions` holds, for items that are paid for by several, the row of each by name."""

    rows: Mapping[str, PriceRow]
    dimensions: Mapping[str, Mapping[str, PriceRow]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, dict[str, PriceRow]] = {}
        for path, row in sorted(self.rows.items()):
            item, _, name = path.rpartition("/")
            if item and re.fullmatch(DIMENSION_PATTERN, name):
                found.setdefault(item, {})[name] = row
        object.__setattr__(self, "dimensions", found)

    def over(self, other: PriceTable) -> PriceTable:
        """This table where it has a row, else the other."""
        return PriceTable({**other.rows, **self.rows})

    def items(self) -> Iterator[str]:
        """Everything that a policy can name: rows, and items that have dimensions."""
        yield from self.rows
        yield from self.dimensions
