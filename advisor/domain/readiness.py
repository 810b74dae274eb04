"""Readiness: is a campaign safe to launch, what stands against it, and how may it be sent?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from advisor.domain.money import Cost
from advisor.domain.reason import Reason


class Readiness(StrEnum):
    """The one answer for both sides, worst first."""

    NOT_READY = "NOT_READY"
    AT_RISK = "AT_RISK"
    READY = "READY"

    @property
    def rank(self) -> int:
        """0 for the worst: a campaign is as ready as its least ready resource."""
        return list(Readiness).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that decides a campaign's readiness: on which resource, why, in plain words."""

    readiness: Readiness
    reason: Reason
    resource: str
    detail: str


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How much of the demand would find no capacity at this quantile, where it is worst.

    `share` of it (0 to 1) at the worst moment `at`, on `resource`; some of it for `minutes` in all.
    """

    level: float
    share: float
    minutes: int
    resource: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SendStep:
    """From `at` on, sending at this share of the campaign's pace (0 to 1) finds its capacity.

    `rate_per_min` is the same in messages a minute; None where the campaign names no rate.
    """

    at: datetime
    share: float
    rate_per_min: float | None


@dataclass(frozen=True, slots=True)
class SendGate:
    """May a campaign be sent, how fast, and from when on faster?

    `steps` begin at the time of asking and rise or fall with the capacity, until the campaign's end.
    `limited_by` is the resource that allows no more at first, empty where nothing does.
    """

    campaign_id: str
    steps: tuple[SendStep, ...]
    limited_by: str

    @property
    def share_now(self) -> float:
        """The share of the campaign's pace that may be sent now."""
        return self.steps[0].share if self.steps else 0.0


class Progress(StrEnum):
    """How far a campaign's plan has been carried out, over all of its resources."""

    PLANNED = "planned"  # nothing is due yet
    RAISING = "raising"  # what is due is being asked for
    PARTLY_RAISED = "partly_raised"  # on some resources it stands, on others something is in the way
    FAILED = "failed"  # something is in the way of all that is due
    RAISED = "raised"  # all that is due stands


@dataclass(frozen=True, slots=True)
class CampaignReadiness:
    """Is a campaign safe to launch? `earliest_safe_start` is set where its own start is not.

    `last_moment` is until when what is missing can still be asked for; None where nothing is. The
    shortfalls are told at the median and the 0.9 quantile: `if_nothing_is_done` with the units that are
    there, `as_planned` with all that can still come. `send_gate` says how fast it may be sent.
    `sentence` is the answer in words, the same for everybody; `progress` how far the plan is carried out.
    """

    campaign_id: str
    revision: int
    readiness: Readiness
    findings: tuple[Finding, ...]
    extra_cost: Cost
    earliest_safe_start: datetime | None = None
    last_moment: datetime | None = None
    if_nothing_is_done: tuple[Shortfall, ...] = ()
    as_planned: tuple[Shortfall, ...] = ()
    send_gate: SendGate | None = None
    sentence: str = ""
    progress: Progress = Progress.PLANNED

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """The reasons behind the verdict, worst first, each once."""
        return tuple(dict.fromkeys(f.reason for f in self.findings))
