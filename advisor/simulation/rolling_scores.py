"""The marks of a rolling-origin backtest: over all points, inside campaign windows, and campaign by campaign.

A campaign's window is the time in which the product lets it move demand (`effect_window`). A campaign
of more than two days is marked by itself but does not count as inside: a mission of a week or a season of
discounts is ordinary days for the most part, and would drown the hours for which campaigns are forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign, CampaignStatus
from advisor.domain.demand import Floats
from advisor.domain.timegrid import Seconds, to_epoch_s
from advisor.forecasting.scoring import Peak, PeakScores, Scores, overlapping, peak, peak_scores, score
from advisor.forecasting.windows import effect_window
from advisor.simulation.rolling import RollingForecast, Series

LONGEST_INSIDE = timedelta(days=2)
FIRST_LEARNED = 2  # from the third campaign on, two of them have been there to learn from


@dataclass(frozen=True, slots=True)
class Part:
    """Marks of some of the points. Both are None where nothing was seen there."""

    scores: Scores | None
    peaks: PeakScores | None


@dataclass(frozen=True, slots=True)
class CampaignScores:
    """Marks inside one campaign's window [start, end), and whether it counts as inside."""

    campaign: Campaign
    start: datetime
    end: datetime
    counts: bool
    part: Part


@dataclass(frozen=True, slots=True)
class RollingScores:
    """Marks over all points, inside campaign windows, and inside those from the third window on.

    Peaks are those of every forecast's whole horizon under `everything`, and of campaign windows
    elsewhere. `campaigns` stand in order of their start.
    """

    everything: Part
    inside: Part
    from_third: Part
    campaigns: tuple[CampaignScores, ...]


@dataclass(frozen=True, eq=False)
class _Points:
    """All forecasts side by side: times and actuals (cutoffs, steps), bands (cutoffs, steps, levels)."""

    times_s: Seconds
    actual: Floats
    bands: Floats
    levels: tuple[float, ...]
    step_s: int

    def part(self, mask: NDArray[np.bool_], peaks: Sequence[Peak]) -> Part:
        return Part(score(self.actual[mask], self.bands[mask], self.levels), peak_scores(peaks))

    def peak_of(self, row: int, mask: NDArray[np.bool_]) -> Peak | None:
        return peak(self.times_s[row][mask], self.actual[row][mask], self.bands[row][mask], self.levels)


def score_rolling(
    series: Series,
    forecasts: Sequence[RollingForecast],
    campaigns: Sequence[Campaign],
    levels: Sequence[float],
) -> RollingScores:
    """How good were these forecasts of this series? At least one forecast; bands are of these levels.

    `from_third` leaves out the first two campaigns of which any demand was seen: before them there is
    nothing that tells what a campaign does here.
    """
    points = _Points(
        times_s=np.stack([f.times_s for f in forecasts]),
        actual=series.at(np.stack([f.times_s for f in forecasts])),
        bands=np.stack([f.band for f in forecasts]),
        levels=tuple(levels),
        step_s=series.step_s,
    )
    everywhere = np.ones(points.times_s.shape, dtype=np.bool_)
    daily = [points.peak_of(row, everywhere[row]) for row in range(len(everywhere))]
    standing = [c for c in campaigns if c.status is CampaignStatus.SCHEDULED]
    ordered = sorted(standing, key=lambda c: (c.start, c.campaign_id))
    inside, from_third = np.zeros_like(everywhere), np.zeros_like(everywhere)
    peaks: list[Peak] = []
    later_peaks: list[Peak] = []
    marks, seen = [], 0
    for campaign in ordered:
        mark, mask, met = _score_campaign(campaign, points)
        marks.append(mark)
        if not mark.counts:
            continue
        inside |= mask
        peaks += met
        if seen >= FIRST_LEARNED:
            from_third |= mask
            later_peaks += met
        seen += _was_seen(series, mark)
    return RollingScores(
        everything=points.part(everywhere, [p for p in daily if p is not None]),
        inside=points.part(inside, peaks),
        from_third=points.part(from_third, later_peaks),
        campaigns=tuple(marks),
    )


def _score_campaign(
    campaign: Campaign, points: _Points
) -> tuple[CampaignScores, NDArray[np.bool_], list[Peak]]:
    start, end = effect_window(campaign)
    start_s, end_s = to_epoch_s(start), to_epoch_s(end)
    mask = overlapping(points.times_s, points.step_s, start_s, end_s)
    # A forecast that covers half of a window cannot be told to have missed a peak in the other half.
    whole = (points.times_s[:, 0] <= start_s) & (points.times_s[:, -1] + points.step_s >= end_s)
    met = [points.peak_of(row, mask[row]) for row in np.flatnonzero(whole).tolist()]
    peaks = [found for found in met if found is not None]
    counts = campaign.end - campaign.start <= LONGEST_INSIDE
    return CampaignScores(campaign, start, end, counts, points.part(mask, peaks)), mask, peaks


def _was_seen(series: Series, mark: CampaignScores) -> bool:
    """Was any demand seen inside this campaign's window, forecast or not?"""
    first_s = to_epoch_s(mark.start) // series.step_s * series.step_s
    times_s = np.arange(first_s, to_epoch_s(mark.end), series.step_s, dtype=np.int64)
    return bool(np.isfinite(series.at(times_s)).any())
