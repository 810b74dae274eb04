"""Can every bound on money be kept? A resource without a price would escape it."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.policy_file.checks.finding import Finding, Plain, mapping, own_or_default, scalable_resources
from advisor.policy_file.text import Absent


def money_problems(data: Plain) -> Iterator[Finding]:
    """Which resources lack the price that a bound of this policy needs?"""
    everywhere = [
        f"budget.{name}" for name, bound in mapping(data.get("budget")).items() if _bounds(name, bound)
    ]
    for resource, section in scalable_resources(data):
        mode = own_or_default(data, section, "mode")
        bounds = [*everywhere, *(_of_mode(data, mode) if isinstance(mode, str) else ())]
        priced = section.get("price") is not None
        if bounds and not priced and own_or_default(data, section, "price_per_unit_hour") is None:
            message = f"is missing, so `{bounds[0]}` could not bound this resource"
            fix = "give a price here or in `defaults:`, 0 if more units cost nothing, or `price: ITEM`"
            yield Finding(("resources", resource, "price_per_unit_hour"), Absent.NOTHING, message, fix)


def _bounds(name: str, bound: object) -> bool:
    return name in ("per_campaign", "per_day", "per_team") and bound not in (None, {})


def _of_mode(data: Plain, mode: str) -> Iterator[str]:
    """The bounds on what is done in this mode."""
    caps = mapping(mapping(data.get("caps")).get(mode))
    if mode in ("approve", "auto") and caps.get("max_cost_per_hour") is not None:
        yield f"caps.{mode}.max_cost_per_hour"
    if mode in ("approve", "auto") and mapping(data.get("approval")).get("two_people_above") is not None:
        yield "approval.two_people_above"
