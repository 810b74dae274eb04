"""How many units can be counted on, and when: those that were seen, and those agreed or planned that come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.policy import ResourcePolicy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, ceil_to, floor_to, to_epoch_s
from advisor.planning.estate import LaidOut
from advisor.planning.pace import Pace
from advisor.planning.schedule import GRID, floors_on, standing_at
from advisor.planning.sizing import Units

GRACE = timedelta(minutes=2)
"""How long a step may be due without being seen before it counts as not carried out.

Longer than a decision and a platform's answer take, shorter than any lead time worth planning for.
"""

BLIND_AFTER = timedelta(minutes=15)
"""When every look has failed for so long, what was seen before them counts no more for those who send."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that keeps what is due from being asked for now, and what it is in words."""

    reason: Reason
    detail: str


@dataclass(frozen=True, eq=False)
class Standing:
    """What was agreed of a resource before this decision, what was seen of it, and what is in the way.

    `laid` is its plan as pools and budgets leave it. `acts_by_itself` says that whatever is due will be
    asked for without anybody; `obstacles` are what keeps it from that now.
    """

    laid: LaidOut
    acts_by_itself: bool
    obstacles: tuple[Obstacle, ...]

    @property
    def resource(self) -> ResourcePolicy:
        """What is allowed and known of the resource."""
        return self.laid.resource

    @property
    def pace(self) -> Pace:
        """The times by which it is planned."""
        return self.laid.pace

    @property
    def problems(self) -> tuple[str, ...]:
        """What the platform said when it was asked last."""
        return self.laid.state.problems

    @property
    def seen_floor(self) -> int:
        """The floor its actuator found last; the policy's minimum while nobody looked."""
        observation = self.laid.state.observation
        return observation.bounds.minimum if observation else self.resource.minimum

    @property
    def always_there(self) -> int:
        """The units that stand without any campaign: the policy's minimum, but no more than was seen to."""
        return min(self.resource.minimum, self.seen_floor)

    @property
    def ready_units(self) -> int:
        """The units that serve now and are kept by a floor; the policy's minimum while nobody looked."""
        observation = self.laid.state.observation
        if observation is None:
            return self.resource.minimum
        return min(observation.ready_units, max(observation.bounds.minimum, self.resource.minimum))

    def verified(self, units: int) -> bool:
        """Were so many units seen there and ready, with a floor that keeps them? Not while we are blind."""
        observation = self.laid.state.observation
        if observation is None or self.problems:
            return False
        return min(observation.ready_units, observation.bounds.minimum) >= units


def overdue(standing: Standing, now: datetime) -> int | None:
    """The agreed floor that is missing for longer than the grace; None if none is, or nobody could look.

    What was kept back until now, as by people who approve late, is only asked for with this decision: of that
    only what was let be asked for counts.
    The minimum alone was agreed for nobody: it is not asked for before a campaign has a part in the floor.
    """
    state = standing.laid.state
    if state.observation is None:
        return None
    since, agreed = now - GRACE, state.plan
    lately = [step.floor for step in agreed if since < step.act_at <= now]
    asked = () if state.left_of_raise is None else (state.left_of_raise,)
    least = min([standing_at(agreed, since, standing.resource.minimum), *lately, *asked])
    return least if standing.seen_floor < least and least > standing.resource.minimum else None


def missing(standing: Standing, now: datetime) -> tuple[int, int] | None:
    """How many units should be ready by now, and how many are? None where all are, or nobody could look.

    Should: their floor was agreed a lead time ago, and stands. A count of a moment, as while a pod is
    replaced, is not held against them: the most of the grace's time counts.
    """
    state, observation = standing.laid.state, standing.laid.state.observation
    if observation is None or standing.problems:
        return None
    since = now - standing.pace.lead - GRACE
    lately = [step.floor for step in state.plan if since < step.act_at <= now]
    least = min([standing_at(state.plan, since, standing.resource.minimum), *lately, standing.seen_floor])
    awaited = state.lead_times.awaited
    covering = next((raised for raised in awaited if raised.units >= least), None)
    if covering is not None and covering.asked_at > since:
        # Asked for later than agreed, as when a person approved late: they are not due yet.
        due = [raised.units for raised in awaited if raised.asked_at <= since]
        least = max(due, default=observation.ready_units)
    counted = [r.units for r in state.capacity.running.ready if r.until >= now - GRACE]
    ready = max([observation.ready_units, *counted])
    return (least, ready) if ready < least and least > standing.resource.minimum else None


