"""Laws that every forecast obeys, whatever the history and the campaigns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.domain.campaign import ExpectedUplift
from advisor.domain.timegrid import from_epoch_s
from advisor.forecasting.baseline import baseline_band
from advisor.forecasting.forecast import campaign_mask, forecast_service
from advisor.forecasting.uplift import effect_window
from tests.support.forecasting import MONDAY, campaign, day_curve, noisy, policy, view_of

HOUR_S = 3600
HOURLY = policy(step=timedelta(hours=1))
LAWS = settings(max_examples=60, deadline=None)


@st.composite
def histories(draw, most_days=20):
    """Hourly demand with gaps, zeros, spikes and noise, or none of it; any hour as its end."""
    hours = draw(st.integers(0, most_days * 24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = noisy(
        day_curve(hours / 24, HOUR_S)[:hours], seed=int(rng.integers(1000)), sigma=draw(st.floats(0, 2))
    )
    for share, value in (
        (draw(st.floats(0, 1)), np.nan),
        (draw(st.floats(0, 1)), 0.0),
        (draw(st.floats(0, 0.1)), 1e6),
    ):
        values[rng.random(hours) < share] = value
    saturated = rng.random(hours) < draw(st.floats(0, 0.5))
    return replace(view_of(values, HOUR_S), saturated=saturated)


@st.composite
def announced(draw, campaign_id="c1"):
    """A campaign somewhere around the history, with or without hints."""
    start = MONDAY + timedelta(minutes=draw(st.integers(-5 * 1440, 40 * 1440)))
    p50 = draw(st.none() | st.floats(0.1, 50))
    return campaign(
        start,
        campaign_id=campaign_id,
        hours=draw(st.floats(0.1, 200)),
        p50=p50,
        p90=None if p50 is None else p50 * draw(st.floats(1, 5)),
        audience=draw(st.none() | st.floats(0, 1e9)),
        send_rate_per_min=draw(st.none() | st.floats(0, 1e7)),
    )


calendars = st.integers(0, 4).flatmap(lambda n: st.tuples(*(announced(f"c{i}") for i in range(n))))


@LAWS
@given(histories(), calendars)
def test_a_forecast_is_finite_never_negative_and_its_quantiles_never_cross(view, campaigns):
    """Sizing multiplies these numbers with money: there is no input for which they may be nonsense."""
    forecast = forecast_service(view, campaigns, HOURLY)

    for band in (forecast.baseline, forecast.total, *(u.factor for u in forecast.uplifts)):
        assert band.shape == (len(forecast.times_s), len(forecast.levels))
        assert np.all(np.isfinite(band))
        assert np.all(band >= 0)
        assert np.all(np.diff(band, axis=1) >= 0)


@LAWS
@given(histories(), calendars)
def test_steps_are_on_the_grid_rising_and_never_before_the_cutoff(view, campaigns):
    """What is forecast lies ahead of everything that was used."""
    times = forecast_service(view, campaigns, HOURLY).times_s

    assert times[0] == view.cutoff_s
    assert np.all(np.diff(times) > 0)
    assert np.all(times % HOUR_S == 0)


@LAWS
@given(histories(), st.integers(-8, 8), st.floats(0, 0.6))
def test_the_baseline_scales_with_demand(view, power, masked_share):
    """Requests per second or per minute: the unit is not ours to mind."""
    masked = np.random.default_rng(power + 8).random(len(view.values)) < masked_share
    times = view.cutoff_s + HOUR_S * np.arange(48, dtype=np.int64)
    scaled = replace(view, values=view.values * 2.0**power)

    one, _ = baseline_band(view, masked, times, HOURLY.levels)
    other, _ = baseline_band(scaled, masked, times, HOURLY.levels)

    np.testing.assert_allclose(other, one * 2.0**power, rtol=1e-9)


@LAWS
@given(histories(), calendars, st.randoms(use_true_random=False))
def test_the_order_of_campaigns_changes_nothing(view, campaigns, random):
    """Kafka hands campaigns over in any order; the forecast's bytes stay the same."""
    shuffled = list(campaigns)
    random.shuffle(shuffled)

    one, other = forecast_service(view, campaigns, HOURLY), forecast_service(view, shuffled, HOURLY)

    assert one.total.tobytes() == other.total.tobytes()
    assert [u.campaign_id for u in one.uplifts] == [u.campaign_id for u in other.uplifts]


@LAWS
@given(histories(), announced(), st.floats(1, 10))
def test_a_larger_promise_never_lowers_the_forecast(view, modest, times):
    """Whatever hint grows (figure, audience, send rate), no level of no step falls."""
    figure, audience, rate = modest.expected_uplift, modest.audience, modest.send_rate_per_min
    bold = replace(
        modest,
        expected_uplift=figure and ExpectedUplift(figure.p50 * times, figure.p90 * times),
        audience=None if audience is None else audience * times,
        send_rate_per_min=None if rate is None else rate * times,
    )

    less, more = forecast_service(view, [modest], HOURLY).total, forecast_service(view, [bold], HOURLY).total

    assert np.all(more >= less * (1 - 2e-6))  # six digits are kept


@LAWS
@given(histories(), announced(), st.integers(0, 20))
def test_outside_its_window_a_future_campaign_changes_nothing(view, planned, days_ahead):
    """A campaign that is still to come leaves every other step exactly as it was."""
    length = planned.end - planned.start
    start = from_epoch_s(view.cutoff_s) + timedelta(days=days_ahead, hours=1)
    planned = replace(planned, start=start, end=start + length)
    window_start, window_end = (moment.timestamp() for moment in effect_window(planned))

    forecast = forecast_service(view, [planned], HOURLY)

    outside = (forecast.times_s + HOUR_S <= window_start) | (forecast.times_s >= window_end)
    plain = forecast_service(view, [], HOURLY)
    shared = np.isin(plain.times_s, forecast.times_s[outside])
    assert np.array_equal(forecast.total[outside], forecast.baseline[outside])
    assert np.array_equal(forecast.total[outside][: shared.sum()], plain.total[shared])


@LAWS
@given(histories(), announced())
def test_what_happened_inside_a_campaign_does_not_reach_the_baseline(view, past):
    """As long as a day of history lies outside campaigns, what a crowd did is not taken for ordinary."""
    masked = campaign_mask(view, [past])
    ordinary = np.isfinite(view.values) & ~view.saturated & ~masked
    wild = replace(view, values=np.where(masked, 1e5, view.values))
    assume(ordinary.sum() >= 24)

    one, other = forecast_service(view, [past], HOURLY), forecast_service(wild, [past], HOURLY)

    assert np.array_equal(one.baseline, other.baseline)


@LAWS
@given(st.integers(2, 20), st.floats(0.05, 0.6), st.integers(0, 2**32 - 1))
def test_gaps_are_not_zeros(days, share, seed):
    """A steady service stays at its level however much of its history is missing."""
    values = np.full(days * 24, 70.0)
    values[np.random.default_rng(seed).random(len(values)) < share] = np.nan

    forecast = forecast_service(view_of(values, HOUR_S), [], HOURLY)

    np.testing.assert_allclose(forecast.total[:, 0], 70.0, rtol=1e-5)
