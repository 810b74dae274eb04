"""A campaign: an announced event that will move demand, as its owner described it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CampaignStatus(StrEnum):
    """Does the campaign stand, or was it withdrawn?"""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ExpectedUplift:
    """The owner's own figure: demand becomes so many times the baseline (1.0 means no effect)."""

    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class CampaignBudget:
    """What the owner will pay for extra capacity, in `currency`."""

    currency: str
    max_cost: float


@dataclass(frozen=True, slots=True)
class Wave:
    """A part of the audience that is reached by the clock of its own zone; `share` of it, 0 to 1.

    Where nobody knows who lives where, each zone's wave may be the whole of it.
    """

    timezone: str
    start: datetime
    end: datetime
    share: float


@dataclass(frozen=True, slots=True)
class Campaign:
    """One revision of an announced event. Times are aware UTC; `timezone` is the owner's IANA zone.

    `announced_at` is when this revision reached us (event time): nothing may be planned to happen
    before it. `source` is the CloudEvents source, which the policy may trust more or less.
    `magnitude_hint` is somebody's guess how large this campaign is beside others, for ranking only: any
    finite number, negative for a dip, never a multiplier. Only calendar files carry it. `waves` are there
    where people are reached by their own clocks; `start` is then the first one's, `end` the last one's.
    """

    campaign_id: str
    revision: int
    kind: str
    start: datetime
    end: datetime
    services: tuple[str, ...]
    announced_at: datetime
    source: str
    status: CampaignStatus = CampaignStatus.SCHEDULED
    name: str = ""
    channels: tuple[str, ...] = ()
    timezone: str = "UTC"
    audience: float | None = None
    send_rate_per_min: float | None = None
    expected_uplift: ExpectedUplift | None = None
    owner: str = ""
    team: str = ""
    budget: CampaignBudget | None = None
    magnitude_hint: float | None = None
    waves: tuple[Wave, ...] = ()

    @property
    def last_start(self) -> datetime:
        """When are the last of its people reached? Its start, where all are at once."""
        return max((wave.start for wave in self.waves), default=self.start)

    @property
    def title(self) -> str:
        """The name people gave it, or its id."""
        return self.name or self.campaign_id
