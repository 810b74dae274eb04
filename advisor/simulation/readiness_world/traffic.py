"""What visitors ask of a service without campaigns: by the clock, the week, the trend, and chance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


@dataclass(frozen=True, slots=True)
class Habit:
    """How a service's visitors come: a mean rate, heights of the day's waves, days of the week, chance.

    `noise` is the spread (log) of one minute, `wander` of what lasts hours, `mood` of a whole day, which has
    heavy tails; `trend` is the growth (log) of a day.
    """

    mean_per_s: float
    waves: tuple[tuple[float, float], ...]  # height and the hour of its crest, of one and two waves a day
    weekdays: tuple[float, ...]
    noise: float
    wander: float
    mood: float
    trend: float


def draw_habit(rng: np.random.Generator) -> Habit:
    """A service of its own habits."""
    return Habit(
        mean_per_s=float(rng.lognormal(np.log(600.0), 0.6)),
        waves=(
            (float(rng.uniform(0.4, 0.9)), float(rng.uniform(14.0, 21.0))),
            (float(rng.uniform(0.05, 0.35)), float(rng.uniform(9.0, 13.0))),
        ),
        weekdays=tuple(float(f) for f in rng.lognormal(0.0, 0.12, 7)),
        noise=float(rng.uniform(0.01, 0.04)),
        wander=float(rng.uniform(0.02, 0.06)),
        mood=float(rng.uniform(0.02, 0.06)),
        trend=float(rng.normal(0.0, 0.003)),
    )


def draw_baseline(rng: np.random.Generator, habit: Habit, times_s: Seconds) -> Floats:
    """The demand of every minute, in requests per second, shape (n,). `times_s` are minutes in a row."""
    n, hours = len(times_s), times_s / HOUR_S
    season = np.zeros(n)
    for number, (height, crest) in enumerate(habit.waves, start=1):
        season += height * np.cos(2 * np.pi * number * (hours - crest) / 24)
    week = np.array(habit.weekdays)[(times_s // DAY_S + 3) % 7]  # the epoch began on a Thursday
    days = (times_s - times_s[0]) // DAY_S
    moods = habit.mood * rng.standard_t(5, int(days[-1]) + 2) / np.sqrt(5 / 3)
    middle = (times_s - times_s[0]) / DAY_S
    mood = np.interp(middle, np.arange(len(moods)), moods)
    logs = season + np.log(week) + mood + habit.trend * middle
    logs += _wandering(rng, n, habit.wander, 3 * HOUR_S) + _wandering(rng, n, habit.noise, 2 * MINUTE_S)
    return np.asarray(habit.mean_per_s * np.exp(logs), dtype=np.float64)


def minute_after(instant: datetime) -> int:
    """The first whole minute after an instant, in epoch seconds."""
    return (to_epoch_s(instant) // MINUTE_S + 1) * MINUTE_S


def _wandering(rng: np.random.Generator, n: int, spread: float, memory_s: float) -> Floats:
    """Chance that is forgotten with this time constant (first-order autoregression), shape (n,)."""
    kept = float(np.exp(-MINUTE_S / memory_s))
    fresh = rng.normal(0.0, spread * np.sqrt(1.0 - kept**2), n)
    values, last = np.empty(n), float(rng.normal(0.0, spread))
    for i, shock in enumerate(fresh.tolist()):
        last = kept * last + shock
        values[i] = last
    return values
