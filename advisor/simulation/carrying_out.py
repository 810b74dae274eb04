"""Acting in a simulation: as :func:`advisor.actuation.execute.execute`, where no act is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import after_acting, after_observing, before_acting, bounds_to_set


def carry_out(
    due: Instruction, state: ResourceState, set_bounds: Callable[[Bounds], Observation], now: datetime
) -> ResourceState:
    """What becomes of a resource's state as an instruction is carried out?

    `set_bounds` sets them on the platform and says what is found there then; it is not called where nothing
    is to be set.
    """
    target, state = bounds_to_set(due, state), before_acting(due, state)
    if target is None:
        return after_acting(due, state, now)
    found = set_bounds(target)
    return after_observing(after_acting(due, state, now), found, now)
