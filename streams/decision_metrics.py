"""What a decision says of each resource, as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import structlog

from advisor.domain.advice import Decision, Outcome
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.clobbers import set_again_at
from advisor.planning.pace import clock_ahead
from advisor.planning.schedule import standing_at
from advisor.reporting.metrics import Metrics
from streams.evidence import show_evidence

log = structlog.get_logger(__name__)


def show_decision(
    metrics: Metrics, decision: Decision, states: Mapping[str, ResourceState], policy: Policy, now: datetime
) -> None:
    """Gauges of floors and evidence, and counts of what the guardrails said."""
    metrics.decisions.inc()
    metrics.last_decision.set(to_epoch_s(now))
    for made in decision.resources:
        name = made.recommendation.resource
        resource, state = policy.resources[name], states[name]
        floor = standing_at(made.recommendation.steps, now, resource.minimum)
        metrics.floor_planned.labels(resource=name).set(floor)
        if state.observation:
            metrics.floor_observed.labels(resource=name).set(state.observation.bounds.minimum)
            metrics.ready_observed.labels(resource=name).set(state.observation.ready_units)
            metrics.clock_ahead.labels(resource=name).set(clock_ahead(state).total_seconds())
        is_given_up = bool(state.clobbers) and set_again_at(state, resource.reassert) is None
        metrics.given_up.labels(resource=name).set(is_given_up)
        show_evidence(metrics, state, resource, now)
        for verdict in made.verdicts:
            if verdict.outcome is not Outcome.PASS:
                metrics.guardrail_verdicts.labels(
                    guardrail=verdict.guardrail, outcome=verdict.outcome, reason=verdict.reason
                ).inc()


def show_clobbers(metrics: Metrics, before: ResourceState, after: ResourceState) -> None:
    """Count who took back what we had set since the last look."""
    for clobber in after.clobbers:
        if clobber not in before.clobbers:
            by = clobber.by or "unknown"
            metrics.clobbers.labels(resource=after.resource, by=by).inc()
            log.warning("clobbered", resource=after.resource, by=by, ours=clobber.ours, found=clobber.found)


def left_behind(states: Mapping[str, ResourceState], policy: Policy) -> dict[str, ResourceState]:
    """Resources that the policy no longer has, and whose bounds are still ours."""
    return {n: s for n, s in states.items() if n not in policy.resources and s.originals is not None}


def warn_of_left_behind(metrics: Metrics, states: Mapping[str, ResourceState], policy: Policy) -> None:
    """Of what the policy has no more nobody says what may be done: it stays as it stands."""
    for name, state in left_behind(states, policy).items():
        log.warning("floor_left_behind", resource=name, originals=state.originals)
        metrics.left_behind.labels(resource=name).set(1)
