"""One service's forecast, from history and campaigns to bands."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.campaign import CampaignStatus
from advisor.domain.policy import SourcePolicy
from advisor.domain.reason import Reason
from advisor.forecasting.forecast import affected_rows, forecast_service, teach, total_without
from advisor.forecasting.hints import audience_rate_per_s
from tests.support.crowds import day, demand, median_at, pinball_inside, times_at, until, weekly
from tests.support.forecasting import MONDAY, campaign, day_curve, noisy, policy, view_of

VIEW = view_of(noisy(day_curve(28)))
CUTOFF = MONDAY + timedelta(days=28)
NOON = CUTOFF + timedelta(hours=12)


def step_at(forecast, moment):
    return forecast.times_s.tolist().index(int(moment.timestamp()))


def same(one, other):
    return (
        one.times_s.tobytes() == other.times_s.tobytes()
        and one.baseline.tobytes() == other.baseline.tobytes()
        and one.total.tobytes() == other.total.tobytes()
    )


def test_the_forecast_says_what_it_is_of():
    forecast = forecast_service(VIEW, [], policy())

    assert (forecast.service, forecast.cutoff, forecast.step_s) == ("shop", CUTOFF, 300)
    assert forecast.levels == (0.5, 0.9, 0.95, 0.99)
    assert forecast.total.shape == forecast.baseline.shape == (288, 4)
    assert forecast.reasons == ()
    assert 0.8 < forecast.calibration <= 1.0
    assert forecast.offset > 0


def test_a_campaign_triples_demand_while_it_runs_and_leaves_the_rest_alone():
    forecast = forecast_service(VIEW, [campaign(NOON, p50=3.0)], policy())

    noon, morning = step_at(forecast, NOON), step_at(forecast, NOON - timedelta(hours=3))
    assert forecast.total[noon] == pytest.approx(3 * forecast.baseline[noon], rel=0.05)
    assert np.array_equal(forecast.total[morning], forecast.baseline[morning])
    assert forecast.reasons == (Reason.UPLIFT_FROM_OWNER,)


@pytest.mark.parametrize("mean", [2.0, 5.0, 20.0])
def test_the_owners_figure_is_a_multiple_of_demand_however_small_its_counts(mean):
    """Poisson counts, whose scale is nearly linear: three times two is six."""
    counts = np.random.default_rng(4).poisson(mean, 14 * 288).astype(float)

    forecast = forecast_service(view_of(counts), [campaign(day(14, 10), p50=3.0)], policy())

    assert median_at(forecast, day(14, 11)) == pytest.approx(3 * mean, rel=0.15)


@pytest.mark.parametrize("mean", [2.0, 5.0])
def test_an_audience_brings_its_requests_on_top_however_small_the_counts(mean):
    counts = np.random.default_rng(4).poisson(mean, 14 * 288).astype(float)
    announced = campaign(day(14, 10), audience=36_000.0)

    forecast = forecast_service(view_of(counts), [announced], policy())

    extra = audience_rate_per_s(announced)
    assert median_at(forecast, day(14, 11)) == pytest.approx(mean + extra, rel=0.15)


def test_a_past_campaign_does_not_teach_the_baseline():
    """Demand was eight times as high yesterday at noon, for a known reason."""
    past = campaign(day(27, 10), p50=8.0)
    loud = until(demand(28, [(past, 8.0)]), CUTOFF)
    quiet = until(demand(28), CUTOFF)

    forecast = forecast_service(loud, [past], policy())

    middle = forecast_service(quiet, [past], policy()).baseline[:, 0]
    assert forecast.baseline[:, 0] == pytest.approx(middle, rel=0.1)
    assert forecast.uplifts == ()


@pytest.mark.parametrize(
    "absent",
    [
        campaign(NOON, p50=9.0, status=CampaignStatus.CANCELLED),
        campaign(NOON, p50=9.0, services=("other",)),
        campaign(CUTOFF + timedelta(days=90), p50=9.0),
        campaign(CUTOFF - timedelta(days=90), p50=9.0),
        campaign(CUTOFF - timedelta(days=3), p50=9.0, status=CampaignStatus.CANCELLED),
    ],
    ids=["cancelled", "another service", "far ahead", "long over", "cancelled in the past"],
)
def test_a_campaign_that_does_not_count_leaves_no_trace(absent):
    forecast = forecast_service(VIEW, [absent], policy())

    assert same(forecast, forecast_service(VIEW, [], policy()))
    assert forecast.uplifts == ()


def test_taking_one_campaign_away_is_the_forecast_without_it():
    one, two = campaign(NOON, p50=3.0, p90=4.0), campaign(NOON, campaign_id="c2", p50=2.0, p90=5.0)

    both = forecast_service(VIEW, [one, two], policy())

    assert np.array_equal(total_without(both, "c2"), forecast_service(VIEW, [one], policy()).total)
    assert np.array_equal(total_without(both, "unheard of"), both.total)
    assert np.array_equal(total_without(forecast_service(VIEW, [one], policy()), "c1"), both.baseline)


def test_outside_the_affected_rows_nothing_changes():
    forecast = forecast_service(VIEW, [campaign(NOON, p50=3.0)], policy())

    rows = affected_rows(forecast, "c1")

    outside = np.ones(len(forecast.times_s), dtype=bool)
    outside[rows] = False
    assert np.array_equal(forecast.total[outside], forecast.baseline[outside])
    assert np.all(forecast.total[rows] > forecast.baseline[rows])
    assert affected_rows(forecast, "unheard of") == slice(0, 0)


def test_the_policys_cap_on_a_source_holds():
    capped = policy({"crm": SourcePolicy("crm", max_uplift=2.0)})

    forecast = forecast_service(VIEW, [campaign(NOON, p50=50.0)], capped)

    assert forecast.uplifts[0].factor.max() == 2.0
    assert Reason.UPLIFT_CAPPED_BY_SOURCE in forecast.reasons


def test_the_cap_holds_for_what_was_learned_too():
    weeks = weekly(4, 6.0)
    capped = policy({"crm": SourcePolicy("crm", max_uplift=2.0)})

    forecast = forecast_service(until(demand(30, weeks), day(23)), [c for c, _ in weeks], capped)

    assert forecast.uplifts[0].factor.max() == 2.0


def test_a_campaign_weeks_ahead_already_has_its_forecast():
    launch = CUTOFF + timedelta(days=20, hours=12)

    forecast = forecast_service(VIEW, [campaign(launch, p50=3.0)], policy())

    middle = forecast.total[step_at(forecast, launch), 0]
    assert middle == pytest.approx(3 * 150, rel=0.1)


@pytest.mark.parametrize(
    "values", [np.array([]), np.full(500, np.nan), np.zeros(500)], ids=["empty", "all gaps", "all zero"]
)
def test_an_unseen_service_is_forecast_at_zero_and_says_so(values):
    forecast = forecast_service(
        view_of(values), [campaign(MONDAY + timedelta(days=2), p50=3.0, hours=9)], policy()
    )

    assert not forecast.total.any()
    assert forecast.reasons == (Reason.NO_DEMAND_DATA, Reason.UPLIFT_FROM_OWNER)
    assert forecast.calibration is None


@pytest.mark.parametrize("step_s", [60, 300, 900], ids=["1m", "5m", "15m"])
def test_two_hours_of_history_suffice_for_a_forecast(step_s):
    view = view_of(np.full(7200 // step_s, 40.0), step_s)
    launch = MONDAY + timedelta(hours=5)

    forecast = forecast_service(view, [campaign(launch, p50=3.0)], policy(step=timedelta(seconds=step_s)))

    assert forecast.reasons == (Reason.COLD_START, Reason.UPLIFT_FROM_OWNER)
    assert forecast.baseline[:, 0] == pytest.approx(40.0, rel=1e-4)
    assert median_at(forecast, launch + timedelta(hours=1)) == pytest.approx(120.0, rel=0.12)


def test_numbers_are_short():
    forecast = forecast_service(VIEW, [campaign(NOON, p50=3.0, p90=4.7)], policy())

    for array in (forecast.baseline, forecast.total, forecast.uplifts[0].factor):
        assert all(float(f"{value:.6g}") == value for value in array.ravel())


def test_what_was_taught_before_gives_the_same_forecast():
    weeks = weekly(4, 3.0)
    calendar, values = [c for c, _ in weeks], demand(30, weeks)
    learned = teach(until(values, day(20)), calendar, policy())

    one = forecast_service(until(values, day(23, 17)), calendar, policy(), learned)

    assert same(one, forecast_service(until(values, day(23, 17)), calendar, policy()))


# --- what campaigns teach


def before_next(weeks, hour=17.0, **world):
    """The forecast an hour before the last of these weekly campaigns, and the demand that came."""
    values = demand(7 * len(weeks), weeks, **world)
    return forecast_service(
        until(values, day(7 * (len(weeks) - 1) + 2, hour)), [c for c, _ in weeks], policy()
    ), values


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0, 8.0])
def test_after_eight_of_them_it_is_known_what_a_kind_does(factor):
    """Whatever its owner never said: tripling, halving, or nothing at all."""
    weeks = weekly(9, factor)

    forecast, _ = before_next(weeks)

    said = times_at(forecast, "email-08", day(58, 19))
    assert said == pytest.approx(factor, rel=0.04 if factor == 1.0 else 0.15)


def test_the_forecast_names_the_past_campaigns_it_rests_on():
    forecast, _ = before_next(weekly(5, 3.0))

    (uplift,) = forecast.uplifts
    assert uplift.reason is Reason.UPLIFT_LEARNED
    assert [e.campaign_id for e in uplift.evidence] == [f"email-{i:02}" for i in (3, 2, 1, 0)]
    assert all(e.peak_factor == pytest.approx(3.0, rel=0.25) for e in uplift.evidence)


def test_every_past_campaign_of_a_kind_makes_the_next_one_cheaper_to_cover():
    """The 95th percentile's height over what came, after none, two and six."""
    heights = []
    for n in (1, 3, 7):
        forecast, _ = before_next(weekly(n, 3.0))
        rows = affected_rows(forecast, f"email-{n - 1:02}")
        heights.append((forecast.total[rows, 2] / forecast.total[rows, 0]).mean())

    assert heights == sorted(heights, reverse=True)


