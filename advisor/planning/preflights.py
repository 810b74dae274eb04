"""When is it time to look again for what will keep a plan from being carried out, and for how many units?"""

from __future__ import annotations

from datetime import datetime, timedelta

from advisor.domain.advice import ResourceDecision
from advisor.domain.capacity import Bounds
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState

ORDINARILY = timedelta(hours=6)
SOON = timedelta(minutes=10)
"""Between two preflights: days ahead, and in the last hour before a step. Quotas are asked for slowly."""

LAST_HOUR = timedelta(hours=1)


def preflight_due(
    made: ResourceDecision, state: ResourceState, resource: ResourcePolicy, now: datetime
) -> Bounds | None:
    """The bounds that a preflight is to be made for now; None where none is due.

    Where nothing is planned beyond what stands nothing can be in the way.
    """
    found = state.observation
    most = made.most_units
    if found is None or resource.is_fixed or most <= max(found.bounds.minimum, resource.minimum):
        return None
    last = state.preflight
    ahead = [step.act_at for step in made.recommendation.steps if step.act_at > now]
    wait = SOON if ahead and ahead[0] - now <= LAST_HOUR else ORDINARILY
    if last is not None and most <= last.units and now < last.looked_at + wait:
        return None
    return Bounds(most, max(most, resource.maximum))
