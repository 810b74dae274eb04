"""What past campaigns did: demand against what it would have been without them, over their windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.windows import cells_in, time_profile

MOST_POINTS = 96
"""A longer window is kept in so many points, each the mean of several steps."""

_SMALLEST = 0.05  # the excess that a campaign of unknown size counts with when windows overlap


@dataclass(frozen=True, eq=False)
class Effect:
    """What one campaign did to one service.

    `log_ratios` (points,) are natural logarithms of demand over demand without it (both with the scale's
    offset), for windows of `width_s` from `from_s` on, NaN where demand was not seen; float16 numbers,
    so that they are the same after a snapshot. `at_least` (points,) marks those that saturation cut off.
    `share` is the mean of demand without the campaign over that plus the offset, 0 to 1. `surprise` is
    set by :func:`advisor.forecasting.uplift.with_surprises`.
    """

    campaign_id: str
    kind: str
    start_s: int
    end_s: int
    audience: float | None
    hint: float | None
    from_s: int
    width_s: int
    log_ratios: Floats
    at_least: NDArray[np.bool_]
    share: float
    surprise: float | None = None
    channels: tuple[str, ...] = ()

    @property
    def until_s(self) -> int:
        """End of the last window."""
        return self.from_s + self.width_s * len(self.log_ratios)

    @cached_property
    def mean(self) -> float:
        """The mean log ratio over the window."""
        return float(self._known.mean())

    @cached_property
    def peak(self) -> float:
        """The highest log ratio of the window."""
        return float(self._known.max())

    @property
    def _known(self) -> Floats:
        return self.log_ratios[np.isfinite(self.log_ratios)]


def measure(
    campaigns: Sequence[Campaign],
    times_s: Seconds,
    log_ratios: Floats,
    shares: Floats,
    saturated: NDArray[np.bool_],
    step_s: int,
) -> tuple[Effect, ...]:
    """What did each of these campaigns do, as far as the cells (n,) show it? Ordered as the campaigns.

    `log_ratios` are of demand to demand without any campaign, and `shares` of the latter to itself plus
    the offset, NaN at gaps. Where windows overlap, the excess is
    shared out by how large each campaign's excess was where it ran alone (by its kind's, where it
    never did), so that two that ran together are not each credited with both.
    """
    windows = [(c, cells_in(c, times_s, step_s)) for c in campaigns]
    touched = [(c, cells) for c, cells in windows if cells.stop > cells.start]
    crowd = np.zeros(len(times_s))
    for _, cells in touched:
        crowd[cells] += 1
    excess = np.expm1(np.where(np.isfinite(log_ratios), log_ratios, 0.0))
    pulls = [
        size * time_profile(c, times_s[cells], step_s)
        for (c, cells), size in zip(touched, _sizes(touched, crowd, excess), strict=True)
    ]
    whole = np.zeros(len(times_s))
    for (_, cells), pull in zip(touched, pulls, strict=True):
        whole[cells] += pull
    effects = []
    for (campaign, cells), pull in zip(touched, pulls, strict=True):
        part = np.divide(pull, whole[cells], out=np.ones(len(pull)), where=crowd[cells] > 1)
        ratios = np.log1p(np.maximum(excess[cells] * part, -0.999))
        ratios = np.where(np.isfinite(log_ratios[cells]), ratios, np.nan)
        if np.isfinite(ratios).any():
            share = float(np.float32(np.nanmean(shares[cells])))
            effects.append(
                _effect(campaign, int(times_s[cells.start]), step_s, ratios, saturated[cells], share)
            )
    return tuple(effects)


def _sizes(touched: Sequence[tuple[Campaign, slice]], crowd: Floats, excess: Floats) -> list[float]:
    """How large was each campaign's mean excess where it ran alone, or else its kind's? Above 0."""
    by_kind: dict[str, list[float]] = {}
    kinds = [campaign.kind for campaign, _ in touched]
    sizes: list[float | None] = []
    for kind, (_, cells) in zip(kinds, touched, strict=True):
        alone = excess[cells][crowd[cells] == 1]
        size = max(float(alone.mean()), _SMALLEST) if len(alone) else None
        sizes.append(size)
        if size is not None:
            by_kind.setdefault(kind, []).append(size)
    everything = [size for known in by_kind.values() for size in known] or [1.0]
    return [
        size if size is not None else float(np.mean(by_kind.get(kind, everything)))
        for kind, size in zip(kinds, sizes, strict=True)
    ]


def _effect(
    campaign: Campaign,
    from_s: int,
    step_s: int,
    ratios: Floats,
    saturated: NDArray[np.bool_],
    share: float,
) -> Effect:
    together = -(-len(ratios) // MOST_POINTS)
    pad = -len(ratios) % together
    groups = np.concatenate([ratios, np.full(pad, np.nan)]).reshape(-1, together)
    known = np.isfinite(groups)
    count = known.sum(axis=1)
    sums = np.where(known, groups, 0.0).sum(axis=1)
    means = np.divide(sums, count, out=np.full(len(groups), np.nan), where=count > 0)
    cut_off = np.zeros(len(groups), dtype=np.bool_)
    cut_off[np.flatnonzero(saturated) // together] = True
    return Effect(
        campaign_id=campaign.campaign_id,
        kind=campaign.kind,
        start_s=to_epoch_s(campaign.start),
        end_s=to_epoch_s(campaign.end),
        audience=campaign.audience,
        hint=campaign.magnitude_hint,
        from_s=from_s,
        width_s=step_s * together,
        log_ratios=np.asarray(means, dtype=np.float16).astype(np.float64),
        at_least=cut_off,
        share=share,
        channels=campaign.channels,
    )
