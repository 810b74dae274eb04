"""One service's forecast, from history and campaigns to bands."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.campaign import CampaignStatus
from advisor.domain.policy import SourcePolicy
from advisor.domain.reason import Reason
from advisor.domain.timegrid import from_epoch_s
from advisor.forecasting.forecast import campaign_mask, forecast_service, total_without
from tests.support.forecasting import MONDAY, campaign, day_curve, noisy, policy, view_of

VIEW = view_of(noisy(day_curve(28)))
CUTOFF = MONDAY + timedelta(days=28)
NOON = CUTOFF + timedelta(hours=12)


def step_at(forecast, moment):
    return forecast.times_s.tolist().index(int(moment.timestamp()))


def same(one, other):
    return np.array_equal(one.times_s, other.times_s) and np.array_equal(one.total, other.total)


def test_a_campaign_triples_demand_while_it_runs_and_leaves_the_rest_alone():
    forecast = forecast_service(VIEW, [campaign(NOON, p50=3.0)], policy())

    noon, morning = step_at(forecast, NOON), step_at(forecast, NOON - timedelta(hours=3))
    assert forecast.total[noon] == pytest.approx(3 * forecast.baseline[noon], rel=1e-5)
    assert np.array_equal(forecast.total[morning], forecast.baseline[morning])
    assert forecast.reasons == (Reason.UPLIFT_FROM_OWNER,)


def test_the_forecast_says_what_it_is_of():
    forecast = forecast_service(VIEW, [], policy())

    assert (forecast.service, forecast.cutoff, forecast.step_s) == ("shop", CUTOFF, 300)
    assert forecast.levels == (0.5, 0.9, 0.95, 0.99)
    assert forecast.total.shape == forecast.baseline.shape == (288, 4)


def test_a_past_campaign_does_not_teach_the_baseline():
    past = campaign(CUTOFF - timedelta(hours=14), p50=8.0)
    crowd = campaign_mask(VIEW, [past])
    loud = replace(VIEW, values=np.where(crowd, VIEW.values * 8, VIEW.values))

    masked = forecast_service(loud, [past], policy())

    assert same(masked, forecast_service(VIEW, [past], policy()))
    assert masked.uplifts == ()


def test_the_mask_covers_every_cell_that_the_effect_window_touches():
    past = campaign(CUTOFF - timedelta(hours=14, minutes=3), hours=2)

    moments = [from_epoch_s(t) for t in VIEW.times_s[campaign_mask(VIEW, [past])]]

    assert moments[0] == CUTOFF - timedelta(hours=14, minutes=20)
    assert moments[-1] == CUTOFF - timedelta(hours=11, minutes=5)


@pytest.mark.parametrize(
    "absent",
    [
        campaign(NOON, p50=9.0, status=CampaignStatus.CANCELLED),
        campaign(NOON, p50=9.0, services=("other",)),
        campaign(CUTOFF + timedelta(days=90), p50=9.0),
        campaign(CUTOFF - timedelta(days=90), p50=9.0),
    ],
    ids=["cancelled", "another service", "far ahead", "long over"],
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


def test_the_policys_cap_on_a_source_holds():
    capped = policy({"crm": SourcePolicy("crm", max_uplift=2.0)})

    forecast = forecast_service(VIEW, [campaign(NOON, p50=50.0)], capped)

    assert forecast.uplifts[0].factor.max() == 2.0
    assert Reason.UPLIFT_CAPPED_BY_SOURCE in forecast.reasons


def test_a_running_campaign_keeps_its_uplift_for_what_is_left_of_it():
    running = campaign(CUTOFF - timedelta(hours=1), hours=2, audience=1e6)

    forecast = forecast_service(VIEW, [running], policy())

    assert forecast.uplifts[0].reason is Reason.UPLIFT_FROM_AUDIENCE
    assert np.all(forecast.uplifts[0].factor[:12] > 1.0)


def test_a_campaign_weeks_ahead_already_has_its_forecast():
    launch = CUTOFF + timedelta(days=20, hours=12)

    forecast = forecast_service(VIEW, [campaign(launch, p50=3.0)], policy())

    middle = forecast.total[step_at(forecast, launch), 0]
    assert middle == pytest.approx(3 * 150, rel=0.1)


def test_an_unseen_service_is_forecast_at_zero_and_says_so():
    forecast = forecast_service(view_of(np.array([])), [campaign(MONDAY, p50=3.0)], policy())

    assert not forecast.total.any()
    assert forecast.reasons == (Reason.NO_DEMAND_DATA, Reason.UPLIFT_FROM_OWNER)


def test_numbers_are_short():
    forecast = forecast_service(VIEW, [campaign(NOON, p50=3.0, p90=4.7)], policy())

    for array in (forecast.baseline, forecast.total, forecast.uplifts[0].factor):
        assert all(float(f"{value:.6g}") == value for value in array.ravel())
