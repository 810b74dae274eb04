"""Learns what is ordinary for a service from its history, campaigns left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.bands import COLD_SIGMA, LADDER_Z, sizes_by_slot
from advisor.forecasting.baseline import Baseline
from advisor.forecasting.bridge import Bridged, bridge
from advisor.forecasting.days import DAY_S, Days, days_of, half_life_d, weekday_of
from advisor.forecasting.drift import Residuals, spans
from advisor.forecasting.past_errors import JUDGED_STEPS, covered_lately, errors_at, ladders_of
from advisor.forecasting.pool import ERROR_HALF_LIFE_D, History, beliefs, pooled, predictions
from advisor.forecasting.robust import fill_circular
from advisor.forecasting.scale import offset_for, to_log
from advisor.forecasting.spikes import pull_in
from advisor.forecasting.yearly import NO_YEAR, in_year, yearly_shape

LEADS_D = (1, 2, 4, 7, 14, 28)
"""Days ahead that errors are worked out for; one in between is taken to be like the one before."""

JUDGED_DAYS = 112
"""Forecasts of so many past days are judged; where steps are long, of :data:`JUDGED_STEPS`."""

RECENT_S = 5400
DAYS_OVER_MASK = 3
"""With this much history but under a day of it outside campaigns, campaigns are what is ordinary."""


@dataclass(frozen=True, eq=False)
class Cells:
    """What a fit reads: the cells (n,) of a history up to `until_s`, and which of them campaigns moved."""

    times_s: Seconds
    values: Floats
    saturated: NDArray[np.bool_]
    masked: NDArray[np.bool_]
    step_s: int
    until_s: int


@dataclass(frozen=True, eq=False)
class Fitted:
    """A baseline, and the history it was learned from: `logs` (n,) as seen, `without` (n,) campaigns."""

    baseline: Baseline
    logs: Floats
    without: Floats


def fit_baseline(cells: Cells, reach_days: int) -> Fitted | None:
    """What is ordinary for this service? None if it was never seen above zero.

    Errors are worked out for leads of up to `reach_days` as far as the history allows. With under a day
    of history outside campaigns the baseline is the recent level, wide (`cold`).
    """
    values = np.where(np.isfinite(cells.values), np.maximum(cells.values, 0.0), np.nan)
    seen = np.isfinite(values)
    if not (values[seen] > 0).any():
        return None
    masked = _worth_masking(cells, seen)
    # What happens inside campaigns must not reach the baseline, not even by way of its scale.
    clean_values = np.where(masked | cells.saturated, np.nan, values)
    offset = offset_for(clean_values if np.nanmax(clean_values, initial=0.0) > 0 else values, cells.step_s)
    logs = to_log(values, offset)
    days = days_of(cells.times_s, cells.step_s)
    flat = days.flat(cells.times_s)
    bridged = bridge(logs, masked | cells.saturated, days, flat)
    # What was saturated was at least what was seen of it.
    at_least = cells.saturated & ~masked & seen
    without = np.where(at_least, np.fmax(bridged.logs, logs), bridged.logs)
    clean = (seen & ~masked).sum() * cells.step_s
    if clean < DAY_S or days.count < 2:
        return Fitted(_cold(cells, without, offset, days), logs, without)
    pulled_in = pull_in(days.grid(flat, without))
    year = _year_of(days, pulled_in)
    by_day = in_year(days.first + np.arange(days.count), year)
    level = Bridged(without - by_day[flat // days.slots], bridged.weights)
    history = History(
        days, np.nan_to_num(pulled_in - by_day[:, None]), days.grid(flat, level.weights, missing=0.0)
    )
    return Fitted(_learn(history, level, flat, year, offset, cells, reach_days), logs, without)


def _year_of(days: Days, logs: Floats) -> Floats:
    """The shape of the year in this history (days, slots), NaN where unknown: see :mod:`yearly`."""
    known = ~np.isnan(logs)
    seen = known.sum(axis=1)
    heights = np.where(known, logs, 0.0).sum(axis=1) / np.maximum(seen, 1)
    return _float32(yearly_shape(days.first + np.arange(days.count), heights, 2 * seen > days.slots))


def _worth_masking(cells: Cells, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    clean = (seen & ~cells.masked).sum() * cells.step_s
    if clean < DAY_S and seen.sum() * cells.step_s >= DAYS_OVER_MASK * DAY_S:
        return np.zeros_like(cells.masked)
    return cells.masked


def _cold(cells: Cells, without: Floats, offset: float, days: Days) -> Baseline:
    known = np.flatnonzero(np.isfinite(without))
    recent = known[cells.times_s[known] > cells.times_s[known[-1]] - max(RECENT_S, 3 * cells.step_s)]
    back = spans(cells.step_s)[1]
    return Baseline(
        step_s=cells.step_s,
        until_s=cells.until_s,
        offset=offset,
        week=_float32(np.full((7, days.slots), np.median(without[recent]))),
        year=NO_YEAR,
        residuals=np.zeros(back),
        weights=np.zeros(back),
        leads=(1,),
        shares=np.zeros((1, 1, 2)),
        sizes=np.ones(days.slots),
        ladders=_float32(np.tile(COLD_SIGMA * LADDER_Z, (3, 1))),
        calibration=None,
        cold=True,
    )


def _learn(
    history: History,
    bridged: Bridged,
    flat: Seconds,
    year: Floats,
    offset: float,
    cells: Cells,
    reach_days: int,
) -> Baseline:
    days = history.days
    leads = tuple(lead for lead in LEADS_D if lead <= max(1, min(reach_days, days.count // 2)))
    judged = np.arange(max(1, days.count - max(JUDGED_DAYS, JUDGED_STEPS // days.slots)), days.count)
    coming = days.count + (np.arange(7) - weekday_of(np.array([days.first + days.count]))) % 7
    both = predictions(history, np.concatenate([judged, coming]), 1)
    said, ahead = both[:, : len(judged)], both[:, len(judged) :]
    seen = _as_seen(history, bridged, flat)
    belief = beliefs(said, seen, judged)
    week = np.stack([fill_circular(row) for row in pooled(ahead, belief)])
    end = int(flat[-1]) + 1
    first = _residuals(seen, pooled(said, belief), judged, end)
    errors = [errors_at(1, first, first, days, end)]
    for lead in leads[1:]:
        rows = judged[judged >= lead]
        later = _residuals(seen, pooled(predictions(history, rows, lead), belief), rows, end)
        errors.append(errors_at(lead, later, first, days, end))
    half_life = half_life_d(ERROR_HALF_LIFE_D, days.slots)
    recency = float((0.5 ** ((days.count - 1 - judged) / half_life)).sum())
    evidence_d = recency if days.slots > 1 else recency / 3
    sizes = sizes_by_slot(errors[0].values, errors[0].weights, errors[0].slots, days.slots, days.step_s)
    ladders = ladders_of(errors, sizes, days, evidence_d)
    back = spans(days.step_s)[1]
    pad = max(0, back - end)
    return Baseline(
        step_s=cells.step_s,
        until_s=cells.until_s,
        offset=offset,
        week=_float32(week),
        year=year,
        residuals=_float32(np.concatenate([np.zeros(pad), first.values[max(0, end - back) :]])),
        weights=_float32(np.concatenate([np.zeros(pad), first.weights[max(0, end - back) :]])),
        leads=leads,
        shares=_float32(np.stack([e.shares for e in errors])),
        sizes=_float32(sizes),
        ladders=_float32(ladders),
        calibration=covered_lately(errors[0], sizes, days, evidence_d),
        cold=False,
    )


def _float32(values: Floats) -> Floats:
    """The same numbers with the digits that a snapshot keeps: what is restored forecasts the same."""
    return values.astype(np.float32).astype(np.float64)


def _as_seen(history: History, bridged: Bridged, flat: Seconds) -> History:
    """The same history with its spikes as they were: errors are made against what really came."""
    days = history.days
    return History(days, np.nan_to_num(days.grid(flat, bridged.logs)), history.weights)


def _residuals(seen: History, said: Floats, rows: Seconds, end: int) -> Residuals:
    off = np.zeros(seen.logs.shape)
    weights = np.zeros(seen.logs.shape)
    known = ~np.isnan(said)
    off[rows] = np.where(known, seen.logs[rows] - np.nan_to_num(said), 0.0)
    weights[rows] = np.where(known, seen.weights[rows], 0.0)
    return Residuals(off.ravel()[:end], weights.ravel()[:end])
