"""What is ordinary, learned from histories as they really are: short, holed, and hit by the odd disaster."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.forecasting.fit import Cells, fit_baseline
from advisor.forecasting.scale import from_log
from tests.support.forecasting import DAY_S, MONDAY, day_curve, noisy, view_of

LEVELS = (0.5, 0.9, 0.95, 0.99)


def cells_of(view, masked=None):
    masked = np.zeros(len(view.values), dtype=bool) if masked is None else masked
    return Cells(view.times_s, view.values, view.saturated, masked, view.step_s, view.cutoff_s)


def band_of(view, masked=None, ahead_s=DAY_S):
    """The band right after the fit, over the time ahead."""
    baseline = fit_baseline(cells_of(view, masked), -(-ahead_s // DAY_S)).baseline
    times = np.arange(view.cutoff_s, view.cutoff_s + ahead_s, view.step_s, dtype=np.int64)
    none = np.zeros(0)
    return baseline.band(
        times, view.cutoff_s, baseline.deviation(times[:0], none, np.zeros(0, dtype=bool)), LEVELS
    )


def relative_error(band, expected):
    return np.max(np.abs(band[:, 0] / expected - 1))


def test_a_regular_day_is_predicted_to_come_again():
    assert relative_error(band_of(view_of(day_curve(7))), day_curve(1)) < 0.01


@pytest.mark.parametrize(
    "step_s", [60, 300, 420, 1800, 3600, 21_600, 86_400], ids=["1m", "5m", "7m", "30m", "1h", "6h", "1d"]
)
def test_any_step_from_a_minute_to_a_day_is_forecast(step_s):
    view = view_of(day_curve(7, step_s), step_s)

    band = band_of(view, ahead_s=2 * DAY_S)

    assert band.shape[1] == 4
    hours = (np.arange(len(band)) * step_s + view.cutoff_s) % DAY_S / 3600
    expected = 50.0 if step_s == DAY_S else 100 * (1 - 0.5 * np.cos(hours / 24 * 2 * np.pi))
    assert relative_error(band, expected) < 0.05


def with_odd_hours(odd_day, distort):
    """A week with an hour at twenty times, or three hours of nothing, on one of its days."""
    values = noisy(day_curve(7), sigma=0.02)
    first = odd_day * 288 + 120
    values[first : first + (12 if distort == "spike" else 36)] *= 20 if distort == "spike" else 0
    return view_of(values)


@pytest.mark.parametrize("odd_day", range(7))
@pytest.mark.parametrize("distort", ["spike", "outage"])
def test_one_days_spike_or_outage_hardly_bends_a_week(odd_day, distort):
    """Nor does it lift or lower the day as a whole by much."""
    band = band_of(with_odd_hours(odd_day, distort))

    ratio = band[:, 0] / day_curve(1)
    bound = 0.25 if odd_day == 6 else 0.1  # what was yesterday may still be going on
    assert abs(np.median(ratio) - 1) < bound
    assert ratio.min() > 0.7
    assert ratio.max() < 1.3


@pytest.mark.parametrize("odd_day", range(6))
@pytest.mark.parametrize("distort", ["spike", "outage"])
def test_not_a_single_hour_of_the_forecast_is_bent_by_it(odd_day, distort):
    assert relative_error(band_of(with_odd_hours(odd_day, distort)), day_curve(1)) < 0.1


def test_a_counter_that_wrapped_does_not_bend_the_forecast():
    """One cell of a thousand million requests, as a counter reset that was read as an increase gives."""
    values = noisy(day_curve(7), sigma=0.02)
    values[3 * 288 + 100] = 1e9

    band = band_of(view_of(values))

    assert relative_error(band, day_curve(1)) < 0.1
    assert band.max() < 10 * day_curve(1).max()


def test_a_night_of_nothing_hardly_bends_a_week():
    values = noisy(day_curve(7), sigma=0.02)
    values[4 * 288 : 4 * 288 + 72] = 0

    ratio = band_of(view_of(values))[:, 0] / day_curve(1)
    assert 0.9 < np.median(ratio) < 1.1
    assert ratio.min() > 0.6
    assert ratio.max() < 1.3


def test_a_shop_that_closes_every_night_is_forecast_to_close_and_to_open():
    """Zero from midnight to six, the same every night."""
    hours = np.arange(14 * 288) % 288 / 12
    values = np.where(hours < 6, 0.0, noisy(np.full(14 * 288, 200.0), sigma=0.05))

    band = band_of(view_of(values))

    assert band[6:66, 0].max() < 2.0
    assert band[80:, 0].mean() == pytest.approx(200.0, rel=0.02)
    assert band[80:, 0] == pytest.approx(200.0, rel=0.1)


def weekends_at(times, weeks):
    """Weeks whose weekends have so many times the demand; the cutoff is a Saturday midnight."""
    values = noisy(day_curve(7 * weeks + 5), sigma=0.02)
    for week in range(weeks):
        saturday = (5 + 7 * week) * 288
        values[saturday : saturday + 2 * 288] *= times
    return view_of(values)


@pytest.mark.parametrize("times", [0.2, 5.0], ids=["quiet", "busy"])
def test_weekends_are_told_from_working_days_after_three_weeks(times):
    """More than half of the difference is known by then, and working days are not touched by it."""
    band = band_of(weekends_at(times, weeks=3), ahead_s=3 * DAY_S)

    weekend, monday = band[72:576, 0] / day_curve(2)[72:], band[576:, 0] / day_curve(1)
    assert np.median(np.log(weekend) / np.log(times)) > 0.5
    assert 0.85 < np.median(monday) < 1.15


@pytest.mark.parametrize("times", [0.2, 5.0], ids=["quiet", "busy"])
def test_after_eight_weeks_weekends_are_known_within_a_quarter(times):
    band = band_of(weekends_at(times, weeks=8), ahead_s=2 * DAY_S)

    assert np.median(band[72:, 0] / day_curve(2)[72:]) == pytest.approx(times, rel=0.25)


def test_todays_height_moves_the_next_hours_and_fades():
    values = noisy(day_curve(10.5), sigma=0.02)
    values[-24:] *= 1.5

    band = band_of(view_of(values))

    off = band[:, 0] / day_curve(11.5)[-288:]
    assert off[0] > 1.2
    assert off[-1] < 1.15
    assert off[:6].mean() > off[60:72].mean()


def test_steady_growth_is_followed():
    """One per cent a day: tomorrow's middle lags by no more than a few days' growth."""
    values = noisy(day_curve(28), sigma=0.02) * 1.01 ** (np.arange(28 * 288) / 288)

    band = band_of(view_of(values))

    ratio = band[:, 0] / (day_curve(1) * 1.01 ** (28 + np.arange(288) / 288))
    assert 0.95 < ratio.mean() < 1.02


def test_what_happened_inside_campaigns_is_left_out():
    values, masked = day_curve(5), np.zeros(5 * 288, dtype=bool)
    masked[4 * 288 + 100 : 4 * 288 + 150] = True
    masked[3 * 288 + 100 : 3 * 288 + 150] = True
    quiet = band_of(view_of(values), masked)

    loud = band_of(view_of(np.where(masked, 30 * values, values)), masked)

    assert loud == pytest.approx(quiet, rel=0.05)


def test_the_history_without_campaigns_says_what_would_have_been():
    values, masked = noisy(day_curve(9), sigma=0.02), np.zeros(9 * 288, dtype=bool)
    masked[5 * 288 + 100 : 5 * 288 + 150] = True

    fitted = fit_baseline(cells_of(view_of(np.where(masked, 3 * values, values)), masked), 1)

    offset, wave = fitted.baseline.offset, day_curve(9)
    assert from_log(fitted.without, offset)[masked] == pytest.approx(wave[masked], rel=0.05)
    excess = np.exp(fitted.logs - fitted.without)[masked]
    assert excess == pytest.approx(((3 * values + offset) / (wave + offset))[masked], rel=0.05)


def test_saturated_cells_are_at_least_what_was_seen_of_them():
    """The same two hours were cut off at 60 of about 150 on three of ten days: the rest tell."""
    values = noisy(day_curve(10), sigma=0.02)
    saturated = np.zeros(len(values), dtype=bool)
    for day in (3, 6, 9):
        saturated[day * 288 + 130 : day * 288 + 154] = True
    clipped = replace(view_of(np.where(saturated, 60.0, values)), saturated=saturated)

    assert relative_error(band_of(clipped), day_curve(1)) < 0.1


def test_a_service_that_was_saturated_above_what_was_usual_was_at_least_that_high():
    """Cut off at 300 of an unknown number, where 150 is usual: 300 stands."""
    values = day_curve(10)
    saturated = np.zeros(len(values), dtype=bool)
    saturated[9 * 288 + 130 : 9 * 288 + 154] = True
    risen = replace(view_of(np.where(saturated, 300.0, values)), saturated=saturated)

    fitted = fit_baseline(cells_of(risen), 1)

    assert from_log(fitted.without[saturated], fitted.baseline.offset) == pytest.approx(300.0)


def test_a_gap_is_not_a_zero():
    """The same hours missing on every day are bridged from their neighbours."""
    values = day_curve(5)
    hours = np.arange(len(values)) % 288 // 12
    values[(hours >= 10) & (hours < 12)] = np.nan

    assert relative_error(band_of(view_of(values)), day_curve(1)) < 0.05


@pytest.mark.parametrize("step_s", [60, 300, 420], ids=["1m", "5m", "7m"])
def test_two_hours_of_history_give_the_recent_level_with_a_wide_band(step_s):
    view = view_of(np.full(7200 // step_s, 40.0), step_s)

    fitted = fit_baseline(cells_of(view), 1)
    band = band_of(view)

    assert fitted.baseline.cold
    assert band[:, 0] == pytest.approx(40.0)
    assert np.all(band[:, 2] > 90.0)


def test_a_cold_start_takes_the_last_hour_and_a_half_not_what_was_before():
    values = np.concatenate([np.full(100, 4.0), np.full(18, 40.0)])

    assert band_of(view_of(values))[0, 0] == pytest.approx(40.0)


@pytest.mark.parametrize(
    "values",
    [np.full(500, np.nan), np.zeros(5 * 288), np.full(3 * 288, -5.0)],
    ids=["all gaps", "all zero", "all negative"],
)
def test_a_service_never_seen_above_zero_has_nothing_ordinary(values):
    assert fit_baseline(cells_of(view_of(values)), 1) is None


def test_a_campaign_that_covers_all_of_a_long_history_is_the_ordinary():
    view, everything = view_of(day_curve(5)), np.ones(5 * 288, dtype=bool)

    assert not fit_baseline(cells_of(view, everything), 1).baseline.cold
    assert relative_error(band_of(view, everything), day_curve(1)) < 0.01


def test_bursts_at_no_fixed_hour_are_in_the_upper_levels():
    """One cell in twelve carries all demand: a median alone would say that nothing ever comes."""
    bursts = np.random.default_rng(3).random(10 * 288) < 1 / 12

    band = band_of(view_of(np.where(bursts, 120.0, 0.0)))

    assert band[:, 3].mean() > 80.0


def test_the_less_is_known_the_wider_the_band():
    """A few hours, then a few days, then weeks."""
    spreads = []
    for days in (0.5, 3, 28):
        band = band_of(view_of(noisy(day_curve(days))))
        spreads.append(np.mean(band[:, 2] / band[:, 0]))

    assert spreads[0] > 2 * spreads[1]
    assert spreads[1] > 0.97 * spreads[2]


def test_the_band_is_no_narrower_far_ahead_than_near():
    band = band_of(view_of(noisy(day_curve(14))), ahead_s=28 * DAY_S)

    width = band[:, 2] / band[:, 0]
    assert width[-288:].mean() > width[:288].mean()


def test_about_nineteen_of_twenty_values_lie_below_the_95th_percentile():
    """Calibration on a noisy wave with days of differing height, over thirty cutoffs."""
    days = 60
    heights = np.exp(0.1 * np.random.default_rng(5).standard_normal(days))
    values = noisy(day_curve(days) * np.repeat(heights, 288), seed=6)
    below = []
    for day in range(28, 58):
        start = MONDAY + timedelta(days=day - 28)
        band = band_of(view_of(values[(day - 28) * 288 : day * 288], start=start))
        below.append(np.mean(values[day * 288 : (day + 1) * 288] <= band[:, 2]))

    assert 0.9 < np.mean(below) < 0.99


def test_it_says_how_well_it_was_calibrated_lately():
    baseline = fit_baseline(cells_of(view_of(noisy(day_curve(28)))), 1).baseline

    assert 0.88 < baseline.calibration <= 1.0


def test_the_unit_of_demand_does_not_matter():
    values = noisy(day_curve(20))

    per_second, per_minute = band_of(view_of(values)), band_of(view_of(values * 60))

    assert per_minute == pytest.approx(per_second * 60, rel=1e-5)


def test_errors_are_known_for_as_many_days_ahead_as_the_history_allows_and_the_reach_asks_for():
    long, short = cells_of(view_of(day_curve(28))), cells_of(view_of(day_curve(3)))

    assert fit_baseline(long, 30).baseline.leads == (1, 2, 4, 7, 14)
    assert fit_baseline(long, 4).baseline.leads == (1, 2, 4)
    assert fit_baseline(short, 30).baseline.leads == (1,)


def test_a_service_back_from_days_of_silence_is_not_forecast_at_zero():
    """A week of traffic, five days without any, and three hours since it came back."""
    values = day_curve(12)
    values[7 * 288 : -36] = 0

    band = band_of(view_of(values))

    assert np.all(band[:24, 2] > 50.0)
    assert np.all(band[:, 3] > 10.0)
