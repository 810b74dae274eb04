"""A reactive scaler: what the Kubernetes HorizontalPodAutoscaler would have done with this demand."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil, gcd

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats

Units = NDArray[np.int64]

_ROUNDING = 1e-9  # 7.000000000001 units are seven


@dataclass(frozen=True, slots=True)
class HpaRules:
    """How an HPA is configured, and what its pods are like. Defaults are Kubernetes' own.

    `unit_capacity` is the demand in requests per second that one ready unit carries; at that point
    its utilisation is 1. `saturation` is the most utilisation a unit can show however much is asked
    of it: demand above that is invisible to the scaler. `lead_time_s` passes from request to ready. Where
    `reacts` is false there is no HPA: units are what the floor says, no more and no fewer.
    """

    unit_capacity: float
    maximum: int
    lead_time_s: int
    target_utilisation: float = 0.7
    tolerance: float = 0.1
    sync_s: int = 15
    scale_up_factor: float = 2.0
    scale_up_units: int = 4
    stabilise_down_s: int = 300
    saturation: float = 1.0
    reacts: bool = True

    def __post_init__(self) -> None:
        """Refuse numbers that no HPA could run with."""
        positive = {
            "unit_capacity": self.unit_capacity,
            "maximum": self.maximum,
            "target_utilisation": self.target_utilisation,
            "sync_s": self.sync_s,
            "saturation": self.saturation,
        }
        for name, value in positive.items():
            if not value > 0:
                raise ValueError(f"HpaRules.{name} is {value!r}: it has to be above 0")
        if self.lead_time_s < 0 or self.tolerance < 0 or self.stabilise_down_s < 0:
            raise ValueError("HpaRules: lead_time_s, tolerance and stabilise_down_s cannot be negative")


@dataclass(frozen=True, eq=False)
class Supply:
    """Units asked for (and paid) and units ready to serve, at the start of every step: shape (n,)."""

    units_requested: Units
    units_ready: Units


def simulate(demand: Floats, step_s: int, hpa: HpaRules, floor: Units, start_units: int) -> Supply:
    """How many units would the HPA have had, with its minimum at `floor` (n,) over time?

    `demand` (n,) is in requests per second and holds for its whole step; NaN means no metric. The
    rules are those of the Kubernetes documentation ("Horizontal Pod Autoscaling", algorithm details
    and default behaviour): every `sync_s` the ratio of utilisation to target is taken over the ready
    pods; within the tolerance nothing happens; above it the wanted number is current units times the
    ratio, rounded up, where pods that are not ready yet count as idle; growth per sync is limited to
    100 % or 4 pods, whichever is more; a fall waits until nothing higher was wanted for 300 s, then
    is immediate, youngest pods first. A minimum above the current units is met at once, before any
    metric is looked at. Here metrics are instantaneous, which flatters the reactive scaler a little.

    Syncs need not fall on steps: both are cut into ticks of their greatest common divisor. Raises
    ValueError for arrays of different length, or a floor outside 0..maximum.
    """
    _check(demand, step_s, hpa, floor)
    scaler = ReactiveScaler(hpa, step_s, start_units)
    requested = np.empty(len(demand), dtype=np.int64)
    ready = np.empty(len(demand), dtype=np.int64)
    for i in range(len(demand)):
        requested[i], ready[i] = scaler.step(float(demand[i]), int(floor[i]))
    return Supply(requested, ready)


class ReactiveScaler:
    """An HPA and its pods, one step at a time: for a floor that depends on what became of the last one.

    `units` are asked for (and paid), `ready` serve. :func:`simulate` tells the rules.
    """

    def __init__(self, hpa: HpaRules, step_s: int, start_units: int) -> None:
        self._hpa = hpa
        tick_s = gcd(step_s, hpa.sync_s)
        self._ticks_per_step, self._ticks_per_sync = step_s // tick_s, hpa.sync_s // tick_s
        self._pods = _Pods(start_units, ceil(hpa.lead_time_s / tick_s))
        self._wanted_lately: deque[int] = deque(maxlen=max(1, hpa.stabilise_down_s // hpa.sync_s))
        self._tick = 0

    @property
    def units(self) -> int:
        """How many are asked for now, ready or not?"""
        return self._pods.requested

    @property
    def ready(self) -> int:
        """How many of them serve now?"""
        return self._pods.ready

    def step(self, rate_per_s: float, floor: int) -> tuple[int, int]:
        """Live through one step of this demand with this floor; units asked for and ready at its start."""
        begin = self._tick
        at_start = (self.units, self.ready)
        while self._tick < begin + self._ticks_per_step:
            self._pods.advance(self._tick)
            if self._tick % self._ticks_per_sync == 0:
                units = _sync(self._pods, rate_per_s, floor, self._hpa, self._wanted_lately)
                self._pods.request(units, self._tick)
            if self._tick == begin:
                at_start = (self.units, self.ready)
            self._tick += 1
        return at_start


class _Pods:
    """The pods of one resource: `requested` in all, of which `ready` serve and the rest are starting."""

    def __init__(self, units: int, lead_ticks: int) -> None:
        self.requested = units
        self.ready = units
        self._lead_ticks = lead_ticks
        self._starting: deque[list[int]] = deque()  # [tick at which they are ready, how many]

    def advance(self, tick: int) -> None:
        """Let those become ready whose time has come."""
        while self._starting and self._starting[0][0] <= tick:
            self.ready += self._starting.popleft()[1]

    def request(self, units: int, tick: int) -> None:
        """Ask for so many in all: more take their lead time, fewer go at once, the youngest first."""
        if units > self.requested:
            self._starting.append([tick + self._lead_ticks, units - self.requested])
        surplus = max(0, self.requested - units)
        while surplus and self._starting:
            taken = min(surplus, self._starting[-1][1])
            self._starting[-1][1] -= taken
            surplus -= taken
            if self._starting[-1][1] == 0:
                self._starting.pop()
        self.ready -= surplus
        self.requested = units
        self.advance(tick)


def _sync(pods: _Pods, rate_per_s: float, floor: int, hpa: HpaRules, wanted_lately: deque[int]) -> int:
    """One turn of the control loop: how many units to ask for now."""
    if pods.requested < floor or not hpa.reacts:
        return floor
    wanted = _wanted(pods, rate_per_s, hpa)
    wanted_lately.append(wanted)
    if wanted > pods.requested:
        limit = max(
            ceil(pods.requested * hpa.scale_up_factor - _ROUNDING), pods.requested + hpa.scale_up_units
        )
        units = min(wanted, limit)
    else:
        units = min(pods.requested, max(wanted_lately))
    return min(max(units, floor), hpa.maximum)


def _wanted(pods: _Pods, rate_per_s: float, hpa: HpaRules) -> int:
    """What the metric alone asks for, before limits: current units where it says nothing."""
    if pods.ready == 0 or not np.isfinite(rate_per_s):
        return pods.requested
    busy_units = min(rate_per_s / hpa.unit_capacity, pods.ready * hpa.saturation)
    ratio = busy_units / (pods.ready * hpa.target_utilisation)
    if abs(ratio - 1.0) <= hpa.tolerance:
        return pods.requested
    if ratio > 1.0 and pods.requested > pods.ready:
        ratio = busy_units / (pods.requested * hpa.target_utilisation)
        if ratio <= 1.0 + hpa.tolerance:
            return pods.requested
    return ceil(busy_units / hpa.target_utilisation - _ROUNDING)


def _check(demand: Floats, step_s: int, hpa: HpaRules, floor: Units) -> None:
    """Refuse what no HPA could be given."""
    if len(demand) != len(floor):
        raise ValueError(f"demand has {len(demand)} steps and floor {len(floor)}: give one floor per step")
    if step_s <= 0:
        raise ValueError(f"step_s is {step_s}: it has to be a positive number of seconds")
    if len(floor) and (int(floor.min()) < 0 or int(floor.max()) > hpa.maximum):
        found = f"{floor.min()} to {floor.max()}"
        raise ValueError(f"floors run from {found}: keep them within 0 and the maximum {hpa.maximum}")
