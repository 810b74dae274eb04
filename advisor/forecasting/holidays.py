"""Public holidays: before one of them was seen, it is expected to look like a Sunday."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.days import DAY_S, weekday_of
from advisor.forecasting.past import words
from advisor.forecasting.windows import is_coarse, time_profile

HOLIDAY = "holiday"
SIGMA = 0.3
"""Log-spread of how far a holiday is from a Sunday."""

_SUNDAY = 6
_UNKNOWN_ZONE = "UTC"

_MIDDAY_S = 13 * 3600
"""So long after its local midnight a holiday's day is UTC's too, from 10 hours behind UTC to 13 ahead."""


def is_holiday(kind: str) -> bool:
    """Does this kind, by one of its words, name a holiday? `public_holiday` and `Bank Holiday` do."""
    return HOLIDAY in words(kind.lower())


def holiday_curve(campaign: Campaign, times_s: Seconds, step_s: int, baseline: Baseline) -> Floats:
    """The log ratio that a holiday lets expect in each step, shape (steps,).

    A step of a day counts as far as the holiday is in it: its hours elsewhere are as busy as ever.
    """
    profile = time_profile(campaign, times_s, step_s)
    if is_coarse(step_s):
        start_s, end_s = to_epoch_s(campaign.start), to_epoch_s(campaign.end)
        inside_s = np.minimum(times_s + step_s, end_s) - np.maximum(times_s, start_s)
        profile = np.where(times_s < end_s, profile * np.clip(inside_s / step_s, 0.0, 1.0), profile)
    return profile * like_a_sunday(campaign, times_s + step_s // 2, baseline)


def like_a_sunday(campaign: Campaign, times_s: Seconds, baseline: Baseline) -> Floats:
    """The log ratio of the ordinary Sunday to what is ordinary at these instants, shape (steps,).

    Its Sunday is that of its time zone. Where that is not known (`UTC`), the holiday is taken to begin at its
    midnight.
    """
    sunday_s = times_s + (_SUNDAY - _local_weekday(campaign, times_s)) * DAY_S
    ratios: Floats = baseline.ordinary(sunday_s) - baseline.ordinary(times_s)
    return np.asarray(ratios, dtype=np.float64)


def _local_weekday(campaign: Campaign, times_s: Seconds) -> Seconds:
    """Which weekday (Monday 0) is it in the campaign's time zone at these instants?"""
    start_s = to_epoch_s(campaign.start)
    if campaign.timezone != _UNKNOWN_ZONE:
        local = campaign.start.astimezone(ZoneInfo(campaign.timezone))
        ahead_s = to_epoch_s(local.replace(tzinfo=UTC)) - start_s
        return weekday_of((times_s + ahead_s) // DAY_S)
    return weekday_of((start_s + _MIDDAY_S) // DAY_S + (times_s - start_s) // DAY_S)
