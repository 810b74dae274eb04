"""Laws that every forecast obeys, whatever the history and the campaigns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from advisor.domain.campaign import CampaignStatus, ExpectedUplift
from advisor.domain.timegrid import from_epoch_s
from advisor.forecasting.forecast import forecast_service, teach
from advisor.forecasting.learned import NOTHING, crowd_mask
from advisor.forecasting.windows import effect_window
from tests.support.forecasting import DAY_S, MONDAY, campaign, day_curve, noisy, policy, view_of

HOUR_S = 3600
WEEK = timedelta(days=7)
HOURLY = policy(step=timedelta(hours=1))
STEPS_S = (60, 300, 420, 1800, 3600, 6 * 3600, DAY_S)
MOST_CELLS = {60: 3 * 1440, 300: 5 * 288, 420: 5 * 206}
LAWS = settings(max_examples=60, deadline=None)
FEWER = settings(max_examples=25, deadline=None)


def at_step(step_s):
    """The policy that forecasts on the grid of the history."""
    return policy(step=timedelta(seconds=step_s))


@st.composite
def histories(draw, steps_s=(HOUR_S,), most_days=20, least_cells=0, ties=True):
    """Demand with gaps, zeros, spikes, steps of the level and noise, or none of it; any cell as its end.

    Without `ties` no two values are the same: always some noise, spikes of any size in place of zeros, and
    no saturated cells, which are bridged evenly.
    """
    step_s = draw(st.sampled_from(steps_s))
    most = MOST_CELLS.get(step_s, most_days * DAY_S // step_s)
    cells = draw(st.integers(least_cells, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    wave = day_curve((cells + 1) * step_s / DAY_S, step_s)[:cells]
    values = noisy(wave, seed=int(rng.integers(1000)), sigma=draw(st.floats(0 if ties else 0.02, 2)))
    if cells and draw(st.booleans()):
        values[draw(st.integers(0, cells - 1)) :] *= draw(st.floats(0.01, 100))
    for share, value in (
        (draw(st.floats(0, 1)), np.nan),
        (draw(st.floats(0, 1)), 0.0 if ties else values.copy()),
        (draw(st.floats(0, 0.1)), 1e6 if ties else 50 * values),
    ):
        values = np.where(rng.random(cells) < share, value, values)
    saturated = rng.random(cells) < (draw(st.floats(0, 0.5)) if ties else 0.0)
    return replace(view_of(values, step_s), saturated=saturated)


@st.composite
def announced(draw, campaign_id="c1", earliest_d=-5, latest_d=40, most_people=1e9):
    """A campaign somewhere around the history, with or without hints."""
    start = MONDAY + timedelta(minutes=draw(st.integers(earliest_d * 1440, latest_d * 1440)))
    p50 = draw(st.none() | st.floats(0.1, 50))
    planned = campaign(
        start,
        campaign_id=campaign_id,
        hours=draw(st.floats(0.1, 200)),
        p50=p50,
        p90=None if p50 is None else p50 * draw(st.floats(1, 5)),
        audience=draw(st.none() | st.floats(0, most_people)),
        send_rate_per_min=draw(st.none() | st.floats(0, most_people / 10)),
    )
    return replace(
        planned,
        kind=draw(st.sampled_from(["email", "email_big", "push", "public_holiday"])),
        channels=draw(st.sampled_from([(), ("email",), ("email", "push")])),
        magnitude_hint=draw(st.none() | st.floats(-3, 9)),
    )


calendars = st.integers(0, 4).flatmap(lambda n: st.tuples(*(announced(f"c{i}") for i in range(n))))
past_calendars = st.integers(0, 4).flatmap(
    lambda n: st.tuples(*(announced(f"c{i}", latest_d=18) for i in range(n)))
)


def yet_to_come(view, planned):
    """The same campaign, moved if need be so that its window begins after the cutoff."""
    start = max(planned.start, from_epoch_s(view.cutoff_s) + timedelta(hours=2))
    return replace(planned, start=start, end=start + (planned.end - planned.start))


def same(one, other):
    """Bit for bit."""
    return (
        one.times_s.tobytes() == other.times_s.tobytes()
        and one.baseline.tobytes() == other.baseline.tobytes()
        and one.total.tobytes() == other.total.tobytes()
        and [u.campaign_id for u in one.uplifts] == [u.campaign_id for u in other.uplifts]
        and [u.evidence for u in one.uplifts] == [u.evidence for u in other.uplifts]
        and (one.reasons, one.calibration) == (other.reasons, other.calibration)
    )


@pytest.mark.parametrize("step_s", STEPS_S, ids=["1m", "5m", "7m", "30m", "1h", "6h", "1d"])
@FEWER
@given(data=st.data())
def test_a_forecast_is_finite_never_negative_and_its_quantiles_never_cross(step_s, data):
    """Sizing multiplies these numbers with money: there is no input for which they may be nonsense."""
    view, campaigns = data.draw(histories((step_s,))), data.draw(calendars)
    coarser = policy(step=timedelta(seconds=max(step_s, 300)))

    forecast = forecast_service(view, campaigns, at_step(step_s) if step_s > 300 else coarser)

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
@given(histories(ties=False), calendars, st.integers(-8, 8))
def test_the_forecast_scales_with_demand(view, campaigns, power):
    """Requests per second or per minute: the unit is not ours to mind (an audience is in requests)."""
    unitless = [replace(yet_to_come(view, c), audience=None, send_rate_per_min=None) for c in campaigns]
    scaled = replace(view, values=view.values * 2.0**power)

    one, other = forecast_service(view, unitless, HOURLY), forecast_service(scaled, unitless, HOURLY)

    least = 1e-5 * other.offset + 1e-9  # what is kept of a baseline is kept in single precision, on its scale
    np.testing.assert_allclose(other.baseline, one.baseline * 2.0**power, rtol=1.1e-5, atol=least)
    # A total is worked out of four numbers that were cut to six digits.
    np.testing.assert_allclose(other.total, one.total * 2.0**power, rtol=4e-5, atol=4 * least)


@LAWS
@given(histories(), calendars, st.integers(1, 500))
def test_whole_weeks_later_the_same_history_gives_the_same_forecast(view, campaigns, weeks):
    """No instant is special; only weekdays and hours are."""
    later = replace(view, start_s=view.start_s + weeks * 7 * DAY_S, data_until=view.data_until + weeks * WEEK)
    moved = [replace(c, start=c.start + weeks * WEEK, end=c.end + weeks * WEEK) for c in campaigns]

    one, other = forecast_service(view, campaigns, HOURLY), forecast_service(later, moved, HOURLY)

    assert np.array_equal(other.times_s - weeks * 7 * DAY_S, one.times_s)
    np.testing.assert_allclose(other.total, one.total, rtol=3e-5, atol=1e-9)


@LAWS
@given(histories(), calendars, st.randoms(use_true_random=False))
def test_the_order_of_campaigns_changes_nothing(view, campaigns, random):
    """Kafka hands campaigns over in any order; the forecast's bytes stay the same."""
    shuffled = list(campaigns)
    random.shuffle(shuffled)

    assert same(forecast_service(view, campaigns, HOURLY), forecast_service(view, shuffled, HOURLY))


