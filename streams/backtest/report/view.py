"""Everything that the report of a backtest says, as frozen values: no words, no HTML, no pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.simulation.reactive import Units

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Overview:
    """The whole span: what came, and what had been foreseen by the oldest forecast at most a day old.

    All of shape (n,), NaN where nothing is known or was forecast; `windows` is true inside campaigns. Where
    the span has more steps than a picture has columns each of the n is the highest of `bin_s` seconds.
    """

    times_s: Seconds
    actual: Floats
    median: Floats
    upper: Floats
    windows: Flags
    bin_s: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """Shares of actuals at or below each level's forecast, 0 to 1; None where there are no such points."""

    levels: tuple[float, ...]
    everywhere: tuple[float, ...] | None
    outside: tuple[float, ...] | None
    inside: tuple[float, ...] | None
    from_third: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class PeakMark:
    """The highest demand in a campaign's window beside the highest of each forecast level there.

    Only steps with an actual count. `whole` says whether the forecast reached to the window's end.
    """

    actual: float
    forecast: tuple[float, ...]
    minutes_late: float
    whole: bool

    @property
    def beyond(self) -> float:
        """The actual peak in multiples of the highest level's: above 1 it broke through."""
        return self.actual / self.forecast[-1] if self.forecast[-1] > 0 else np.inf


@dataclass(frozen=True, eq=False)
class Stretch:
    """What a campaign's plot shows: `actual` (n,) on `times_s`; the forecast on `ahead_s` (m,).

    `band` has shape (m, levels); `baseline` (m,) is the median that was expected without campaigns.
    """

    times_s: Seconds
    actual: Floats
    ahead_s: Seconds
    band: Floats
    baseline: Floats
    window_s: tuple[int, int]
    cutoff_s: int


@dataclass(frozen=True, eq=False)
class CampaignCard:
    """One campaign: the last forecast made before its start that reaches it, and how its peak was met.

    `number` counts campaigns in order of their start, from 1. `cutoff` is None where no forecast reaches it
    and `peak` where no demand is known there; `known` says whether it was announced by the cutoff.
    `first_minutes` has a mean shortfall (0 to 1) per scaler, the worst of all resources; empty without a
    policy and where the campaign does not begin inside the span.
    """

    number: int
    campaign_id: str
    title: str
    kind: str
    start: datetime
    end: datetime
    cutoff: datetime | None
    known: bool
    peak: PeakMark | None
    coverage_95: float | None
    first_minutes: dict[str, float]
    stretch: Stretch | None


@dataclass(frozen=True, slots=True)
class ScalerRow:
    """One scaler's marks on one resource, see :class:`advisor.simulation.elasticity.Elasticity`."""

    scaler: str
    met: int
    campaigns: int
    worst: float | None
    theta_under: float
    theta_over: float
    tau_under: float
    tau_over: float
    unit_hours: float
    cost_to_oracle: float | None


@dataclass(frozen=True, eq=False)
class CloseUp:
    """What every scaler had ready on one resource around one campaign: `demanded` and `ready` (n,).

    `worst` and `worst_hpa` are what Headstart and the HPA alone lacked in its first ten minutes, 0 to 1.
    """

    title: str
    worst: float
    worst_hpa: float
    window_s: tuple[int, int]
    times_s: Seconds
    known: Flags
    demanded: Units
    ready: dict[str, Units]


@dataclass(frozen=True, eq=False)
class ResourceView:
    """One resource: a row a scaler, and the campaign where Headstart did worst (None without campaigns)."""

    resource: str
    rows: tuple[ScalerRow, ...]
    close_up: CloseUp | None


@dataclass(frozen=True, eq=False)
class CapacityView:
    """The closed loop. `met` says per scaler how many of `total` campaigns lacked nothing on any resource."""

    total: int
    met: dict[str, int]
    cost_to_oracle: dict[str, tuple[float, ...]]
    resources: tuple[ResourceView, ...]


@dataclass(frozen=True, slots=True)
class Gaps:
    """Demand that is not known, of the steps that were forecast."""

    steps: int
    missing: int
    gaps: int
    longest: timedelta
    longest_from: datetime | None


@dataclass(frozen=True, slots=True)
class MarkRow:
    """One mark over all points, inside campaign windows, and from the third campaign on, as written."""

    name: str
    cells: tuple[str, str, str]


@dataclass(frozen=True, eq=False)
class ReportView:
    """All that the page says. `campaigns` has the worst first; `plotted` of them have a picture."""

    title: str
    unit: str
    levels: tuple[float, ...]
    forecasts: int
    horizon: timedelta
    step_s: int
    wape: float | None
    reliability: Reliability
    overview: Overview
    campaigns: tuple[CampaignCard, ...]
    plotted: int
    capacity: CapacityView | None
    marks: tuple[MarkRow, ...]
    gaps: Gaps
    made: tuple[tuple[str, str], ...]

    @property
    def pictured(self) -> tuple[CampaignCard, ...]:
        """The campaigns that have a picture, the worst first."""
        return self.campaigns[: self.plotted]
