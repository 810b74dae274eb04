"""What does extra capacity cost?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from advisor.domain.advice import Step
from advisor.domain.money import Cost
from advisor.domain.policy import ResourcePolicy


def cost_of_steps(resource: ResourcePolicy, steps: Sequence[Step], until: datetime, currency: str) -> Cost:
    """Price of holding a schedule's floors above the minimum, from its first step to `until`."""
    if resource.price_per_unit_hour is None:
        return Cost(currency, None)
    return Cost(currency, in_cents(unit_hours(steps, until, resource.minimum) * resource.price_per_unit_hour))


def unit_hours(steps: Sequence[Step], until: datetime, minimum: int) -> float:
    """Unit-hours of a schedule's floors above the minimum, from its first step to `until`."""
    ends = [*(s.act_at for s in steps[1:]), until]
    return sum(
        (step.floor - minimum) * max(0.0, (min(end, until) - step.act_at).total_seconds()) / 3600
        for step, end in zip(steps, ends, strict=False)
    )


def in_cents(amount: float) -> float:
    """An amount of money, to the cent."""
    return round(amount, 2) + 0.0  # + 0.0 turns -0.0 into 0.0
