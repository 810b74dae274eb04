"""What a campaign does to demand, when, and on whose word."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.reason import Reason
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.uplift import (
    CLICK_THROUGH,
    LARGEST_UPLIFT,
    LEAD_IN,
    PRIOR_UPLIFT,
    REQUESTS_PER_VISIT,
    TAIL,
    audience_rate_per_s,
    effect_window,
    uplift_band,
)
from tests.support.forecasting import MONDAY, campaign

START = MONDAY + timedelta(hours=10)
LEVELS = (0.5, 0.9, 0.95, 0.99)


def factor_at(moment, announced, rate=100.0, cap=None):
    times = np.array([to_epoch_s(moment)], dtype=np.int64)
    return uplift_band(announced, times, LEVELS, rate, cap).factor[0]


def test_the_effect_window_reaches_from_the_lead_in_to_the_end_of_the_tail():
    assert effect_window(campaign(START, hours=2)) == (START - LEAD_IN, START + timedelta(hours=2) + TAIL)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(-15, 1.0), (-7.5, 1.5), (0, 2.0), (120, 2.0), (150, 1.5), (180, 1.0), (-900, 1.0), (900, 1.0)],
)
def test_the_factor_rises_before_the_start_stays_until_the_end_and_fades_to_exactly_one(minutes, expected):
    factor = factor_at(START + timedelta(minutes=minutes), campaign(START, hours=2, p50=2.0))

    assert factor.tolist() == [expected] * 4


def test_a_step_takes_the_busiest_moment_within_it():
    """A daily step that holds a two hour campaign must not miss it for having started at midnight."""
    midnight = np.array([to_epoch_s(MONDAY)], dtype=np.int64)

    band = uplift_band(campaign(START, p50=3.0), midnight, LEVELS, 100.0, None, step_s=86_400)

    assert band.factor[0].tolist() == [3.0] * 4


def test_the_owners_figure_sets_median_and_p90():
    band = uplift_band(campaign(START, p50=3.0, p90=5.0), _at(START), LEVELS, 100.0, None)

    assert band.reason is Reason.UPLIFT_FROM_OWNER
    assert band.factor[0, :2] == pytest.approx([3.0, 5.0])
    assert band.factor[0, 3] > band.factor[0, 2] > 5.0


def test_a_send_rate_becomes_extra_requests_over_the_baseline():
    announced = campaign(START, send_rate_per_min=6000.0)

    band = uplift_band(announced, _at(START), LEVELS, 50.0, None)

    extra_per_s = 100.0 * CLICK_THROUGH * REQUESTS_PER_VISIT
    assert band.reason is Reason.UPLIFT_FROM_AUDIENCE
    assert band.factor[0, 0] == pytest.approx(1 + extra_per_s / 50.0)


def test_an_audience_alone_is_addressed_over_the_default_time():
    assert audience_rate_per_s(campaign(START, audience=36_000.0)) == pytest.approx(
        36_000 / 60 / 60 * CLICK_THROUGH * REQUESTS_PER_VISIT
    )


def test_a_small_audience_bounds_what_a_fast_send_can_bring():
    fast = campaign(START, audience=600.0, send_rate_per_min=1e6)

    assert audience_rate_per_s(fast) == pytest.approx(1.0 * CLICK_THROUGH * REQUESTS_PER_VISIT)


def test_an_audience_of_nobody_changes_nothing_at_any_level():
    assert factor_at(START, campaign(START, audience=0.0)).tolist() == [1.0] * 4


def test_without_any_hint_the_wide_prior_is_used():
    band = uplift_band(campaign(START), _at(START), LEVELS, 100.0, None)

    assert band.reason is Reason.UPLIFT_FROM_PRIOR
    assert band.factor[0, :2] == pytest.approx([PRIOR_UPLIFT.p50, PRIOR_UPLIFT.p90])


def test_an_audience_says_nothing_about_a_service_without_a_baseline():
    band = uplift_band(campaign(START, audience=1e6), _at(START), LEVELS, 0.0, None)

    assert band.reason is Reason.UPLIFT_FROM_PRIOR


def test_a_source_is_believed_only_up_to_its_cap():
    band = uplift_band(campaign(START, p50=50.0, p90=80.0), _at(START), LEVELS, 100.0, 4.0)

    assert band.reason is Reason.UPLIFT_CAPPED_BY_SOURCE
    assert band.factor[0].tolist() == [4.0] * 4


def test_a_claim_below_the_cap_keeps_its_own_reason():
    band = uplift_band(campaign(START, p50=2.0), _at(START), LEVELS, 100.0, 4.0)

    assert band.reason is Reason.UPLIFT_FROM_OWNER


def test_a_cap_below_one_does_not_turn_distrust_into_a_dip():
    assert factor_at(START, campaign(START, p50=3.0), cap=0.2).tolist() == [1.0] * 4


def test_an_expected_dip_goes_below_one_but_not_below_zero():
    factor = factor_at(START, campaign(START, p50=0.0, p90=0.5))

    assert 0 <= factor[0] < 0.01
    assert factor[1] == pytest.approx(0.5)


def test_absurd_hints_stay_finite():
    for announced in (
        campaign(START, p50=1e300),
        campaign(START, audience=1e300),
        campaign(START, p50=1e-300, p90=9),
    ):
        assert np.all(factor_at(START, announced) <= LARGEST_UPLIFT)


def _at(moment):
    return np.array([to_epoch_s(moment)], dtype=np.int64)
