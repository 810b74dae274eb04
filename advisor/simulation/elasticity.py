"""How well did supply follow demand? The elasticity metrics of the field, for one scaler or several.

d is the units demanded, the fewest that carry the demand (requests per second divided by what one unit
carries); s the units ready. Names and formulas follow Herbst et al., "Ready for Rain?" (SPEC-RG-2016-01),
Ilyushkin et al. (ICPE 2017) and Bauer et al., "Chameleon" (TPDS 2019), as far as known without the papers
at hand; the last one's auto-scaling deviation is left out, because its exponent could not be checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from advisor.domain.demand import Floats
from advisor.simulation.comparison import demanded_units
from advisor.simulation.reactive import Supply

COMPETED = ("theta_under", "theta_over", "tau_under", "tau_over", "instability")
"""The marks in which scalers compete: in all of them lower is better."""

_SPEEDUP_TERMS = COMPETED[:4]


@dataclass(frozen=True, slots=True)
class Elasticity:
    """One scaler's marks on one resource over T steps of Δ, of which those without known demand are left out.

    `theta_under` = 100/T Σ max(d - s, 0)/d and `theta_over` = 100/T Σ max(s - d, 0)/d, in percent
    of what is demanded, where less than one unit counts as one. `tau_under`, `tau_over`: percent of time
    with s < d, with s > d. `instability` = 100/(T-1) Σ min(|sgn Δs - sgn Δd|, 1): percent of time in
    which supply and demand move differently. `jitter_per_hour` = (E_S - E_D) / hours, E being the
    number of changes: above 0 it oscillates, below it lags. `unserved` is the percent of requests
    beyond what the ready units carry. `unit_hours` count every unit from its request on, as it is paid;
    `supplied_unit_hours` = Σ s Δ and `excess_unit_hours` = Σ max(s - d, 0) Δ those that are ready.
    Costs are unit-hours times the price, of the paid and of the excess; None without one.
    """

    theta_under: float
    theta_over: float
    tau_under: float
    tau_over: float
    instability: float
    jitter_per_hour: float
    unserved: float
    unit_hours: float
    supplied_unit_hours: float
    excess_unit_hours: float
    cost: float | None
    excess_cost: float | None


def elasticity(
    rate_per_s: Floats, supply: Supply, unit_capacity: float, step_s: int, price: float | None
) -> Elasticity:
    """What are a scaler's marks? `rate_per_s` (n,) is the demand on the resource, NaN where it is unknown.

    With no step of known demand every percentage is 0. Raises ValueError for a supply of another length.
    """
    if len(supply.units_ready) != len(rate_per_s):
        found, wanted = len(supply.units_ready), len(rate_per_s)
        raise ValueError(f"supply has {found} steps and demand {wanted}: give one of each per step")
    known = np.isfinite(rate_per_s)
    rate, s = rate_per_s[known], supply.units_ready[known].astype(np.float64)
    d = demanded_units(rate, unit_capacity).astype(np.float64)
    hours = step_s / 3600
    excess = float(np.maximum(s - d, 0).sum()) * hours
    paid = float(supply.units_requested.sum()) * hours
    return Elasticity(
        theta_under=_percent(np.maximum(d - s, 0) / np.maximum(d, 1)),
        theta_over=_percent(np.maximum(s - d, 0) / np.maximum(d, 1)),
        tau_under=_percent(s < d),
        tau_over=_percent(s > d),
        instability=_percent(np.minimum(np.abs(_turns(s, known) - _turns(d, known)), 1)),
        jitter_per_hour=_jitter(s, d, known, hours),
        unserved=_unserved(rate, s, unit_capacity),
        unit_hours=paid,
        supplied_unit_hours=float(supply.units_ready.sum()) * hours,
        excess_unit_hours=excess,
        cost=None if price is None else paid * price,
        excess_cost=None if price is None else excess * price,
    )


def elastic_speedup(baseline: Elasticity, other: Elasticity) -> float | None:
    """How many times better than `baseline` does a scaler follow demand? Above 1 is better.

    ((θ_U,n/θ_U)(θ_O,n/θ_O)(τ_U,n/τ_U)(τ_O,n/τ_O))^(1/4), n being the baseline; None, for undefined,
    where any of the eight terms is 0: look at the terms then.
    """
    ours = np.array([getattr(other, term) for term in _SPEEDUP_TERMS], dtype=np.float64)
    theirs = np.array([getattr(baseline, term) for term in _SPEEDUP_TERMS], dtype=np.float64)
    if not (ours > 0).all() or not (theirs > 0).all():
        return None
    return float(np.prod(theirs / ours) ** (1 / len(_SPEEDUP_TERMS)))


def pairwise_wins(marks: Mapping[str, Elasticity]) -> Mapping[str, float]:
    """Which share of its duels does each scaler win, mark by mark against every other? 0 to 1.

    κ_a = Σ_b≠a Σ_m win(a, b, m) / ((scalers - 1) · marks) over :data:`COMPETED`; a draw is half a win. One
    scaler alone has nothing to win: 0.
    """
    duels = max((len(marks) - 1) * len(COMPETED), 1)
    return {
        name: sum(_won(mine, other) for rival, other in marks.items() if rival != name) / duels
        for name, mine in marks.items()
    }


def _won(mine: Elasticity, other: Elasticity) -> float:
    pairs = [(getattr(mine, mark), getattr(other, mark)) for mark in COMPETED]
    return sum(1.0 if a < b else 0.5 if a == b else 0.0 for a, b in pairs)


def _percent(share: Floats | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    return 100.0 * float(share.mean()) if len(share) else 0.0


def _turns(units: Floats, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    """The direction of every change between two steps that follow each other without a gap."""
    places = np.flatnonzero(known)
    return np.asarray(np.sign(np.diff(units))[np.diff(places) == 1], dtype=np.float64)


def _jitter(s: Floats, d: Floats, known: np.ndarray[tuple[int], np.dtype[np.bool_]], hours: float) -> float:
    changes = np.count_nonzero(_turns(s, known)) - np.count_nonzero(_turns(d, known))
    return float(changes / (len(s) * hours)) if len(s) else 0.0


def _unserved(rate_per_s: Floats, s: Floats, unit_capacity: float) -> float:
    asked = float(rate_per_s.sum())
    return 100.0 * float(np.maximum(rate_per_s - s * unit_capacity, 0).sum()) / asked if asked else 0.0
