"""Kafka is away: for a bounded time raises that were agreed go on, and nothing else does.

When it is back, what was done is written down, and everything is known anew from the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.timegrid import to_iso
from streams.acting import Acting
from streams.bounded_outbox import KafkaAwayError
from streams.context import WorkerContext
from streams.decision_inputs import DecisionInputs
from streams.decision_metrics import show_decision
from streams.failures import UNREACHABLE
from streams.kafka_clients import KafkaUnreachableError

log = structlog.get_logger(__name__)

ASK_EVERY_S = 30.0
"""How often Kafka is asked whether it is there, and whether this worker still decides, if nothing else is."""

BACK_WITHIN_S = 120.0
"""What knowing everything anew may take before Kafka counts as gone again."""


class KafkaOutage:
    """What the decider does between losing Kafka and having it back."""

    def __init__(
        self, context: WorkerContext, acting: Acting, restore: Callable[[], Awaitable[None]]
    ) -> None:
        """`restore` knows from the log what everybody who decided before left behind."""
        self._acting = acting
        self._outbox = context.outbox
        self._metrics = context.metrics
        self._longest = timedelta(seconds=context.settings.worker.act_without_kafka_s)
        self._restore = restore
        self._since: datetime | None = None
        self._ask_at = 0.0

    async def is_kafka_there(self) -> bool:
        """Does Kafka answer, as far as was seen lately?

        Where the log tells of a later decider although the group has this worker decide, that one wrote late:
        everything is known anew, and lowering waits again.
        """
        if self._outbox.is_away:
            return False
        if self._since is None and time.monotonic() < self._ask_at:
            return True
        self._ask_at = time.monotonic() + ASK_EVERY_S
        sole = await self._acting.is_sole()
        if sole is None:
            return False
        if sole and self._since is None:
            return True
        log.info("knows_anew", others_decided=not sole)
        return await self._know_anew(sole=sole)

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

    async def _know_anew(self, *, sole: bool) -> bool:
        """Write down what was done meanwhile, and know everything from the log; False if Kafka went again.

        Where others decided meanwhile, what they wrote stands.
        """
        try:
            async with asyncio.timeout(BACK_WITHIN_S):
                if sole:
                    await self._acting.finish()
                    await self._acting.write_down()
                await self._restore()
        except (KafkaAwayError, *UNREACHABLE) as error:
            log.warning("kafka_gone_again", why=f"{type(error).__name__}: {error}")
            return False
        if self._since is not None:
            log.info("kafka_back", away_since=to_iso(self._since))
            self._since = None
            self._metrics.kafka_away.set(0)
        return True


def as_stale(levels: Mapping[str, Level], before: datetime) -> Mapping[str, Level]:
    """The same levels, known until before that time at the latest: too old to agree to anything new on."""
    latest = before - timedelta(seconds=1)
    return {name: replace(level, data_until=min(level.data_until, latest)) for name, level in levels.items()}
