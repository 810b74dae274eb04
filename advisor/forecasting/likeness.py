"""How much does one campaign say about another? By kind, recency, day of the week, hour and size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.domain.demand import Floats
from advisor.forecasting.days import DAY_S, is_weekend, weekday_of
from advisor.forecasting.effects import Effect

SAME_FAMILY = 0.4
ANY_KIND = 0.1
"""What a campaign of another kind says: of the same family (the kind's first word), and of any other."""

HALF_LIFE_D = 60.0
"""Campaigns so much older than the latest of the kind count half."""

OTHER_DAY_TYPE = 0.35
"""A weekend says that much about a working day, and the other way round."""

HOURS = 4.0
OTHER_HOUR = 0.3
"""Starting so many hours apart two campaigns begin to differ; the least that hours can make of it."""

HINT_STEPS = 2.0
"""So many steps apart on its owner's scale, a campaign says little about another."""

MOST_AUDIENCE_RATIO = 4.0
"""An effect is scaled with the audience by at most this factor either way."""


def family(kind: str) -> str:
    """The first word of a kind: `match` of `match_final`, `flash` of `flash-sale`."""
    for separator in "_-. :/":
        kind = kind.split(separator, maxsplit=1)[0]
    return kind


def likeness(
    kind: str, start_s: int, hint: float | None, effects: Sequence[Effect], coarse: bool = False
) -> Floats:
    """What does each effect count for a campaign of this kind and start? Shape (effects,), 0 to 1.

    `coarse` says that steps are so long that the hour of the day makes no difference.
    """
    if not effects:
        return np.zeros(0)
    same = np.array([e.kind == kind for e in effects])
    kin = np.array([family(e.kind) == family(kind) for e in effects])
    starts = np.array([e.start_s for e in effects], dtype=np.int64)
    weight = np.where(same, 1.0, np.where(kin, SAME_FAMILY, ANY_KIND))
    # Recency among its own kind: last year's Black Friday is the best there is, until the next one.
    newest = starts[same].max() if same.any() else starts.max()
    weight = weight * 0.5 ** (np.maximum(newest - starts, 0) / DAY_S / HALF_LIFE_D)
    then, now = weekday_of(starts // DAY_S), weekday_of(np.array([start_s]) // DAY_S)
    other_type = is_weekend(then) != is_weekend(now)
    weight = weight * np.where(other_type, OTHER_DAY_TYPE, 1.0)
    if not coarse:
        apart = np.abs(starts % DAY_S - start_s % DAY_S) / 3600
        apart = np.minimum(apart, 24 - apart)
        weight = weight * (OTHER_HOUR + (1 - OTHER_HOUR) * np.exp(-((apart / HOURS) ** 2) / 2))
    if hint is not None:
        steps = np.array([abs(e.hint - hint) if e.hint is not None else 0.0 for e in effects])
        weight = weight * np.exp(-((steps / HINT_STEPS) ** 2) / 2)
    likened: Floats = weight
    return likened


def audience_ratios(audience: float | None, effects: Sequence[Effect]) -> Floats:
    """How many times each past audience is this one? Shape (effects,), 1 where either is unknown."""
    ratios = [audience / e.audience if audience is not None and e.audience else 1.0 for e in effects]
    clipped: Floats = np.clip(np.array(ratios), 1 / MOST_AUDIENCE_RATIO, MOST_AUDIENCE_RATIO)
    return clipped
