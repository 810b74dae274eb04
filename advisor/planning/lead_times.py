"""Lead times as they are measured: from the call that raised a floor until so many units were ready.

A raise is awaited from the call on, and ends with the first look that finds its units ready: a lead time is
known to the time between two looks, and never too short. Raises of one ramp share their fate (the same
nodes, image, quota, bad hour of the cloud's), so six steps of one evening are one measurement and not six:
of raises less than six hours apart the slowest counts, which is also what a plan has to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from math import exp

import numpy as np

from advisor.domain.capacity import Observation
from advisor.domain.demand import Floats
from advisor.domain.evidence import Awaited, LeadTime, LeadTimes
from advisor.planning.student import t_quantile

KEEP = 50
ENOUGH = 8  # measured ramps; below it a p95 would be a guess, and people's own figure is the better one
USUAL = 0.95
RAMP = timedelta(hours=6)
GIVE_UP = timedelta(days=7)  # the longest lead time that a policy can name
LOOKS_APART = timedelta(minutes=5)


def follow(
    times: LeadTimes, *, asked: tuple[int, datetime] | None, observation: Observation, now: datetime
) -> LeadTimes:
    """What is known of a resource's lead times after a look at it, or after a raise (`asked`: units, at).

    With `asked`, the observation is the one from before the raise.
    One observation may end many raises. A raise that is called off (the floor is lowered below it, by
    anyone) or does not arrive in a week counts as having taken at least so long. Units that were ready when
    they were asked for measure nothing, nor does a raise that became ready while nobody looked.
    """
    if asked is None and not times.awaited:
        return times
    ready = [a for a in times.awaited if a.units <= observation.ready_units and a.asked_at < now]
    measured = [_took(a, now, arrived=True) for a in ready if _is_known(a, times.looked_at, now)]
    waiting = [a for a in times.awaited if a not in ready]
    floor, asked_at = asked or (observation.bounds.minimum, now)
    over = [a for a in waiting if a.units > floor or now - a.asked_at >= GIVE_UP]
    measured += [_took(a, now, arrived=False) for a in over if a.asked_at < now]
    waiting = [a for a in waiting if a not in over]
    lowered = [a.asked_at for a in over if a.units > floor]
    raised = asked is not None and floor > observation.bounds.minimum
    if (raised or lowered) and floor > max([observation.ready_units, *(a.units for a in waiting)]):
        # What is left of a raise that was lowered in part has been under way since that was asked for.
        waiting.append(Awaited(min(lowered, default=asked_at), floor))
    return LeadTimes(_kept(times.measured, measured), tuple(waiting), now if waiting else None)


def is_measured(times: LeadTimes) -> bool:
    """Were enough raises seen through to know better than the policy?"""
    return sum(m.arrived for m in times.measured) >= ENOUGH


def usual(times: LeadTimes, default: timedelta) -> timedelta:
    """The p95 lead time as measured; `default` (the policy's) until enough was."""
    return lead_time_at(times, default, USUAL)


def lead_time_at(times: LeadTimes, default: timedelta, level: float) -> timedelta:
    """Within which time are units ready with this probability? `default` until enough was measured.

    At most the usual 0.95 it is the p95. Above, the larger of the empirical quantile and a prediction bound
    on the logarithms, for lead times are heavy-tailed and fifty of them hold no 0.995 quantile. It never
    falls with the level, which has to be below 1 (ValueError).
    """
    if not 0 <= level < 1:
        raise ValueError(f"a lead time's level is a probability below 1, not {level}")
    if not is_measured(times):
        return default
    return timedelta(seconds=_quantile_s(times.measured, max(level, USUAL)))


@lru_cache(maxsize=32_768)
def _quantile_s(measured: tuple[LeadTime, ...], level: float) -> float:
    arrived = np.array([m.took_s for m in measured if m.arrived])
    took_s, weight = _redistributed(measured)
    empirical = max(
        float(np.quantile(arrived, level, method="higher")),
        float(np.quantile(took_s, level, method="inverted_cdf", weights=weight)),
    )
    if level <= USUAL or took_s.min() == took_s.max():
        return empirical
    # Raises called off may draw the values together as well as up: they must not make the bound smaller.
    even = np.full(len(arrived), 1 / len(arrived))
    bound = max(_bound_s(arrived, even, len(arrived), level), _bound_s(took_s, weight, len(arrived), level))
    return max(empirical, bound)


def _redistributed(measured: Sequence[LeadTime]) -> tuple[Floats, Floats]:
    """The times (n,) and how much each counts (n,): Kaplan and Meier's estimate, told as Efron does (1967).

    One that was called off took longer than it was seen to: its share goes, in equal parts, to all that took
    longer. The longest keeps its own, whether or not it arrived.
    """
    ordered = sorted(measured, key=lambda m: (m.took_s, not m.arrived))
    weight = np.full(len(ordered), 1 / len(ordered))
    for i, one in enumerate(ordered[:-1]):
        if not one.arrived:
            weight[i + 1 :] += weight[i] / (len(ordered) - 1 - i)
            weight[i] = 0.0
    counts = weight > 0
    return np.array([m.took_s for m in ordered])[counts], weight[counts]


def _bound_s(took_s: Floats, weight: Floats, n: int, level: float) -> float:
    """What the next one stays below, were logarithms normal: mean + t * s * sqrt(1 + 1/n); a week at most."""
    logs = np.log(np.maximum(took_s, 1.0))
    mean = float(weight @ logs)
    spread = float(weight @ (logs - mean) ** 2) * n / (n - 1)
    bound = mean + t_quantile(level, n - 1) * (spread * (1 + 1 / n)) ** 0.5
    week_s = GIVE_UP.total_seconds()
    return exp(bound) if bound < np.log(week_s) else week_s


def _took(awaited: Awaited, now: datetime, *, arrived: bool) -> LeadTime:
    return LeadTime(awaited.asked_at, awaited.units, (now - awaited.asked_at).total_seconds(), arrived)


def _is_known(awaited: Awaited, looked_at: datetime | None, now: datetime) -> bool:
    """Was it last found short not long ago? After an outage of ours it may have been ready for hours."""
    return looked_at is not None and now - looked_at <= max(LOOKS_APART, (now - awaited.asked_at) / 2)


def _kept(before: tuple[LeadTime, ...], measured: Sequence[LeadTime]) -> tuple[LeadTime, ...]:
    """The newest ramps, each by its slowest raise, in the order in which those were asked for.

    One that did not arrive stands beside those of its ramp that did, so that it cannot hide them.
    """
    for one in measured:
        ramp = [m for m in before if m.arrived is one.arrived and abs(m.asked_at - one.asked_at) < RAMP]
        slowest = max([*ramp, one], key=lambda m: m.took_s)
        before = tuple(sorted([*(m for m in before if m not in ramp), slowest], key=lambda m: m.asked_at))
    return before[-KEEP:]


def looked_at_last(times: LeadTimes, at: datetime) -> LeadTimes:
    """The same after a restart, where it is known when the last look was."""
    return replace(times, looked_at=at) if times.awaited else times