def chunks_of(view, from_cells, each):
    """The view as it was when it had so many cells, and every so many cells after that, up to now."""
    for cells in range(from_cells, len(view.values), each):
        until = from_epoch_s(view.start_s + cells * view.step_s)
        yield replace(view, values=view.values[:cells], saturated=view.saturated[:cells], data_until=until)
    yield view


@FEWER
@given(histories(least_cells=48), past_calendars, st.integers(1, 30), st.integers(20, 60))
def test_learning_hour_by_hour_is_learning_at_once(view, campaigns, each, hours):
    """A restart, a replay or a backfill all come to the same model, and to the same forecast after it."""
    learned = NOTHING
    for known in chunks_of(view, max(0, len(view.values) - hours), each):
        learned = teach(known, campaigns, HOURLY, learned)

    at_once = teach(view, campaigns, HOURLY)

    assert learned.digest == at_once.digest
    assert (learned.baseline is None) == (at_once.baseline is None)
    if at_once.baseline is not None:
        assert learned.baseline.week.tobytes() == at_once.baseline.week.tobytes()
        assert learned.baseline.ladders.tobytes() == at_once.baseline.ladders.tobytes()
    assert [e.log_ratios.tobytes() for e in learned.effects] == [
        e.log_ratios.tobytes() for e in at_once.effects
    ]
    assert same(forecast_service(view, campaigns, HOURLY, learned), forecast_service(view, campaigns, HOURLY))


