"""A seeded shop: what a day's traffic looks like, and what a flash sale does to it.

The demand made here is the true one: what visitors ask for, whether or not there is capacity to serve it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from advisor.domain.campaign import Campaign, ExpectedUplift
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, span, to_epoch_s

SERVICE = "web-shop"
SOURCE = "/demo/marketing"
TIMEZONE = "Europe/Berlin"

DEMO_SEED = 7
DEMO_START = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
DEMO_HOURS = 32  # a day and two hours of history, the announcement, the sale, and the way back

MEAN_RATE_PER_S = 620.0
WEEKDAY_FACTORS = (1.0, 0.96, 0.97, 1.0, 1.04, 1.12, 1.18)  # Monday first: shoppers have time at weekends
BUMPS = ((11.0, 3.2, 0.75), (16.5, 3.0, 0.55), (20.5, 2.2, 1.15))  # local hour, width in hours, height
NIGHT_LEVEL = 0.30
NOISE_STD = 0.035  # of the logarithm of demand
NOISE_MEMORY = 0.6  # how much of a minute's noise is left a minute later

EARLY_BIRDS_S = 480.0  # before the start people come and reload the page
EARLY_BIRDS_SHARE = 0.12
FRONT_S = 75.0  # time constant of the rise at the start
OVERSHOOT_DECAY_S = 1500.0  # the first rush ebbs away ...
PLATEAU_SHARE = 0.55  # ... to this share of it, while stock lasts
TAIL_S = 720.0  # time constant of the fall after the end


MARKETINGS_GUESS = ExpectedUplift(p50=3.5, p90=4.6)


@dataclass(frozen=True, slots=True)
class Sale:
    """A flash sale as it will really be, and what marketing expects of it.

    At its peak demand is `peak_factor` times the baseline. `expected` is marketing's own figure:
    roughly right. `announced_ahead` is how long before the start IT learns of it.
    """

    start: datetime
    duration: timedelta = timedelta(hours=2)
    peak_factor: float = 4.3
    expected: ExpectedUplift = MARKETINGS_GUESS
    announced_ahead: timedelta = timedelta(hours=2)
    name: str = "Black Friday flash sale"

    @property
    def end(self) -> datetime:
        """When the offer is over; its crowd takes longer to leave."""
        return self.start + self.duration


DEMO_SALE = Sale(start=datetime(2026, 11, 27, 17, 0, tzinfo=UTC))  # 18:00 in Berlin, on day two


@dataclass(frozen=True, eq=False)
class ShopWorld:
    """What really happens, in requests per second at `times_s`: arrays of shape (n,).

    `baseline_per_s` is demand as it would be without the sale, `rate_per_s` with it. `campaign` is
    what marketing announces, None in a world without a sale.
    """

    times_s: Seconds
    step_s: int
    baseline_per_s: Floats
    rate_per_s: Floats
    campaign: Campaign | None


def shop_day(
    seed: int, start: datetime, hours: float, step_s: int = 60, sale: Sale | None = None
) -> ShopWorld:
    """What would a shop see from `start` on for so many hours, with or without a sale?

    The same arguments give the same world. Raises ValueError for a span without a step in it.
    """
    times_s = span(start, start + timedelta(hours=hours), timedelta(seconds=step_s))
    if times_s.size == 0:
        raise ValueError(f"{hours} hours hold no step of {step_s} s: ask for a longer span or a finer step")
    noise = _noise(np.random.default_rng(seed), times_s.size, step_s)
    baseline = MEAN_RATE_PER_S * season(times_s) * np.exp(noise)
    if sale is None:
        return ShopWorld(times_s, step_s, baseline, baseline, None)
    rate = baseline * (1.0 + (sale.peak_factor - 1.0) * crowd(times_s, sale))
    return ShopWorld(times_s, step_s, baseline, rate, _announcement(sale))


def demo_world(seed: int = DEMO_SEED) -> ShopWorld:
    """Which world does the demo play? A quiet day, then a day with a flash sale at 18:00 in Berlin."""
    return shop_day(seed, DEMO_START, DEMO_HOURS, sale=DEMO_SALE)


def season(times_s: Seconds) -> Floats:
    """How busy is the shop by the clock and the week alone? Shape (n,), about 1 on average on a weekday."""
    zone = ZoneInfo(TIMEZONE)
    local = [datetime.fromtimestamp(int(t), zone) for t in times_s]
    hour = np.array([moment.hour + moment.minute / 60 + moment.second / 3600 for moment in local])
    weekday = np.array([WEEKDAY_FACTORS[moment.weekday()] for moment in local])
    level = np.full(hour.shape, NIGHT_LEVEL)
    for centre, width, height in BUMPS:
        distance = (hour - centre + 12.0) % 24.0 - 12.0
        level += height * np.exp(-0.5 * (distance / width) ** 2)
    return np.asarray(level * weekday, dtype=np.float64)


def crowd(times_s: Seconds, sale: Sale) -> Floats:
    """How much of the sale's crowd is there? Shape (n,), 0 without and 1 at its peak.

    A few come early; at the start the front is steep (nearly all within a few minutes); the rush
    ebbs to a plateau; after the end the rest leaves slowly.
    """
    since_start = (times_s - to_epoch_s(sale.start)).astype(np.float64)
    since_end = (times_s - to_epoch_s(sale.end)).astype(np.float64)
    early = EARLY_BIRDS_SHARE * np.clip(1.0 + since_start / EARLY_BIRDS_S, 0.0, 1.0) ** 2
    risen = 1.0 - (1.0 - EARLY_BIRDS_SHARE) * np.exp(-np.maximum(since_start, 0.0) / FRONT_S)
    ebb = PLATEAU_SHARE + (1.0 - PLATEAU_SHARE) * np.exp(
        -np.maximum(since_start - 6 * FRONT_S, 0.0) / OVERSHOOT_DECAY_S
    )
    present = np.where(since_start < 0.0, early, risen * ebb)
    return np.asarray(present * np.exp(-np.maximum(since_end, 0.0) / TAIL_S), dtype=np.float64)


def _noise(rng: np.random.Generator, n: int, step_s: int) -> Floats:
    """Lightly autocorrelated noise on the log scale, with the same spread at every step width."""
    memory = NOISE_MEMORY ** (step_s / 60)
    shocks = rng.normal(0.0, NOISE_STD, n)
    noise = np.empty(n)
    noise[0] = shocks[0]
    fresh = np.sqrt(1.0 - memory**2)
    for i in range(1, n):
        noise[i] = memory * noise[i - 1] + fresh * shocks[i]
    return noise


def _announcement(sale: Sale) -> Campaign:
    """The sale as marketing announces it: the calendar and a guess, not the truth."""
    return Campaign(
        campaign_id=f"flash-sale-{sale.start:%Y-%m-%d}",
        revision=1,
        kind="flash_sale",
        start=sale.start,
        end=sale.end,
        services=(SERVICE,),
        announced_at=sale.start - sale.announced_ahead,
        source=SOURCE,
        name=sale.name,
        channels=("app-push", "email"),
        timezone=TIMEZONE,
        expected_uplift=sale.expected,
        owner="campaigns@shop.example",
        team="marketing",
    )
