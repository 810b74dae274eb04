"""Every combination of what a service can have and be asked gives a forecast that keeps the laws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import numpy as np
import pytest

from advisor.domain.campaign import Campaign
from advisor.domain.demand import Forecast, ServiceView
from advisor.domain.policy import Policy, ResourcePolicy, SourcePolicy
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.forecasting.forecast import forecast_and_learn, teach, total_without
from advisor.forecasting.learned import NOTHING
from advisor.forecasting.windows import in_window
from tests.support.forecasting import MONDAY, campaign, day_curve, noisy, policy, view_of

HISTORIES = {"nothing": 0.0, "two hours": 2 / 24, "a day and a half": 1.5, "three weeks": 21.0}  # days
STEPS = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1), "1d": timedelta(days=1)}
CALENDARS = ("none", "promised", "unknown", "running", "holiday", "season", "two at once", "past and next")


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("days", HISTORIES.values(), ids=HISTORIES)
def test_every_combination_of_options_keeps_the_laws(days: float, step: timedelta) -> None:
    """Gaps, saturation, a cap, a resource's own quantile, what was learned before: each with and without."""
    tried = 0
    for view, campaigns, rules, learns_first in combinations(days, step):
        before = teach(earlier(view), campaigns, rules) if learns_first else NOTHING
        forecast, learned = forecast_and_learn(view, campaigns, rules, before)

        keeps_the_laws(forecast, campaigns, rules)
        again, _ = forecast_and_learn(view, campaigns, rules, learned)
        assert again.total.tobytes() == forecast.total.tobytes()
        tried += 1
    assert tried == len(CALENDARS) * 2**5


def combinations(
    days: float, step: timedelta
) -> Iterator[tuple[ServiceView, tuple[Campaign, ...], Policy, bool]]:
    """History, calendar, policy, and whether something was learned earlier."""
    step_s = int(step.total_seconds())
    cells = int(days * 86_400 // step_s)
    full = noisy(day_curve((cells + 1) * step_s / 86_400, step_s)[:cells])
    for calendar, gaps, saturated, capped, quantile, learns_first in product(CALENDARS, *[(False, True)] * 5):
        values = np.where(np.arange(cells) % 7 == 3, np.nan, full) if gaps else full
        view = view_of(values, step_s)
        if saturated:
            view = replace(view, saturated=np.arange(cells) % 5 == 1)
        sources = {"crm": SourcePolicy("crm", max_uplift=2.0)} if capped else None
        rules = policy(sources, step=step)
        if quantile:
            pods = ResourcePolicy("k8s://a/b/hpa/c", {"shop": 1.0}, 10.0, 1, 100, quantile=0.975)
            rules = replace(rules, resources={pods.resource: pods})
        yield view, announced(calendar, from_epoch_s(view.cutoff_s)), rules, learns_first


def announced(calendar: str, cutoff: datetime) -> tuple[Campaign, ...]:
    """A calendar of that sort, for a service at its cutoff."""
    soon = campaign(cutoff + timedelta(hours=3), p50=2.0, p90=6.0)
    unknown = replace(campaign(cutoff + timedelta(hours=4)), campaign_id="c2")
    past = [
        campaign(MONDAY + timedelta(days=day, hours=12), campaign_id=f"p{day}", audience=1e5)
        for day in range(0, 21, 3)
    ]
    return {
        "none": (),
        "promised": (soon,),
        "unknown": (unknown,),
        "running": (campaign(cutoff - timedelta(minutes=20), audience=1e5),),
        "holiday": (replace(campaign(cutoff, hours=24), kind="public_holiday"),),
        "season": (campaign(cutoff - timedelta(days=1), hours=24 * 30),),
        "two at once": (soon, unknown),
        "past and next": (*past, soon),
    }[calendar]


def earlier(view: ServiceView) -> ServiceView:
    """The same service when only half of its history had come."""
    half = len(view.times_s) // 2
    return view_of(view.values[:half], view.step_s)


def keeps_the_laws(forecast: Forecast, campaigns: tuple[Campaign, ...], rules: Policy) -> None:
    """Finite, never negative, quantiles in order, on the grid; a campaign moves its own window alone."""
    width_s = forecast.step_s
    assert forecast.levels == rules.levels
    assert (forecast.times_s >= to_epoch_s(forecast.cutoff)).all()
    assert (forecast.times_s % width_s == 0).all()
    for band in (forecast.baseline, forecast.total):
        assert band.shape == (len(forecast.times_s), len(rules.levels))
        assert np.isfinite(band).all()
        assert (band >= 0).all()
        assert (np.diff(band, axis=1) >= 0).all()
    known = {c.campaign_id: c for c in campaigns}
    moved = np.zeros(len(forecast.times_s), dtype=bool)
    for uplift in forecast.uplifts:
        inside = in_window(known[uplift.campaign_id], forecast.times_s, width_s)
        assert (uplift.factor[~inside] == 1.0).all()
        assert np.isfinite(total_without(forecast, uplift.campaign_id)).all()
        moved |= inside
    assert (forecast.total[~moved] == forecast.baseline[~moved]).all()
