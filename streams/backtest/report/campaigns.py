"""Campaign by campaign: which forecast to show, how the peak was met, and which campaign went worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.scoring import overlapping
from advisor.simulation.closed_loop import ClosedLoop
from advisor.simulation.rolling import Origins, RollingForecast, Series
from advisor.simulation.rolling_scores import CampaignScores
from streams.backtest.inputs import BacktestPlan, Inputs
from streams.backtest.report.view import CampaignCard, PeakMark, Stretch

PLOTTED = 48
"""Most campaigns that get a picture each."""

_FEWEST_STEPS = 12
_HOUR_S, _DAY_S = 3_600, 86_400


@dataclass(frozen=True, slots=True)
class _Found:
    card: CampaignCard
    forecast: RollingForecast | None
    mark: CampaignScores


def campaign_cards(
    plan: BacktestPlan,
    inputs: Inputs,
    forecasts: Sequence[RollingForecast],
    marks: Sequence[CampaignScores],
    loop: ClosedLoop | None,
) -> tuple[CampaignCard, ...]:
    """Every campaign that the span touches, the worst first; the first PLOTTED of them with their `stretch`.

    The worst is the one whose peak rose furthest above the highest level of the forecast, in multiples of it.
    Those without a forecast or without demand come last. A campaign out of the span is not there.
    """
    short = _first_minutes(loop)
    found = []
    for number, mark in enumerate(_touched(marks, forecasts), start=1):
        forecast = _chosen(mark, forecasts, plan.origins)
        peak = None if forecast is None else _peak(mark, forecast, inputs.series)
        card = _card(number, mark, forecast, peak, short.get(mark.campaign.campaign_id, {}))
        found.append(_Found(card, forecast, mark))
    found.sort(
        key=lambda f: (f.card.peak is None, -f.card.peak.beyond if f.card.peak else 0.0, f.card.number)
    )
    drawn = [replace(f.card, stretch=_stretch(f, inputs.series)) for f in found[:PLOTTED]]
    return (*drawn, *(f.card for f in found[PLOTTED:]))


def _touched(marks: Sequence[CampaignScores], forecasts: Sequence[RollingForecast]) -> list[CampaignScores]:
    """Campaigns whose window overlaps the time that was forecast, in order of their start."""
    first_s, last_s = int(forecasts[0].times_s[0]), int(forecasts[-1].times_s[-1])
    return [m for m in marks if to_epoch_s(m.end) > first_s and to_epoch_s(m.start) <= last_s]


def _chosen(
    mark: CampaignScores, forecasts: Sequence[RollingForecast], origins: Origins
) -> RollingForecast | None:
    """The last forecast made before the start that covers the whole window, else the last that reaches it."""
    before = [
        f
        for f in forecasts
        if f.cutoff <= mark.campaign.start and f.cutoff + origins.horizon > mark.campaign.start
    ]
    whole = [f for f in before if f.cutoff + origins.horizon >= mark.end]
    return max(whole or before, key=lambda f: f.cutoff, default=None)


def _peak(mark: CampaignScores, forecast: RollingForecast, series: Series) -> PeakMark | None:
    """How the peak in the window was met; None where no demand is known there, or none came."""
    start_s, end_s = to_epoch_s(mark.start), to_epoch_s(mark.end)
    actual = series.at(forecast.times_s)
    seen = overlapping(forecast.times_s, series.step_s, start_s, end_s) & np.isfinite(actual)
    if not seen.any() or not actual[seen].max() > 0:
        return None
    times_s, y, q = forecast.times_s[seen], actual[seen], forecast.band[seen]
    return PeakMark(
        actual=float(y.max()),
        forecast=tuple(q.max(axis=0).tolist()),
        minutes_late=float(times_s[np.argmax(q[:, 0])] - times_s[np.argmax(y)]) / 60,
        whole=int(forecast.times_s[-1]) + series.step_s >= end_s,
    )


def _card(
    number: int,
    mark: CampaignScores,
    forecast: RollingForecast | None,
    peak: PeakMark | None,
    first_minutes: dict[str, float],
) -> CampaignCard:
    campaign, scores = mark.campaign, mark.part.scores
    return CampaignCard(
        number=number,
        campaign_id=campaign.campaign_id,
        title=campaign.title,
        kind=campaign.kind,
        start=campaign.start,
        end=campaign.end,
        cutoff=forecast.cutoff if forecast else None,
        known=forecast is not None and campaign.announced_at < forecast.cutoff,
        peak=peak,
        coverage_95=scores.coverage[scores.levels.index(0.95)] if scores else None,
        first_minutes=first_minutes,
        stretch=None,
    )


def _first_minutes(loop: ClosedLoop | None) -> Mapping[str, dict[str, float]]:
    """The worst first-ten-minutes shortfall over all resources, per campaign and scaler."""
    short: dict[str, dict[str, float]] = {}
    for run in loop.runs if loop else ():
        for mark in run.events.campaigns:
            mine = short.setdefault(mark.campaign_id, {})
            mine[run.scaler] = max(mine.get(run.scaler, 0.0), mark.first_minutes_shortfall)
    return short


def _stretch(found: _Found, series: Series) -> Stretch | None:
    """The window with as much around it as helps the eye; None where nothing was forecast."""
    forecast, mark, width = found.forecast, found.mark, series.step_s
    if forecast is None:
        return None
    start_s, end_s = to_epoch_s(mark.start), to_epoch_s(mark.end)
    margin = max(min((end_s - start_s) // 2, _DAY_S // 2), _HOUR_S, _FEWEST_STEPS * width)
    last_s = min(end_s + margin, int(forecast.times_s[-1]) + width)
    times_s = np.arange((start_s - margin) // width * width, last_s, width, dtype=np.int64)
    ahead = (forecast.times_s >= times_s[0]) & (forecast.times_s < last_s)
    return Stretch(
        times_s=times_s,
        actual=series.at(times_s),
        ahead_s=forecast.times_s[ahead],
        band=forecast.band[ahead],
        baseline=forecast.baseline[ahead].astype(np.float64),
        window_s=(start_s, end_s),
        cutoff_s=to_epoch_s(forecast.cutoff),
    )
