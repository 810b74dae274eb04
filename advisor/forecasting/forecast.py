"""One service's forecast: mask the campaigns out of its history, predict without them, put them back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast, ServiceView, UpliftBand
from advisor.domain.policy import Policy
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s
from advisor.forecasting.baseline import baseline_band
from advisor.forecasting.compose import round_significant, total_band
from advisor.forecasting.grid import forecast_times, relevant
from advisor.forecasting.uplift import effect_window, uplift_band


def forecast_service(view: ServiceView, campaigns: Sequence[Campaign], policy: Policy) -> Forecast:
    """What will this service's demand be, as a band, with and without its campaigns?

    Uses only `view`, which ends at the cutoff, and the campaigns handed over. The same inputs give
    the same arrays, in whatever order the campaigns come. Rates are in requests per second, rounded
    to six significant digits. A campaign that touches no step of the grid leaves no trace.
    """
    chosen = relevant(campaigns, view.service)
    times_s, width_s, levels = forecast_times(view, chosen, policy), step_s(policy.step), policy.levels
    present = [c for c in chosen if _in_window(c, times_s, width_s).any()]
    # One call also tells the baseline at each campaign's start, which an audience is measured against.
    starts = np.array([to_epoch_s(c.start) for c in present], dtype=np.int64)
    masked = campaign_mask(view, chosen)
    band, reasons = baseline_band(view, masked, np.concatenate([times_s, starts]), levels)
    baseline = round_significant(band[: len(times_s)])
    at_start = band[len(times_s) :, levels.index(0.5)]
    uplifts = tuple(
        _uplift(campaign, times_s, width_s, policy, float(rate))
        for campaign, rate in zip(present, at_start, strict=True)
    )
    return Forecast(
        service=view.service,
        cutoff=from_epoch_s(view.cutoff_s),
        step_s=width_s,
        times_s=times_s,
        levels=levels,
        baseline=baseline,
        total=_total(baseline, [u.factor for u in uplifts], levels),
        uplifts=uplifts,
        reasons=tuple(dict.fromkeys([*reasons, *(u.reason for u in uplifts)])),
    )


def total_without(forecast: Forecast, campaign_id: str) -> Floats:
    """What would demand be if that campaign did not exist? Shape (steps, levels).

    The history stays masked as it was: what the campaign did in the past is not taken for ordinary.
    """
    total = forecast.total.copy()
    rows = affected_rows(forecast, campaign_id)
    others = [u.factor[rows] for u in forecast.uplifts if u.campaign_id != campaign_id]
    present = [factor for factor in others if (factor != 1.0).any()]
    total[rows] = _total(forecast.baseline[rows], present, forecast.levels)
    return total


def affected_rows(forecast: Forecast, campaign_id: str) -> slice:
    """The contiguous steps outside which a campaign changes nothing of the forecast; may be empty."""
    for uplift in forecast.uplifts:
        if uplift.campaign_id == campaign_id:
            rows = np.flatnonzero((uplift.factor != 1.0).any(axis=1))
            return slice(int(rows[0]), int(rows[-1]) + 1) if len(rows) else slice(0, 0)
    return slice(0, 0)


def campaign_mask(view: ServiceView, campaigns: Sequence[Campaign]) -> NDArray[np.bool_]:
    """Which cells of the history did a campaign move? Shape (n,); kept out of the baseline."""
    mask = np.zeros(len(view.values), dtype=np.bool_)
    for campaign in relevant(campaigns, view.service):
        mask |= _in_window(campaign, view.times_s, view.step_s)
    return mask


def _in_window(campaign: Campaign, times_s: Seconds, width_s: int) -> NDArray[np.bool_]:
    """Which of the steps that start at `times_s` overlap the campaign's effect window?"""
    start, end = effect_window(campaign)
    inside: NDArray[np.bool_] = (times_s + width_s > to_epoch_s(start)) & (times_s < to_epoch_s(end))
    return inside


def _uplift(
    campaign: Campaign, times_s: Seconds, width_s: int, policy: Policy, rate_at_start_per_s: float
) -> UpliftBand:
    source = policy.sources.get(campaign.source)
    cap = source.max_uplift if source is not None else None
    band = uplift_band(campaign, times_s, policy.levels, rate_at_start_per_s, cap, width_s)
    return UpliftBand(band.campaign_id, round_significant(band.factor), band.reason)


def _total(baseline: Floats, factors: Sequence[Floats], levels: Sequence[float]) -> Floats:
    return round_significant(total_band(baseline, factors, levels))
