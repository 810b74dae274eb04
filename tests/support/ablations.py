"""A seeded set in which every part of the forecast has something to do, for tests of what takes them out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from advisor.domain.timegrid import to_epoch_s
from advisor.simulation.rolling import Series
from tests.benchmarks.ablation_sets import Grid, Trial
from tests.support.crowds import day, demand, weekly
from tests.support.forecasting import MONDAY

STEP_S = 1800
WEEKS = 4
LAST_EMAIL = day(7 * (WEEKS - 1) + 2, 18)
CUTOFF = LAST_EMAIL + timedelta(hours=1)
"""One hour into the last email: three others and as many pushes lie before it."""

SHIFTED = day(5)
"""The day after the first push, from whose start on the level is half as high again."""


def shop() -> Trial:
    """Four weeks at half an hour, from cutoffs on the last email's day.

    Two kinds of campaign, of differing size, a level that rises with the first push, a spike, quiet
    Sundays, and an email at the cutoff that does twice what the others did.
    """
    emails = weekly(WEEKS, 3.0)
    crowds = [(c, 6.0 if week == WEEKS - 1 else 2.5 + 0.5 * week) for week, (c, _) in enumerate(emails)]
    crowds += weekly(WEEKS, 1.8, kind="push", hour=9.0, first=4)
    days = 7 * WEEKS
    level = np.repeat(np.where(np.arange(days) % 7 == 6, 0.5, 1.0), 48)
    level[4 * 48 + 18 :] *= 1.5
    level[10 * 48 + 30] *= 20
    values = demand(days, crowds, step_s=STEP_S, sigma=0.1, level=level)
    half_a_day = timedelta(hours=12)
    grid = Grid(CUTOFF - half_a_day, CUTOFF, every=half_a_day, step=timedelta(seconds=STEP_S))
    campaigns = tuple(replace(c, announced_at=MONDAY - timedelta(days=1)) for c, _ in crowds)
    return Trial("shop", Series(to_epoch_s(MONDAY), STEP_S, values), campaigns, grid, service="shop")
