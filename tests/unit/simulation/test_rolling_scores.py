"""Which points of a backtest count where: everywhere, inside campaigns, from the third campaign on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from advisor.domain.campaign import CampaignStatus
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.scoring import overlapping
from advisor.forecasting.windows import effect_window
from advisor.simulation.rolling import RollingForecast, Series
from advisor.simulation.rolling_scores import RollingScores, score_rolling
from tests.support.forecasting import MONDAY, campaign

LEVELS = (0.5, 0.9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
T0 = to_epoch_s(MONDAY)
WEEK = Series(T0, 3600, np.full(7 * 24, 100.0))


def daily_forecasts(days: int = 7, value: float = 100.0) -> list[RollingForecast]:
    """A forecast a day, 24 hours ahead, of the same value at both levels."""
    return [
        RollingForecast(
            MONDAY + day * DAY,
            T0 + day * 86_400 + 3600 * np.arange(24, dtype=np.int64),
            np.full((24, 2), value),
            np.full(24, value, dtype=np.float32),
        )
        for day in range(days)
    ]


def at_noon(day: int, **changes: object):
    return campaign(MONDAY + day * DAY + 12 * HOUR, campaign_id=f"c{day}", **changes)


def points(scores: RollingScores) -> tuple[int, int, int]:
    parts = (scores.everything, scores.inside, scores.from_third)
    return tuple(part.scores.points if part.scores else 0 for part in parts)  # type: ignore[return-value]


def window_hours(one) -> int:
    """How many hours does this campaign's window touch?"""
    start, end = (to_epoch_s(moment) for moment in effect_window(one))
    return int(overlapping(T0 + 3600 * np.arange(168), 3600, start, end).sum())


def test_inside_are_the_steps_that_campaign_windows_touch():
    """Without campaigns there is no inside."""
    noon = at_noon(1)

    assert points(score_rolling(WEEK, daily_forecasts(), [noon], LEVELS)) == (168, window_hours(noon), 0)
    assert score_rolling(WEEK, daily_forecasts(), [], LEVELS).inside.scores is None


def test_from_the_third_campaign_on_two_have_been_there_to_learn_from():
    """Of four campaigns the last two count; one that nobody saw any demand of teaches nothing."""
    four = [at_noon(day) for day in (0, 1, 2, 3)]
    before = at_noon(-9)
    hours = window_hours(four[0])

    assert points(score_rolling(WEEK, daily_forecasts(), four, LEVELS)) == (168, 4 * hours, 2 * hours)
    assert points(score_rolling(WEEK, daily_forecasts(), [before, *four], LEVELS))[2] == 2 * hours


def test_a_campaign_of_many_days_is_marked_by_itself_and_is_not_inside():
    """Nor does it count as one of the two to learn from."""
    season = at_noon(0, hours=72.0)
    scores = score_rolling(WEEK, daily_forecasts(), [season, at_noon(4), at_noon(5)], LEVELS)

    assert [mark.counts for mark in scores.campaigns] == [False, True, True]
    assert scores.campaigns[0].part.scores is not None
    assert points(scores)[1:] == (2 * window_hours(at_noon(4)), 0)


def test_campaigns_are_marked_in_order_of_their_start_whatever_the_order_given():
    """A cancelled one has no marks: it did not take place."""
    gone = replace(at_noon(2), status=CampaignStatus.CANCELLED)
    scores = score_rolling(WEEK, daily_forecasts(), [at_noon(3), gone, at_noon(1)], LEVELS)

    assert [mark.campaign.campaign_id for mark in scores.campaigns] == ["c1", "c3"]
    again = score_rolling(WEEK, daily_forecasts(), [at_noon(1), at_noon(3), gone], LEVELS)
    assert again == scores


def test_a_window_half_forecast_has_marks_but_no_peak():
    """The peak may lie in the half that this forecast did not look at."""
    evening = campaign(MONDAY + 22 * HOUR, campaign_id="late", hours=6.0)
    scores = score_rolling(WEEK, daily_forecasts(value=150.0), [evening], LEVELS)

    assert scores.inside.peaks is None
    assert scores.inside.scores is not None
    whole = score_rolling(WEEK, daily_forecasts(value=150.0), [at_noon(1)], LEVELS).inside.peaks
    assert whole is not None
    assert (whole.windows, whole.median_error) == (1, 0.5)


def test_steps_after_the_end_of_the_demand_are_left_out():
    """Two of the seven days were seen."""
    short = Series(T0, 3600, np.full(48, 100.0))
    scores = score_rolling(short, daily_forecasts(), [at_noon(4)], LEVELS)

    assert points(scores) == (48, 0, 0)
    assert scores.campaigns[0].part.scores is None
