"""A pool of simple forecasters of the ordinary day, and how much each is to be believed.

Every member averages the same slot of earlier days; they differ in how fast they forget, in how alike
they take weekdays to be, and in whether they look at the slots around. Which of them is right differs
from service to service, so their weights are learned from their past errors (Bates & Granger 1969).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.days import Days, half_life_d, is_weekend, weekday_of

HALF_LIVES_D = (1.0, 3.0, 7.0, 21.0)
"""After so many days a day counts half: from `like yesterday` to `like the last month`."""

ALL_ALIKE = (1.0, 1.0)
BY_DAY_TYPE = (1.0, 0.1)
BY_WEEKDAY = (0.002, 0.002)
"""What another weekday of the same type (working day, weekend), and one of the other type, count."""

SMOOTHING_S = 3600
"""Half of the members take the mean of the slots within so much time on either side."""

SHARPNESS = 10.0
"""Weights fall with this power of a member's mean absolute error: clearly worse members hardly count."""

ERROR_HALF_LIFE_D = 7.0
"""Errors made so many days ago count half."""

JUDGED_SLOTS = 96
"""Members are judged by so many slots of a day, evenly: neighbours err together."""

EVEN_DAYS = 2.0
"""So many days' worth of belief that all members are equally good."""

YEAR_D = 364
LEVEL_D = 28
"""Where there is history enough, one member says: like the same weekdays a year ago, on today's height."""

_UNSEEN = 1e-9  # less than this is not a day remembered
_LEAST_ERROR = 1e-3  # on the log scale: below a tenth of a per cent nobody is better than anybody

# Weekdays are told apart only by members that remember at least a week.
MEMBERS = tuple(
    (half_life, kinship)
    for half_life in HALF_LIVES_D
    for kinship in (ALL_ALIKE, BY_DAY_TYPE, BY_WEEKDAY)
    if kinship is not BY_WEEKDAY or half_life >= 7
)


@dataclass(frozen=True, eq=False)
class History:
    """What the pool learns from: `logs` and `weights` of shape (days, slots); weight 0 where not seen."""

    days: Days
    logs: Floats
    weights: Floats


def predictions(history: History, targets: Seconds, lead: int) -> Floats:
    """What does every member say of these days, knowing only days at least `lead` before each?

    `targets` (m,) are days counted from `history.days.first`. Shape (members, m, slots), NaN where a
    member has seen nothing of a slot.
    """
    days = history.days
    rows = np.arange(days.count)
    ages = targets[:, None] - rows[None, :]
    known = ages >= lead
    age = np.where(known, ages, 0).astype(np.float64)
    alike = _kinships(weekday_of(targets + days.first), days.weekdays())
    weight = np.empty((len(MEMBERS), len(targets), days.count))
    forgotten = {half_life: np.where(known, 0.5 ** (age / half_life), 0.0) for half_life in HALF_LIVES_D}
    for i, (half_life, kinship) in enumerate(MEMBERS):
        weight[i] = forgotten[half_life] * alike[kinship]
    reach = SMOOTHING_S // days.step_s
    smooths = reach > 0 and days.slots > 2 * reach
    totals = [history.logs * history.weights, history.weights]
    both = np.empty((2, len(MEMBERS), len(targets), days.slots))
    both[0] = _means(weight, *totals)
    # Sums over days and over slots may be taken in either order.
    both[1] = _means(weight, *(around(total, reach) for total in totals)) if smooths else both[0]
    said: Floats = both.reshape(-1, len(targets), days.slots)
    if days.count <= YEAR_D + LEVEL_D:
        return said
    return np.concatenate([said, _like_last_year(history, targets, lead)[None]])


def _means(weight: Floats, sums: Floats, weights: Floats) -> Floats:
    """Means over days by `weight` (members, m, days) of what has these `sums` and `weights` (days, slots)."""
    by_day = weight.reshape(-1, weight.shape[-1])
    value, seen = by_day @ sums, by_day @ weights
    if seen.min(initial=1.0) > _UNSEEN:
        value /= seen
    else:
        unseen = seen <= _UNSEEN
        np.divide(value, seen, out=value, where=~unseen)
        value[unseen] = np.nan
    means: Floats = value.reshape(*weight.shape[:2], -1)
    return means


