"""What was spent on capacity that is gone again: by day, and by campaign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from advisor.domain.advice import Claim, Step
from advisor.domain.campaign import Campaign
from advisor.domain.money import Ledger, Spent
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import ceil_to
from advisor.planning.cost import unit_hours
from advisor.planning.floors import steps_past
from advisor.planning.schedule import GRID

KEEP = timedelta(days=62)
"""As long as a month's budget can look back, and a month more."""


def balanced(
    resource: ResourcePolicy, state: ResourceState, claims: Sequence[Claim], now: datetime
) -> Ledger:
    """The ledger at `now`: with the floors that are back at their minimum, and the claims that are gone.

    `claims` are those that a resource has from now on; `state` is what was remembered of it before.
    """
    price = resource.price_per_unit_hour
    if not price:
        return state.ledger
    let_go, days = _let_go(resource, state, now), dict(state.ledger.days)
    for day, hours in _by_day(let_go, resource.minimum):
        days[day.isoformat()] = days.get(day.isoformat(), 0.0) + hours * price
    held = {claim.campaign_id for claim in claims}
    until = let_go[-1].act_at if let_go else now
    campaigns = {spent.campaign_id: spent for spent in state.ledger.campaigns}
    with_all = unit_hours([s for s in state.plan if s.act_at <= until], until, resource.minimum)
    for other in state.without:
        if let_go or other.campaign_id not in held:
            steps = [step for step in other.steps if step.act_at <= until]
            hours = max(0.0, with_all - unit_hours(steps, until, resource.minimum))
            amount = state.ledger.spent_by(other.campaign_id) + hours * price
            last_day = until.astimezone(UTC).date().isoformat()
            campaigns[other.campaign_id] = Spent(other.campaign_id, amount, last_day)
    oldest = (now - KEEP).date().isoformat()
    kept = tuple(sorted((day, amount) for day, amount in days.items() if day >= oldest and amount > 0))
    known = [s for s in campaigns.values() if s.last_day >= oldest or s.campaign_id in held]
    return Ledger(kept, tuple(sorted((s for s in known if s.amount > 0), key=lambda s: s.campaign_id)))


def spent_on(resource: ResourcePolicy, state: ResourceState, day: date, now: datetime) -> float:
    """What one resource's floors have cost on a UTC day until `now`.

    Those that still stand are among them, and those that went back to the minimum since the last decision,
    which the ledger has only after this one.
    """
    spent = dict(state.ledger.days).get(day.isoformat(), 0.0)
    until = Step(ceil_to(now, GRID), resource.minimum, resource.maximum)
    gone = [step for step in state.plan if step.act_at < until.act_at]
    if not gone or not resource.price_per_unit_hour:
        return spent
    hours = sum(h for on, h in _by_day((*gone, until), resource.minimum) if on == day)
    return spent + hours * resource.price_per_unit_hour


def month_of(campaign: Campaign) -> tuple[int, int]:
    """The UTC year and month in which a campaign begins: its team's budget of that month pays for it."""
    start = campaign.start.astimezone(UTC)
    return start.year, start.month


def _let_go(resource: ResourcePolicy, state: ResourceState, now: datetime) -> tuple[Step, ...]:
    """The past steps of the plan that it no longer holds, because the floor went back to its minimum."""
    gone = [step for step in state.plan if step.act_at < ceil_to(now, GRID)]
    return tuple(gone[: len(gone) - len(steps_past(resource, state.plan, now))])


def _by_day(steps: Sequence[Step], minimum: int) -> Iterator[tuple[date, float]]:
    """Unit-hours above the minimum by UTC day, of each step until the next; the last one counts nothing."""
    for step, after in pairwise(steps):
        begin = step.act_at.astimezone(UTC)
        while step.floor > minimum and begin < after.act_at:
            midnight = datetime.combine(begin.date() + timedelta(days=1), datetime.min.time(), UTC)
            end = min(midnight, after.act_at)
            yield begin.date(), (step.floor - minimum) * (end - begin).total_seconds() / 3600
            begin = end
