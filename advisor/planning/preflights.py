"""When is it time to look again for what will keep a plan from being carried out, and for how many units?"""

from __future__ import annotations

from datetime import datetime, timedelta

from advisor.domain.advice import ResourceDecision
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.policy import ResourcePolicy
from advisor.domain.preflight import PreflightFinding
from advisor.domain.reason import Reason
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


def image_pulls(resource: ResourcePolicy, found: Observation, need: Bounds) -> tuple[PreflightFinding, ...]:
    """Does the registry let the images of so many new units be pulled within a lead time?"""
    rate = resource.image_pulls_per_min
    if rate is None:
        return ()
    pulled = int(rate * (resource.lead_time / timedelta(minutes=1)))
    new = need.minimum - found.ready_units
    if new <= pulled:
        return ()
    detail = f"its registry lets {pulled} images be pulled in a lead time, {new} new units pull one each"
    cure = "pull the image on every node beforehand, as a DaemonSet does, or through a cache of your own"
    return (
        PreflightFinding(
            resource.resource,
            Reason.IMAGE_PULLS_TOO_SLOW,
            detail,
            cure,
            there=pulled,
            needed=new,
            enough_for=found.ready_units + pulled,
        ),
    )
