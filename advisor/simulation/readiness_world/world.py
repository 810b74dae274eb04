"""One world: its estate, its traffic minute by minute, and every campaign that is announced in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.simulation.readiness_world.estate import Estate, draw_estate
from advisor.simulation.readiness_world.kinds import Happening, draw_happening, draw_kinds
from advisor.simulation.readiness_world.traffic import DAY_S, MINUTE_S, draw_baseline, draw_habit

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
HISTORY_DAYS = 28
PER_DAY = 1.0
"""Campaigns on an ordinary day, about: some days have none, some two that overlap."""


@dataclass(frozen=True, eq=False)
class World:
    """What really happens. `rates` (n,) per service are requests per second of every minute `times_s`.

    `happenings` are in order of their starts; those from number `measured_from` on are put to the test, the
    others are what there is to learn from, and people raise floors for them by hand. `reactive` says that
    resources have scalers of their own, `corrects` that people put right what was contradicted until then.
    """

    seed: int
    estate: Estate
    times_s: Seconds
    rates: Mapping[str, Floats]
    happenings: tuple[Happening, ...]
    measured_from_s: int
    reactive: bool
    corrects: bool

    @property
    def measured(self) -> tuple[Happening, ...]:
        """The campaigns that take place and are put to the test."""
        return tuple(
            h
            for h in self.happenings
            if h.takes_place and to_epoch_s(h.campaign.start) >= self.measured_from_s
        )


def draw_world(seed: int, campaigns: int, *, corrects: bool | None = None) -> World:
    """The world of a seed, with so many campaigns put to the test.

    Odd seeds have scalers of their own; of each four the people of the first two correct their policy, unless
    `corrects` says of all that they do, or do not.
    """
    people, visitors, platform = (np.random.default_rng((seed, stream)) for stream in range(3))
    services = ("shop",) if visitors.random() < 0.6 else ("shop", "checkout")
    habits = {service: draw_habit(visitors) for service in services}
    begin_s = to_epoch_s(BEGIN)
    measured_from_s = begin_s + HISTORY_DAYS * DAY_S
    mean = habits[services[0]].mean_per_s
    happenings = _draw_happenings(people, mean, services, begin_s, measured_from_s, campaigns)
    last_s = max(to_epoch_s(h.campaign.end) for h in happenings)
    times_s = np.arange(begin_s, last_s + DAY_S, MINUTE_S, dtype=np.int64)
    baselines = {s: draw_baseline(visitors, habit, times_s) for s, habit in habits.items()}
    weeks = slice(0, 7 * 1440)
    peaks = {s: float(np.quantile(rates[weeks], 0.999)) for s, rates in baselines.items()}
    reactive = seed % 2 == 1
    estate = draw_estate(platform, peaks, reactive=reactive)
    rates = {s: _with_crowds(baselines[s], s, happenings, times_s) for s in services}
    if corrects is None:
        corrects = seed % 4 < 2
    return World(seed, estate, times_s, rates, happenings, measured_from_s, reactive, corrects)


def _draw_happenings(
    rng: np.random.Generator,
    mean_rate_per_s: float,
    services: tuple[str, ...],
    begin_s: int,
    measured_from_s: int,
    campaigns: int,
) -> tuple[Happening, ...]:
    """Campaigns day by day until so many that take place are put to the test, in order of their starts."""
    kinds = draw_kinds(rng, mean_rate_per_s)
    found: list[Happening] = []
    day_s, measured = begin_s + 2 * DAY_S, 0
    while measured < campaigns:
        for _ in range(int(rng.poisson(PER_DAY))):
            kind = kinds[int(rng.integers(len(kinds)))]
            ours = services if rng.random() < 0.6 else (rng.choice(services).item(),)
            happening = draw_happening(rng, len(found), kind, day_s, ours)
            found.append(happening)
            begins_s = to_epoch_s(happening.campaign.start)
            measured += happening.takes_place and begins_s >= measured_from_s
        day_s += DAY_S
    return tuple(sorted(found, key=lambda h: h.campaign.start))


def _with_crowds(baseline: Floats, service: str, happenings: Sequence[Happening], times_s: Seconds) -> Floats:
    """The demand with every campaign that takes place, shape (n,)."""
    rates = baseline.copy()
    for happening in happenings:
        if happening.takes_place and service in happening.campaign.services:
            around = slice(
                int(np.searchsorted(times_s, to_epoch_s(happening.campaign.start) - 3 * 3600)),
                int(np.searchsorted(times_s, to_epoch_s(happening.campaign.end) + 6 * 3600)),
            )
            rates[around] *= happening.factor(times_s[around])
    return rates
