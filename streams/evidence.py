"""What the decider measures of a resource from look to look, goes on with after a crash, and shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from math import nan

from advisor.domain.evidence import Running
from advisor.domain.policy import ResourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import from_epoch_s
from advisor.planning.lead_times import lead_time_at, looked_at_last
from advisor.planning.unit_capacity import proof_of
from advisor.reporting.metrics import Metrics


def went_on(state: ResourceState, running: Mapping[str, Running], decided_s: int) -> ResourceState:
    """The state at the last decided tick, with what was going on then and is not written with it."""
    goes_on = running.get(state.resource, Running())
    return replace(
        state,
        capacity=replace(state.capacity, running=goes_on),
        lead_times=looked_at_last(state.lead_times, from_epoch_s(decided_s)),
    )


def show_evidence(metrics: Metrics, state: ResourceState, resource: ResourcePolicy, now: datetime) -> None:
    """Gauges of what was measured of a resource; not a number where nothing was."""
    for level in (0.95, 0.99):
        took = lead_time_at(state.lead_times, resource.lead_time, level)
        metrics.lead_time.labels(resource=state.resource, quantile=f"{level:g}").set(took.total_seconds())
    proof = proof_of(state.capacity, resource, now)
    rates = (
        ("declared", resource.unit_capacity),
        ("proved", proof.proved_rate),
        ("contradicted", proof.contradicted_at),
    )
    for kind, rate in rates:
        metrics.unit_capacity.labels(resource=state.resource, kind=kind).set(nan if rate is None else rate)
