"""Demand: what was observed of a service, and what is predicted of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds, from_epoch_s

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrafficSample:
    """One reading of a service's traffic, as decoded.

    Either `count` requests in the `interval_s` seconds from `timestamp_s` on, or an instantaneous
    `rate_per_s`. `series` names the producer's time series: with the timestamp it recognises
    duplicates. `saturated` means the true demand was at least this much.
    """

    service: str
    timestamp_s: float
    count: float | None = None
    interval_s: float | None = None
    rate_per_s: float | None = None
    series: str | None = None
    saturated: bool = False


@dataclass(frozen=True, slots=True)
class SourcePartition:
    """Where samples came from. The topic's id tells a recreated topic from the old one."""

    topic: str
    topic_id: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.topic_id}]/{self.partition}"


@dataclass(frozen=True, slots=True)
class BucketPart:
    """What one source partition holds of a service's demand in [start_s, start_s + width_s).

    Absolute, never an increment: of two parts for the same service, source and bucket the one with
    the higher `through_offset` replaces the other. `count` requests were seen over `interval_s`
    seconds of sampling; `rates` holds per series the sum of rate readings and how many there were.
    """

    service: str
    source: SourcePartition
    start_s: int
    width_s: int
    through_offset: int
    samples: int
    count: float = 0.0
    interval_s: float = 0.0
    rates: tuple[tuple[str, float, int], ...] = ()
    saturated: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """The newest of a service's demand: its mean from `since` until `until`, and whether it is "at least".

    `is_breached` says the latter: producers mark what they could not serve within the objective as saturated.
    """

    since: datetime
    until: datetime
    rate_per_s: float
    is_breached: bool = False


@dataclass(frozen=True, eq=False)
class ServiceView:
    """A service's demand on a regular grid, up to `data_until`.

    `values` has shape (n,): mean `rate_per_s` of the cell starting at `start_s + i * step_s`, NaN
    where nothing was seen (a gap is not a zero). `saturated` (n,) marks cells that are "at least".
    `recent_rate_per_s` is the highest bucket of the last ten minutes: what is in use now. `newest` is the
    last bucket that ended by `data_until`; None where there was none in those minutes.
    """

    service: str
    start_s: int
    step_s: int
    values: Floats
    saturated: NDArray[np.bool_]
    data_until: datetime
    recent_rate_per_s: float
    newest: Reading | None = None

    @property
    def times_s(self) -> Seconds:
        """Start of every cell, shape (n,)."""
        return self.start_s + self.step_s * np.arange(len(self.values), dtype=np.int64)

    @property
    def last_cell(self) -> Reading | None:
        """What is known of the last cell; None where that is a gap."""
        if not len(self.values) or np.isnan(self.values[-1]):
            return None
        since, until = from_epoch_s(self.cutoff_s - self.step_s), from_epoch_s(self.cutoff_s)
        return Reading(since, until, float(self.values[-1]), bool(self.saturated[-1]))

    @property
    def cutoff_s(self) -> int:
        """The first step to forecast: the end of the last cell."""
        return self.start_s + self.step_s * len(self.values)


@dataclass(frozen=True, slots=True)
class Level:
    """How much of a service is in use now, and until when its demand is known.

    `rate_per_s` is the highest of the last ten minutes; `newest` is what came in the last bucket, or the
    last cell, alone.
    """

    service: str
    data_until: datetime
    rate_per_s: float
    newest: Reading | None = None

    @property
    def is_breached(self) -> bool:
        """Was the objective missed in the newest bucket?"""
        return self.newest is not None and self.newest.is_breached


@dataclass(frozen=True, slots=True)
class Evidence:
    """A past campaign that an uplift rests on: what it did to demand, and how much it counts (0 to 1)."""

    campaign_id: str
    weight: float
    mean_factor: float
    peak_factor: float


@dataclass(frozen=True, eq=False)
class UpliftBand:
    """A campaign's multiplicative effect over the forecast grid.

    `factor` has shape (steps, levels), 1.0 where the campaign does nothing. `evidence` are the past
    campaigns it was learned from, those that count most first. `in_flight` is the factor by which what
    came since its start corrected it; None before.
    """

    campaign_id: str
    factor: Floats
    reason: Reason
    evidence: tuple[Evidence, ...] = ()
    in_flight: float | None = None


@dataclass(frozen=True, eq=False)
class Forecast:
    """Predicted demand of one service.

    `times_s` (steps,) are starts of steps of `step_s`, all at or after the cutoff; they need not be
    contiguous (near horizon, then the windows of campaigns further out). `levels` (levels,) are
    quantile levels, rising. `baseline` and `total` have shape (steps, levels) in requests per
    second, without and with every campaign; both never fall along the levels axis. Factors apply to
    baseline + `offset`: near zero demand a ratio says nothing. `calibration` is the share of the last
    days' values that lay below the 0.95 quantile; None where it is not known yet.
    """

    service: str
    cutoff: datetime
    step_s: int
    times_s: Seconds
    levels: tuple[float, ...]
    baseline: Floats
    total: Floats
    uplifts: tuple[UpliftBand, ...]
    reasons: tuple[Reason, ...]
    offset: float = 0.0
    calibration: float | None = None
