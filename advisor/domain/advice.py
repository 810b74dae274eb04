"""Advice: what a service needs, and what is to be done about it when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from advisor.domain.capacity import Armed
from advisor.domain.controls import Controls
from advisor.domain.demand import Floats
from advisor.domain.money import Cost, Ledger, Ration
from advisor.domain.policy import Mode
from advisor.domain.readiness import CampaignReadiness, Readiness
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds

if TYPE_CHECKING:  # which knows of claims and steps itself
    from advisor.domain.resource_state import ResourceState


@dataclass(frozen=True, eq=False)
class WithoutCampaign:
    """A need as it would be if one campaign did not exist, where that makes a difference.

    `rate_per_s` (k,) replaces the need's total from its step `first` on, `bands` (k, levels) its bands;
    elsewhere they are equal.
    """

    campaign_id: str
    first: int
    rate_per_s: Floats
    bands: Floats


@dataclass(frozen=True, eq=False)
class Need:
    """What one service's forecast asks of one resource: demand over time, not units.

    All rates are the service's own, at the resource's planning quantile `level`; the decider applies
    the share and adds up services, so that sizing happens once. `times_s` (steps,) are the starts of
    steps of `step_s`. `baseline` and `total` (steps,) are without and with every campaign; `bands`
    (steps, levels) is the latter at each of the quantile `levels`, rising. `highest_seen` is the highest
    rate in the service's history, `calibration` the share of the last days' values below the 0.95
    quantile, None where that is not known.
    """

    resource: str
    service: str
    level: float
    cutoff: datetime
    step_s: int
    times_s: Seconds
    baseline: Floats
    total: Floats
    levels: tuple[float, ...]
    bands: Floats
    without: tuple[WithoutCampaign, ...]
    reasons: tuple[Reason, ...]
    highest_seen: float = 0.0
    calibration: float | None = None

    def column(self, level: float) -> int:
        """Which of the bands tells this quantile? The first at or above it; the highest above all."""
        return next((i for i, known in enumerate(self.levels) if known >= level), len(self.levels) - 1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A campaign's membership of one resource's floor for one window: not a number."""

    campaign_id: str
    revision: int
    resource: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """From `act_at` on, ask for at least `floor` and at most `ceiling` units."""

    act_at: datetime
    floor: int
    ceiling: int


@dataclass(frozen=True, slots=True)
class ScheduleWithout:
    """The schedule a resource would have if one campaign did not exist: its cost is the difference to it."""

    campaign_id: str
    steps: tuple[Step, ...]


class Outcome(StrEnum):
    """What a guardrail answers."""

    PASS = "pass"  # noqa: S105 (a verdict, not a secret)
    CLAMP = "clamp"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A guardrail's answer, by name, with its reason and the numbers behind it."""

    guardrail: str
    outcome: Outcome
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A guarded, dated instruction for one resource: absolute floors, never increments.

    Its identity is its content without `data_until` and `decided_at`: see
    :func:`streams.codec.recommendations.recommendation_id`.
    """

    resource: str
    steps: tuple[Step, ...]
    expires_at: datetime
    campaigns: tuple[str, ...]
    readiness: Readiness
    reasons: tuple[Reason, ...]
    cost: Cost
    mode: Mode
    data_until: datetime
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Instruction:
    """What is due now on a resource that may be acted on: set these bounds.

    `restore` says that no campaign has a part in them any more: the bounds from before our first
    change come back exactly, whatever the figures here. `armed` is what the platform is to carry out by
    itself from now on; None leaves that as it is.
    """

    resource: str
    floor: int
    ceiling: int
    planned_for: datetime
    expires_at: datetime
    reasons: tuple[Reason, ...]
    restore: bool = False
    armed: tuple[Armed, ...] | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What happened when an instruction was carried out, and by the decider of which epoch."""

    resource: str
    reason: Reason
    acted_at: datetime
    before_floor: int | None
    after_floor: int | None
    detail: str = ""
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class ResourceDecision:
    """Everything decided for one resource: the recommendation, what each guardrail said, what is due.

    `without` are the schedules as they would be without each claiming campaign, to be remembered.
    `left_of_raise` is the floor that guardrails let be asked for where a higher one was due, 0 if they let
    nothing; None where nothing was kept back. `still_due` asks the guardrails again, with what the resource
    is found to be, what people say and the time just before the act: would they let the very same be done?
    `most_units` is the most that is planned for at any time, campaigns far away included.
    """

    recommendation: Recommendation
    claims: tuple[Claim, ...]
    verdicts: tuple[Verdict, ...]
    due: Instruction | None
    without: tuple[ScheduleWithout, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    rationed: tuple[Ration, ...] = ()
    left_of_raise: int | None = None
    most_units: int = 0
    still_due: Callable[[ResourceState, Controls, datetime], bool] | None = field(
        default=None, compare=False, repr=False
    )


@dataclass(frozen=True, slots=True)
class Decision:
    """One run of the decider over the whole estate."""

    resources: tuple[ResourceDecision, ...]
    campaigns: tuple[CampaignReadiness, ...]
