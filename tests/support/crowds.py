"""Seeded worlds in which campaigns really move demand, for tests of what is learned from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Floats, Forecast, ServiceView
from advisor.forecasting.windows import in_window, time_profile
from tests.support.forecasting import MONDAY, campaign, day_curve, noisy, view_of

Crowds = Sequence[tuple[Campaign, float]]
"""Campaigns, each with the factor by which it multiplies demand at its height."""


def day(number: float, hour: float = 0.0) -> datetime:
    """That hour of the day so many days after the Monday that every world begins on."""
    return MONDAY + timedelta(days=number, hours=hour)


def weekly(
    weeks: int, factor: float, *, kind: str = "email", hour: float = 18.0, hours: float = 2.0, first: int = 2
) -> tuple[tuple[Campaign, float], ...]:
    """One campaign a week (Wednesdays, unless told otherwise), all with the same effect and no hints."""
    return tuple(
        (
            replace(
                campaign(day(7 * week + first, hour), campaign_id=f"{kind}-{week:02}", hours=hours), kind=kind
            ),
            factor,
        )
        for week in range(weeks)
    )


def demand(
    days: float,
    crowds: Crowds = (),
    *,
    step_s: int = 300,
    seed: int = 1,
    sigma: float = 0.05,
    level: Floats | None = None,
) -> Floats:
    """Demand of so many days: a daily wave, times `level`, with each crowd's excess on top, and noise."""
    wave = day_curve(days, step_s)
    times_s = int(MONDAY.timestamp()) + step_s * np.arange(len(wave), dtype=np.int64)
    excess = np.zeros(len(wave))
    for announced, factor in crowds:
        excess += (factor - 1) * time_profile(announced, times_s, step_s)
    return noisy(wave * (1 + excess) * (1.0 if level is None else level), seed=seed, sigma=sigma)


def until(values: Floats, moment: datetime, step_s: int = 300) -> ServiceView:
    """What is known of this demand at that moment."""
    cells = int((moment - MONDAY).total_seconds()) // step_s
    return view_of(values[:cells], step_s)


def pinball_inside(forecast: Forecast, values: Floats, announced: Campaign) -> float:
    """Mean pinball loss over all levels, on the forecast's steps inside a campaign's window."""
    steps = forecast.times_s
    rows = in_window(announced, steps, forecast.step_s)
    cells = (steps[rows] - int(MONDAY.timestamp())) // forecast.step_s
    rows_at = np.flatnonzero(rows)[cells < len(values)]
    actual = values[cells[cells < len(values)], None]
    off = actual - forecast.total[rows_at]
    levels = np.asarray(forecast.levels)
    return float(np.maximum(levels * off, (levels - 1) * off).mean())


def median_at(forecast: Forecast, moment: datetime) -> float:
    """The middle of the total, at that moment."""
    return float(forecast.total[_row(forecast, moment), list(forecast.levels).index(0.5)])


def times_at(forecast: Forecast, campaign_id: str, moment: datetime) -> float:
    """How many times the demand without it does one campaign alone make it, in the middle, at that moment?"""
    (uplift,) = (u for u in forecast.uplifts if u.campaign_id == campaign_id)
    row, middle = _row(forecast, moment), list(forecast.levels).index(0.5)
    without, factor = forecast.baseline[row, middle], uplift.factor[row, middle]
    return float((factor * (without + forecast.offset) - forecast.offset) / without)


def _row(forecast: Forecast, moment: datetime) -> int:
    return int(np.searchsorted(forecast.times_s, int(moment.timestamp()), side="right")) - 1
