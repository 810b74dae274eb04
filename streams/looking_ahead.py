"""Preflights beside the decisions: what will keep a plan from being carried out is found days before."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from advisor.actuation.execute import preflight
from advisor.actuation.registry import Actuators
from advisor.domain.advice import ResourceDecision
from advisor.domain.policy import Policy
from advisor.domain.preflight import Preflight
from advisor.domain.reason import Reason
from advisor.planning.preflights import preflight_due
from advisor.reporting.metrics import Metrics
from streams.acting import Acting
from streams.lanes import Lanes


class LookingAhead:
    """One preflight at a time per resource; no decision waits for any."""

    def __init__(self, acting: Acting, actuators: Actuators, policy: Policy, metrics: Metrics) -> None:
        self._acting = acting
        self._actuators = actuators
        self._policy = policy
        self._metrics = metrics
        self._lanes: Lanes[Preflight] = Lanes(patience_s=0.0)
        self._shown: dict[str, set[Reason]] = {}

    async def look(self, decided: Sequence[ResourceDecision], now: datetime) -> None:
        """Begin the preflights that are due, and take in what those before have found."""
        work: dict[str, Callable[[], Coroutine[Any, Any, Preflight]]] = {}
        for made in decided:
            name = made.recommendation.resource
            actuator, state = self._actuators.get(name), self._acting.states[name]
            if actuator is None or actuator.dry_run or not self._lanes.is_free(name):
                continue
            rules, found = self._policy.resources[name], state.observation
            need = preflight_due(made, state, rules, now)
            if need is not None and found is not None:
                work[name] = partial(preflight, actuator, rules, found, need, now)
        for name, looked in (await self._lanes.run(work)).items():
            self._acting.keep(replace(self._acting.states[name], preflight=looked))
            self._show(name, looked)

    async def stop(self) -> None:
        """Call off what is under way."""
        await self._lanes.stop()

    def _show(self, resource: str, found: Preflight) -> None:
        reasons = {finding.reason for finding in found.findings if finding.blocks}
        for reason in self._shown.get(resource, set()) - reasons:
            self._metrics.preflight_findings.remove(resource, reason)
        for reason in reasons:
            self._metrics.preflight_findings.labels(resource=resource, reason=reason).set(1)
        self._shown[resource] = reasons
