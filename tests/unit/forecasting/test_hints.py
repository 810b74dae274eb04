"""What a campaign's owner lets expect of it."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.reason import Reason
from advisor.forecasting.bands import z_of
from advisor.forecasting.hints import (
    CLICK_THROUGH,
    LARGEST_UPLIFT,
    PRIOR_UPLIFT,
    REQUESTS_PER_VISIT,
    audience_rate_per_s,
    expectation,
)
from tests.support.forecasting import MONDAY, campaign

START = MONDAY + timedelta(hours=10)


def p90(expected):
    return expected.p50 * np.exp(expected.sigma * z_of([0.9])[0])


def test_the_owners_figure_comes_first():
    expected = expectation(campaign(START, p50=3.0, p90=5.0, audience=1e6), 100.0)

    assert (expected.p50, expected.reason) == (3.0, Reason.UPLIFT_FROM_OWNER)
    assert p90(expected) == pytest.approx(5.0)


def test_an_owner_who_is_certain_leaves_no_spread():
    assert expectation(campaign(START, p50=3.0), 100.0).sigma == 0.0


def test_a_send_rate_becomes_extra_requests_over_the_baseline():
    expected = expectation(campaign(START, send_rate_per_min=6000.0), 50.0)

    assert expected.reason is Reason.UPLIFT_FROM_AUDIENCE
    assert expected.p50 == pytest.approx(1 + 100.0 * CLICK_THROUGH * REQUESTS_PER_VISIT / 50.0)
    assert p90(expected) > expected.p50


def test_an_audience_alone_is_addressed_over_the_default_time():
    assert audience_rate_per_s(campaign(START, audience=36_000.0)) == pytest.approx(
        36_000 / 60 / 60 * CLICK_THROUGH * REQUESTS_PER_VISIT
    )


def test_a_small_audience_bounds_what_a_fast_send_can_bring():
    fast = campaign(START, audience=600.0, send_rate_per_min=1e6)

    assert audience_rate_per_s(fast) == pytest.approx(1.0 * CLICK_THROUGH * REQUESTS_PER_VISIT)


def test_without_an_audience_there_is_no_rate_to_work_out():
    assert audience_rate_per_s(campaign(START, p50=3.0)) is None


def test_an_audience_of_nobody_changes_nothing():
    expected = expectation(campaign(START, audience=0.0), 100.0)

    assert (expected.p50, expected.sigma) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("announced", "baseline"),
    [(campaign(START), 100.0), (campaign(START, audience=1e6), 0.0)],
    ids=["no hint at all", "an audience for a service without a baseline"],
)
def test_where_nothing_can_be_worked_out_the_wide_prior_stands(announced, baseline):
    expected = expectation(announced, baseline)

    assert (expected.p50, expected.reason) == (PRIOR_UPLIFT.p50, Reason.UPLIFT_FROM_PRIOR)
    assert p90(expected) == pytest.approx(PRIOR_UPLIFT.p90)


@pytest.mark.parametrize(
    "announced",
    [campaign(START, p50=1e300), campaign(START, audience=1e300), campaign(START, p50=1e-300, p90=9)],
    ids=["figure", "audience", "dip"],
)
def test_absurd_hints_stay_finite(announced):
    expected = expectation(announced, 1e-6)

    assert 0 < expected.p50 <= LARGEST_UPLIFT + 1
    assert 0 <= expected.sigma < 50


@pytest.mark.parametrize("hint", ["p50", "audience", "send_rate_per_min"])
def test_a_larger_hint_never_lets_expect_less(hint):
    levels = []
    for amount in (0.5, 1.0, 2.0, 1e2, 1e4, 1e6, 1e9):
        expected = expectation(campaign(START, **{hint: amount}), 100.0)
        levels.append((expected.p50, p90(expected)))

    assert levels == sorted(levels)
    assert [upper for _, upper in levels] == sorted(upper for _, upper in levels)


def test_a_claim_beyond_all_bounds_is_no_more_certain_than_one_within_them():
    modest, absurd = (campaign(START, audience=audience) for audience in (1e6, 1e9))

    assert expectation(absurd, 0.1).sigma >= expectation(modest, 0.1).sigma
