"""Laws of a backtest: nothing of the future is used, and how a file is laid out does not matter."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.domain.policy import Policy
from advisor.domain.timegrid import to_epoch_s
from advisor.simulation.rolling import Origins, Series, rolling_forecasts, series_of
from tests.support.backtests import Ran, backtest, write_calendar, write_demand
from tests.support.forecasting import campaign, day_curve, noisy

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS = 12
ORIGINS = Origins(start=MONDAY + 6 * DAY, end=MONDAY + 9 * DAY, every=9 * HOUR, horizon=DAY, step=HOUR)
POLICY = Policy(version="p1", resources={})
LAWS = settings(max_examples=25, deadline=None)
THROUGH_THE_COMMAND = settings(max_examples=8, deadline=None)
SALES = [
    "2026-11-05T10:00:00Z,2026-11-05T12:00:00Z,First,sale,2026-11-03T08:00:00Z,,2",
    "2026-11-07T18:00:00Z,2026-11-07T20:00:00Z,Second,sale,,,-1",
    "2026-11-10T10:00:00Z,2026-11-10T13:00:00Z,Third,sale,2026-11-09T02:00:00Z,50000,",
]

seeds = st.integers(0, 2**32 - 1)


def hourly(seed: int, gaps: float = 0.0) -> Series:
    rng = np.random.default_rng(seed)
    values = noisy(day_curve(DAYS, 3600), seed=seed % 1000)
    values[rng.random(len(values)) < gaps] = np.nan
    return Series(to_epoch_s(MONDAY), 3600, values)


def calendar(shift: timedelta = timedelta(0)):
    days = (2, 5, 8)
    sales = [campaign(MONDAY + d * DAY + 10 * HOUR + shift, campaign_id=f"c{d}", p50=3.0) for d in days]
    return [replace(sale, announced_at=sale.start - 2 * DAY) for sale in sales]


def poison(values, rng: np.random.Generator):
    """Futures that are absurd in every way."""
    kind = rng.integers(4)
    wild = [np.full(len(values), np.nan), np.full(len(values), 1e12), np.zeros(len(values))]
    return wild[kind] if kind < 3 else rng.lognormal(5, 4, len(values))


def command(folder: Path, rows: Sequence[tuple[str, float]], sales: Sequence[str]) -> Ran:
    """The whole command over these rows, in this order, and these campaigns."""
    ran = backtest(
        write_demand(folder / "demand.csv", rows),
        write_calendar(folder / "campaigns.csv", sales),
        folder / "out",
        horizon="24h",
        every="12h",
        start="2026-11-07T00:00:00Z",
        end="2026-11-10T00:00:00Z",
        step="30m",
    )
    assert ran.result.exit_code == 0, ran.result.output
    return ran


def half_hours(seed: int, gaps: float) -> list[tuple[str, float]]:
    """Readings every ten minutes, noisy, some of them missing."""
    rng = np.random.default_rng(seed)
    values = noisy(day_curve(DAYS, 600), seed=seed % 1000)
    times = [f"{MONDAY + i * timedelta(minutes=10):%Y-%m-%dT%H:%M:%SZ}" for i in range(len(values))]
    kept = rng.random(len(values)) >= gaps
    return [(time, float(value)) for time, value, keep in zip(times, values, kept, strict=True) if keep]


@LAWS
@given(seeds, st.floats(0, 0.9))
def test_no_forecast_knows_what_came_at_or_after_its_cutoff(seed, gaps):
    """Whatever demand comes then, NaN, huge, zero or random, each forecast stays the same to the byte."""
    series, rng = hourly(seed, gaps), np.random.default_rng(seed)
    plain = list(rolling_forecasts(series, calendar(), "shop", ORIGINS, POLICY))

    for made in plain:
        known = (to_epoch_s(made.cutoff) - series.start_s) // 3600
        wild = np.concatenate([series.values[:known], poison(series.values[known:], rng)])
        alone = replace(ORIGINS, start=made.cutoff, end=made.cutoff)
        [again] = rolling_forecasts(replace(series, values=wild), calendar(), "shop", alone, POLICY)
        assert again.band.tobytes() == made.band.tobytes()
        assert again.times_s.tobytes() == made.times_s.tobytes()


@LAWS
@given(seeds, st.integers(0, 12 * 24), st.integers(0, 14 * 24))
def test_a_campaign_changes_nothing_before_it_was_announced(seed, announced_h, start_h):
    """Forecasts made up to the very instant of the announcement are those without the campaign."""
    series = hourly(seed)
    sale = campaign(MONDAY + start_h * HOUR, campaign_id="surprise", p50=40.0)
    sale = replace(sale, announced_at=MONDAY + announced_h * HOUR)

    without = rolling_forecasts(series, calendar(), "shop", ORIGINS, POLICY)
    with_it = rolling_forecasts(series, [*calendar(), sale], "shop", ORIGINS, POLICY)

    for one, other in zip(without, with_it, strict=True):
        if one.cutoff <= sale.announced_at:
            assert one.band.tobytes() == other.band.tobytes()


@LAWS
@given(seeds, st.sampled_from([60, 300, 600, 3600]))
def test_the_mean_per_step_is_that_of_a_plain_loop(seed, step_s):
    """Readings at any distance, several at one instant too, cell by cell."""
    rng = np.random.default_rng(seed)
    times_s = np.sort(to_epoch_s(MONDAY) + rng.integers(0, 20_000, 200))
    values = rng.gamma(2.0, 50.0, 200)
    cells: dict[int, list[float]] = {}
    for time_s, value in zip(times_s.tolist(), values.tolist(), strict=True):
        cells.setdefault(time_s - time_s % step_s, []).append(value)

    series = series_of(times_s, values, timedelta(seconds=step_s))

    for i, mean in enumerate(series.values):
        seen = cells.get(series.start_s + i * step_s)
        assert np.isnan(mean) if seen is None else np.isclose(mean, sum(seen) / len(seen), rtol=1e-12)
    assert np.isfinite(series.values).sum() == len(cells)


@THROUGH_THE_COMMAND
@given(seeds, st.floats(0, 0.5), st.randoms(use_true_random=False))
def test_the_order_of_rows_in_both_files_changes_nothing(seed, gaps, random):
    """Rows shuffled, and the file cut and put together the other way round: the same bytes."""
    rows = half_hours(seed, gaps)
    shuffled, sales = random.sample(rows, len(rows)), random.sample(SALES, len(SALES))
    cut = random.randrange(len(rows))
    with tempfile.TemporaryDirectory() as folder:
        plain = command(Path(folder), rows, SALES).bytes

        assert command(Path(folder), shuffled, sales).bytes == plain
        assert command(Path(folder), rows[cut:] + rows[:cut], SALES).bytes == plain


@THROUGH_THE_COMMAND
@given(seeds, st.floats(0, 0.5), st.integers(-10, 10))
def test_the_unit_of_the_values_is_the_unit_of_the_forecast(seed, gaps, power):
    """Demand times a factor gives forecasts times the factor, and the same relative marks."""
    rows, factor = half_hours(seed, gaps), 2.0**power
    sales = [sale.replace("50000", "") for sale in SALES]  # an audience is so many people, whatever the unit
    with tempfile.TemporaryDirectory() as folder:
        ran = command(Path(folder), rows, sales)
        bands, marks = ran.bands, ran.scores["all"]
        scaled = command(Path(folder), [(time, value * factor) for time, value in rows], sales)

        np.testing.assert_allclose(scaled.bands, bands * factor, rtol=1e-4)
        assert np.isclose(scaled.scores["all"]["mean_pinball"], marks["mean_pinball"], rtol=1e-4)


@THROUGH_THE_COMMAND
@given(seeds)
def test_the_command_uses_nothing_at_or_after_a_cutoff(seed):
    """Rows after the last cutoff removed or made absurd: the file of forecasts is the same to the byte."""
    rows = half_hours(seed, 0.1)
    past = [row for row in rows if row[0] < "2026-11-10T00:00:00Z"]
    rng = np.random.default_rng(seed)
    absurd = [(time, float(rng.lognormal(9, 4))) for time, _ in rows[len(past) :]]
    with tempfile.TemporaryDirectory() as folder:
        plain = command(Path(folder), rows, SALES).bytes

        assert command(Path(folder), past, SALES).bytes == plain
        assert command(Path(folder), past + absurd, SALES).bytes == plain
