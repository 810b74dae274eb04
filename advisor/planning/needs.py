"""What does a service's forecast ask of one resource?"""

from __future__ import annotations

from advisor.domain.advice import Need, WithoutCampaign
from advisor.domain.demand import Forecast
from advisor.domain.policy import ResourcePolicy
from advisor.forecasting.forecast import affected_rows, total_without


def need_of(forecast: Forecast, resource: ResourcePolicy) -> Need:
    """The forecast at the resource's planning quantile, with every campaign and without each."""
    column = forecast.levels.index(resource.quantile)
    return Need(
        resource=resource.resource,
        service=forecast.service,
        level=resource.quantile,
        cutoff=forecast.cutoff,
        step_s=forecast.step_s,
        times_s=forecast.times_s,
        baseline=forecast.baseline[:, column],
        total=forecast.total[:, column],
        without=tuple(_without(forecast, uplift.campaign_id, column) for uplift in forecast.uplifts),
        reasons=forecast.reasons,
    )


def _without(forecast: Forecast, campaign_id: str, column: int) -> WithoutCampaign:
    rows = affected_rows(forecast, campaign_id)
    return WithoutCampaign(campaign_id, rows.start, total_without(forecast, campaign_id)[rows, column])
