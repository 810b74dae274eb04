"""How much of the present deviation from the ordinary will go on? Learned from how it went on before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds
from advisor.forecasting.days import DAY_S, half_life_d

SHORT_S = 3600
LONG_S = DAY_S
LONG_STEPS = 7
"""Two deviations are looked at: the mean of the last hour, and of the last day (at least seven steps)."""

PRIOR_SHORT = 0.6
PRIOR_SHORT_FADE_S = 4 * 3600.0
PRIOR_LONG = 0.5
"""What is assumed to go on before it is known: of the last hour's, fading; of the last day's, all along."""

PRIOR_ORIGINS = 20.0
"""The assumption counts like so many past forecasts."""

HALF_LIFE_D = 14.0


@dataclass(frozen=True, eq=False)
class Residuals:
    """What was seen less what the pool had said, on the log scale, at flat indices from 0 on: (n,).

    `weights` (n,) are 0 where there is none.
    """

    values: Floats
    weights: Floats

    @property
    def sums(self) -> tuple[Floats, Floats]:
        """Running sums, weighted, and of the weights, each (n + 1,)."""
        weighted = np.where(self.weights > 0, self.values, 0.0) * self.weights
        zero = np.zeros(1)
        return np.concatenate([zero, np.cumsum(weighted)]), np.concatenate([zero, np.cumsum(self.weights)])


def spans(step_s: int) -> tuple[int, int]:
    """How many steps the short and the long look back are."""
    return max(1, SHORT_S // step_s), max(LONG_STEPS, LONG_S // step_s)


def deviations(residuals: Residuals, at: Seconds, step_s: int) -> Floats:
    """The mean residual of the last hour and of the last day before each flat index in `at`: (m, 2).

    0 where nothing was seen in that time.
    """
    sums, weights = residuals.sums
    columns = []
    for back in spans(step_s):
        since = np.maximum(at - back, 0)
        weight = weights[at] - weights[since]
        total = sums[at] - sums[since]
        columns.append(np.divide(total, weight, out=np.zeros(len(at)), where=weight > 1e-9))
    return np.stack(columns, axis=-1)


def persistence(
    residuals: Residuals, origins: Seconds, looks: Floats, edges: Seconds, day: int, step_s: int
) -> Floats:
    """Which share of each deviation was still there so much later? Shape (bins, 2).

    Ridge regression of the mean residual in each bin ahead (steps `edges[b]` to `edges[b + 1]` after an
    origin) on the deviations `looks` (m, 2) seen at the `origins` (m,), shrunk to the prior; recent
    origins count more (`day` steps are a day). Direct multi-horizon regression: each bin has its own.
    """
    sums, weights = residuals.sums
    last = len(residuals.values)
    first, end = (
        np.minimum(origins[:, None] + edges[:-1], last),
        np.minimum(origins[:, None] + edges[1:], last),
    )
    weight = weights[end] - weights[first]
    whole = (origins[:, None] + edges[1:] <= last) & (weight > 1e-9)
    later = np.divide(sums[end] - sums[first], weight, out=np.zeros(weight.shape), where=whole)
    worth = whole * (0.5 ** ((last - origins) / day / half_life_d(HALF_LIFE_D, day)))[:, None]
    squares = (looks[:, :, None] * looks[:, None, :]).reshape(len(looks), 4)
    gram = (worth.T @ squares).reshape(-1, 2, 2)
    moment = (worth * later).T @ looks
    prior = prior_persistence((edges[:-1] + edges[1:]) / 2 * step_s)
    ridge = PRIOR_ORIGINS * np.maximum((looks**2).mean(axis=0) if len(looks) else np.zeros(2), 1e-6)
    gram = gram + np.diag(ridge)
    shares: Floats = np.linalg.solve(gram, (moment + ridge * prior)[..., None])[..., 0]
    return shares


def prior_persistence(ahead_s: Floats) -> Floats:
    """What is assumed to go on so many seconds ahead: shape (bins, 2)."""
    short = PRIOR_SHORT * np.exp(-ahead_s / PRIOR_SHORT_FADE_S)
    return np.stack([short, np.full(len(ahead_s), PRIOR_LONG)], axis=-1)
