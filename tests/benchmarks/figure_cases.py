"""What the pictures of docs/forecasting.md show: cases chosen from the sets by a rule, not by eye."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast, ServiceView
from advisor.domain.policy import Policy, ResourcePolicy
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.effects import Effect
from advisor.forecasting.forecast import forecast_and_learn, teach
from advisor.forecasting.learned import NOTHING, Learned
from advisor.forecasting.scoring import Scores, score
from advisor.simulation.rolling import RollingForecast, known_before, rolling_forecasts, view_before
from streams.backtest.run import LEVELS
from tests.benchmarks.ablation_parts import FULL, Part, crediting_level_twice
from tests.benchmarks.ablation_runs import POLICY, forecasts_of
from tests.benchmarks.ablation_sets import Trial

HALF_HOUR, HOUR, DAY = timedelta(minutes=30), timedelta(hours=1), timedelta(days=1)
LEARN_BACK = timedelta(days=14)

MATCH_DAY = datetime(1998, 6, 18, 12, tzinfo=UTC)
"""A Thursday with two matches, after eight days of them."""

AFTER_SHIFT = datetime(1998, 6, 12, 12, tzinfo=UTC)
"""Two days after the level shifted and the first matches were played, both together."""

MINUTES_IN = (0, 10, 30)
FINE_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

Actual = tuple[Seconds, Floats]


@dataclass(frozen=True, eq=False)
class MatchDay:
    """A forecast of a day with matches, what came around it, and the effects of past ones it rests on."""

    forecast: Forecast
    actual: Actual
    matches: tuple[Campaign, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, eq=False)
class Flight:
    """Forecasts made of one match so many minutes after its start, with what came around it."""

    match: Campaign
    forecasts: tuple[tuple[int, Forecast], ...]
    actual: Actual


@dataclass(frozen=True, eq=False)
class Bad:
    """The event of a set that was forecast worst, by the last agreed forecast made before its window.

    `loss` is the mean pinball inside the window in multiples of the mean there.
    """

    name: str
    event: Campaign
    forecast: RollingForecast
    actual: Actual
    loss: float


@dataclass(frozen=True, eq=False)
class Kept:
    """How often demand stayed at or below each of FINE_LEVELS; `inside` is None where there are no events."""

    name: str
    everywhere: Scores
    inside: Scores | None


@dataclass(frozen=True, eq=False)
class Shift:
    """A forecast after a level shift, by the model and by one that credits the shift to matches too.

    Effects are those of the matches before the forecast, as each of the two measured them.
    """

    ours: Forecast
    naive: Forecast
    our_effects: tuple[Effect, ...]
    naive_effects: tuple[Effect, ...]
    actual: Actual
    matches: tuple[Campaign, ...]


def forecast_at(trial: Trial, cutoff: datetime, part: Part = FULL) -> tuple[Forecast, Learned]:
    """The forecast made at that moment, with all that it is made of, and what had been learned by then.

    Learned twice, the first time two weeks before, as a backtest does: what has left the history stays known.
    """
    campaigns = part.calendar(trial.campaigns)
    policy = replace(POLICY, horizon=trial.grid.horizon, step=trial.grid.step, plan_ahead=trial.grid.horizon)

    def known(moment: datetime) -> tuple[ServiceView, tuple[Campaign, ...]]:
        return view_before(trial.series, trial.service, moment), known_before(campaigns, moment)

    with part.removed():
        before = teach(*known(cutoff - LEARN_BACK), policy, NOTHING)
        return forecast_and_learn(*known(cutoff), policy, before)


def match_day(trial: Trial, noon: datetime = MATCH_DAY) -> MatchDay:
    """A day like many, as forecast at that noon, before its first match."""
    made, learned = forecast_at(trial, noon)
    start, end = noon - 1.5 * DAY, noon + DAY
    return MatchDay(made, _actual(trial, start, end), _between(trial, start, end), learned.effects)


def flight(trial: Trial) -> Flight:
    """The match that ran furthest above its forecast in the first half hour, as forecast at its start.

    Of those from the third on: before that there was nothing to go by.
    """

    def above(event: Campaign) -> float:
        made, _ = forecast_at(trial, event.start)
        steps = HALF_HOUR // trial.grid.step
        said = made.total[:steps, made.levels.index(0.5)]
        return float(np.nanmean(trial.actual(made.times_s[:steps])) / said.mean())

    match = max(_scored(trial)[2:], key=above)
    moments = [(minutes, match.start + timedelta(minutes=minutes)) for minutes in MINUTES_IN]
    return Flight(
        match,
        tuple((minutes, forecast_at(trial, moment)[0]) for minutes, moment in moments),
        _actual(trial, match.start - HOUR, match.end + 1.5 * HOUR),
    )


def worst(trial: Trial) -> Bad:
    """The event of this set that the model did worst on."""
    made = forecasts_of(trial, FULL, trial.origins())
    found = []
    for event in _scored(trial):
        start_s, end_s = to_epoch_s(event.start - trial.grid.before), to_epoch_s(event.end)
        before = [f for f in made if to_epoch_s(f.cutoff) <= start_s and f.times_s[-1] >= end_s]
        if not before:
            continue
        last = before[-1]
        inside = trial.inside(last.times_s, [event])
        scores = score(trial.actual(last.times_s[inside]), last.band[inside], LEVELS)
        if scores is not None:
            around = _actual(trial, last.cutoff - 3 * HOUR, event.end + 4 * HOUR)
            found.append(Bad(trial.name, event, last, around, scores.mean_pinball))
    return max(found, key=lambda case: case.loss)


def kept(trial: Trial) -> Kept:
    """How often did demand stay at or below each of many levels, over the agreed cutoffs?"""
    policy = Policy(version="figures", resources={str(level): _asks_for(level) for level in FINE_LEVELS})
    made = list(rolling_forecasts(trial.series, trial.campaigns, trial.service, trial.origins(), policy))
    columns = [policy.levels.index(level) for level in FINE_LEVELS]
    times_s = np.concatenate([f.times_s for f in made])
    bands = np.concatenate([f.band[:, columns] for f in made])
    actual, inside = trial.actual(times_s), trial.inside(times_s)
    everywhere = score(actual, bands, FINE_LEVELS)
    if everywhere is None:
        raise ValueError(f"nothing of {trial.name} was seen at its cutoffs: there is nothing to draw")
    return Kept(trial.name, everywhere, score(actual[inside], bands[inside], FINE_LEVELS))


def shift(trial: Trial, after: datetime = AFTER_SHIFT) -> Shift:
    """What is forecast at that moment, soon after a level shifted, by both ways to credit it."""
    naive = Part("naive", removed=crediting_level_twice)
    ours, learned = forecast_at(trial, after)
    theirs, mislearned = forecast_at(trial, after, naive)
    start, end = after - 3.5 * DAY, after + 0.5 * DAY
    return Shift(
        ours,
        theirs,
        learned.effects,
        mislearned.effects,
        _actual(trial, start, end),
        _between(trial, start, end),
    )


def _actual(trial: Trial, start: datetime, end: datetime) -> Actual:
    times_s = np.arange(to_epoch_s(start), to_epoch_s(end), trial.series.step_s, dtype=np.int64)
    return times_s, trial.actual(times_s)


def _between(trial: Trial, start: datetime, end: datetime) -> tuple[Campaign, ...]:
    return tuple(event for event in trial.events if event.end > start and event.start < end)


def _scored(trial: Trial) -> list[Campaign]:
    """Events that start within the agreed cutoffs, in order."""
    return [event for event in trial.events if trial.grid.start <= event.start <= trial.grid.end]


def _asks_for(level: float) -> ResourcePolicy:
    """A resource that plans for this quantile: the levels of a forecast are those that resources ask for."""
    return ResourcePolicy(
        f"fixed://{level}", serves={}, unit_capacity=1.0, minimum=0, maximum=1, quantile=level
    )
