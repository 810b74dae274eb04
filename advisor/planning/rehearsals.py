"""A rehearsal: one small raise for real, watched, and put back, days before it matters."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from advisor.domain.capacity import Observation
from advisor.domain.controls import Rehearsal
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.planning.situation import Situation
from advisor.planning.sizing import permitted


def small_step(resource: ResourcePolicy, found: Observation) -> int | None:
    """The least floor that makes the platform bring at least one more unit; None where there is none.

    Above the units that are there, for those it would bring in no time, which measures nothing.
    """
    least = max(found.bounds.minimum, found.units, resource.minimum) + 1
    floor = int(permitted(np.array(least), resource))
    return floor if floor <= resource.maximum else None


def why_not_rehearsed(resource: ResourcePolicy, state: ResourceState | None) -> str | None:
    """What keeps a resource from being rehearsed? None: nothing."""
    if resource.is_fixed:
        return "it cannot be scaled"
    if not resource.mode.acts:
        return f"its mode is {resource.mode}: nothing would be done"
    if resource.irreversible is not None:
        return "what it is given is not given back"
    if resource.lowerings_per_day is not None:
        return f"it may be lowered {resource.lowerings_per_day} times a day only: they are kept for campaigns"
    if state is None or state.observation is None:
        return "nobody has looked at it yet"
    if state.originals is not None and state.originals != state.observation.bounds:
        return "its floor is raised already"
    if small_step(resource, state.observation) is None:
        return f"it has as many units as it may have, {state.observation.units}"
    return None


def rehearsed_floor(situation: Situation) -> int | None:
    """The floor that a rehearsal asks for now; None where none runs, or where it has seen what it is for."""
    resource, state, now = situation.resource, situation.state, situation.now
    running = [r for r in situation.controls.rehearsals if r.resource == resource.resource]
    running = [r for r in running if r.at <= now < r.until]
    if not running or situation.in_force or resource.irreversible or resource.is_fixed:
        return None
    rehearsal = max(running, key=lambda r: r.at)
    if any(at > rehearsal.at for at in state.lowered_at):
        return None  # it was put back already
    seen = ready_at(rehearsal, state)
    if seen is not None and now >= seen + rehearsal.watch:
        return None
    return min(rehearsal.floor, _allowed(resource, state))


def _allowed(resource: ResourcePolicy, state: ResourceState) -> int:
    """A small step, whatever was asked for; once it is set, what is set."""
    found, originals = state.observation, state.originals
    if found is None:
        return resource.minimum
    if originals is not None and originals.minimum < found.bounds.minimum:
        return found.bounds.minimum
    last = max((bounds.minimum for bounds in state.set_by_us), default=0)
    return max(last, small_step(resource, found) or resource.minimum)


def ready_at(rehearsal: Rehearsal, state: ResourceState) -> datetime | None:
    """When were the rehearsal's units seen to serve? None: not yet, or never.

    A lead time of the same evening may stand for this one's as well: then it is when they were counted.
    """
    arrived = [m for m in state.lead_times.measured if m.arrived and m.asked_at >= rehearsal.at]
    measured = next((m for m in arrived if m.units >= rehearsal.floor), None)
    if measured is not None:
        return measured.asked_at + timedelta(seconds=measured.took_s)
    counted = [r for r in state.capacity.running.ready if r.units >= rehearsal.floor]
    since = [max(r.since, rehearsal.at) for r in counted if r.until > rehearsal.at]
    found = state.observation
    if found is None or min(found.bounds.minimum, found.ready_units) < rehearsal.floor:
        return None
    return min(since, default=rehearsal.at)
