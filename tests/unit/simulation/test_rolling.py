"""Rolling origin: the grid, what is known at a cutoff, and which cutoffs there are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from advisor.domain.policy import Policy
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.simulation.rolling import (
    Origins,
    Series,
    known_before,
    problems_of,
    rolling_forecasts,
    series_of,
    view_before,
)
from tests.support.forecasting import campaign, day_curve

DAY = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
POLICY = Policy(version="p1", resources={})


def origins(**changes: object) -> Origins:
    given = {"start": DAY + 24 * HOUR, "end": DAY + 30 * HOUR, "every": 6 * HOUR, "horizon": 24 * HOUR}
    return Origins(**{**given, "step": HOUR, **changes})


def hourly(days: float = 3) -> Series:
    return Series(to_epoch_s(DAY), 3600, day_curve(days, 3600))


def test_readings_are_averaged_on_a_grid_from_midnight():
    """Readings at 0:07, 0:09 and 0:21 in steps of 5 minutes: their cells begin at 0:05 and 0:20."""
    minutes = np.array([7, 9, 21])

    series = series_of(to_epoch_s(DAY) + 60 * minutes, np.array([10.0, 20.0, 7.0]), 5 * MINUTE)

    assert from_epoch_s(series.start_s) == DAY + 5 * MINUTE
    np.testing.assert_array_equal(series.values, [15.0, np.nan, np.nan, 7.0])
    assert from_epoch_s(series.end_s) == DAY + 25 * MINUTE


def test_what_lies_outside_a_series_was_not_seen():
    """Before its first cell and after its last one there are gaps, not zeros."""
    series = Series(3600, 3600, np.array([1.0, 2.0]))

    np.testing.assert_array_equal(series.at(np.array([0, 3600, 7200, 10_800])), [np.nan, 1.0, 2.0, np.nan])


def test_a_stray_timestamp_is_no_reason_to_fill_the_memory():
    """One reading of 1970 beside those of 2026 would be a grid of fifty-six years of seconds."""
    with pytest.raises(ValueError, match="1970-01-01T00:00:00Z to 2026"):
        series_of(np.array([0, to_epoch_s(DAY)]), np.ones(2), timedelta(seconds=1))


def test_the_end_is_a_cutoff_if_it_is_reached():
    """Every six hours from midnight to six: two cutoffs; to one minute before: one."""
    assert [c.hour for c in origins().cutoffs] == [0, 6]
    assert len(origins(end=DAY + 30 * HOUR - MINUTE).cutoffs) == 1
    assert len(origins(end=DAY + 24 * HOUR).cutoffs) == 1


def test_only_whole_cells_before_the_cutoff_are_known():
    """At six in the morning the cell that starts at six has not been seen."""
    view = view_before(hourly(), "shop", DAY + 6 * HOUR)

    np.testing.assert_array_equal(view.values, hourly().values[:6])
    assert view.cutoff_s == to_epoch_s(DAY + 6 * HOUR)
    assert view.data_until == DAY + 6 * HOUR
    assert view.recent_rate_per_s == hourly().values[5]


def test_after_the_end_of_the_demand_there_are_gaps_up_to_the_cutoff():
    """The view still ends at the cutoff, and nothing is in use as far as anybody knows."""
    view = view_before(hourly(days=1), "shop", DAY + 30 * HOUR)

    assert view.cutoff_s == to_epoch_s(DAY + 30 * HOUR)
    assert np.isnan(view.values[24:]).all()
    assert view.recent_rate_per_s == 0.0


@pytest.mark.parametrize("hours", [-48, 0, 1, 24, 71, 72, 100, 2000])
def test_every_cutoff_has_every_step_finite_wherever_it_lies(hours: int):
    """Before any demand, at its first cell, inside, at its end and long after it."""
    cutoff = DAY + hours * HOUR

    [made] = rolling_forecasts(hourly(), [], "shop", origins(start=cutoff, end=cutoff), POLICY)

    assert made.cutoff == cutoff
    assert made.times_s.tolist() == [to_epoch_s(cutoff + i * HOUR) for i in range(24)]
    assert made.band.shape == (24, 4)
    assert np.isfinite(made.band).all()
    assert (made.band >= 0).all()


def test_a_forecast_also_says_what_it_expects_without_campaigns():
    """Its median where no campaign is, and less than that where one that raises demand is."""
    cutoff = DAY + 71 * HOUR
    sale = replace(campaign(cutoff + 2 * HOUR, p50=3.0), announced_at=DAY)

    [made] = rolling_forecasts(hourly(), [sale], "shop", origins(start=cutoff, end=cutoff), POLICY)

    median = made.band[:, POLICY.levels.index(0.5)].astype(np.float32)
    assert made.baseline[2] < median[2]
    assert np.array_equal(made.baseline[12:], median[12:])


@pytest.mark.parametrize(("minutes_before", "is_known"), [(1, True), (0, False), (-1, False)])
def test_a_campaign_is_known_from_the_moment_after_its_announcement(minutes_before: int, is_known: bool):
    """At the cutoff itself nobody has read it yet: as for demand, only what lies before it counts."""
    sale = replace(campaign(DAY + HOUR), announced_at=DAY - minutes_before * MINUTE)

    assert known_before([sale], DAY) == ((sale,) if is_known else ())


@pytest.mark.parametrize(
    ("change", "path", "fix"),
    [
        ({"step": 7 * MINUTE}, "--step", "divides a day"),
        ({"step": timedelta(days=2)}, "--step", "divides a day"),
        ({"horizon": 90 * MINUTE}, "--horizon", "multiple"),
        ({"horizon": timedelta(days=4000)}, "--horizon", "less far"),
        ({"every": 30 * MINUTE}, "--every", "multiple"),
        ({"start": DAY + 10 * MINUTE}, "--start", "write 2026-11-02T00:00:00Z"),
        ({"end": DAY}, "--end", "last cutoff"),
        ({"end": DAY + timedelta(days=50_000), "every": HOUR}, "--every", "fewer cutoffs"),
    ],
)
def test_cutoffs_that_cannot_be_run_are_named_with_their_fix(change: dict, path: str, fix: str):
    """One wrong option makes one problem, under the option's name."""
    [problem] = problems_of(origins(**change))

    assert problem.path == path
    assert fix in problem.fix


def test_every_wrong_option_is_named_at_once():
    """Three things that are wrong make three problems."""
    wrong = origins(horizon=90 * MINUTE, every=30 * MINUTE, start=DAY + 25 * HOUR + MINUTE)

    assert [p.path for p in problems_of(wrong)] == ["--horizon", "--every", "--start"]


def test_days_and_weeks_are_a_grid_too():
    """Daily steps, four weeks ahead, a cutoff a week."""
    week = origins(step=24 * HOUR, horizon=28 * 24 * HOUR, every=7 * 24 * HOUR, end=DAY + 36 * 24 * HOUR)
    daily = Series(to_epoch_s(DAY), 86_400, np.full(60, 5.0))

    made = list(rolling_forecasts(daily, [], "shop", week, POLICY))

    assert problems_of(week) == ()
    assert len(made) == 6
    assert all(len(forecast.times_s) == 28 for forecast in made)
