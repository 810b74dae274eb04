"""What the demo shows at a moment, and what it tells in the end: both scalers on the same demand."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from advisor.domain.advice import Step
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.simulation.comparison import compare, demanded_units
from advisor.simulation.reactive import Supply, Units, simulate
from streams.demo.frame import Curve, DemoFrame, FloorNow, ScalerNow
from streams.demo.observer import Observer
from streams.demo.scenario import LEAD_TIME, RESOURCE, Scenario
from streams.demo.story import DemoStory

REACTIVE, HEADSTART = "Reactive HPA", "Headstart"
SHOWN = timedelta(hours=30)  # how much of the past the live view shows


def floors_set(scenario: Scenario, observer: Observer) -> Units:
    """The floor that really stood at each step, from the acts as the audit has them."""
    floors = np.full(len(scenario.times_s), scenario.minimum, dtype=np.int64)
    for act in sorted(observer.seen.acts, key=lambda act: act.at):
        floors[scenario.times_s >= to_epoch_s(act.at)] = act.after
    return floors


def _supplies(scenario: Scenario, floors: Units, until: int) -> dict[str, Supply]:
    """What both scalers had ready on the first `until` steps: same rules, same pods, another minimum."""
    demand = scenario.demand[:until]
    step_s = int(scenario.slot.total_seconds())
    ordinary = np.full(until, scenario.minimum, dtype=np.int64)
    return {
        REACTIVE: simulate(demand, step_s, scenario.hpa, ordinary, scenario.units_at_start),
        HEADSTART: simulate(demand, step_s, scenario.hpa, floors[:until], scenario.units_at_start),
    }


def frame_at(scenario: Scenario, observer: Observer, now: datetime) -> DemoFrame:
    """One moment of the demo as the live view draws it: all that was known at `now`, and nothing later."""
    seen = observer.seen
    until = max(2, int(np.searchsorted(scenario.times_s, to_epoch_s(now), side="right")))
    floors = floors_set(scenario, observer)
    shown = slice(max(0, until - int(SHOWN / scenario.slot)), until)
    times_s, demand = scenario.times_s[shown], scenario.demand[shown]
    step_minutes = scenario.slot.total_seconds() / 60
    needed = demanded_units(np.nan_to_num(scenario.demand[:until]), scenario.unit_capacity)
    scalers = tuple(
        ScalerNow(
            name,
            Curve(times_s, supply.units_ready[shown].astype(np.float64) * scenario.unit_capacity),
            int(supply.units_ready[-1]),
            float((needed > supply.units_ready).sum() * step_minutes),
        )
        for name, supply in _supplies(scenario, floors, until).items()
    )
    ahead = next((step for step in seen.plan if step.act_at > now), None)
    announced = scenario.sale is not None and scenario.sale.announced_at <= now
    return DemoFrame(
        service=scenario.service,
        timezone=scenario.timezone,
        now=now,
        progress=(now - scenario.start) / (scenario.end - scenario.start),
        demand=Curve(times_s, np.nan_to_num(demand)),
        forecast=observer.band(),
        needed_units=int(needed[-1]),
        scalers=scalers,
        floor=_floor_now(int(floors[until - 1]), ahead),
        sale=observer.sale_now() if announced else None,
        news=tuple(seen.news[-3:]),
    )


def _floor_now(units: int, ahead: Step | None) -> FloorNow:
    return FloorNow(units) if ahead is None else FloorNow(units, ahead.floor, ahead.act_at)


def story_of(scenario: Scenario, observer: Observer) -> DemoStory:
    """The finished demo: both scalers over the whole span, with their marks."""
    floors = floors_set(scenario, observer)
    supplies = _supplies(scenario, floors, len(scenario.times_s))
    demand = np.nan_to_num(scenario.demand)
    windows = [(c.start, c.end) for c in scenario.campaigns]
    band = observer.band(before=True)
    return DemoStory(
        service=scenario.service,
        resource=RESOURCE,
        timezone=scenario.timezone,
        times_s=scenario.times_s,
        demand=demand,
        unit_capacity=scenario.unit_capacity,
        lead_time_s=int(LEAD_TIME.total_seconds()),
        floor=floors,
        supplies=supplies,
        scorecards=compare(scenario.times_s, demand, scenario.unit_capacity, supplies, windows),
        acts=tuple(observer.seen.acts),
        sale=observer.sale_now(before=True),
        forecast=band,
        forecast_cutoff=from_epoch_s(int(band.times_s[0])) if band else None,
    )
