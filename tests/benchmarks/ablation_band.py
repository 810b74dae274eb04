"""A band as one would put round any forecast: one table of its past errors, for every hour and occasion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast, ServiceView
from advisor.domain.policy import Policy
from advisor.forecasting.forecast import forecast_and_learn
from advisor.forecasting.learned import NOTHING, Learned
from advisor.forecasting.scale import from_log, to_log
from advisor.simulation.rolling import Series, known_before, view_before

LOOK_BACK = timedelta(days=14)
APART = timedelta(hours=12)
"""Before its first forecast it makes those of two weeks, twice a day, to have errors to go by."""

FEWEST_ERRORS = 288


class OneTable:
    """Stands in for `forecast_and_learn`: the same medians, in a band of their own past errors.

    Errors are log ratios (with the scale's offset) of what came before the cutoff to every median that
    was forecast for it, whatever the hour, the time ahead and the campaigns.
    """

    def __init__(self) -> None:
        self._past: list[Forecast] | None = None

    def __call__(
        self, view: ServiceView, campaigns: Sequence[Campaign], policy: Policy, learned: Learned
    ) -> tuple[Forecast, Learned]:
        """The full model's forecast with this band; with its own while too few errors are known."""
        if self._past is None:
            self._past = list(_earlier(view, campaigns, policy))
        made, known = forecast_and_learn(view, campaigns, policy, learned)
        errors = np.concatenate([np.zeros(0), *(_errors(view, past) for past in self._past)])
        self._past.append(made)
        if len(errors) < FEWEST_ERRORS:
            return made, known
        return replace(made, total=_around_median(made, np.quantile(errors, made.levels))), known


def _earlier(view: ServiceView, campaigns: Sequence[Campaign], policy: Policy) -> Iterator[Forecast]:
    series = Series(view.start_s, view.step_s, view.values)
    for back in range(LOOK_BACK // APART, 0, -1):
        cutoff = view.data_until - back * APART
        before = view_before(series, view.service, cutoff)
        if len(before.values):
            yield forecast_and_learn(before, known_before(campaigns, cutoff), policy, NOTHING)[0]


def _errors(view: ServiceView, past: Forecast) -> Floats:
    came = Series(view.start_s, view.step_s, view.values).at(past.times_s)
    known = np.isfinite(came)
    median = past.total[known, past.levels.index(0.5)]
    off: Floats = to_log(came[known], past.offset) - to_log(median, past.offset)
    return off


def _around_median(made: Forecast, table: Floats) -> Floats:
    middle = made.levels.index(0.5)
    median = made.total[:, [middle]]
    band = from_log(to_log(median, made.offset) + table, made.offset)
    band[:, middle] = median[:, 0]
    above = np.maximum.accumulate(band[:, middle:], axis=1)
    below = np.minimum.accumulate(band[:, middle::-1], axis=1)[:, ::-1]
    whole: Floats = np.concatenate([below[:, :-1], above], axis=1)
    return whole
