"""The arithmetic behind a floor: the highest demand it stands for, and how many units that takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from advisor.domain.advice import Claim, Need, Step
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import Seconds, from_epoch_s, to_epoch_s
from advisor.planning.claims import demand_on
from advisor.planning.sizing import units_for
from streams.decision_inputs import DecisionInputs


@dataclass(frozen=True, slots=True)
class ServiceDemand:
    """What one service asks at the peak: its own rate with and without campaigns, and its share here."""

    service: str
    rate_per_s: float
    baseline_per_s: float
    share: float


@dataclass(frozen=True, slots=True)
class WithoutOne:
    """What the peak would be without one campaign."""

    campaign_id: str
    rate_per_s: float
    units: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest demand (requests/s) that a floor stands for, at the quantile planned for, and its units.

    units = ceil(demand x (1 + headroom) / unit capacity), before minimum, maximum, ramps and holds.
    """

    at: datetime
    quantile: float
    services: tuple[ServiceDemand, ...]
    rate_per_s: float
    headroom: float
    unit_capacity: float
    units: int
    without: tuple[WithoutOne, ...]


def peak_behind(
    seen: DecisionInputs,
    resource: str,
    claims: Sequence[Claim],
    step: Step | None,
    steps: Sequence[Step],
) -> Peak | None:
    """The peak that a step of a decision's `steps` was made for; None where no campaign claims anything.

    What is asked for from one step to the next is there a lead time later: there its peak is looked for,
    and where the forecast has nothing then, in the windows of all claims.
    """
    rules = seen.policy.resources[resource]
    needs = [need for need in seen.needs if need.resource == resource]
    if not needs or not claims:
        return None
    window = min(c.start for c in claims), max(c.end for c in claims)
    times_s = np.unique(np.concatenate([need.times_s for need in needs]))
    demand = demand_on(rules, needs, times_s, window=window)
    served = np.zeros(len(times_s), dtype=np.bool_)
    if step is not None:
        until = next((s.act_at for s in steps if s.act_at > step.act_at), window[1])
        first_s, end_s = (to_epoch_s(edge + rules.lead_time) for edge in (step.act_at, until))
        served = (times_s >= first_s) & (times_s < end_s) & (demand > 0)
    of_step = np.where(served, demand, 0.0) if served.any() else demand
    if not of_step.any():
        return None
    at_s = times_s[[int(np.argmax(of_step))]]
    return _peak(rules, needs, claims, window, at_s)


def _peak(
    rules: ResourcePolicy,
    needs: Sequence[Need],
    claims: Sequence[Claim],
    window: tuple[datetime, datetime],
    at_s: Seconds,
) -> Peak:
    def rate(of: Sequence[Need], without: str | None = None) -> float:
        return float(demand_on(rules, of, at_s, window=window, without=without)[0])

    total = rate(needs)
    others = [(c.campaign_id, rate(needs, c.campaign_id)) for c in claims]
    return Peak(
        at=from_epoch_s(int(at_s[0])),
        quantile=max(need.level for need in needs),
        services=tuple(
            ServiceDemand(
                service=need.service,
                rate_per_s=rate([need]) / rules.serves[need.service],
                baseline_per_s=_baseline_at(need, at_s),
                share=rules.serves[need.service],
            )
            for need in needs
        ),
        rate_per_s=total,
        headroom=rules.headroom,
        unit_capacity=rules.unit_capacity,
        units=_units(total, rules),
        without=tuple(WithoutOne(name, one, _units(one, rules)) for name, one in others if one != total),
    )


def _baseline_at(need: Need, at_s: Seconds) -> float:
    at = int(np.searchsorted(need.times_s, at_s[0], side="right")) - 1
    inside = at >= 0 and at_s[0] < need.times_s[at] + need.step_s
    return float(need.baseline[at]) if inside else 0.0


def _units(rate_per_s: float, rules: ResourcePolicy) -> int:
    return int(units_for(np.array([rate_per_s]), rules)[0])
