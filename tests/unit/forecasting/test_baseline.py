"""The ordinary demand of a service, and what must not bend it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.reason import Reason
from advisor.forecasting.baseline import baseline_band
from tests.support.forecasting import DAY_S, MONDAY, day_curve, noisy, view_of

LEVELS = (0.5, 0.9, 0.95, 0.99)


def band_of(view, masked=None, ahead_s=DAY_S):
    masked = np.zeros(len(view.values), dtype=bool) if masked is None else masked
    times = np.arange(view.cutoff_s, view.cutoff_s + ahead_s, view.step_s, dtype=np.int64)
    return baseline_band(view, masked, times, LEVELS)


def relative_error(band, expected):
    return np.max(np.abs(band[:, 0] / expected - 1))


def test_a_regular_day_is_predicted_to_come_again():
    band, reasons = band_of(view_of(day_curve(7)))

    assert reasons == ()
    assert relative_error(band, day_curve(1)) < 0.01


@pytest.mark.parametrize("step_s", [60, 300, 420, 3600, 86_400], ids=["1m", "5m", "7m", "1h", "1d"])
def test_any_step_from_a_minute_to_a_day_is_forecast(step_s):
    view = view_of(day_curve(7, step_s), step_s)

    band, _ = band_of(view, ahead_s=2 * DAY_S)

    assert band.shape[1] == 4
    hours = (np.arange(len(band)) * step_s + view.cutoff_s) % DAY_S / 3600
    expected = 50.0 if step_s == DAY_S else 100 * (1 - 0.5 * np.cos(hours / 24 * 2 * np.pi))
    assert relative_error(band, expected) < 0.05


@pytest.mark.parametrize(
    ("odd_day", "distort"),
    [
        *[(day, "spike") for day in range(4)],
        *[(day, "outage") for day in range(4)],
    ],
)
def test_one_days_spike_or_outage_hardly_bends_four_days(odd_day, distort):
    """An hour at twenty times, or three hours of nothing, on any one day."""
    values = noisy(day_curve(4), sigma=0.02)
    first = odd_day * 288 + 120
    values[first : first + (12 if distort == "spike" else 36)] *= 20 if distort == "spike" else 0

    band, _ = band_of(view_of(values))

    assert relative_error(band, day_curve(1)) < 0.1


def test_a_day_of_nothing_at_all_hardly_bends_four_days():
    values = day_curve(4)
    values[288:576] = 0

    band, _ = band_of(view_of(values))

    assert relative_error(band, day_curve(1)) < 0.25


def test_a_quiet_weekend_is_told_from_working_days_after_two_weeks():
    """Cutoff on a Saturday midnight, after three working weeks whose weekends are five times quieter."""
    values = day_curve(19)
    for saturday in (5, 12):
        values[saturday * 288 : (saturday + 2) * 288] /= 5

    band, _ = band_of(view_of(values), ahead_s=3 * DAY_S)

    weekend, monday = band[72:576, 0], band[576:, 0]
    assert np.max(np.abs(weekend / day_curve(2)[72:] * 5 - 1)) < 0.25
    assert np.max(np.abs(monday / day_curve(1) - 1)) < 0.1


def test_todays_height_moves_the_next_hours_and_fades():
    values = day_curve(10.5)
    values[-24:] *= 1.5

    band, _ = band_of(view_of(values))

    off = band[:, 0] / day_curve(11.5)[-288:]
    assert off[0] > 1.3
    assert off[-1] < 1.1
    assert np.all(np.diff(off[:200]) < 0.01)


def test_cells_inside_campaigns_are_left_out():
    values, masked = day_curve(5), np.zeros(5 * 288, dtype=bool)
    masked[4 * 288 + 100 : 4 * 288 + 150] = True
    masked[3 * 288 + 100 : 3 * 288 + 150] = True
    quiet, _ = band_of(view_of(values), masked)
    values[masked] *= 30

    loud, _ = band_of(view_of(values), masked)

    assert np.array_equal(loud, quiet)


def test_saturated_cells_are_left_out():
    """The same two hours were cut off at the top on three of five days."""
    values = day_curve(5)
    saturated = np.zeros(len(values), dtype=bool)
    for day in (1, 2, 4):
        saturated[day * 288 + 130 : day * 288 + 154] = True
    clipped = replace(view_of(np.where(saturated, 60.0, values)), saturated=saturated)

    band, _ = band_of(clipped)

    assert relative_error(band, day_curve(1)) < 0.01


def test_a_gap_is_not_a_zero():
    """The same hours missing on every day are bridged from their neighbours."""
    values = day_curve(5)
    hours = np.arange(len(values)) % 288 // 12
    values[(hours >= 10) & (hours < 12)] = np.nan

    band, _ = band_of(view_of(values))

    assert relative_error(band, day_curve(1)) < 0.05


def test_under_a_day_of_history_the_recent_level_stands_with_a_wide_band():
    band, reasons = band_of(view_of(np.full(100, 40.0)))

    assert reasons == (Reason.COLD_START,)
    assert band[0, 0] == pytest.approx(40.0)
    assert band[0, 2] > 100.0


@pytest.mark.parametrize("values", [np.array([]), np.full(500, np.nan)], ids=["empty", "all gaps"])
def test_without_data_the_baseline_is_zero_and_says_so(values):
    band, reasons = band_of(view_of(values))

    assert reasons == (Reason.NO_DEMAND_DATA,)
    assert not band.any()


def test_a_service_that_was_seen_at_zero_is_not_unseen():
    band, reasons = band_of(view_of(np.zeros(5 * 288)))

    assert reasons == ()
    assert not band.any()


def test_a_campaign_that_covers_all_of_a_long_history_is_the_ordinary():
    band, reasons = band_of(view_of(day_curve(5)), np.ones(5 * 288, dtype=bool))

    assert reasons == ()
    assert relative_error(band, day_curve(1)) < 0.01


def test_bursts_at_no_fixed_hour_are_in_the_upper_levels():
    """One cell in twelve carries all demand: a median alone would say that nothing ever comes."""
    bursts = np.random.default_rng(3).random(10 * 288) < 1 / 12

    band, _ = band_of(view_of(np.where(bursts, 120.0, 0.0)))

    assert band[0, 3] > 100.0


def test_the_band_is_wider_after_two_days_than_after_twenty_eight():
    spreads = []
    for days in (2, 28):
        band, _ = band_of(view_of(noisy(day_curve(days))))
        spreads.append(np.mean(band[:, 2] / band[:, 0]))

    assert spreads[0] > 1.2 * spreads[1]


def test_the_band_widens_with_the_time_ahead():
    band, _ = band_of(view_of(noisy(day_curve(14))), ahead_s=21 * DAY_S)

    width = band[:, 2] / band[:, 0]
    assert width[-1] > width[0]


def test_about_nineteen_of_twenty_values_lie_below_the_95th_percentile():
    """Calibration on a noisy wave with days of differing height, over thirty cutoffs."""
    days = 60
    heights = np.exp(0.1 * np.random.default_rng(5).standard_normal(days))
    values = noisy(day_curve(days) * np.repeat(heights, 288), seed=6)
    below = []
    for day in range(28, 58):
        start = MONDAY + timedelta(days=day - 28)
        band, _ = band_of(view_of(values[(day - 28) * 288 : day * 288], start=start))
        below.append(np.mean(values[day * 288 : (day + 1) * 288] <= band[:, 2]))

    assert 0.9 < np.mean(below) < 0.99


def test_the_unit_of_demand_does_not_matter():
    values = noisy(day_curve(20))

    per_second, _ = band_of(view_of(values))
    per_minute, _ = band_of(view_of(values * 60))

    assert per_minute == pytest.approx(per_second * 60, rel=1e-9)


def test_one_monstrous_cell_does_not_pass_for_bursty_demand():
    values = day_curve(4)
    values[500] = 1e9

    band, _ = band_of(view_of(values))

    assert relative_error(band, day_curve(1)) < 0.05
    assert band.max() < 20 * values[0] * 3


def test_a_negative_reading_counts_as_nothing():
    band, _ = band_of(view_of(np.full(3 * 288, -5.0)))

    assert not band.any()


def test_a_service_back_from_days_of_silence_is_not_forecast_at_zero():
    """A week of traffic, five days without any, and three hours since it came back."""
    values = day_curve(12)
    values[7 * 288 : -36] = 0

    band, _ = band_of(view_of(values))

    assert np.all(band[:, 2] > 50.0)
