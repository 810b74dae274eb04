"""Forecasts of one set with or without one part, and their marks: over all points and inside events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.policy import Policy
from advisor.domain.timegrid import Seconds, floor_to
from advisor.forecasting.days import DAY_S
from advisor.forecasting.scoring import pinball_loss, score
from advisor.simulation.rolling import Origins, RollingForecast, rolling_forecasts
from streams.backtest.run import LEVELS
from tests.benchmarks.ablation_parts import Part
from tests.benchmarks.ablation_sets import Trial

POLICY = Policy(version="ablations", resources={})
INTO = timedelta(minutes=20)
"""Forecasts of running campaigns are made so long after their starts."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Mean pinball (over four levels, in multiples of the mean of what came) and coverage of q95.

    `by_day` is the same loss summed over the points of each day that was forecast, in order of the days:
    days are what may be taken for independent of each other, points are not.
    """

    points: int
    pinball: float
    cover95: float
    by_day: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one set fared: over all points, and inside events; None where nothing was seen there."""

    everywhere: Marks | None
    inside: Marks | None


def forecasts_of(trial: Trial, part: Part, origins: Origins) -> list[RollingForecast]:
    """The product's own rolling forecasts of a set, with that part taken out."""
    campaigns = part.calendar(trial.campaigns)
    with part.removed():
        return list(rolling_forecasts(trial.series, campaigns, trial.service, origins, POLICY))


def run_grid(trial: Trial, part: Part, thin: int = 1) -> Outcome:
    """How do the forecasts from every `thin`-th agreed cutoff fare without that part?"""
    made = forecasts_of(trial, part, trial.origins(thin))
    times_s, bands = np.concatenate([f.times_s for f in made]), np.concatenate([f.band for f in made])
    inside = trial.inside(times_s)
    return Outcome(marks_of(trial, times_s, bands), marks_of(trial, times_s[inside], bands[inside]))


def run_in_flight(trial: Trial, part: Part, thin: int = 1) -> Outcome:
    """How does a forecast made 20 minutes into an event fare over the rest of that event's window?

    For every `thin`-th event that starts within the agreed cutoffs. Those cutoffs themselves hardly ever lie
    inside one, so that they say next to nothing of what is done while a campaign runs. `inside` is
    None: everything is inside.
    """
    times_s, bands = [np.zeros(0, dtype=np.int64)], [np.zeros((0, len(LEVELS)))]
    for event, cutoff in _into_events(trial, thin):
        grid = trial.grid
        [made] = forecasts_of(trial, part, Origins(cutoff, cutoff, grid.every, grid.horizon, grid.step))
        rest = trial.inside(made.times_s, [event])
        times_s.append(made.times_s[rest])
        bands.append(made.band[rest])
    return Outcome(marks_of(trial, np.concatenate(times_s), np.concatenate(bands)), None)


def marks_of(trial: Trial, times_s: Seconds, bands: Floats) -> Marks | None:
    """The marks of forecast points (n,) with quantiles (n, LEVELS); None where nothing came."""
    actual = trial.actual(times_s)
    scores = score(actual, bands, LEVELS)
    if scores is None:
        return None
    seen = np.isfinite(actual)
    losses = pinball_loss(actual[seen], bands[seen], LEVELS).mean(axis=1) / scores.mean_actual
    _, day = np.unique(times_s[seen] // DAY_S, return_inverse=True)
    by_day = tuple(np.bincount(day, losses).tolist())
    return Marks(scores.points, scores.mean_pinball, scores.coverage[LEVELS.index(0.95)], by_day)


def _into_events(trial: Trial, thin: int) -> Iterator[tuple[Campaign, datetime]]:
    """Events with the cutoff in each, a point of the grid; of those that start together only one."""
    grid = trial.grid
    if grid.step > INTO:
        return
    starts = {event.start: event for event in trial.events if grid.start <= event.start <= grid.end}
    for start in sorted(starts)[::thin]:
        yield starts[start], floor_to(start + INTO, grid.step)