def test_of_overlapping_campaigns_neither_is_credited_with_both():
    """An email that doubles and a push that triples, two hours apart, every week; the next email is alone."""
    emails = weekly(6, 2.0, hours=4.0)
    pushes = weekly(5, 3.0, kind="push", hour=20.0, hours=4.0)
    values = demand(42, [*emails, *pushes])
    calendar = [c for c, _ in (*emails, *pushes)]

    forecast = forecast_service(until(values, day(37, 17)), calendar, policy())

    alone = times_at(forecast, "email-05", day(37, 21))
    assert alone == pytest.approx(2.0, rel=0.2)


def test_a_level_that_rises_with_the_first_campaigns_of_a_kind_is_not_credited_twice():
    """The level doubles within the first of three tripling campaigns and stays; a fourth follows."""
    weeks = [
        (replace(c, start=day(21 + i, 18), end=day(21 + i, 20)), 3.0)
        for i, (c, _) in enumerate(weekly(4, 3.0))
    ]
    level = np.where(np.arange(25 * 288) >= 21 * 288 + 19 * 12, 2.0, 1.0)
    values = demand(25, weeks, level=level)

    forecast = forecast_service(until(values, day(24, 12)), [c for c, _ in weeks], policy())

    rows = slice(24 * 288 + 18 * 12, 24 * 288 + 20 * 12)
    steps = slice(step_at(forecast, day(24, 18)), step_at(forecast, day(24, 20)))
    assert forecast.total[steps, 0].mean() == pytest.approx(values[rows].mean(), rel=0.25)


