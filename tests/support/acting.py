"""Whole days on a simulated platform: observe, decide, remember and act, as the decider does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from advisor.actuation.execute import execute, observe
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.controls import Controls
from advisor.domain.policy import Policy
from advisor.errors import ActuationError
from advisor.pipeline import remember
from tests.support.builders import HOUR, MINUTE, NOW, PODS, decided, needs_for, only, policy, resource, state


class Moody(SimulatedActuator):
    """The estate's resource on a simulated platform that counts acts and refuses them when told to."""

    def __init__(self, rules: Policy, people_set: Bounds) -> None:
        super().__init__(rules.resources)
        self.resume(Observation(PODS, NOW, people_set, people_set.minimum, people_set.minimum))
        self.refuses = False
        self.clock_ahead = timedelta(0)
        self.acts: list[tuple[datetime, Bounds]] = []

    async def set_bounds(self, resource: str, bounds: Bounds, now: datetime) -> None:
        """Set them, or refuse."""
        if self.refuses:
            raise ActuationError(resource, "quota exceeded", retryable=True)
        self.acts.append((now, bounds))
        await super().set_bounds(resource, bounds, now)

    async def observe(self, resource: str, now: datetime) -> Observation:
        """As it stands, by a platform whose clock may show another time than ours."""
        return replace(await super().observe(resource, now), clock_ahead=self.clock_ahead)

    async def write(self, bounds: Bounds, now: datetime) -> None:
        """Somebody else sets them."""
        await super().set_bounds(PODS, bounds, now)


class Day:
    """A day of the estate's one resource: call `until` to let it pass, change anything in between."""

    def __init__(self, rules: Policy | None = None, *, people_set: Bounds | None = None) -> None:
        self.rules = rules or policy(resource())
        self.platform = Moody(self.rules, people_set or Bounds(2, 40))
        self.state = state(PODS)
        self.now = NOW
        self.controls = Controls()
        self.verdicts: list[tuple[datetime, str, tuple[str, ...]]] = []
        self.costs: dict[str, list[float | None]] = {}
        self.made: ResourceDecision | None = None

    @property
    def bounds(self) -> Bounds:
        """The bounds that stand on the platform."""
        return asyncio.run(self.platform.observe(PODS, self.now)).bounds

    def written_by_others(self, bounds: Bounds) -> None:
        """Somebody else sets these bounds now."""
        asyncio.run(self.platform.write(bounds, self.now))

    def until(
        self,
        end: datetime,
        campaigns: Sequence[Campaign] | Callable[[datetime], Sequence[Campaign]],
        *,
        every: timedelta = MINUTE,
        baseline: float = 15.0,
    ) -> Day:
        """Decide and act `every` so often before `end`, with so much ordinary demand."""
        known = campaigns if callable(campaigns) else lambda _: campaigns
        asyncio.run(self._pass(end, known, every, baseline))
        return self

    async def _pass(
        self,
        end: datetime,
        campaigns_at: Callable[[datetime], Sequence[Campaign]],
        every: timedelta,
        baseline: float,
    ) -> None:
        while self.now < end:
            await self._minute(campaigns_at(self.now), baseline)
            self.now += every

    async def _minute(self, campaigns: Sequence[Campaign], baseline: float) -> None:
        self.state = await observe(self.platform, self.state, self.now)
        decision = decided(
            self.now,
            campaigns,
            the_policy=self.rules,
            states={PODS: self.state},
            controls=self.controls,
            needs=needs_for(self.rules, campaigns, baseline),
            in_use=baseline,
        )
        made = self.made = only(decision)
        self.state = remember(made, self.state)
        if made.due is not None:
            self.state = (await execute(self.platform, made.due, self.state, self.now)).state
        for found in decision.campaigns:
            said = (f"{found.readiness}", tuple(str(reason) for reason in found.reasons))
            self.costs.setdefault(found.campaign_id, []).append(found.extra_cost.extra)
            if not self.verdicts or self.verdicts[-1][1:] != said:
                self.verdicts.append((self.now, *said))


def whole_day(day: Day, campaigns: Sequence[Campaign], hours: int = 30, every: timedelta = 5 * MINUTE) -> Day:
    """Let so many hours pass."""
    return day.until(NOW + hours * HOUR, campaigns, every=every)
