"""An estate of a world: what people declared of it in their policy, and what is true of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import numpy as np

from advisor.domain.policy import Mode, Policy, RampPolicy, ResourcePolicy, SourcePolicy
from advisor.simulation.readiness_world.kinds import SOURCE
from advisor.simulation.readiness_world.supply import Delay, Reflex

TIERS = ("balancer", "data", "cache", "nodes", "pods")
DECLARED = {"balancer": 1500.0, "data": 700.0, "cache": 900.0, "nodes": 400.0, "pods": 60.0}
"""What people say one unit carries, in requests per second, give or take."""

MEDIAN_MIN = {"balancer": (4, 40), "data": (10, 120), "cache": (5, 40), "nodes": (2, 15), "pods": (1, 6)}
"""Within which minutes the median lead time of each tier lies."""

HEADROOMS = (0.1, 0.2, 0.2, 0.3, 0.4)
QUANTILES = (0.9, 0.95, 0.95, 0.99, 0.99)
"""What people choose, the usual ones more often."""

OFF = 0.3
"""By how much, at most, what a unit carries is off what is declared, either way."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What planning does not know of a resource: what one unit carries, how long units take, its scaler."""

    carries: float
    delay: Delay
    reflex: Reflex | None


@dataclass(frozen=True, eq=False)
class Estate:
    """A policy as people wrote it, and the truth by resource."""

    policy: Policy
    truths: Mapping[str, Truth]


def draw_estate(rng: np.random.Generator, peaks: Mapping[str, float], *, reactive: bool) -> Estate:
    """One to four resources of several tiers, which serve services of these ordinary `peaks` (per second).

    People chose headroom, quantile and step as people do; `reactive` gives every resource its own scaler.
    """
    ways = rng.permutation(len(TIERS))[: int(rng.integers(1, 5))]
    tiers = [TIERS[i] for i in sorted(ways.tolist())]
    headroom, quantile = float(rng.choice(HEADROOMS)), float(rng.choice(QUANTILES))
    lets_go = 0.9 if reactive and rng.random() < 0.3 else None
    resources: dict[str, ResourcePolicy] = {}
    truths: dict[str, Truth] = {}
    for tier in tiers:
        alone = len(tiers) == 1 or tier != "pods"
        served = tuple(peaks) if alone else (rng.choice(list(peaks)).item(),)
        name = f"sim://{tier}"
        serves = {s: 1.0 if tier in ("pods", "balancer") else float(rng.uniform(0.2, 1.0)) for s in served}
        ordinary = sum(peaks[s] * share for s, share in serves.items())
        truth = _truth(rng, tier, ordinary, reactive=reactive)
        truths[name] = truth
        declared = truth.carries / float(rng.uniform(1 - OFF, 1 + OFF))
        kept = float(rng.uniform(0.3, 0.6)) if reactive else float(rng.uniform(1.2, 1.6))
        minimum = max(2, ceil(ordinary * kept / truth.carries))
        resources[name] = ResourcePolicy(
            resource=name,
            serves=serves,
            unit_capacity=round(declared, 1),
            minimum=minimum,
            maximum=max(12, ceil(12 * ordinary / declared)),
            tier=tier,
            lead_time=_guessed(rng, truth.delay),
            headroom=headroom,
            quantile=quantile,
            running_quantile=lets_go,
            mode=Mode.AUTO,
            reactive=reactive,
            ramp=_ramp(rng, tier),
            depends_on=("sim://nodes",) if tier == "pods" and "nodes" in tiers else (),
        )
    step = timedelta(minutes=int(rng.choice((5, 15))))
    sources = {SOURCE: SourcePolicy(SOURCE, Mode.AUTO)}
    return Estate(Policy("world", resources, sources, step=step), truths)


def _truth(rng: np.random.Generator, tier: str, ordinary: float, *, reactive: bool) -> Truth:
    low, high = MEDIAN_MIN[tier]
    delay = Delay(
        median_s=60 * float(np.exp(rng.uniform(np.log(low), np.log(high)))),
        sigma=float(rng.uniform(0.3, 0.7)),
        together=float(rng.uniform(0.3, 0.8)),
        tail=float(rng.uniform(0.01, 0.05)),
        alpha=float(rng.uniform(1.5, 3.0)),
        drift=float(rng.uniform(0.0, 0.01)) if rng.random() < 0.3 else 0.0,
    )
    reflex = Reflex(target=float(rng.uniform(0.55, 0.8))) if reactive else None
    fits = ordinary / float(rng.uniform(4.0, 30.0))  # nobody runs on one unit, nor on thousands
    return Truth(min(DECLARED[tier] * float(rng.lognormal(0.0, 0.2)), fits), delay, reflex)


def _guessed(rng: np.random.Generator, delay: Delay) -> timedelta:
    """What people take for the longest that units take: near the p90, now and then far from it."""
    p90_s = delay.median_s * float(np.exp(1.28 * delay.sigma))
    return timedelta(minutes=max(1, ceil(p90_s * float(rng.lognormal(0.2, 0.35)) / 60)))


def _ramp(rng: np.random.Generator, tier: str) -> RampPolicy:
    every = (
        timedelta(minutes=int(rng.choice((1, 3, 5)))) if tier in ("nodes", "pods") else timedelta(minutes=5)
    )
    return RampPolicy(factor=float(rng.choice((1.5, 2.0, 3.0))), every=every)
