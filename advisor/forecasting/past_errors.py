"""How far off were past forecasts of the ordinary, so far ahead and at that time of day?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.bands import LADDER, error_ladder
from advisor.forecasting.baseline import MIDDLE_S, NEAR_S
from advisor.forecasting.days import Days, half_life_d
from advisor.forecasting.drift import Residuals, deviations, persistence, spans

BINS_A_DAY = 24
"""How much of the present deviation goes on is learned for so many stretches of a day ahead."""

HALF_LIFE_D = 14.0
ORIGINS_A_DAY = 2
MOST_ORIGINS = 80
JUDGED_STEPS = 400
"""Errors of the last forecasts count, two a day; where steps are long, of so many steps."""

MOST_STEPS = 72
"""Of the steps of each of a day's parts so many are looked at, evenly: neighbours err together."""

LATELY_D = 3
LATELY_STEPS = 60
FEWEST_LATELY = 6
"""How good forecasts were lately: of so many days, or steps where they are long, and of no fewer origins."""


@dataclass(frozen=True, eq=False)
class PastErrors:
    """Errors of forecasts made at `origins` (m,), for the steps `ahead` (k,) within a day: `values` (m, k).

    On the log scale, with their `weights`, 0 where nothing came, and `slots` of the day, (m, k). `shares`
    (bins, 2) are how much of the deviation at the origin they took for lasting.
    """

    values: Floats
    weights: Floats
    slots: Seconds
    ahead: Seconds
    shares: Floats
    origins: Seconds

    def between(self, first: int, end: int) -> PastErrors:
        """Those of steps from `first` up to `end` ahead."""
        inside = (self.ahead >= first) & (self.ahead < end)
        return replace(
            self,
            values=self.values[:, inside],
            weights=self.weights[:, inside],
            slots=self.slots[:, inside],
            ahead=self.ahead[inside],
        )


def errors_at(lead: int, later: Residuals, first: Residuals, days: Days, end: int) -> PastErrors:
    """What were errors that many days ahead, the deviation at the time taken into account?

    `first` are residuals of the pool's word a day ahead, of which the deviation is known, `later` of its word
    `lead` days ahead; flat indices up to `end`.
    """
    slots = days.slots
    bins, hour = min(BINS_A_DAY, slots), max(1, slots // BINS_A_DAY)
    origins = np.arange(end - hour, slots + spans(days.step_s)[0], -hour)[::-1]
    looks = deviations(first, origins, days.step_s)
    edges = (lead - 1) * slots + np.arange(bins + 1) * slots // bins
    shares = persistence(later, origins, looks, edges, slots, days.step_s)
    apart = BINS_A_DAY // ORIGINS_A_DAY if slots > 1 else 1
    chosen = np.arange(len(origins) - 1, -1, -apart)[: max(MOST_ORIGINS, JUDGED_STEPS // slots)][::-1]
    ahead = np.concatenate([_evenly(*part) for part in _parts(days)])
    targets = origins[chosen, None] + (lead - 1) * slots + ahead
    at = np.minimum(targets, end - 1)
    expected = looks[chosen] @ shares.T
    recency = 0.5 ** ((end - origins[chosen]) / slots / half_life_d(HALF_LIFE_D, slots))
    weights = np.where(targets < end, later.weights[at], 0.0) * recency[:, None]
    values = np.where(weights > 0, later.values[at] - expected[:, ahead * bins // slots], 0.0)
    return PastErrors(values, weights, at % slots, ahead, shares, origins[chosen])


def ladders_of(errors: Sequence[PastErrors], sizes: Floats, days: Days, evidence_d: float) -> Floats:
    """Quantiles of the errors over their slots' `sizes`: shape (2 + leads, rungs).

    For the first hour, up to six, and the rest of the first day, then for each later lead; where steps are
    longer than an hour, the first three are the same. `errors` hold one a lead, `evidence_d` days' worth.
    """
    first = errors[0]
    parts = _parts(days)
    day = [first.between(*part) for part in parts] if len(parts) == 3 else [first] * 3
    groups = [*day, *errors[1:]]
    return np.stack([error_ladder(g.values / sizes[g.slots], g.weights, evidence_d) for g in groups])


def covered_lately(errors: PastErrors, sizes: Floats, days: Days, evidence_d: float) -> float | None:
    """Which share of the last days' errors would the 0.95 quantile have covered? None while there are few.

    Of errors over six hours ahead, where there are any, and the quantile as it was before those days, of
    `evidence_d` days' worth of them: it cannot know what it is held against.
    """
    rest = errors.between(*_parts(days)[-1])
    lately = rest.origins >= days.size - max((LATELY_D + 1) * days.slots, LATELY_STEPS)
    known = (rest.weights > 0).any(axis=1)
    if min((known & lately).sum(), (known & ~lately).sum()) < FEWEST_LATELY:
        return None
    scaled, weights = rest.values / sizes[rest.slots], rest.weights
    bound = error_ladder(scaled[~lately], weights[~lately], evidence_d)[LADDER.index(0.95)]
    covered = weights[lately] * (scaled[lately] <= bound)
    return float(covered.sum() / weights[lately].sum())


def _parts(days: Days) -> list[tuple[int, int]]:
    """The first hour of a day ahead, up to six, and the rest, in steps; all of it where steps are long."""
    if days.slots < BINS_A_DAY:
        return [(0, days.slots)]
    near, middle = NEAR_S // days.step_s, MIDDLE_S // days.step_s
    return [(0, near), (near, middle), (middle, days.slots)]


def _evenly(first: int, end: int) -> Seconds:
    return np.arange(first, end, max(1, -(-(end - first) // MOST_STEPS)))
