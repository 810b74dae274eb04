"""Rolling origin: the forecasts that would have been made, cutoff by cutoff, with what was known then.

At a cutoff only demand strictly before it and campaigns announced strictly before it are handed to the
forecast: at the very instant of the cutoff nobody has read an announcement yet, and "before" then means
the same for both inputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, ServiceView
from advisor.domain.policy import Policy
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s, to_iso
from advisor.errors import Problem
from advisor.forecasting.forecast import forecast_and_learn, teach
from advisor.forecasting.learned import NOTHING

MAX_CELLS = 20_000_000
"""Longest grid held in memory: 38 years of minutes. More is a stray timestamp."""

MAX_POINTS = 20_000_000
"""Most forecast steps in one backtest: they are all held until they are scored."""

MAX_HORIZON = timedelta(days=3_653)
"""Ten years: further ahead nothing can be said."""

_DAY_S = 86_400
LEARN_AHEAD_EVERY = timedelta(days=14)
"""Half of what is retained at 5 minutes: every campaign before the first cutoff is measured whole once."""

_IN_USE_S = 600


@dataclass(frozen=True, eq=False)
class Series:
    """Demand on a regular grid from `start_s` on: the mean of what was seen per step, NaN for a gap."""

    start_s: int
    step_s: int
    values: Floats

    @property
    def end_s(self) -> int:
        """Where the last cell ends."""
        return self.start_s + self.step_s * len(self.values)

    def at(self, times_s: Seconds) -> Floats:
        """What came in the cells that start at these instants? Same shape; NaN outside the series."""
        index = (times_s - self.start_s) // self.step_s
        inside = (index >= 0) & (index < len(self.values))
        found: Floats = np.full(times_s.shape, np.nan)
        found[inside] = self.values[index[inside]]
        return found

    def scaled(self, factor: float) -> Series:
        """The same demand in another unit."""
        return Series(self.start_s, self.step_s, _frozen(self.values * factor))


@dataclass(frozen=True, slots=True)
class Origins:
    """Cutoffs `start, start + every, ... <= end`, each looking `horizon` ahead in steps of `step`."""

    start: datetime
    end: datetime
    every: timedelta
    horizon: timedelta
    step: timedelta

    @property
    def cutoffs(self) -> tuple[datetime, ...]:
        """Every cutoff, rising; the end is one if it is reached; none if it lies before the start."""
        return tuple(self.start + i * self.every for i in range((self.end - self.start) // self.every + 1))

    @property
    def steps(self) -> int:
        """How many steps each forecast has."""
        return self.horizon // self.step


@dataclass(frozen=True, eq=False)
class RollingForecast:
    """What was forecast at one cutoff: `band` has shape (steps, levels), in units of the series.

    `baseline` (steps,) is the median without campaigns. Nothing is scored by it: single precision will do,
    for every cutoff's steps are held until the end.
    """

    cutoff: datetime
    times_s: Seconds
    band: Floats
    baseline: NDArray[np.float32]


def problems_of(origins: Origins) -> tuple[Problem, ...]:
    """Everything that keeps these cutoffs from being run, named by the options of `headstart backtest`."""
    if _DAY_S % step_s(origins.step):
        fix = "choose 1m, 5m, 30m, 1h, 1d or another that divides a day"
        return (Problem("--step", str(origins.step), "does not divide a day, so no grid fits it", fix),)
    problems = [
        Problem(name, str(length), f"is no whole number of steps of {origins.step}", "give a multiple of it")
        for name, length in (("--horizon", origins.horizon), ("--every", origins.every))
        if length % origins.step
    ]
    if origins.horizon > MAX_HORIZON:
        said = f"is more than {MAX_HORIZON.days} days"
        problems.append(Problem("--horizon", str(origins.horizon), said, "look less far ahead, e.g. 24h"))
    width, off = step_s(origins.step), origins.start.timestamp() % step_s(origins.step)
    if off:
        near = to_iso(from_epoch_s(to_epoch_s(origins.start) // width * width))
        said = f"is not on the grid of {origins.step} from UTC midnight"
        problems.append(
            Problem("--start", to_iso(origins.start), said, f"write {near}, the grid point before it")
        )
    if origins.end < origins.start:
        said = f"is before --start {to_iso(origins.start)}"
        problems.append(Problem("--end", to_iso(origins.end), said, "mend either; --end is the last cutoff"))
    elif not problems and (points := len(origins.cutoffs) * origins.steps) > MAX_POINTS:
        said = f"asks for more forecast steps than {MAX_POINTS:,}"
        problems.append(Problem("--every", f"{points:,}", said, "choose fewer cutoffs or a longer --step"))
    return tuple(problems)


def unreachable(series: Series, origins: Origins) -> tuple[Problem, ...]:
    """What keeps a cutoff from being reached from where the demand begins: too long a way there."""
    cells = (to_epoch_s(origins.end) - series.start_s) // series.step_s
    if cells <= MAX_CELLS:
        return ()
    said = f"is {cells:,} steps after the demand begins, more than {MAX_CELLS:,}"
    fix = "choose cutoffs near the demand, or a longer --step"
    return (Problem("--end", to_iso(origins.end), said, fix),)


def series_of(times_s: Seconds, values: Floats, step: timedelta) -> Series:
    """What was the mean value per step? Readings (n,), n > 0, in rising order of time, at any distance.

    The grid is anchored at UTC midnight, and starts and ends with the cells of the first and the last
    reading. Raises ValueError for a span of more than MAX_CELLS steps.
    """
    width = step_s(step)
    cells = times_s // width
    first, count = int(cells[0]), int(cells[-1] - cells[0]) + 1
    if count > MAX_CELLS:
        ends = f"{to_iso(from_epoch_s(int(times_s[0])))} to {to_iso(from_epoch_s(int(times_s[-1])))}"
        raise ValueError(f"it spans {ends}, {count:,} steps of {step}, more than {MAX_CELLS:,}")
    index = cells - first
    sums, seen = np.bincount(index, values, count), np.bincount(index, minlength=count)
    means: Floats = np.divide(sums, seen, out=np.full(count, np.nan), where=seen > 0)
    return Series(first * width, width, _frozen(means))


def rolling_forecasts(
    series: Series, campaigns: Sequence[Campaign], service: str, origins: Origins, policy: Policy
) -> Iterator[RollingForecast]:
    """What would have been forecast at each cutoff, knowing what was known then? In order of the cutoffs.

    Every forecast has every step of the horizon, finite, whether or not there is demand before it or after.
    `policy` gives the levels and the trust in sources; horizon and step are those of `origins`.
    """
    ahead = _for_backtest(policy, origins)
    learned, middle = NOTHING, policy.levels.index(0.5)
    for cutoff in (*_warming_up(series, origins), *origins.cutoffs):
        view, known = view_before(series, service, cutoff), known_before(campaigns, cutoff)
        if cutoff < origins.start:
            learned = teach(view, known, ahead, learned)
            continue
        forecast, learned = forecast_and_learn(view, known, ahead, learned)
        steps = slice(origins.steps)
        baseline = forecast.baseline[steps, middle].astype(np.float32)
        yield RollingForecast(cutoff, forecast.times_s[steps], forecast.total[steps], baseline)


def _warming_up(series: Series, origins: Origins) -> list[datetime]:
    """When to learn before the first cutoff, so that campaigns older than what is retained are known."""
    first = from_epoch_s(series.start_s)
    whole = int((origins.start - first) / LEARN_AHEAD_EVERY)
    return [origins.start - back * LEARN_AHEAD_EVERY for back in range(whole, 0, -1)]


def known_before(campaigns: Sequence[Campaign], cutoff: datetime) -> tuple[Campaign, ...]:
    """Which campaigns were known at `cutoff`? Those announced strictly before it, in the order given."""
    return tuple(campaign for campaign in campaigns if campaign.announced_at < cutoff)


def view_before(series: Series, service: str, cutoff: datetime) -> ServiceView:
    """What was known of a service at `cutoff`, a point of the grid: the cells strictly before it."""
    cutoff_s = to_epoch_s(cutoff)
    start_s = min(series.start_s, cutoff_s)
    wanted = (cutoff_s - start_s) // series.step_s
    values = series.values[:wanted]
    if wanted > len(values):
        values = np.concatenate([values, np.full(wanted - len(values), np.nan)])
    recent = values[-max(1, _IN_USE_S // series.step_s) :]
    in_use = float(np.max(recent, initial=0.0, where=np.isfinite(recent)))
    nothing = np.zeros(wanted, dtype=np.bool_)
    return ServiceView(service, start_s, series.step_s, values, nothing, cutoff, in_use)


def _for_backtest(policy: Policy, origins: Origins) -> Policy:
    # Campaigns beyond the horizon are not scored: there is no need to plan ahead for them.
    return replace(policy, horizon=origins.horizon, step=origins.step, plan_ahead=origins.horizon)


def _frozen(values: Floats) -> Floats:
    """The same array, read-only: every cutoff sees a slice of it, and none may change it for the next."""
    values.flags.writeable = False
    return values