def units_there(standing: Standing, times_s: Seconds, now: datetime) -> Units:
    """Units that are there at each instant without anything that is only asked for now, shape (n,).

    Meant for instants up to a lead time from `now`. Ready units that a floor keeps are there. What was agreed
    is there a lead time after it was due, or after we asked for it if that was later: all of it where we act
    by ourselves and nothing is in the way, otherwise as much of it as was seen asked for. More that somebody
    else asked for counts once it is ready, and so does what has taken longer than a lead time.
    """
    resource, state = standing.resource, standing.laid.state
    agreed = floors_on(times_s - _lead_s(standing.pace.lead), state.plan, standing.always_there)
    obstructed = standing.obstacles or standing.problems
    if state.observation is None:  # nobody can look: the plan is taken at its word, unless we know better
        return np.full_like(agreed, resource.minimum) if obstructed else agreed
    is_late = state.left_of_raise is not None or overdue(standing, now) is not None
    if not standing.acts_by_itself or obstructed or is_late:
        agreed = np.minimum(agreed, standing.seen_floor)
    late = missing(standing, now)
    if late is not None:
        agreed = np.minimum(agreed, late[1])
    return np.maximum(_as_asked(standing, agreed, times_s, now), _at_once(standing))


def _as_asked(standing: Standing, agreed: Units, times_s: Seconds, now: datetime) -> Units:
    """Of what was agreed to be there (n,) only what was asked for in time, while raises are awaited."""
    awaited, lead_s = standing.laid.state.lead_times.awaited, _lead_s(standing.pace.lead)
    if not awaited:
        return agreed
    asked = np.full_like(agreed, _at_once(standing))
    for raised in awaited:
        comes_s = to_epoch_s(floor_to(raised.asked_at, GRID)) + lead_s
        asked = np.where(times_s >= comes_s, np.maximum(asked, raised.units), asked)
    is_to_come = times_s - lead_s > to_epoch_s(now)  # due later, and so not asked for yet
    return np.where(is_to_come, agreed, np.minimum(agreed, asked))


def _at_once(standing: Standing) -> int:
    """The units that serve now and that a floor keeps."""
    return max(standing.ready_units, standing.always_there)


def units_expected(standing: Standing, times_s: Seconds, now: datetime, lead: timedelta) -> Units:
    """Units that are there at each instant if all that is planned is asked for from now on, shape (n,).

    What is asked for is there `lead` after it, and nothing is asked for before the plan's next instant. Up
    to then, what :func:`units_there` counts.
    """
    soonest_s = to_epoch_s(ceil_to(now, GRID)) + _lead_s(lead)
    there = units_there(standing, times_s, now)
    planned = standing.laid.floors_on(times_s - _lead_s(lead))
    return np.where(times_s < soonest_s, there, np.maximum(planned, standing.resource.minimum))


def units_promised(standing: Standing, times_s: Seconds, now: datetime) -> Units:
    """Units that senders are promised at each instant, shape (n,).

    At `now` only what was seen ready. Later what is agreed, and what is planned where we act by ourselves and
    nothing is in the way. Where nobody can look, or could for a while, no more than always stands.
    """
    blind_since = standing.laid.state.blind_since
    if standing.laid.state.observation is None or (blind_since and now - blind_since > BLIND_AFTER):
        return np.full(len(times_s), standing.always_there, dtype=np.int64)
    goes_on = standing.acts_by_itself and not standing.obstacles and not standing.problems
    later = (
        units_expected(standing, times_s, now, standing.pace.usual)
        if goes_on
        else units_there(standing, times_s, now)
    )
    is_now = times_s <= to_epoch_s(ceil_to(now, GRID))
    return np.where(is_now, np.minimum(later, standing.ready_units), later)


def _lead_s(lead: timedelta) -> int:
    """Whole seconds, rounded up."""
    return -int(-lead.total_seconds() // 1)