def test_a_step_in_the_level_during_the_only_campaign_is_split_between_the_two():
    weeks = weekly(4, 3.0, first=2)
    level = np.where(np.arange(28 * 288) >= 16 * 288 + 19 * 12, 2.0, 1.0)
    values = demand(28, weeks, level=level)

    forecast = forecast_service(until(values, day(23, 17)), [c for c, _ in weeks], policy())

    rows = slice(23 * 288 + 18 * 12, 23 * 288 + 20 * 12)
    steps = slice(step_at(forecast, day(23, 18)), step_at(forecast, day(23, 20)))
    assert forecast.total[steps, 0].mean() == pytest.approx(values[rows].mean(), rel=0.25)


@pytest.mark.parametrize("moved", [timedelta(hours=11), timedelta(days=3)], ids=["11 hours", "3 days"])
def test_a_calendar_that_is_off_loses_what_the_true_one_gains(moved):
    """Placebo: a model that gains from any calendar at all would be fooling itself."""
    weeks = weekly(8, 3.0)
    values = demand(56, weeks)
    true = [c for c, _ in weeks]
    false = [replace(c, start=c.start + moved, end=c.end + moved) for c in true]

    losses = []
    for calendar in (true, false, []):
        loss = []
        for week in (5, 6, 7):
            view = until(values, day(7 * week + 2, 12))
            loss.append(pinball_inside(forecast_service(view, calendar, policy()), values, true[week]))
        losses.append(np.mean(loss))

    with_true, with_false, with_none = losses
    assert with_true < 0.6 * with_false
    assert with_false > 0.8 * with_none
    assert with_true < 0.6 * with_none
