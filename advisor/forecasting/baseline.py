"""What would demand be without campaigns? The ordinary week at its present height, as a band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats, ServiceView
from advisor.domain.reason import Reason
from advisor.domain.timegrid import Seconds
from advisor.forecasting.bands import COLD_SIGMA, log_normal_ratios, ratio_quantiles, spread_around
from advisor.forecasting.robust import halving, weighted_median, winsorised
from advisor.forecasting.seasonal import DAY_S, LEVEL_HALF_LIFE_D, Season, day_matrix, fit_season

RECENT_S = 5400
"""The last so many seconds of usable cells (at least three cells) tell the present height."""

RECENT_TRUST = 0.8
"""How much of the present deviation from the ordinary is taken to go on (as an exponent)."""

RECENT_FADE_S = 8 * 3600.0
"""After so long a deviation has faded to 37 %."""

RECENT_BOUNDS = (0.5, 4.0)
"""How much the present may move the forecast: an outage now must not hide a rush in an hour."""

DAYS_OVER_MASK = 3
"""With this much history but under a day of it outside campaigns, campaigns are what is ordinary."""


def baseline_band(
    view: ServiceView, masked: NDArray[np.bool_], times_s: Seconds, levels: Sequence[float]
) -> tuple[Floats, tuple[Reason, ...]]:
    """What will demand be without campaigns? A band of shape (steps, levels), in the unit of `view`.

    `masked` (n,) marks cells inside campaigns' effect windows; they, saturated cells and gaps (NaN)
    are left out. `levels` rise and hold 0.5. The band is finite, never negative, never falls along
    the levels, and scales with the values. Without any data it is zero (`NO_DEMAND_DATA`); with under
    a day of usable history it is the recent level, wide (`COLD_START`).
    """
    usable = usable_cells(view, masked)
    if not usable.any():
        return np.zeros((len(times_s), len(levels))), (Reason.NO_DEMAND_DATA,)
    seen_s = view.times_s[usable]
    values = winsorised(np.maximum(view.values[usable], 0.0), times=3.0, level=0.95)
    ahead_s = np.maximum(times_s - view.cutoff_s, 0).astype(np.float64)
    if len(seen_s) * view.step_s < DAY_S:
        recent = values[seen_s >= _recent_from(seen_s, view.step_s)]
        middle = np.full(len(times_s), np.median(recent))
        cold = log_normal_ratios(levels, COLD_SIGMA)
        return spread_around(middle, cold, levels, ahead_s), (Reason.COLD_START,)
    days, matrix = day_matrix(seen_s, values, view.step_s)
    season = fit_season(days, matrix, view.step_s)
    if season is None:
        return _bursty_band(seen_s, values, len(times_s), levels), ()
    middle = season.at(times_s) * recent_factor(season, seen_s, values, times_s)
    evidence_d = float(np.mean(~np.isnan(season.ratios), axis=1).sum())
    ratios = ratio_quantiles(season.ratios, levels, evidence_d)
    return spread_around(middle, ratios, levels, ahead_s), ()


def usable_cells(view: ServiceView, masked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which cells of the history tell what is ordinary? Shape (n,).

    Seen, not saturated, outside campaigns. Where that leaves less than it takes, some of it is given
    up: the mask if campaigns covered nearly all of a long history; both if nothing else is there.
    """
    seen = np.isfinite(view.values)
    clean = seen & ~view.saturated
    usable = clean & ~masked
    if usable.sum() * view.step_s < DAY_S and clean.sum() * view.step_s >= DAYS_OVER_MASK * DAY_S:
        return clean
    return next((cells for cells in (usable, clean) if cells.any()), seen)


def recent_factor(season: Season, seen_s: Seconds, values: Floats, times_s: Seconds) -> Floats:
    """By how much does the present differ from the ordinary, fading with time? Shape (steps,).

    The median of the last cells' ratios, so one odd cell does not count; the older those cells are
    (after a gap or a campaign), the more the difference has faded already.
    """
    recent = seen_s >= _recent_from(seen_s, season.step_s)
    expected = season.at(seen_s[recent])
    if not (expected > 0).all():
        return np.ones(len(times_s))
    ratio = np.clip(weighted_median(values[recent] / expected, expected), *RECENT_BOUNDS)
    age_s = np.maximum(times_s - seen_s[-1] - season.step_s, 0)
    factor: Floats = ratio ** (RECENT_TRUST * np.exp(-age_s / RECENT_FADE_S))
    return factor


def _recent_from(seen_s: Seconds, step_s: int) -> int:
    """From which instant on is a usable cell recent, counted back from the last one?"""
    return int(seen_s[-1]) + step_s - max(RECENT_S, 3 * step_s)


def _bursty_band(seen_s: Seconds, values: Floats, steps: int, levels: Sequence[float]) -> Floats:
    """The band of demand that comes in bursts at no fixed hour: the same at every step."""
    weights = halving((seen_s[-1] - seen_s) / DAY_S, LEVEL_HALF_LIFE_D)
    level = float(np.average(values, weights=weights))
    if level == 0:
        return np.zeros((steps, len(levels)))
    days = len(np.unique(seen_s // DAY_S))
    ratios = ratio_quantiles(values / level, levels, float(days), COLD_SIGMA)
    return np.tile(level * ratios, (steps, 1))
