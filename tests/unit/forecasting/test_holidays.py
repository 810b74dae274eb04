"""A holiday nobody has seen yet is expected to look like a Sunday, in its own time zone."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.forecast import forecast_service
from advisor.forecasting.holidays import is_holiday, like_a_sunday
from advisor.forecasting.learned import learn
from advisor.forecasting.scale import from_log
from tests.support.forecasting import DAY_S, MONDAY, campaign, day_curve, policy, view_of

WEEKS = 5
QUIET = 0.4  # what a Sunday has of a working day


def open_on_sundays(share, zone_h=0):
    """Five weeks in which local Sundays have that share of demand, in a zone so many hours ahead of UTC."""
    values = day_curve(7 * WEEKS)
    local_s = 300 * np.arange(len(values)) + 3600 * zone_h
    return np.where(local_s // DAY_S % 7 == 6, share * values, values)


def holiday(days, zone_h=0, **other):
    """A whole local day off, so many days after the first Monday."""
    start = MONDAY + timedelta(days=days, hours=-zone_h)
    return replace(campaign(start, hours=24, **other), kind="public_holiday")


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("public_holiday", True),
        ("bank holiday", True),
        ("holiday", True),
        ("Public Holiday", True),
        ("holidays_sale", False),
    ],
)
def test_a_kind_is_a_holiday_that_has_the_word(kind, is_one):
    assert is_holiday(kind) is is_one


@pytest.mark.parametrize("zone_h", [-10, -8, 0, 9, 13])
def test_a_working_day_off_is_expected_to_be_a_sunday_where_it_is_held(zone_h):
    view = view_of(open_on_sundays(QUIET, zone_h))
    baseline = learn(view, [], 2).baseline
    tuesday = holiday(7 * WEEKS + 1, zone_h)
    times = to_epoch_s(tuesday.start) + 300 * np.arange(288, dtype=np.int64)

    ratios = like_a_sunday(tuesday, times, baseline)

    ordinary = baseline.ordinary(times)
    share = from_log(ordinary + ratios, baseline.offset) / from_log(ordinary, baseline.offset)
    assert share[12:-12] == pytest.approx(QUIET, rel=0.15)


@pytest.mark.parametrize(
    ("zone", "zone_h"),
    [("Pacific/Pago_Pago", -11), ("Europe/London", 0), ("Europe/Berlin", 1), ("Pacific/Auckland", 13)],
)
@pytest.mark.parametrize("begins_h", [0, 14])
def test_a_holiday_whose_zone_is_known_may_begin_at_any_hour(zone, zone_h, begins_h):
    """From 14:00 on, say: it is its own weekday that gives way to a Sunday, not the next."""
    baseline = learn(view_of(open_on_sundays(QUIET, zone_h)), [], 2).baseline
    whole = holiday(7 * WEEKS + 5, zone_h)  # a Saturday: the day after is a Sunday anyhow
    off = replace(whole, start=whole.start + timedelta(hours=begins_h), timezone=zone)
    times = np.arange(to_epoch_s(off.start), to_epoch_s(off.end), 300, dtype=np.int64)

    ratios = like_a_sunday(off, times, baseline)

    ordinary = baseline.ordinary(times)
    share = from_log(ordinary + ratios, baseline.offset) / from_log(ordinary, baseline.offset)
    assert share[12:-12] == pytest.approx(QUIET, rel=0.15)


def test_a_sunday_that_is_a_holiday_stays_a_sunday():
    baseline = learn(view_of(open_on_sundays(QUIET)), [], 2).baseline
    sunday = holiday(7 * WEEKS + 6)
    times = to_epoch_s(sunday.start) + 300 * np.arange(288, dtype=np.int64)

    assert like_a_sunday(sunday, times, baseline).tolist() == [0.0] * 288


def at_noon(announced):
    forecast = forecast_service(view_of(open_on_sundays(QUIET)), [announced], policy())
    noon = int(np.searchsorted(forecast.times_s, to_epoch_s(announced.start + timedelta(hours=12))))
    return forecast, forecast.total[noon, 0] / forecast.baseline[noon, 0]


@pytest.mark.parametrize("zone_h", [-8, -5, 0, 1, 9])
def test_a_step_of_a_day_is_a_sunday_as_far_as_the_holiday_is_in_it(zone_h):
    """West of UTC it reaches into the next day, east of it into the one before: neither falls whole."""
    values = open_on_sundays(QUIET, zone_h).reshape(-1, 288).mean(axis=1)
    rules = replace(policy(step=timedelta(days=1)), horizon=timedelta(days=7))
    forecast = forecast_service(view_of(values, DAY_S), [holiday(7 * WEEKS + 2, zone_h)], rules)

    sunday = forecast.baseline[6, 0] / forecast.baseline[2, 0]
    before, itself, after = forecast.total[1:4, 0] / forecast.baseline[1:4, 0]
    assert itself == pytest.approx(sunday ** (1 - abs(zone_h) / 24), rel=0.1)
    assert min(before, after) > max(0.8, itself)


def test_the_forecast_says_that_it_took_the_holiday_for_a_sunday():
    forecast, factor = at_noon(holiday(7 * WEEKS))

    assert forecast.uplifts[0].reason is Reason.UPLIFT_LIKE_SUNDAY
    assert factor == pytest.approx(QUIET, rel=0.1)


def test_an_owner_who_names_a_figure_knows_better_than_the_calendar():
    forecast, factor = at_noon(holiday(7 * WEEKS, p50=2.0))

    assert forecast.uplifts[0].reason is Reason.UPLIFT_FROM_OWNER
    assert factor == pytest.approx(2.0, rel=0.01)


def test_what_past_holidays_did_outweighs_the_sunday():
    """Working days off that stayed as busy as ever: the third is not taken for a Sunday any more."""
    values = open_on_sundays(QUIET)
    past = [replace(holiday(day), campaign_id=f"h{day}") for day in (8, 15, 22, 29)]
    forecast = forecast_service(view_of(values), [*past, holiday(7 * WEEKS + 1)], policy())

    (coming,) = forecast.uplifts
    assert coming.reason is Reason.UPLIFT_LEARNED
    assert np.median(coming.factor[coming.factor[:, 0] != 1.0, 0]) > 0.7
