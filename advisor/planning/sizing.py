"""How many units carry a demand?"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from advisor.domain.demand import Floats
from advisor.domain.policy import ResourcePolicy

Units = NDArray[np.int64]

# A demand that fills its units exactly must not cost one more for a rounding error in its last digit.
_ROUNDING = 1e-9

# More than any resource has, and so few that integers can still be reckoned with.
_MOST = 10.0**15


def units_for(rate_per_s: Floats, policy: ResourcePolicy) -> Units:
    """Units that carry each demand with the policy's headroom kept free, shape as given.

    ceil(demand x (1 + headroom) / unit capacity), and on to a size the resource can have; a gap (NaN)
    needs none.
    """
    with np.errstate(over="ignore"):
        exact = np.nan_to_num(rate_per_s) * (1.0 + policy.headroom) / policy.unit_capacity
    exact = np.minimum(exact, _MOST)
    return permitted(np.ceil(exact - _ROUNDING).astype(np.int64), policy)


def permitted(units: Units, policy: ResourcePolicy) -> Units:
    """The smallest size the resource can have that is no less, shape as given; above all of them as asked."""
    if policy.sizes:
        sizes = np.array(policy.sizes, dtype=np.int64)
        at = np.searchsorted(sizes, units)
        return np.where(at < len(sizes), sizes[np.minimum(at, len(sizes) - 1)], units)
    return np.asarray(-(-units // policy.quantum) * policy.quantum, dtype=np.int64)


def permitted_below(units: Units, policy: ResourcePolicy) -> Units:
    """The largest size the resource can have that is less, shape as given; below all of them its minimum."""
    if policy.sizes:
        sizes = np.array((policy.minimum, *policy.sizes), dtype=np.int64)
        return np.asarray(sizes[np.searchsorted(sizes[1:], units)], dtype=np.int64)
    return np.asarray((units - 1) // policy.quantum * policy.quantum, dtype=np.int64)


def units_carrying(rate_per_s: float, policy: ResourcePolicy) -> int:
    """The fewest units that carry the demand of this moment with its headroom, of whatever size that is."""
    exact = min(rate_per_s * (1.0 + policy.headroom) / policy.unit_capacity, _MOST)
    return max(0, math.ceil(exact - _ROUNDING))


def units_in_use(rate_per_s: float, policy: ResourcePolicy) -> int:
    """The same of a size that the resource can have: what we leave of a floor of ours."""
    return int(permitted(np.array(units_carrying(rate_per_s, policy)), policy))
