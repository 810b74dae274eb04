"""A campaign that has begun is corrected by what has come so far: up at once, down with care."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.policy import SourcePolicy
from advisor.domain.reason import Reason
from advisor.forecasting.forecast import forecast_service
from advisor.forecasting.in_flight import Lately, so_far
from advisor.forecasting.learned import learn
from advisor.forecasting.uplift import Likely
from tests.support.crowds import day, demand, median_at, times_at, until
from tests.support.forecasting import campaign, day_curve, policy, view_of

START = day(14, 10)
LATE = day(14, 13.5)


def running(expected, actual, minutes, *, hours=4.0, sigma=0.05):
    """The forecast so many minutes after the start of a campaign that does something else than was said."""
    announced = campaign(START, hours=hours, p50=expected, p90=1.5 * expected)
    view = until(demand(15, [(announced, actual)], sigma=sigma), START + timedelta(minutes=minutes))
    return forecast_service(view, [announced], policy())


def test_before_its_window_nothing_is_corrected():
    forecast = running(2.0, 4.0, minutes=-20)

    assert forecast.uplifts[0].in_flight is None
    assert times_at(forecast, "c1", LATE) == pytest.approx(2.0, rel=1e-4)


def test_twice_the_expected_raises_the_rest_within_the_first_minutes():
    """From 2 to 4, of which most is there after a quarter of an hour and nearly all after half of one."""
    after = {minutes: times_at(running(2.0, 4.0, minutes), "c1", LATE) for minutes in (5, 15, 30)}

    assert after[5] > 3.0
    assert after[15] > 3.3
    assert after[30] == pytest.approx(4.0, rel=0.1)


def test_half_the_expected_lowers_the_rest_only_as_the_campaign_goes_on():
    """A slow start is not yet a failure: from 4 to 2 over the first half of its time."""
    factors = [times_at(running(4.0, 2.0, minutes), "c1", LATE) for minutes in (0, 10, 30, 60, 90, 120)]

    assert factors == sorted(factors, reverse=True)
    assert factors[0] == pytest.approx(4.0, rel=1e-4)
    assert factors[1] > 3.6
    assert factors[2] > 3.0
    assert factors[-1] == pytest.approx(2.0, rel=0.1)


def test_one_that_does_as_expected_is_left_alone_and_its_band_narrows():
    before, later = running(3.0, 3.0, minutes=-60), running(3.0, 3.0, minutes=180)

    assert later.uplifts[0].in_flight == pytest.approx(1.0, abs=0.07)
    assert later.uplifts[0].factor.max() < before.uplifts[0].factor.max()


def test_the_correction_is_told():
    forecast = running(2.0, 4.0, minutes=30)

    assert forecast.uplifts[0].in_flight == pytest.approx(times_at(forecast, "c1", LATE) / 2.0, rel=0.05)


def test_the_correction_fades_with_the_campaigns_tail():
    forecast = running(2.0, 4.0, minutes=30)

    factors = [times_at(forecast, "c1", START + timedelta(hours=4, minutes=m)) for m in (0, 20, 40, 55, 65)]
    assert factors == sorted(factors, reverse=True)
    assert factors[-1] == 1.0


def test_noisy_demand_is_believed_less_than_steady_demand():
    steady = running(2.0, 4.0, minutes=10, sigma=0.03).uplifts[0].in_flight
    noisy = running(2.0, 4.0, minutes=10, sigma=0.6).uplifts[0].in_flight

    assert 1.0 < noisy < steady


def test_an_owner_who_is_certain_is_not_corrected():
    announced = campaign(START, hours=4, p50=2.0)
    view = until(demand(15, [(announced, 4.0)]), START + timedelta(minutes=30))

    assert times_at(forecast_service(view, [announced], policy()), "c1", LATE) == pytest.approx(2.0, rel=1e-4)


def test_a_gap_since_the_start_corrects_nothing():
    announced = campaign(START, hours=4, p50=3.0, p90=5.0)
    view = until(demand(15, [(announced, 1.0)]), START + timedelta(minutes=90))
    blind = replace(view, values=np.where(view.times_s >= START.timestamp() - 900, np.nan, view.values))

    forecast = forecast_service(blind, [announced], policy())

    assert forecast.uplifts[0].in_flight is None
    assert times_at(forecast, "c1", LATE) == pytest.approx(3.0, rel=1e-4)


@pytest.mark.parametrize("minutes", [30, 90, 150])
def test_demand_that_capacity_cut_off_does_not_lower_a_campaign(minutes):
    """Cut off at 200 of about 600: that says at least 200, and must not take capacity away."""
    announced = campaign(START, hours=4, p50=4.0, p90=6.0)
    view = until(demand(15, [(announced, 4.0)]), START + timedelta(minutes=minutes))
    saturated = (view.times_s >= START.timestamp()) & (view.values > 200)
    clipped = replace(view, values=np.where(saturated, 200.0, view.values), saturated=saturated)

    forecast = forecast_service(clipped, [announced], policy())

    assert times_at(forecast, "c1", LATE) > 3.7


@pytest.mark.parametrize("minutes", [15, 30, 60, 90])
def test_two_that_run_together_as_expected_are_not_each_credited_with_both(minutes):
    pair = [campaign(START, campaign_id=name, hours=4, p50=3.0, p90=4.0) for name in ("one", "other")]
    values = demand(15, [(announced, 3.0) for announced in pair])

    forecast = forecast_service(until(values, START + timedelta(minutes=minutes)), pair, policy())

    at = round((LATE - day(0)).total_seconds() / 300)
    assert median_at(forecast, LATE) == pytest.approx(values[at - 6 : at + 6].mean(), rel=0.15)


@pytest.mark.parametrize(
    ("figures", "start", "hours"),
    [
        pytest.param((0.5, 1.0), 26.5, 1, id="dip"),
        pytest.param((1.0, 2.0), 55.0, 8, id="nothing comes"),
    ],
)
def test_a_larger_promise_never_lowers_the_forecast_of_a_campaign_that_runs_alone(figures, start, hours):
    """Half-way through it, at hourly steps; nothing came: the more promised the more is taken off."""
    cutoff = start + hours / 2
    view = view_of(day_curve(cutoff / 24, 3600), 3600)
    totals = []
    for p50 in figures:
        announced = campaign(day(0, start), hours=hours, p50=p50, p90=2 * p50)
        totals.append(forecast_service(view, [announced], policy(step=timedelta(hours=1))).total)

    assert np.all(totals[1] >= totals[0] * (1 - 2e-6))


@pytest.mark.parametrize("minutes", [-30, -15, -5, 0, 5, 15])
def test_the_first_of_a_coming_crowd_are_not_credited_to_one_that_runs(minutes):
    """A large sale's early visitors, while a small one does just what was said of it."""
    small = campaign(START, campaign_id="small", hours=6, p50=1.5, p90=2.5)
    large = replace(campaign(day(14, 13), campaign_id="large", p50=6.0, p90=8.0), kind="tv")
    values = demand(15, [(small, 1.5), (large, 6.0)])

    forecast = forecast_service(
        until(values, large.start + timedelta(minutes=minutes)), [small, large], policy()
    )

    assert times_at(forecast, "small", day(14, 15.5)) == pytest.approx(1.5, rel=0.15)


