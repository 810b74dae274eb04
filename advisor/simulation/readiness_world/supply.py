"""The platform of a world: how long its units take, how many there are, and what its own scaler does."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil

import numpy as np

from advisor.domain.capacity import Bounds

EVENING_S = 6 * 3600
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Delay:
    """How long the units of a resource take: lognormal around `median_s`, and now and then far longer.

    `sigma` is the spread (log), of which the share `together` is one and the same for everything asked for
    on one evening; a share `tail` of the acts takes a Pareto factor of index `alpha` longer. The platform
    grows slower by `drift` (log) a day.
    """

    median_s: float
    sigma: float
    together: float
    tail: float
    alpha: float
    drift: float = 0.0


class Clockwork:
    """Draws lead times, the same again for the same seed and acts in the same order."""

    def __init__(self, delay: Delay, seed: int, begin_s: int) -> None:
        self._delay, self._seed, self._begin_s = delay, seed, begin_s
        self._rng = np.random.default_rng((seed, 1))

    def draw_s(self, now_s: int) -> int:
        """How many seconds will units take that are asked for now?"""
        delay, evening = self._delay, now_s // EVENING_S
        shared = float(np.random.default_rng((self._seed, evening)).normal())
        own = float(self._rng.normal())
        logs = delay.sigma * (delay.together**0.5 * shared + (1 - delay.together) ** 0.5 * own)
        logs += delay.drift * (now_s - self._begin_s) / DAY_S
        late = 1.0 + float(self._rng.pareto(delay.alpha)) if self._rng.random() < delay.tail else 1.0
        return max(20, round(delay.median_s * float(np.exp(logs)) * late))


@dataclass(frozen=True, slots=True)
class Reflex:
    """The platform's own scaler: each minute it asks for units that are busy to `target` of what they carry.

    It does nothing within the `tolerance`, asks for at most `most_growth` times the units (or four more), and
    for fewer once nothing higher was wanted for `down_after` minutes.
    """

    target: float
    tolerance: float = 0.1
    most_growth: float = 2.0
    down_after: int = 5


class Supply:
    """The units of one resource, minute by minute: some ready, some on their way."""

    def __init__(self, bounds: Bounds, carries: float, clockwork: Clockwork, reflex: Reflex | None) -> None:
        self.bounds = bounds
        self.ready = bounds.minimum
        self.carries = carries
        self._clockwork, self._reflex = clockwork, reflex
        self._coming: list[list[int]] = []  # [instant they are ready, how many], in the order asked for
        self._wanted: deque[int] = deque(maxlen=reflex.down_after if reflex else 1)

    @property
    def units(self) -> int:
        """How many there are, ready or not."""
        return self.ready + sum(count for _, count in self._coming)

    def set_bounds(self, bounds: Bounds, now_s: int) -> None:
        """Bounds hold at once; what is missing of the minimum is asked for."""
        self.bounds = bounds
        if self._reflex is None or self.units < bounds.minimum:
            self._ask(bounds.minimum, now_s)

    def live(self, load_per_s: float, now_s: int) -> None:
        """One minute with this load: what is due arrives, and the scaler has its turn."""
        if self._coming:
            self.arrive(now_s)
        if self._reflex is None:
            return
        busy = min(load_per_s / self.carries, float(self.ready))
        ratio = busy / (max(self.ready, 1) * self._reflex.target)
        units = self.units
        wanted = units if abs(ratio - 1.0) <= self._reflex.tolerance else ceil(busy / self._reflex.target)
        self._wanted.append(wanted)
        if wanted > units:
            wanted = min(wanted, max(ceil(units * self._reflex.most_growth), units + 4))
        else:
            wanted = min(units, max(self._wanted))
        self._ask(min(max(wanted, self.bounds.minimum), self.bounds.maximum), now_s)

    def arrive(self, now_s: int) -> None:
        """Let those become ready whose time has come."""
        self.ready += sum(count for at_s, count in self._coming if at_s <= now_s)
        self._coming = [one for one in self._coming if one[0] > now_s]

    def _ask(self, units: int, now_s: int) -> None:
        missing = units - self.units
        if missing > 0:
            self._coming.append([now_s + self._clockwork.draw_s(now_s), missing])
        while missing < 0 and self._coming:  # the youngest go first
            taken = min(-missing, self._coming[-1][1])
            self._coming[-1][1] -= taken
            missing += taken
            if self._coming[-1][1] == 0:
                self._coming.pop()
        self.ready += min(missing, 0)
