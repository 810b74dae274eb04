"""Public holidays: before one of them was seen, it is expected to look like a Sunday."""

from __future__ import annotations

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.days import DAY_S, weekday_of
from advisor.forecasting.past import words

HOLIDAY = "holiday"
SIGMA = 0.3
"""Log-spread of how far a holiday is from a Sunday."""

_SUNDAY = 6
_NOON_S = DAY_S // 2


def is_holiday(kind: str) -> bool:
    """Does this kind, by one of its words, name a holiday? `public_holiday` and `bank holiday` do."""
    return HOLIDAY in words(kind.lower())


def like_a_sunday(campaign: Campaign, times_s: Seconds, baseline: Baseline) -> Floats:
    """The log ratio of the ordinary Sunday to what is ordinary at these instants, shape (steps,).

    The holiday's own days count, which begin when it does: so its Sunday is that of its time zone.
    """
    start_s = to_epoch_s(campaign.start)
    local_day = weekday_of((start_s + _NOON_S) // DAY_S + (times_s - start_s) // DAY_S)
    sunday_s = times_s + (_SUNDAY - local_day) * DAY_S
    ratios: Floats = baseline.ordinary(sunday_s) - baseline.ordinary(times_s)
    return np.asarray(ratios, dtype=np.float64)