@pytest.mark.parametrize("minutes", [0, 5, 10, 20])
def test_the_last_of_a_crowd_that_has_left_are_not_credited_to_one_that_runs(minutes):
    """The tail of a large sale is over; in the last half hour there was some of it yet."""
    large = replace(campaign(START, campaign_id="large", p50=6.0, p90=8.0), kind="tv")
    small = campaign(day(14, 12.75), campaign_id="small", hours=4, p50=1.5, p90=2.5)
    values = demand(15, [(large, 6.0), (small, 1.5)])
    left = large.end + timedelta(minutes=60 + minutes)

    forecast = forecast_service(until(values, left), [large, small], policy())

    assert times_at(forecast, "small", day(14, 14.5)) == pytest.approx(1.5, rel=0.15)


@pytest.mark.parametrize("hours", [1.1, 2.0, 3.9])
def test_what_a_source_is_not_trusted_to_claim_makes_no_other_campaign_look_like_a_failure(hours):
    """A thousand times, says an agency that the policy believes up to 1.2, and brings that."""
    honest = campaign(START, campaign_id="honest", hours=4, p50=3.0, p90=4.0)
    boastful = campaign(day(14, 11), campaign_id="boastful", hours=4, p50=1000.0, p90=2000.0)
    boastful = replace(boastful, source="agency")
    rules = policy({"crm": SourcePolicy("crm"), "agency": SourcePolicy("agency", max_uplift=1.2)})
    view = until(demand(15, [(honest, 3.0), (boastful, 1.2)]), START + timedelta(hours=hours))

    forecast = forecast_service(view, [honest, boastful], rules)

    assert times_at(forecast, "honest", day(14, 13.95)) == pytest.approx(3.0, rel=0.1)


