"""What does a service's forecast ask of one resource?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.domain.advice import Need, WithoutCampaign
from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.forecast import affected_rows, total_without
from advisor.forecasting.windows import effect_window
from advisor.planning.schedule import promised_until

Steps = NDArray[np.bool_]

_DIGITS = 4


def need_of(
    forecast: Forecast, resource: ResourcePolicy, campaigns: Sequence[Campaign], highest_seen: float = 0.0
) -> Need:
    """The forecast at the quantile planned for, with every campaign and without each.

    That is the resource's `quantile` but, where it lets go, its `running_quantile` in steps in which all
    `campaigns` of the forecast have been there for a lead time. How many came is known then, and a
    reactive scaler has its own reserve for what strays from what is expected. `highest_seen` is the highest
    rate in the service's history.
    """
    column = forecast.levels.index(resource.quantile)
    known = {campaign.campaign_id: campaign for campaign in campaigns}
    ours = [known[uplift.campaign_id] for uplift in forecast.uplifts] if resource.lets_go else []
    phases = _phases(forecast, resource, ours)
    return Need(
        resource=resource.resource,
        service=forecast.service,
        level=resource.quantile,
        cutoff=forecast.cutoff,
        step_s=forecast.step_s,
        times_s=forecast.times_s,
        baseline=forecast.baseline[:, column],
        total=_planned(forecast, resource, forecast.total, phases.settled()),
        levels=forecast.levels,
        bands=_shortened(forecast.total),
        without=tuple(_without(forecast, resource, u.campaign_id, phases) for u in forecast.uplifts),
        reasons=forecast.reasons,
        highest_seen=highest_seen,
        calibration=forecast.calibration,
    )


@dataclass(frozen=True, eq=False)
class _Phases:
    """Steps (steps,) in which any campaign runs that was there for long enough, and how many were not.

    `fresh` are the latter's steps by campaign, `how_many` their number.
    """

    running: Steps
    fresh: dict[str, Steps]
    how_many: NDArray[np.int64]

    def settled(self, without: str | None = None) -> Steps:
        """The steps in which all campaigns have been there for long enough; one may be left out.

        A step stays settled without the campaign that settled it: leaving one out never asks for more.
        """
        others = self.how_many - self.fresh[without] if without in self.fresh else self.how_many
        return np.asarray(self.running & (others == 0))


def _phases(forecast: Forecast, resource: ResourcePolicy, campaigns: Sequence[Campaign]) -> _Phases:
    times_s = forecast.times_s
    running = np.zeros(len(times_s), dtype=np.bool_)
    how_many = np.zeros(len(times_s), dtype=np.int64)
    fresh: dict[str, Steps] = {}
    for campaign in campaigns:
        begin_s, end_s = (to_epoch_s(edge) for edge in effect_window(campaign))
        until_s = to_epoch_s(promised_until(resource, campaign))
        promised = (times_s + forecast.step_s > begin_s) & (times_s < until_s)
        fresh[campaign.campaign_id] = promised
        how_many += promised
        running |= (times_s >= until_s) & (times_s < end_s)
    return _Phases(running, fresh, how_many)


def _planned(forecast: Forecast, resource: ResourcePolicy, total: Floats, settled: Steps) -> Floats:
    """The quantile of a total (rows, levels) that is planned for in each of its rows, shape (rows,)."""
    planned = total[:, forecast.levels.index(resource.quantile)]
    expected = total[:, forecast.levels.index(resource.quantile_while_running)]
    return np.where(settled, expected, planned)


def _without(
    forecast: Forecast, resource: ResourcePolicy, campaign_id: str, phases: _Phases
) -> WithoutCampaign:
    rows = affected_rows(forecast, campaign_id)
    total = total_without(forecast, campaign_id)[rows]
    rates = _planned(forecast, resource, total, phases.settled(campaign_id)[rows])
    return WithoutCampaign(campaign_id, rows.start, rates, _shortened(total))


def _shortened(rate_per_s: Floats) -> Floats:
    """The same rates to four significant digits: bands tell prices and risks, and travel over Kafka."""
    exponent = np.floor(np.log10(np.where(rate_per_s > 0, rate_per_s, 1.0)))
    scale = 10.0 ** (_DIGITS - 1 - exponent)
    return np.asarray(np.round(rate_per_s * scale) / scale)
