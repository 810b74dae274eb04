"""What does a service's forecast ask of one resource?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.advice import Need, WithoutCampaign
from advisor.domain.demand import Floats, Forecast, UpliftBand
from advisor.domain.policy import ResourcePolicy
from advisor.forecasting.forecast import affected_rows, total_without


def need_of(forecast: Forecast, resource: ResourcePolicy) -> Need:
    """The forecast at the quantile planned for, with every campaign and without each.

    That is the resource's `quantile` but, where it lets go, its `running_quantile` in steps that only
    campaigns move whose crowd has been seen. How many came is then known, and a reactive scaler has its
    own reserve for what strays from that.
    """
    column = forecast.levels.index(resource.quantile)
    seen = _seen(forecast)
    return Need(
        resource=resource.resource,
        service=forecast.service,
        level=resource.quantile,
        cutoff=forecast.cutoff,
        step_s=forecast.step_s,
        times_s=forecast.times_s,
        baseline=forecast.baseline[:, column],
        total=_planned(forecast, resource, forecast.total, seen.only),
        without=tuple(_without(forecast, resource, uplift, seen) for uplift in forecast.uplifts),
        reasons=forecast.reasons,
    )


@dataclass(frozen=True, eq=False)
class _Seen:
    """Per step (steps,): does any campaign move it whose crowd was seen, and how many whose was not?"""

    any: NDArray[np.bool_]
    unseen: NDArray[np.int64]

    @property
    def only(self) -> NDArray[np.bool_]:
        """The steps that only campaigns move whose crowd has been seen."""
        return self.any & (self.unseen == 0)


def _seen(forecast: Forecast) -> _Seen:
    """A crowd has been seen where what came of it corrected the forecast."""
    seen = _Seen(np.zeros(len(forecast.times_s), np.bool_), np.zeros(len(forecast.times_s), np.int64))
    for uplift in forecast.uplifts:
        rows = affected_rows(forecast, uplift.campaign_id)
        if uplift.in_flight is None:
            seen.unseen[rows] += 1
        else:
            seen.any[rows] = True
    return seen


def _planned(forecast: Forecast, resource: ResourcePolicy, total: Floats, seen: NDArray[np.bool_]) -> Floats:
    """The quantile of a total (rows, levels) that is planned for in each of its rows, shape (rows,)."""
    planned: Floats = total[:, forecast.levels.index(resource.quantile)]
    if not resource.lets_go:
        return planned
    return np.where(seen, total[:, forecast.levels.index(resource.quantile_once_seen)], planned)


def _without(
    forecast: Forecast, resource: ResourcePolicy, uplift: UpliftBand, seen: _Seen
) -> WithoutCampaign:
    """A step stays seen without the campaign that was seen there: leaving one out never asks for more."""
    rows = affected_rows(forecast, uplift.campaign_id)
    others_unseen = seen.unseen[rows] - (uplift.in_flight is None)
    total = total_without(forecast, uplift.campaign_id)[rows]
    rates = _planned(forecast, resource, total, seen.any[rows] & (others_unseen == 0))
    return WithoutCampaign(uplift.campaign_id, rows.start, rates)