def test_a_crowd_that_is_still_to_come_is_not_missed():
    """Whatever it promises, its first visitors staying away says nothing of one that runs."""
    small = campaign(START, campaign_id="small", hours=4, p50=2.0, p90=3.0)
    coming = campaign(day(14, 13.25), campaign_id="coming", p50=50.0, p90=60.0)
    view = until(demand(15, [(small, 2.0)]), day(14, 13.2))

    forecast = forecast_service(view, [small, coming], policy())

    assert times_at(forecast, "small", day(14, 13.5)) == pytest.approx(2.0, rel=0.1)


def test_what_came_is_compared_with_what_all_running_campaigns_together_let_expect():
    """Two that bring 1 and 2 on top: 4 times; 8 came, and at least 4 where it was cut off at 2."""
    baseline = learn(until(demand(3), day(3)), [], 1).baseline
    cells = Lately(
        times_s=int(day(3).timestamp()) + 300 * np.arange(4, dtype=np.int64),
        log_ratios=np.log([8.0, 8.0, 2.0, 8.0]),
        at_least=np.array([False, False, True, False]),
        without=np.full(4, 100.0),
    )
    running = [
        (slice(0, 4), Likely(np.log(np.full(4, ratio)), 0.1, (), Reason.UPLIFT_FROM_OWNER))
        for ratio in (2, 3)
    ]

    assert so_far(cells, running, baseline).off == pytest.approx(3 * np.log(2.0) / 4)
    assert so_far(cells, [], baseline) is None


@pytest.mark.parametrize(
    ("came", "off"),
    [
        ([1.0, 1.0, 1.0, 1.0, 2.0, 4.0], np.log(2.0)),
        ([1.0, 1.0, 1.0, 1.0, 1.0, 8.0], 3 * np.log(2.0) / 6),
        ([4.0, 4.0, 4.0, 4.0, 1.0, 1.0], 4 * 2 * np.log(2.0) / 6),
    ],
    ids=["more is believed at once", "one cell may be noise", "less only with the half hour"],
)
def test_the_last_ten_minutes_count_alone_where_more_came_all_through_them(came, off):
    baseline = learn(until(demand(3), day(3)), [], 1).baseline
    cells = Lately(
        times_s=int(day(3).timestamp()) + 300 * np.arange(6, dtype=np.int64),
        log_ratios=np.log(came),
        at_least=np.zeros(6, dtype=bool),
        without=np.full(6, 100.0),
    )
    nothing = Likely(np.zeros(6), 0.1, (), Reason.UPLIFT_FROM_OWNER)

    assert so_far(cells, [(slice(0, 6), nothing)], baseline).off == pytest.approx(off)
