"""The effects of past campaigns as columns, so that one campaign is compared with all of them at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.effects import Effect


@dataclass(frozen=True, eq=False)
class Past:
    """Effects, one a row: what :class:`~advisor.forecasting.effects.Effect` holds, shape (effects,) each.

    NaN stands for an audience, a hint or a surprise that is not known; channels are frozensets of names in
    lower case. `log_ratios` and `at_least` have shape (effects, points), with NaN and False beyond an
    effect's last point.
    """

    campaign_ids: NDArray[np.str_]
    kinds: NDArray[np.str_]
    families: NDArray[np.str_]
    channels: NDArray[np.object_]
    starts_s: Seconds
    ends_s: Seconds
    from_s: Seconds
    until_s: Seconds
    width_s: Seconds
    audiences: Floats
    hints: Floats
    means: Floats
    peaks: Floats
    surprises: Floats
    log_ratios: Floats
    at_least: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.kinds)

    def only(self, chosen: NDArray[np.bool_]) -> Past:
        """The effects marked in `chosen` (effects,)."""
        return Past(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def past_of(effects: Sequence[Effect]) -> Past:
    """The same effects, in the same order."""
    points = max((len(effect.log_ratios) for effect in effects), default=0)
    ratios = np.full((len(effects), points), np.nan)
    at_least = np.zeros((len(effects), points), dtype=np.bool_)
    for row, effect in enumerate(effects):
        ratios[row, : len(effect.log_ratios)] = effect.log_ratios
        at_least[row, : len(effect.at_least)] = effect.at_least
    return Past(
        campaign_ids=np.array([e.campaign_id for e in effects], dtype=np.str_),
        kinds=np.array([e.kind for e in effects], dtype=np.str_),
        families=np.array([family(e.kind) for e in effects], dtype=np.str_),
        channels=_objects([channels_of(e.channels) for e in effects]),
        starts_s=np.array([e.start_s for e in effects], dtype=np.int64),
        ends_s=np.array([e.end_s for e in effects], dtype=np.int64),
        from_s=np.array([e.from_s for e in effects], dtype=np.int64),
        until_s=np.array([e.until_s for e in effects], dtype=np.int64),
        width_s=np.array([e.width_s for e in effects], dtype=np.int64),
        audiences=_numbers([e.audience for e in effects]),
        hints=_numbers([e.hint for e in effects]),
        means=_numbers([e.mean for e in effects]),
        peaks=_numbers([e.peak for e in effects]),
        surprises=_numbers([e.surprise for e in effects]),
        log_ratios=ratios,
        at_least=at_least,
    )


def family(kind: str) -> str:
    """The first word of a kind: `match` of `match_final`, `flash` of `flash-sale`."""
    return words(kind)[0]


def words(kind: str) -> list[str]:
    """The words of a kind: `match` and `final` of `match_final`."""
    return re.split(r"[_\-. :/]", kind)


def channels_of(names: Sequence[str]) -> frozenset[str]:
    """Channels to compare: how they are written makes no difference."""
    return frozenset(name.strip().lower() for name in names)


def _objects(values: Sequence[object]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=np.object_)
    column[:] = values
    return column


def _numbers(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
