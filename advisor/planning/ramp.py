"""How does a floor get from one height to another? Step by step, over units that the resource can have."""

from __future__ import annotations

import numpy as np

from advisor.domain.policy import ResourcePolicy
from advisor.planning.sizing import Units, permitted, permitted_below


def ramped(units: Units, every: int, resource: ResourcePolicy) -> Units:
    """The least floors that reach `units` (n,) in steps of the ramp, `every` so many grid instants one.

    What is asked for at an instant is asked for in lower steps before it; nothing is lowered.
    """
    result, reach = units.copy(), 1
    lower = next_below(units, resource)
    while lower.max(initial=resource.minimum) > resource.minimum:
        result = np.maximum(result, highest_ahead(lower, every * reach))
        lower = next_below(lower, resource)
        reach += 1
    return result


def next_below(units: Units, resource: ResourcePolicy) -> Units:
    """One step of a ramp further down, shape as given: by the factor, or the most that one act adds.

    Always lower, and always a size that the resource can have. Taken step by step, so that going on from
    any step of a ramp gives the rest of the same ramp.
    """
    lower = np.minimum(units - 1, np.ceil(units / resource.ramp.factor).astype(np.int64))
    if resource.max_step is not None:
        lower = np.maximum(lower, units - resource.max_step)
    lower = permitted(lower, resource)
    lower = np.where(lower < units, lower, permitted_below(units, resource))
    return np.where(lower <= max(resource.minimum, 1), resource.minimum, lower)


def highest_ahead(units: Units, width: int) -> Units:
    """Maximum over [i, i + width], by doubling: O(n log width)."""
    result, reach = units.copy(), 0
    while reach < min(width, len(units) - 1):
        shift = min(max(reach, 1), width - reach)
        result[:-shift] = np.maximum(result[:-shift], result[shift:])
        reach += shift
    return result


def highest_behind(units: Units, width: int) -> Units:
    """Maximum over [i - width, i]."""
    return highest_ahead(units[::-1], width)[::-1]
