"""What a decision says of each resource, as metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from advisor.domain.advice import Decision, Outcome
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import to_epoch_s
from advisor.planning.schedule import standing_at
from advisor.reporting.metrics import Metrics
from streams.evidence import show_evidence


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
        show_evidence(metrics, state, resource, now)
        for verdict in made.verdicts:
            if verdict.outcome is not Outcome.PASS:
                metrics.guardrail_verdicts.labels(
                    guardrail=verdict.guardrail, outcome=verdict.outcome, reason=verdict.reason
                ).inc()


def left_behind(states: Mapping[str, ResourceState], policy: Policy) -> dict[str, ResourceState]:
    """Resources that the policy no longer has, and whose bounds are still ours."""
    return {n: s for n, s in states.items() if n not in policy.resources and s.originals is not None}
