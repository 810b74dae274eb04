"""The scalers that are compared, on one resource: what each has ready, and its marks beside the others'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import ceil

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.simulation.comparison import demanded_units
from advisor.simulation.elasticity import Elasticity, elastic_speedup, elasticity, pairwise_wins
from advisor.simulation.known_floors import cron_floor, last_week_floor, multiplier_floor, oracle_supply
from advisor.simulation.loop_trace import LoopTrace
from advisor.simulation.planned_events import PlannedEvents, planned_events
from advisor.simulation.reactive import HpaRules, ReactiveScaler, Supply, Units, simulate

SCALERS = ("headstart", "hpa", "cron", "last_week", "multiplier", "oracle")


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """How the loop is run.

    `decide_every` is how often Headstart forecasts while a campaign is near; live it does so every few
    minutes. `hpa_target` is the HPA's target utilisation, of what a unit carries: what Kubernetes falls
    back to where none is named. `multiplier` is the operator's fixed factor.
    """

    decide_every: timedelta = timedelta(minutes=15)
    hpa_target: float = 0.8
    multiplier: float = 2.0


@dataclass(frozen=True, eq=False)
class Tried:
    """What one scaler asked for, floors (n,), and what it had, on the steps of a span."""

    floor: Units
    supply: Supply


@dataclass(frozen=True, eq=False)
class ScalerRun:
    """What one scaler had on one resource, step by step, and its marks.

    `demanded`, `floor`, `supply.units_requested` (paid) and `supply.units_ready` are whole units (n,).
    `elastic_speedup` is against the HPA alone, `wins` the share of duels won against the other scalers
    (the oracle takes no part), `cost_to_oracle` the ratio of paid unit-hours; None where undefined.
    """

    scaler: str
    resource: str
    demanded: Units
    floor: Units
    supply: Supply
    marks: Elasticity
    events: PlannedEvents
    elastic_speedup: float | None
    wins: float | None
    cost_to_oracle: float | None


def reaching(trace: LoopTrace, resource: ResourcePolicy) -> LoopTrace:
    """The share of a service's demand that reaches one resource."""
    return replace(trace, rate_per_s=trace.rate_per_s * resource.serves[trace.service])


def hpa_of(resource: ResourcePolicy, options: LoopOptions) -> HpaRules:
    """The HPA that every scaler has above its floor; where the policy says that nothing reacts, none."""
    return HpaRules(
        unit_capacity=resource.unit_capacity,
        maximum=resource.maximum,
        lead_time_s=ceil(resource.lead_time.total_seconds()),
        target_utilisation=options.hpa_target,
        reacts=resource.reactive,
    )


def at_rest(trace: LoopTrace, span: slice, resource: ResourcePolicy, options: LoopOptions) -> ReactiveScaler:
    """The HPA with what it would have come to before the first step: nobody starts in a hurry."""
    start_units = _units_at_rest(trace, span, resource, options)
    return ReactiveScaler(hpa_of(resource, options), trace.step_s, start_units)


def contest(
    trace: LoopTrace,
    span: slice,
    resource: ResourcePolicy,
    campaigns: Sequence[Campaign],
    headstart: Tried,
    options: LoopOptions,
) -> tuple[ScalerRun, ...]:
    """How did every scaler do on one resource, in the order of :data:`SCALERS`?

    `headstart` is what the product did there on the steps of `span`; the others are played here.
    """
    here = reaching(trace, resource)
    tried = {"headstart": headstart, **_others(here, span, resource, campaigns, options)}
    rate, times_s = here.rate_per_s[span], here.times_s[span]
    price, capacity = resource.price_per_unit_hour, resource.unit_capacity
    marks = {name: elasticity(rate, tried[name].supply, capacity, here.step_s, price) for name in SCALERS}
    wins = pairwise_wins({name: m for name, m in marks.items() if name != "oracle"})
    least = marks["oracle"].unit_hours
    return tuple(
        ScalerRun(
            scaler=name,
            resource=resource.resource,
            demanded=demanded_units(rate, capacity),
            floor=tried[name].floor,
            supply=tried[name].supply,
            marks=marks[name],
            events=planned_events(
                times_s,
                rate,
                tried[name].supply.units_ready,
                tried[name].floor,
                resource.minimum,
                capacity,
                campaigns,
            ),
            elastic_speedup=elastic_speedup(marks["hpa"], marks[name]),
            wins=wins.get(name),
            cost_to_oracle=marks[name].unit_hours / least if least else None,
        )
        for name in SCALERS
    )


def _others(
    here: LoopTrace,
    span: slice,
    resource: ResourcePolicy,
    campaigns: Sequence[Campaign],
    options: LoopOptions,
) -> Mapping[str, Tried]:
    floors = {
        "hpa": np.full(len(here.rate_per_s), resource.minimum, dtype=np.int64),
        "cron": cron_floor(here, resource, campaigns),
        "last_week": last_week_floor(here, resource),
        "multiplier": multiplier_floor(here, resource, campaigns, options.multiplier),
    }
    rate, rules = here.rate_per_s[span], hpa_of(resource, options)
    begin = _units_at_rest(here, span, resource, options)
    tried = {
        name: Tried(floor[span], simulate(rate, here.step_s, rules, floor[span], begin))
        for name, floor in floors.items()
    }
    known = oracle_supply(here, resource)
    least = Supply(known.units_requested[span], known.units_ready[span])
    return {**tried, "oracle": Tried(least.units_requested, least)}


def _units_at_rest(here: LoopTrace, span: slice, resource: ResourcePolicy, options: LoopOptions) -> int:
    """`here` is the demand on the resource; a gap counts as none."""
    rate = float(np.nan_to_num(here.rate_per_s[span.start])) if resource.reactive else 0.0
    units = ceil(rate / (resource.unit_capacity * options.hpa_target))
    return min(max(units, resource.minimum), resource.maximum)
