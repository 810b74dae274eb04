"""Seeded demand for the benchmarks: four weeks at five minutes, with campaigns of two kinds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.simulation.shop import Sale, crowd, shop_day
from tests.support.forecasting import MONDAY, campaign

STEP_S = 300
DAY = 86_400 // STEP_S
HISTORY = 28 * DAY  # steps
HORIZON = DAY  # steps
EVERY_DAYS = 3.5  # from one campaign to the next, kinds taking turns; the last falls into the forecast day
PEAKS = (3.0, 1.8)  # what each kind does to demand
KINDS = ("flash_sale", "newsletter")


@dataclass(frozen=True, eq=False)
class Series:
    """Demand in requests per second at `times_s`, both (HISTORY + HORIZON,), and its campaigns.

    The first HISTORY values are what a forecaster may see; the rest is what then came.
    """

    times_s: Seconds
    values: Floats
    campaigns: tuple[Campaign, ...]

    @property
    def history(self) -> Floats:
        """What is known at the cutoff."""
        return self.values[:HISTORY]


def shop_series(seed: int) -> Series:
    """What would one shop have seen over four weeks and a day? The same seed gives the same series."""
    world = shop_day(seed, MONDAY, 24 * 29, STEP_S)
    rng = np.random.default_rng(seed)
    values = world.rate_per_s * rng.lognormal(0.0, 0.5)  # services differ in size
    announced = []
    for number in range(int(28.9 / EVERY_DAYS)):
        kind = number % len(KINDS)
        start = MONDAY + timedelta(days=EVERY_DAYS * (number + 1), hours=8 + float(rng.integers(0, 3)))
        sale = Sale(start, peak_factor=PEAKS[kind] * rng.lognormal(0.0, 0.15))
        values = values * (1.0 + (sale.peak_factor - 1.0) * crowd(world.times_s, sale))
        named = campaign(start, campaign_id=f"c{number}", hours=sale.duration.total_seconds() / 3600)
        announced.append(replace(named, kind=KINDS[kind]))
    return Series(world.times_s, values, tuple(announced))


def in_campaign(series: Series, kind: str) -> Floats:
    """One where a campaign of that kind runs (half an hour before to an hour after it), else zero; (n,)."""
    inside = np.zeros(len(series.times_s))
    for one in series.campaigns:
        if one.kind == kind:
            since = series.times_s - to_epoch_s(one.start)
            until = to_epoch_s(one.end) - series.times_s
            inside[(since >= -1800) & (until > -3600)] = 1.0
    return inside


def cutoff_s() -> int:
    """The first second after every series' history."""
    return to_epoch_s(MONDAY) + HISTORY * STEP_S
