"""Which steps are forecast."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.campaign import CampaignStatus
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.forecasting.grid import forecast_times
from advisor.forecasting.windows import LEAD_IN, TAIL
from tests.support.forecasting import MONDAY, campaign, day_curve, policy, view_of

VIEW = view_of(day_curve(1))
CUTOFF = MONDAY + timedelta(days=1)


def test_without_campaigns_the_steps_fill_the_horizon_from_the_cutoff_on():
    times = forecast_times(VIEW, [], policy())

    assert times[0] == VIEW.cutoff_s
    assert len(times) == 288
    assert set(np.diff(times)) == {300}


def test_a_campaign_two_weeks_out_adds_its_effect_window_and_nothing_in_between():
    start = CUTOFF + timedelta(days=14)

    times = forecast_times(VIEW, [campaign(start, hours=2)], policy())

    far = times[288:]
    assert from_epoch_s(far[0]) == start - LEAD_IN
    assert from_epoch_s(far[-1]) == start + timedelta(hours=3) - timedelta(minutes=5)
    assert len(far) == (LEAD_IN + timedelta(hours=2) + TAIL) / timedelta(minutes=5)


@pytest.mark.parametrize(
    "far",
    [
        campaign(CUTOFF + timedelta(days=30)),
        campaign(CUTOFF + timedelta(days=9), services=("other",)),
        campaign(CUTOFF + timedelta(days=9), status=CampaignStatus.CANCELLED),
        campaign(CUTOFF - timedelta(days=9)),
    ],
    ids=["beyond plan_ahead", "another service", "cancelled", "over"],
)
def test_a_campaign_that_does_not_count_adds_no_steps(far):
    assert len(forecast_times(VIEW, [far], policy())) == 288


def test_of_a_running_campaign_only_what_is_ahead_is_forecast():
    running = campaign(CUTOFF - timedelta(days=1), hours=72)

    times = forecast_times(VIEW, [running], policy())

    assert times[0] == VIEW.cutoff_s
    assert from_epoch_s(times[-1]) == CUTOFF + timedelta(days=2, minutes=55)


def test_overlapping_windows_are_forecast_once():
    pair = [campaign(CUTOFF + timedelta(hours=23)), campaign(CUTOFF + timedelta(hours=24), campaign_id="c2")]

    times = forecast_times(VIEW, pair, policy())

    assert np.all(np.diff(times) == 300)


def test_a_campaign_that_ends_in_a_far_year_cannot_exhaust_memory():
    endless = campaign(CUTOFF + timedelta(days=2), hours=24 * 365 * 1000)

    assert len(forecast_times(VIEW, [endless], policy())) == 288 * 31


def test_a_cutoff_off_the_grid_is_followed_by_the_next_grid_point():
    view = view_of(day_curve(1), start=MONDAY + timedelta(minutes=2))

    assert forecast_times(view, [], policy())[0] == to_epoch_s(CUTOFF + timedelta(minutes=5))
