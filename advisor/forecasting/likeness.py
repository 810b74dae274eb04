"""How much does one campaign say about another? By kind, recency, day of the week, hour, channel and size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.days import DAY_S, is_weekend, weekday_of
from advisor.forecasting.past import Past, channels_of, family

SAME_FAMILY = 0.4
ANY_KIND = 0.1
"""What a campaign of another kind says: of the same family (the kind's first word), and of any other."""

MOST_OF_FAMILY = 1.0
MOST_OF_ANY_KIND = 0.25
"""However many there were of another kind, together they say no more than so many of the same kind."""

HALF_LIFE_D = 60.0
"""Campaigns so much older than the latest of the kind count half."""

OTHER_DAY_TYPE = 0.35
"""A weekend says that much about a working day, and the other way round."""

HOURS = 4.0
OTHER_HOUR = 0.3
"""Starting so many hours apart two campaigns begin to differ; the least that hours can make of it."""

HINT_STEPS = 2.0
"""So many steps apart on its owner's scale, a campaign says little about another."""

OTHER_CHANNELS = 0.5
"""A campaign by none of the same channels says that much; one by some of them is in between (Jaccard)."""

MOST_AUDIENCE_RATIO = 4.0
"""An effect is scaled with the audience by at most this factor either way."""


def likeness(campaign: Campaign, past: Past, coarse: bool = False) -> Floats:
    """What does each effect count for this campaign? Shape (effects,), 0 to 1.

    `coarse` says that steps are so long that the hour of the day makes no difference.
    """
    if not len(past):
        return np.zeros(0)
    start_s, hint, starts_s = to_epoch_s(campaign.start), campaign.magnitude_hint, past.starts_s
    same, kin = past.kinds == campaign.kind, past.families == family(campaign.kind)
    weight = np.where(same, 1.0, np.where(kin, SAME_FAMILY, ANY_KIND))
    # Recency among its own kind: last year's Black Friday is the best there is, until the next one.
    newest = starts_s[same].max() if same.any() else starts_s.max()
    weight = weight * 0.5 ** (np.maximum(newest - starts_s, 0) / DAY_S / HALF_LIFE_D)
    then, now = weekday_of(starts_s // DAY_S), weekday_of(np.array([start_s]) // DAY_S)
    weight = weight * np.where(is_weekend(then) != is_weekend(now), OTHER_DAY_TYPE, 1.0)
    if not coarse:
        apart = np.abs(starts_s % DAY_S - start_s % DAY_S) / 3600
        apart = np.minimum(apart, 24 - apart)
        weight = weight * (OTHER_HOUR + (1 - OTHER_HOUR) * np.exp(-((apart / HOURS) ** 2) / 2))
    if hint is not None:
        steps = np.nan_to_num(past.hints - hint)
        weight = weight * np.exp(-((steps / HINT_STEPS) ** 2) / 2)
    if campaign.channels:
        weight = weight * _by_channels(channels_of(campaign.channels), past)
    return _bounded(weight, past, same, kin)


def _by_channels(channels: frozenset[str], past: Past) -> Floats:
    """What do the channels in common make of it? 1 where those of the past one are unknown."""
    in_common = [len(channels & then) / len(channels | then) if then else 1.0 for then in past.channels]
    return OTHER_CHANNELS + (1 - OTHER_CHANNELS) * np.array(in_common)


def _bounded(weight: Floats, past: Past, same: NDArray[np.bool_], kin: NDArray[np.bool_]) -> Floats:
    bounded = weight.copy()
    for other in set(past.kinds[~same].tolist()):
        rows = past.kinds == other
        most = MOST_OF_FAMILY if kin[rows][0] else MOST_OF_ANY_KIND
        bounded[rows] *= min(1.0, most / max(float(weight[rows].sum()), 1e-9))
    return bounded


def audience_ratios(audience: float | None, past: Past) -> Floats:
    """How many times each past audience is this one? Shape (effects,), 1 where either is unknown."""
    if audience is None:
        return np.ones(len(past))
    least = np.maximum(past.audiences, audience / MOST_AUDIENCE_RATIO)
    ratios = np.divide(audience, least, out=np.ones(len(past)), where=past.audiences > 0)
    clipped: Floats = np.maximum(ratios, 1 / MOST_AUDIENCE_RATIO)
    return clipped
