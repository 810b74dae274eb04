"""What a fitted baseline says of instants ahead, on one made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.bands import LADDER, LADDER_Z, z_of
from advisor.forecasting.baseline import WIDENING_D, Baseline
from advisor.forecasting.days import DAY_S
from advisor.forecasting.scale import from_log
from advisor.forecasting.yearly import NO_YEAR, in_year
from tests.support.forecasting import MONDAY

HOUR_S = 3600
MONDAY_S = to_epoch_s(MONDAY)
OFFSET = 2.0
LEADS = (1, 2, 4)
LEVELS = (0.5, 0.9, 0.99)


def by_hand():
    """Hourly; every slot of the week, every share and every rung of its own."""
    rng = np.random.default_rng(4)
    return Baseline(
        step_s=HOUR_S,
        until_s=MONDAY_S,
        offset=OFFSET,
        week=4 + rng.random((7, 24)),
        year=NO_YEAR,
        residuals=np.zeros(24),
        weights=np.ones(24),
        leads=LEADS,
        shares=rng.random((3, 24, 2)),
        sizes=0.1 + rng.random(24),
        ladders=np.sort(rng.standard_normal((5, len(LADDER))), axis=1),
        calibration=0.95,
        cold=False,
    )


BASELINE = by_hand()


def hours(first, last):
    return MONDAY_S + HOUR_S * np.arange(first, last, dtype=np.int64)


def test_the_ordinary_is_that_of_the_weekday_and_the_slot():
    said = BASELINE.ordinary(hours(0, 14 * 24))

    assert said.tolist() == [BASELINE.week[i // 24 % 7, i % 24] for i in range(14 * 24)]


@pytest.mark.parametrize("start", [0, 5])
def test_of_the_present_deviation_goes_on_what_the_lead_and_the_hour_ahead_let_go_on(start):
    """Day 3 ahead is taken to be like day 2, and all from day 4 on like day 4."""
    cutoff_s, deviation = MONDAY_S + start * HOUR_S, np.array([0.3, -0.2])

    middle = BASELINE.middle(hours(start, start + 6 * 24), cutoff_s, deviation)

    for ahead in range(6 * 24):
        lead = {1: 0, 2: 1, 3: 1}.get(ahead // 24 + 1, 2)
        slot = start + ahead
        share = BASELINE.shares[lead, ahead % 24]
        expected = BASELINE.week[slot // 24 % 7, slot % 24] + share[0] * 0.3 - share[1] * 0.2
        assert middle[ahead] == pytest.approx(expected)


def test_the_band_takes_its_errors_from_the_first_hour_the_first_six_the_first_day_and_the_leads():
    band = BASELINE.band(hours(0, 96), MONDAY_S, np.zeros(2), LEVELS)

    middle = BASELINE.middle(hours(0, 96), MONDAY_S, np.zeros(2))
    for ahead in (0, 1, 5, 6, 23, 24, 47, 48, 71, 72, 95):
        lead = {1: 0, 2: 1, 3: 1}.get(ahead // 24 + 1, 2)
        group = lead + 2 if lead else (0 if ahead < 1 else 1 if ahead < 6 else 2)
        errors = np.interp(z_of(LEVELS), LADDER_Z, BASELINE.ladders[group]) * BASELINE.sizes[ahead % 24]
        assert band[ahead] == pytest.approx(from_log(middle[ahead] + errors, OFFSET))


def test_past_the_furthest_lead_known_the_band_widens():
    far = replace(BASELINE, week=np.full((7, 24), 5.0), sizes=np.ones(24))
    at = 4 + int(WIDENING_D)

    band = far.band(hours(24 * (at - 1), 24 * at), MONDAY_S, np.zeros(2), LEVELS)

    errors = np.interp(z_of(LEVELS), LADDER_Z, BASELINE.ladders[4])
    assert band[0] == pytest.approx(from_log(5.0 + errors * np.sqrt(2), OFFSET))


def test_the_band_is_never_negative_and_never_crosses():
    deep = replace(BASELINE, week=np.full((7, 24), -3.0))

    band = deep.band(hours(0, 96), MONDAY_S, np.array([-5.0, -5.0]), (0.001, 0.5, 0.9, 0.9999))

    assert np.all(band >= 0)
    assert np.all(np.diff(band, axis=1) >= 0)


def test_the_present_deviation_is_the_mean_of_the_last_hour_and_of_the_last_day():
    """Four fresh hours at 0.5 above what is ordinary, after twenty at nothing."""
    fresh = hours(0, 4)
    values = from_log(BASELINE.ordinary(fresh) + 0.5, OFFSET)

    deviation = BASELINE.deviation(fresh, values, np.ones(4, dtype=bool))

    assert deviation.tolist() == pytest.approx([0.5, 4 * 0.5 / 24])


def test_gaps_and_cells_that_campaigns_moved_say_nothing_of_the_present():
    fresh = hours(0, 4)
    values = from_log(BASELINE.ordinary(fresh) + np.array([0.5, 0.5, 9.0, 0.5]), OFFSET)
    values[3] = np.nan

    deviation = BASELINE.deviation(fresh, values, np.array([True, True, False, True]))

    assert deviation.tolist() == pytest.approx([0.0, 2 * 0.5 / 22])


def test_right_after_the_fit_the_deviation_is_what_the_fit_left():
    risen = replace(BASELINE, residuals=np.linspace(0, 0.23, 24))

    deviation = risen.deviation(hours(0, 0), np.zeros(0), np.zeros(0, dtype=bool))

    assert deviation.tolist() == pytest.approx([0.23, 0.115])


def test_slots_of_a_step_that_does_not_divide_a_day_are_counted_day_by_day():
    sevens = replace(BASELINE, step_s=420, week=np.random.default_rng(1).random((7, 206)))
    times = MONDAY_S + 420 * np.arange(1000, dtype=np.int64)

    said = sevens.ordinary(times)

    assert said.tolist() == [
        sevens.week[(t - MONDAY_S) // DAY_S % 7, t % DAY_S // 420] for t in times.tolist()
    ]


def test_the_year_lifts_all_slots_of_a_day_alike():
    winter = replace(BASELINE, year=np.array([0.0, 0.5, *[0.0] * 6]))
    days = np.array([0, 91, 182], dtype=np.int64)
    times = (DAY_S * days[:, None] + HOUR_S * np.arange(24)).ravel()

    lifted = (winter.ordinary(times) - BASELINE.ordinary(times)).reshape(3, 24)

    assert lifted == pytest.approx(np.repeat(in_year(days, winter.year), 24).reshape(3, 24))
    assert lifted[0, 0] > 0.49 > lifted[1, 0] > lifted[2, 0]