@FEWER
@given(histories((300,), least_cells=600), past_calendars, st.integers(1, 40))
def test_what_was_learned_earlier_never_changes_the_forecast(view, campaigns, cells):
    """In between two lessons only the deviation moves, and that is read off the same cells."""
    earlier = next(iter(chunks_of(view, len(view.values) - cells, 10**9)))
    learned = teach(earlier, campaigns, policy())

    assert same(
        forecast_service(view, campaigns, policy(), learned), forecast_service(view, campaigns, policy())
    )


@LAWS
@given(histories(), past_calendars, announced("new", most_people=1e6), st.floats(1, 10))
def test_a_larger_promise_never_lowers_the_forecast(view, others, modest, times):
    """Whatever hint of a campaign to come grows (figure, audience, send rate), no level of no step falls.

    Of one that runs, what came so far says more than what was promised; and of a service next to nothing
    even the largest uplift that is believed is soon reached.
    """
    modest = yet_to_come(view, modest)
    assume(modest.expected_uplift is not None or forecast_service(view, [], HOURLY).baseline[:, 0].min() > 2)
    figure, audience, rate = modest.expected_uplift, modest.audience, modest.send_rate_per_min
    bold = replace(
        modest,
        expected_uplift=figure and ExpectedUplift(figure.p50 * times, figure.p90 * times),
        audience=None if audience is None else audience * times,
        send_rate_per_min=None if rate is None else rate * times,
    )

    less = forecast_service(view, [*others, modest], HOURLY).total
    more = forecast_service(view, [*others, bold], HOURLY).total

    assert np.all(more >= less * (1 - 2e-6) - 1e-9)  # six digits are kept


@LAWS
@given(histories(), past_calendars, announced("new"), st.floats(0.5, 20), st.floats(1, 5), st.floats(1, 10))
def test_a_less_certain_promise_never_lowers_the_forecast(view, others, planned, p50, spread, times):
    """The same median and a higher p90: every level from the median up stays or rises."""
    sure = replace(yet_to_come(view, planned), expected_uplift=ExpectedUplift(p50, p50 * spread))
    unsure = replace(sure, expected_uplift=ExpectedUplift(p50, p50 * spread * times))

    less = forecast_service(view, [*others, sure], HOURLY).total
    more = forecast_service(view, [*others, unsure], HOURLY).total

    assert np.all(more >= less * (1 - 2e-6) - 1e-9)


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
@given(histories(), calendars, announced("gone"), st.booleans())
def test_a_cancelled_campaign_leaves_no_trace(view, campaigns, gone, taught):
    """Bit for bit the forecast of one that never was, even if it was learned from before it was withdrawn."""
    cancelled = replace(gone, status=CampaignStatus.CANCELLED)
    learned = teach(view, [*campaigns, gone], HOURLY) if taught else NOTHING

    forecast = forecast_service(view, [*campaigns, cancelled], HOURLY, learned)

    assert same(forecast, forecast_service(view, campaigns, HOURLY))


@LAWS
@given(histories(), announced())
def test_what_happened_inside_a_campaign_does_not_reach_the_baseline(view, past):
    """As long as a day of history lies outside campaigns, what a crowd did is not taken for ordinary."""
    past = replace(past, end=min(past.end, past.start + timedelta(days=2)))
    masked = crowd_mask([past], view.times_s, HOUR_S)
    ordinary = np.isfinite(view.values) & ~view.saturated & ~masked
    seen = np.isfinite(view.values)
    wild = replace(view, values=np.where(masked & seen, 1e5, view.values))
    assume(ordinary.sum() >= 24 and (view.values[ordinary] > 0).any())

    one, other = forecast_service(view, [past], HOURLY), forecast_service(wild, [past], HOURLY)

    assert np.array_equal(one.baseline, other.baseline)


@LAWS
@given(st.integers(2, 20), st.floats(0.05, 0.6), st.integers(0, 2**32 - 1))
def test_gaps_are_not_zeros(days, share, seed):
    """A steady service stays at its level however much of its history is missing."""
    values = np.full(days * 24, 70.0)
    values[np.random.default_rng(seed).random(len(values)) < share] = np.nan

    forecast = forecast_service(view_of(values, HOUR_S), [], HOURLY)

    np.testing.assert_allclose(forecast.total[:, 0], 70.0, rtol=3e-5)
