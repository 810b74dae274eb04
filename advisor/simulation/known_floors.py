"""The floors that others would set: by the clock, by last week, by a factor, and by knowing everything.

Each is a function of a trace and a calendar with what was known at the time, but for the oracle. Units
follow the resource's policy, its headroom included, within its minimum and maximum.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from advisor.domain.campaign import Campaign
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import floor_to, to_epoch_s
from advisor.planning.sizing import Units, units_for
from advisor.simulation.comparison import demanded_units
from advisor.simulation.loop_trace import LoopTrace
from advisor.simulation.reactive import Supply

PRESCALE = timedelta(minutes=15)
"""How long before a campaign a fixed multiplier is in force, on top of the lead time."""

LAST_WEEK = timedelta(days=6, hours=23, minutes=30)
"""Last week's demand, looked at half an hour early, so that units are ready when it returns."""

_DAY_S, _HOUR_S, _WEEK_DAYS = 86_400, 3600, 7
_JUST_BEFORE_S = 600


def cron_floor(trace: LoopTrace, resource: ResourcePolicy, campaigns: Sequence[Campaign]) -> Units:
    """What would a crontab ask for that somebody writes anew every night? Shape (n,).

    The ordinary practice of cron triggers: whole hours and one figure. The hours are those that hold a
    campaign of the day, begun early enough for the lead time; the figure is the highest demand of the
    latest day before on which there was a campaign or, before the first, of the last seven days. What is
    announced during the day is added then.
    """
    floors = np.full(len(trace.rate_per_s), resource.minimum, dtype=np.int64)
    lead_s = int(resource.lead_time.total_seconds())
    hours = [
        (
            (to_epoch_s(c.start) - lead_s) // _HOUR_S * _HOUR_S,
            -(-to_epoch_s(c.end) // _HOUR_S) * _HOUR_S,
            to_epoch_s(c.announced_at),
        )
        for c in campaigns
    ]
    for day_s in range(trace.start_s // _DAY_S * _DAY_S, trace.end_s, _DAY_S):
        todays = [(b, e, a) for b, e, a in hours if b < day_s + _DAY_S and e > day_s]
        if todays:
            level = _units(trace.highest(*_model_day(day_s, campaigns)), resource)
        for begin_s, end_s, announced_s in todays:
            first_s = max(begin_s, announced_s, day_s)
            part = slice(trace.index_of(first_s), trace.index_of(min(end_s, day_s + _DAY_S)))
            floors[part] = np.maximum(floors[part], level)
    return floors


def last_week_floor(trace: LoopTrace, resource: ResourcePolicy) -> Units:
    """What would a floor ask for that repeats last week's demand? Shape (n,); the minimum in the first week.

    The practice of Mimir's own autoscaling triggers (`offset 6d23h30m`). It needs no calendar and sees none.
    """
    slots = int(LAST_WEEK.total_seconds()) // trace.step_s
    past = np.concatenate([np.full(slots, np.nan), trace.rate_per_s])[: len(trace.rate_per_s)]
    return np.clip(units_for(past, resource), resource.minimum, resource.maximum)


def multiplier_floor(
    trace: LoopTrace, resource: ResourcePolicy, campaigns: Sequence[Campaign], factor: float
) -> Units:
    """What would an operator's fixed multiplier ask for? Shape (n,).

    In force from the lead time and :data:`PRESCALE` before a campaign to its end: `factor` times the highest
    demand of the ten minutes before that. Nothing is in force before it was announced.
    """
    floors = np.full(len(trace.rate_per_s), resource.minimum, dtype=np.int64)
    for campaign in campaigns:
        begin = max(campaign.start - resource.lead_time - PRESCALE, campaign.announced_at)
        known_s = trace.known_until_s(to_epoch_s(begin))
        usual = trace.highest(known_s - max(_JUST_BEFORE_S, trace.row_s), known_s)
        part = slice(trace.index_of(to_epoch_s(begin)), trace.index_of(to_epoch_s(campaign.end)))
        floors[part] = np.maximum(floors[part], _units(factor * usual, resource))
    return floors


def oracle_supply(trace: LoopTrace, resource: ResourcePolicy) -> Supply:
    """What is the least that meets every step's demand, with perfect knowledge and the same lead time?

    A unit serves at t only if it was asked for all along from t - L to t. So at t at least the most
    demanded within [t, t + L] has to be asked for, and that is enough: R(t) = max d over [t, t + L], and
    ready is min R over [t - L, t]. Within the policy's minimum and maximum, without headroom.
    """
    d = np.clip(demanded_units(trace.rate_per_s, resource.unit_capacity), resource.minimum, resource.maximum)
    width = -(-int(resource.lead_time.total_seconds()) // trace.step_s)
    requested = _rolling_max(d, width)
    ready = -_rolling_max(-requested[::-1], width)[::-1]
    return Supply(requested, ready)


def _model_day(day_s: int, campaigns: Sequence[Campaign]) -> tuple[int, int]:
    """The span whose highest demand is the model for a day: the latest campaign day before it, or a week."""
    lasts = [
        min((to_epoch_s(c.end) - 1) // _DAY_S * _DAY_S, day_s - _DAY_S)
        for c in campaigns
        if to_epoch_s(floor_to(c.start, timedelta(days=1))) < day_s
    ]
    if not lasts:
        return day_s - _WEEK_DAYS * _DAY_S, day_s
    return max(lasts), max(lasts) + _DAY_S


def _units(rate_per_s: float, resource: ResourcePolicy) -> int:
    units = int(units_for(np.array([rate_per_s]), resource)[0])
    return min(max(units, resource.minimum), resource.maximum)


def _rolling_max(units: Units, width: int) -> Units:
    """The highest over [i, i + width], by doubling; the last value goes on past the end."""
    result = units.copy()
    reach = 0
    while reach < width:
        shift = min(max(reach, 1), width - reach)
        ahead = np.append(result[shift:], np.full(min(shift, len(result)), result[-1]))
        result = np.maximum(result, ahead)
        reach += shift
    return result
