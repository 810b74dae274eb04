"""Does what is always there fit into the pools it draws from?"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.policy_file.checks.finding import Finding, Plain, is_number, is_whole, mapping
from advisor.policy_file.text import Location


def pool_problems(data: Plain) -> Iterator[Finding]:
    """Which pools are too small for the ordinary minimum, or contradict themselves?"""
    resources = mapping(data.get("resources"))
    for name, section in mapping(data.get("pools")).items():
        pool = mapping(section)
        uses, provides = mapping(pool.get("uses")), mapping(pool.get("provides"))
        place: Location = ("pools", name)
        for both in uses:
            if both in provides:
                message = "both uses the pool and provides it"
                fix = "keep one of the two, with the difference as its number"
                yield Finding((*place, "provides", both), provides[both], message, fix)
        taken, added, limit = _at_least(resources, uses), _at_least(resources, provides), pool.get("limit")
        if taken is None or added is None or not is_number(limit) or limit < 0:
            continue  # a number is wrong or missing, which is reported where it stands
        if taken > limit + added:
            message = (
                f"is too little: the minimum of its users takes {taken:g}, and there are {limit + added:g}"
            )
            fix = (
                "lower the users' min, raise the limit or the providers' min, or correct the numbers per unit"
            )
            yield Finding((*place, "limit"), limit, message, fix)


def _at_least(resources: Plain, amounts: Plain) -> float | None:
    """What so much per unit comes to with every resource at its minimum; None if something is unknown."""
    total = 0.0
    for name, amount in amounts.items():
        units = mapping(resources.get(name)).get("min")
        if not is_number(amount) or not is_whole(units):
            return None
        total += amount * units
    return total