def _like_last_year(history: History, targets: Seconds, lead: int) -> Floats:
    """The same weekdays a year before, as far above the month before them, on the height of the month now.

    Shape (m, slots), NaN where either was not seen.
    """
    seen = history.weights > 0
    zero = np.zeros((1, history.days.slots))
    sums = np.concatenate([zero, np.cumsum(np.where(seen, history.logs, 0.0), axis=0)])
    counts = np.concatenate([zero, np.cumsum(seen, axis=0)])

    def month_before(rows: Seconds) -> Floats:
        end = np.clip(rows, 0, history.days.count)
        first = np.maximum(end - LEVEL_D, 0)
        count = counts[end] - counts[first]
        mean: Floats = np.divide(
            sums[end] - sums[first], count, out=np.full(count.shape, np.nan), where=count >= LEVEL_D / 2
        )
        return mean

    then = targets - YEAR_D
    near = then[None, :] + np.array([-7, 0, 7])[:, None]
    at = np.clip(near, 0, history.days.count - 1)
    known = ((near >= 0) & (near <= (targets - lead)[None, :]))[..., None] & seen[at]
    count = known.sum(axis=0)
    values = np.where(known, history.logs[at], 0.0).sum(axis=0)
    same_days = np.divide(values, count, out=np.full(count.shape, np.nan), where=count > 0)
    said: Floats = same_days - month_before(then - lead + 1) + month_before(targets - lead + 1)
    return said


def beliefs(said: Floats, history: History, targets: Seconds) -> Floats:
    """How much is each member to be believed, by what it said of past days? Shape (members,), sum 1.

    `said` as from :func:`predictions` for the same `targets`. Mean absolute errors on the log scale,
    recent days first, raised to `SHARPNESS`; blended with equal weights while there are few days.
    """
    half_life = half_life_d(ERROR_HALF_LIFE_D, history.days.slots)
    recency = 0.5 ** ((history.days.count - 1 - targets) / half_life)
    thin = (slice(None), slice(None, None, max(1, history.days.slots // JUDGED_SLOTS)))
    weight = history.weights[targets][thin] * recency[:, None]
    off = np.abs(said[:, *thin] - np.where(weight > 0, history.logs[targets][thin], 0.0))
    total = np.full(len(said), weight.sum())
    sums = np.einsum("imj,mj->i", off, weight)
    if np.isnan(sums).any():
        silent = np.isnan(off)
        total = np.einsum("imj,mj->i", ~silent, weight)
        sums = np.einsum("imj,mj->i", np.where(silent, 0.0, off), weight)
    error = np.divide(sums, total, out=np.full(len(said), np.inf), where=total > 0)
    if not np.isfinite(error).any():
        return np.full(len(said), 1.0 / len(said))
    best = error.min()
    belief = ((best + _LEAST_ERROR) / (error + _LEAST_ERROR)) ** SHARPNESS
    days = len(targets)
    blended: Floats = (belief / belief.sum() * days + EVEN_DAYS / len(said)) / (days + EVEN_DAYS)
    return blended


def pooled(said: Floats, belief: Floats) -> Floats:
    """What the members say together, shape (m, slots); NaN where none says anything."""
    whole: Floats = np.tensordot(belief, said, axes=1) / belief.sum()
    if not np.isnan(whole).any():
        return whole
    known = ~np.isnan(said)
    sums = np.tensordot(belief, np.where(known, said, 0.0), axes=1)
    weight = np.tensordot(belief, known.astype(np.float64), axes=1)
    mean: Floats = np.divide(sums, weight, out=np.full(sums.shape, np.nan), where=weight > 0)
    return mean


def around(values: Floats, reach: int) -> Floats:
    """Sums over each slot and `reach` slots on either side, around the day; the last axis is slots."""
    wrapped = np.concatenate([values[..., -reach:], values, values[..., :reach]], axis=-1)
    sums = np.cumsum(wrapped, axis=-1)
    width = 2 * reach + 1
    totals: Floats = sums[..., width - 1 :].copy()
    totals[..., 1:] -= sums[..., :-width]
    return totals


def _kinships(targets: Seconds, others: Seconds) -> dict[tuple[float, float], Floats]:
    """Per kind of kinship, what each day counts for each target: shape (m, days)."""
    same = targets[:, None] == others[None, :]
    same_type = is_weekend(targets)[:, None] == is_weekend(others)[None, :]
    return {
        kinship: np.where(same, 1.0, np.where(same_type, *kinship))
        for kinship in (ALL_ALIKE, BY_DAY_TYPE, BY_WEEKDAY)
    }
