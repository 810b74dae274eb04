"""A number of units in words."""

from __future__ import annotations


def in_units(count: int) -> str:
    """How many units, as people say it: `1 unit`, `6 units`."""
    return f"{count:,} unit" if count == 1 else f"{count:,} units"
