"""What does extra capacity cost?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from advisor.domain.advice import Cost, Step
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import step_s
from advisor.planning.schedule import GRID
from advisor.planning.sizing import Units


def cost_of_steps(resource: ResourcePolicy, steps: Sequence[Step], until: datetime, currency: str) -> Cost:
    """Price of holding a schedule's floors above the minimum, from its first step to `until`."""
    if resource.price_per_unit_hour is None:
        return Cost(currency, None)
    return Cost(currency, _cents(unit_hours(steps, until, resource.minimum) * resource.price_per_unit_hour))


def unit_hours(steps: Sequence[Step], until: datetime, minimum: int) -> float:
    """Unit-hours of a schedule's floors above the minimum, from its first step to `until`."""
    ends = [*(s.act_at for s in steps[1:]), until]
    return sum(
        (step.floor - minimum) * max(0.0, (min(end, until) - step.act_at).total_seconds()) / 3600
        for step, end in zip(steps, ends, strict=False)
    )


def unit_hours_between(with_it: Units, without_it: Units) -> float:
    """Unit-hours between two floors on the dense grid."""
    return float((with_it - without_it).sum()) * step_s(GRID) / 3600


def add_up(currency: str, parts: Sequence[float]) -> Cost:
    """The sum of what has a price; None if nothing has."""
    return Cost(currency, _cents(sum(parts)) if parts else None)


def _cents(amount: float) -> float:
    return round(amount, 2) + 0.0  # + 0.0 turns -0.0 into 0.0
