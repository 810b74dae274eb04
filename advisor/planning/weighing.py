"""What did the newest demand show of the resources that carried it? The same live and in every simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.planning.blame import loads_on
from advisor.planning.unit_capacity import weigh


def weighed(
    states: Mapping[str, ResourceState], levels: Mapping[str, Level], policy: Policy, now: datetime
) -> dict[str, ResourceState]:
    """The policy's resources with what their ready units carried; where none were counted now, unknown.

    `states`, one for each of them, are from a look at `now`.
    """
    loads = loads_on(policy, levels, {name: state.capacity for name, state in states.items()})
    known = {}
    for name, load in loads.items():
        state = states[name]
        found = None if state.problems else state.observation
        there = found.ready_units if found else None
        known[name] = replace(state, capacity=weigh(state.capacity, load, ready_units=there, now=now))
    return known
