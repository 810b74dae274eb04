"""The sets that ablations and pictures are made on: demand, calendar, cutoffs and event windows.

A set is `NAME.csv.gz` (`timestamp_utc,value`) with, where it has events, `NAME.events.csv`
(`start_utc,end_utc,name,kind`). Hints in a calendar are left out: what is measured is what is learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, ceil_to, from_epoch_s, to_epoch_s
from advisor.simulation.rolling import Origins, Series, series_of
from streams.backtest.inputs import KNOWN_FROM, SERVICE
from streams.replay_files import read_calendar, read_demand

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FINEST = timedelta(minutes=5)
MOST_CUTOFFS = 40


@dataclass(frozen=True, slots=True)
class Grid:
    """From which cutoffs a set is forecast, and which steps count as inside its events.

    Those are the steps that start within `before` of an event's start and `tail` of its end. `long_kinds`
    are of days rather than hours: known to the forecast, not counted as inside.
    """

    start: datetime
    end: datetime
    every: timedelta
    before: timedelta = HOUR / 2
    tail: timedelta = HOUR
    step: timedelta = FINEST
    horizon: timedelta = DAY
    long_kinds: tuple[str, ...] = ()


GRIDS = {
    "wc98": Grid(
        datetime(1998, 6, 10, tzinfo=UTC),
        datetime(1998, 6, 25, 18, tzinfo=UTC),
        every=6 * HOUR,
        tail=1.5 * HOUR,
    ),
    "nasa95": Grid(
        datetime(1995, 7, 8, tzinfo=UTC),
        datetime(1995, 7, 26, tzinfo=UTC),
        every=12 * HOUR,
        before=HOUR,
        long_kinds=("mission_in_flight",),
    ),
    "twitter_fb": Grid(
        datetime(2015, 3, 20, tzinfo=UTC), datetime(2015, 4, 21, 20, tzinfo=UTC), every=12 * HOUR
    ),
    "elb_requests": Grid(
        datetime(2014, 4, 17, tzinfo=UTC), datetime(2014, 4, 23, tzinfo=UTC), every=6 * HOUR
    ),
}
"""The sets whose cutoffs are agreed; any other is forecast over its last two thirds."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One set, ready to be forecast: `campaigns` without hints, in order of their starts."""

    name: str
    series: Series
    campaigns: tuple[Campaign, ...]
    grid: Grid
    service: str = SERVICE

    def cutoffs(self, thin: int = 1) -> tuple[datetime, ...]:
        """Every `thin`-th cutoff of those whose whole horizon lies within the demand."""
        grid = self.grid
        agreed = Origins(grid.start, grid.end, grid.every, grid.horizon, grid.step).cutoffs
        last = from_epoch_s(self.series.end_s) - grid.horizon
        return tuple(cutoff for cutoff in agreed if cutoff <= last)[::thin]

    def origins(self, thin: int = 1) -> Origins:
        """The same cutoffs as a backtest asks for them."""
        cutoffs = self.cutoffs(thin)
        grid = self.grid
        return Origins(cutoffs[0], cutoffs[-1], thin * grid.every, grid.horizon, grid.step)

    @property
    def events(self) -> tuple[Campaign, ...]:
        """The campaigns of hours, inside whose windows the forecast is scored apart."""
        return tuple(c for c in self.campaigns if c.kind not in self.grid.long_kinds)

    def inside(self, times_s: Seconds, events: Sequence[Campaign] | None = None) -> NDArray[np.bool_]:
        """Which of the steps that start at these instants lie inside events (all of them)? Same shape."""
        found = np.zeros(times_s.shape, dtype=np.bool_)
        for event in self.events if events is None else events:
            start_s = to_epoch_s(event.start - self.grid.before)
            found |= (times_s >= start_s) & (times_s < to_epoch_s(event.end + self.grid.tail))
        return found

    def actual(self, times_s: Seconds) -> Floats:
        """What came, NaN where nothing was seen."""
        return self.series.at(times_s)


def names_in(folder: Path) -> list[str]:
    """The sets of a folder, those with agreed cutoffs first. Raises FileNotFoundError if there is none."""
    found = sorted(path.name.removesuffix(".csv.gz") for path in folder.glob("*.csv.gz"))
    if not found:
        raise FileNotFoundError(f"{folder} holds no NAME.csv.gz: name the folder with the sets")
    return [name for name in GRIDS if name in found] + [name for name in found if name not in GRIDS]


@lru_cache(maxsize=4)
def load(folder: Path, name: str) -> Trial:
    """One set of a folder. Raises ConfigError for rows that cannot be used."""
    times_s, values = read_demand(folder / f"{name}.csv.gz")
    grid = GRIDS.get(name) or _grid_of(times_s)
    calendar = folder / f"{name}.events.csv"
    known = read_calendar(calendar, (SERVICE,), KNOWN_FROM) if calendar.exists() else ()
    bare = [replace(c, magnitude_hint=None, audience=None) for c in known]
    ordered = tuple(sorted(bare, key=lambda c: (c.start, c.campaign_id)))
    return Trial(name, series_of(times_s, values, grid.step), ordered, grid)


def _grid_of(times_s: Seconds) -> Grid:
    """Up to so many cutoffs over the last two thirds of the demand, whole days apart in daily demand."""
    width = timedelta(seconds=int(np.median(np.diff(times_s))))
    step = max(width, FINEST)
    horizon = DAY if step < DAY else 28 * DAY
    unit = 6 * HOUR if step < DAY else 7 * DAY
    first, last = from_epoch_s(int(times_s[0])), from_epoch_s(int(times_s[-1]))
    start, end = ceil_to(first + (last - first) / 3, DAY), last - horizon
    every = unit * max(1, -(-(end - start) // (MOST_CUTOFFS * unit)))
    return Grid(start, end, every, step=step, horizon=horizon)
