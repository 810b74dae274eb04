"""How many units can be counted on, and when: those that were seen, and those agreed that still come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.advice import Step
from advisor.domain.capacity import Observation
from advisor.domain.policy import Mode, ResourcePolicy
from advisor.domain.timegrid import Seconds
from advisor.planning.pace import Pace
from advisor.planning.schedule import floors_on, standing_at
from advisor.planning.sizing import Units

GRACE = timedelta(minutes=2)
"""How long a step may be due without being seen before it counts as not carried out.

Longer than a decision and a platform's answer take, shorter than any lead time worth planning for.
"""


@dataclass(frozen=True, eq=False)
class Standing:
    """What was agreed of a resource before this decision, what was seen of it, and what is in the way.

    `mode` is how far may be gone for the campaigns in question, `held` what people put on hold of
    them, `is_blocked` whether anything else refuses their raise. `problems` are the platform's.
    """

    pace: Pace
    agreed: Sequence[Step]
    observation: Observation | None
    problems: tuple[str, ...]
    mode: Mode
    held: tuple[str, ...]
    is_blocked: bool

    @property
    def resource(self) -> ResourcePolicy:
        """What is allowed and known of the resource."""
        return self.pace.resource

    @property
    def seen_floor(self) -> int:
        """The floor its actuator found last; the policy's minimum while nobody looked."""
        return self.observation.bounds.minimum if self.observation else self.resource.minimum

    def verified(self, units: int) -> bool:
        """Were so many units seen there and ready, with a floor that keeps them? Not while we are blind."""
        if self.observation is None or self.problems:
            return False
        return min(self.observation.ready_units, self.observation.bounds.minimum) >= units


def overdue(standing: Standing, now: datetime) -> int | None:
    """The agreed floor that is missing for longer than the grace; None if none is, or nobody could look."""
    if standing.observation is None:
        return None
    since = now - GRACE
    lately = [step.floor for step in standing.agreed if since < step.act_at <= now]
    least = min([standing_at(standing.agreed, since, standing.resource.minimum), *lately])
    return least if standing.seen_floor < least else None


def units_there(standing: Standing, times_s: Seconds, now: datetime) -> Units:
    """Units that are there at each instant without anything that is only asked for now, shape (n,).

    Meant for instants up to a lead time from `now`. What was agreed is there a lead time after it was
    due: all of it where we act by ourselves and nothing is in the way, otherwise what was seen asked
    for. A floor seen higher than was agreed is somebody else's and counts as there already.
    """
    resource, observation = standing.resource, standing.observation
    lead_s = -int(-standing.pace.lead.total_seconds() // 1)
    agreed = floors_on(times_s - lead_s, standing.agreed, resource.minimum)
    obstructed = standing.held or standing.problems or standing.is_blocked
    if observation is None:  # nobody can look: the plan is taken at its word, unless we know better
        return np.full_like(agreed, resource.minimum) if obstructed else agreed
    seen = observation.bounds.minimum
    if standing.mode is not Mode.AUTO:
        return np.full_like(agreed, max(seen, resource.minimum))
    if obstructed or overdue(standing, now) is not None:
        agreed = np.minimum(agreed, seen)
    is_ours = seen <= standing_at(standing.agreed, now, resource.minimum)
    at_once = min(seen, observation.ready_units) if is_ours else seen
    return np.maximum(agreed, max(at_once, resource.minimum))
