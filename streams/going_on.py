"""While Kafka is away, raises that were agreed go on: for a bounded time, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.timegrid import to_iso
from advisor.reporting.metrics import Metrics
from streams.acting import Acting
from streams.decision_inputs import DecisionInputs
from streams.decision_metrics import show_decision
from streams.kafka_clients import KafkaUnreachableError

log = structlog.get_logger(__name__)


class GoingOn:
    """What the decider does between losing Kafka and having it back."""

    def __init__(self, acting: Acting, metrics: Metrics, longest: timedelta) -> None:
        self._acting = acting
        self._metrics = metrics
        self._longest = longest
        self._since: datetime | None = None

    @property
    def is_on(self) -> bool:
        """Was Kafka away when it was needed last?"""
        return self._since is not None

    async def carry_on(
        self,
        known: Callable[[datetime], DecisionInputs],
        controls: Callable[[], Controls],
        is_off: Callable[[], bool],
        now: datetime,
    ) -> None:
        """Decide on nothing new, and carry out what is due of the raises that were agreed.

        `known` gives what was known when Kafka went. Raises KafkaUnreachableError when that is too long ago.
        """
        if self._since is None:
            log.warning("kafka_away", since=to_iso(now), for_at_most_s=self._longest.total_seconds())
            self._since = now
            self._metrics.kafka_away.set(1)
        if now - self._since > self._longest:
            raise KafkaUnreachableError(
                f"Kafka has been away since {self._since:%H:%M}Z: agreed raises go on no longer without it. "
                "Fix: see to the brokers; a worker started anew goes on where this one ended"
            )
        states = await self._acting.look({}, controls(), now)
        seen = known(now)
        stale = as_stale(seen.levels, now - seen.policy.stale_after)
        decision = replace(seen, levels=stale, resources=states).decide()
        await self._acting.raise_agreed(decision.resources, controls, is_off, now)
        show_decision(self._metrics, decision, self._acting.states, seen.policy, now)

    def over(self) -> None:
        """Kafka is back, if it was away."""
        if self._since is None:
            return
        log.info("kafka_back", away_since=to_iso(self._since))
        self._since = None
        self._metrics.kafka_away.set(0)


def as_stale(levels: Mapping[str, Level], before: datetime) -> Mapping[str, Level]:
    """The same levels, known until before that time at the latest: too old to agree to anything new on."""
    latest = before - timedelta(seconds=1)
    return {name: replace(level, data_until=min(level.data_until, latest)) for name, level in levels.items()}
