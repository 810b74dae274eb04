"""Quantiles of Student's t: how far may the next one of a few measured values lie from their mean?"""

from __future__ import annotations

from functools import lru_cache
from math import cos, pi, sin, sqrt

HIGHEST = 1 - 1e-9
"""No level above it is told from it: the probability beyond is lost in rounding."""


@lru_cache(maxsize=4096)
def t_quantile(level: float, degrees: int) -> float:
    """Which value does a Student t variable with so many degrees of freedom stay below with this probability?

    `level` is within 0.5 and 1; levels above :data:`HIGHEST` count as that. Found by halving, from the
    distribution function, which is a finite sum for whole degrees of freedom. ValueError outside.
    """
    if not 0.5 <= level < 1 or degrees < 1:
        raise ValueError(f"a t quantile needs a level in [0.5, 1) and degrees >= 1, not {level}, {degrees}")
    two_sided = 2 * min(level, HIGHEST) - 1
    low, high = 0.0, pi / 2  # the angle whose tangent is t / sqrt(degrees): all of t on a finite range
    for _ in range(60):
        middle = (low + high) / 2
        if _within(middle, degrees) < two_sided:
            low = middle
        else:
            high = middle
    return sqrt(degrees) * sin(low) / cos(low)


def _within(angle: float, degrees: int) -> float:
    """P(|T| < sqrt(degrees) * tan(angle)), by Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    cos_squared = cos(angle) ** 2
    if degrees % 2 == 0:
        term = total = 1.0
        for k in range(2, degrees, 2):
            term *= cos_squared * (k - 1) / k
            total += term
        return sin(angle) * total
    term, total = cos(angle), 0.0
    for k in range(3, degrees + 1, 2):
        total += term
        term *= cos_squared * (k - 1) / k
    return 2 / pi * (angle + sin(angle) * total)
