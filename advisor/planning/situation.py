"""All that a guardrail may look at: one resource, what was agreed and seen of it, and what people allow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from advisor.domain.advice import Claim, Step
from advisor.domain.controls import Controls
from advisor.domain.limits import ModeCaps
from advisor.domain.policy import Mode, ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.planning.cuts import Cut
from advisor.planning.pace import Pace
from advisor.planning.permissions import Permission
from advisor.planning.schedule import standing_at


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of one resource at `now`.

    `data_until` is None while a service this resource serves was never seen. `in_use_rate_per_s` is
    the demand that reaches the resource now, `believable_units` carry as many times the highest demand ever
    seen as the policy believes (None: never seen), `calibration` is the lowest of its services'. `claims`
    are all within the horizon; `in_force` those that can have a part in what is due now. `withheld` are the
    permissions of those of them that may not have all, `permitted_floor` is the most that may be raised to
    now (None: as planned). `cuts` are what pools and budgets leave, `bounded` the schedule with all of them.
    """

    pace: Pace
    state: ResourceState
    claims: tuple[Claim, ...]
    in_force: tuple[Claim, ...]
    now: datetime
    data_until: datetime | None
    stale_after: timedelta
    in_use_rate_per_s: float
    controls: Controls
    cuts: tuple[Cut, ...] = ()
    bounded: tuple[Step, ...] = ()
    withheld: tuple[Permission, ...] = ()
    permitted_floor: int | None = None
    believable_units: int | None = None
    calibration: float | None = None
    caps: ModeCaps | None = None

    @property
    def resource(self) -> ResourcePolicy:
        """What is allowed and known of the resource."""
        return self.pace.resource

    @property
    def mode(self) -> Mode:
        """How far may be gone with the resource itself, whoever asks."""
        return self.resource.mode

    @property
    def is_stale(self) -> bool:
        """Is the newest demand too old to lower a floor or to agree to a new plan?"""
        return self.data_until is None or self.now - self.data_until > self.stale_after

    @property
    def standing(self) -> int:
        """The floor that the last agreed plan has in force now."""
        return standing_at(self.state.plan, self.now, self.resource.minimum)

    @property
    def most_believable(self) -> int | None:
        """No more units than these are newly planned for, but what stands; None: no demand was ever seen."""
        return None if self.believable_units is None else max(self.believable_units, self.standing)

    @property
    def observed_floor(self) -> int:
        """The floor its actuator found last; the policy's minimum while nobody looked."""
        observation = self.state.observation
        return observation.bounds.minimum if observation else self.resource.minimum


Schedule = tuple[Step, ...]
