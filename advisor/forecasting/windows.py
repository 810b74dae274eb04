"""When can a campaign move demand, and which cells of a history or a forecast lie in that time?"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s

LEAD_IN = timedelta(minutes=30)
"""Before its start a campaign already draws some: early sends, people waiting for the doors."""

RISE = timedelta(minutes=15)
EARLY = 0.1
"""If nothing was learned, so much of the crowd gathers until the rise begins, so long before the start."""

TAIL = timedelta(minutes=60)
"""After its end the crowd leaves over this time; outside lead-in and tail the factor is exactly 1."""

COARSE_TAIL = 0.1
"""Where a step is longer than lead-in and tail, the step after the end still has so much of the effect."""

LONG_S = 2 * 86_400
LONG_STEPS = 45
"""A campaign longer than both is a season rather than a crowd: the level follows it within a day."""


def effect_window(campaign: Campaign) -> tuple[datetime, datetime]:
    """When can this campaign move demand? Outside the window returned its factor is exactly 1."""
    return campaign.start - LEAD_IN, campaign.end + TAIL


def in_window(campaign: Campaign, times_s: Seconds, step_s: int) -> NDArray[np.bool_]:
    """Which of the steps that start at `times_s`, in rising order, does the campaign move? Shape (steps,).

    Those its effect window overlaps; where a step is longer than lead-in and tail together, those the
    campaign itself overlaps and the one after: a quarter of an hour does not move the mean of the day
    before, but people still come the day after.
    """
    inside = np.zeros(len(times_s), dtype=np.bool_)
    inside[cells_in(campaign, times_s, step_s)] = True
    return inside


def cells_in(campaign: Campaign, times_s: Seconds, step_s: int) -> slice:
    """Which of the steps starting at `times_s`, in rising order, does the campaign move? May be empty."""
    start_s, end_s = _window(campaign, step_s)
    first, end = np.searchsorted(times_s, (start_s - step_s + 1, end_s))
    return slice(int(first), max(int(first), int(end)))


def is_season(campaign: Campaign, step_s: int) -> bool:
    """Is it so long that the baseline learns it as it goes, rather than a crowd on top of the baseline?

    A figure of the owner's makes it a campaign whatever its length: it says how much, from the start on.
    """
    hints = (campaign.expected_uplift, campaign.audience, campaign.send_rate_per_min)
    hinted = any(hint is not None for hint in hints)
    length_s = (campaign.end - campaign.start).total_seconds()
    return length_s > max(LONG_S, LONG_STEPS * step_s) and not hinted


def time_profile(campaign: Campaign, times_s: Seconds, step_s: int = 0) -> Floats:
    """How much of a campaign's effect is there in each step, 0 to 1, if nothing was learned? Shape (steps,).

    Rises over the lead-in, slowly at first, to 1 at the start, stays until the end, decays over the tail to
    exactly 0.
    A step of `step_s` seconds takes the highest value within it, because capacity has to carry its
    busiest moment; as the profile rises once and falls once, that is the rise at the step's end
    or the fall at its beginning. With `step_s` 0 the values are those of the instants themselves. Where
    people are reached by their own clocks, the profiles of the zones add up, to 1 at most.
    """
    if step_s and is_coarse(step_s):
        still = np.where(times_s < to_epoch_s(campaign.end), 1.0, COARSE_TAIL)
        return np.where(in_window(campaign, times_s, step_s), still, 0.0)
    if not campaign.waves:
        return _profile(campaign.start, campaign.end, times_s, step_s)
    parts = (w.share * _profile(w.start, w.end, times_s, step_s) for w in campaign.waves)
    return np.minimum(sum(parts, np.zeros(len(times_s))), 1.0)


def _profile(start: datetime, end: datetime, times_s: Seconds, step_s: int) -> Floats:
    """The profile of people who are all reached at once."""
    start_s, end_s = to_epoch_s(start), to_epoch_s(end)
    rise_s, gather_s, tail_s = (span.total_seconds() for span in (RISE, LEAD_IN - RISE, TAIL))
    until_start = start_s - (times_s + step_s)
    rise = np.maximum(1 - until_start / rise_s, EARLY * (1 - (until_start - rise_s) / gather_s))
    fall = (end_s + tail_s - times_s) / tail_s
    profile: Floats = np.clip(np.minimum(rise, fall), 0.0, 1.0)
    return profile


def _window(campaign: Campaign, step_s: int) -> tuple[int, int]:
    if is_coarse(step_s):
        return to_epoch_s(campaign.start), to_epoch_s(campaign.end) + step_s
    start, end = effect_window(campaign)
    return to_epoch_s(start), to_epoch_s(end)


def is_coarse(step_s: int) -> bool:
    """Are steps longer than lead-in and tail together, so that neither is told apart?"""
    return step_s > (LEAD_IN + TAIL).total_seconds()
