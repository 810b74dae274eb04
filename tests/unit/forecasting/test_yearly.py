"""The shape of the year is believed in as far as it came again."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.forecasting.forecast import forecast_service
from advisor.forecasting.yearly import HARMONICS, NO_YEAR, YEAR_D, in_year, yearly_shape
from tests.support.forecasting import DAY_S, policy, view_of

FIRST = 18_000


def days(years):
    return FIRST + np.arange(int(years * YEAR_D) + 1)


def winter(when, height=0.3):
    """Highest once a year."""
    return height * np.cos(2 * np.pi * when / YEAR_D)


def all_seen(when):
    return np.ones(len(when), dtype=bool)


@pytest.mark.parametrize("years", [2, 3])
def test_what_comes_every_year_is_found_whatever_the_trend(years):
    when = days(years)

    shape = yearly_shape(when, winter(when) + 0.002 * np.arange(len(when)), all_seen(when))

    coming = when[-1] + np.arange(1, 366)
    assert in_year(coming, shape) == pytest.approx(winter(coming), abs=0.02)


@pytest.mark.parametrize("years", [0.1, 1.0, 1.9])
def test_what_was_not_seen_twice_is_no_shape(years):
    when = days(years)

    shape = yearly_shape(when, winter(when), all_seen(when))

    assert shape is NO_YEAR
    assert in_year(when, shape).tolist() == [0.0] * len(when)


def test_what_came_in_one_year_and_not_in_the_other_is_hardly_believed():
    when = days(2)
    once = np.where(when - FIRST < YEAR_D, winter(when), 0.0)

    shape = yearly_shape(when, once, all_seen(when))

    assert np.abs(in_year(when, shape)).max() < 0.1


def test_a_walk_at_random_has_no_year():
    """Over forty seeds, the shape found is on average less than half of what a fit of all years would say."""
    when = days(3)
    found, fitted = [], []
    for seed in range(40):
        walk = np.cumsum(np.random.default_rng(seed).normal(0, 0.02, len(when)))
        angles = 2 * np.pi * when[:, None] / YEAR_D * np.arange(1, HARMONICS + 1)
        terms = np.concatenate([np.sin(angles), np.cos(angles), np.ones((len(when), 1))], axis=1)
        fitted.append(np.std(terms[:, :-1] @ np.linalg.lstsq(terms, walk, rcond=None)[0][:-1]))
        found.append(np.std(in_year(when, yearly_shape(when, walk, all_seen(when)))))

    assert np.mean(found) < np.mean(fitted) / 2


def test_days_not_seen_do_not_count():
    when = days(3)
    seen = all_seen(when)
    seen[200:260] = False
    heights = np.where(seen, winter(when), 50.0)

    shape = yearly_shape(when, heights, seen)

    assert in_year(when, shape) == pytest.approx(winter(when), abs=0.02)


def test_a_year_that_was_hardly_seen_is_none():
    when = days(2)
    seen = all_seen(when)
    seen[:200] = False

    assert yearly_shape(when, winter(when), seen) is NO_YEAR


def test_a_forecast_weeks_ahead_follows_the_year():
    """Three years of days that rise and fall by the season: four weeks ahead the season has moved on."""
    when = np.arange(3 * 365 + 60)
    noise = np.random.default_rng(1).lognormal(0, 0.05, len(when))
    values = 100 * np.exp(winter(when, 0.5)) * noise
    month = replace(policy(step=timedelta(days=1)), horizon=timedelta(days=28))

    forecast = forecast_service(view_of(values[:-28], DAY_S), [], month)

    assert forecast.total[:, 0] == pytest.approx(100 * np.exp(winter(when[-28:], 0.5)), rel=0.15)
