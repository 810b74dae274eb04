"""Headstart itself in the loop: it forecasts, decides, sets floors, looks at what became of them, and again.

The same functions as live (:func:`advisor.pipeline.assess`, :func:`advisor.pipeline.decide`) with the same
state carried from one decision to the next; a simulated HPA stands where the platform is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.advice import Need, ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.controls import Controls
from advisor.domain.policy import Policy
from advisor.domain.readiness import CampaignReadiness
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import Seconds, from_epoch_s, step_s, to_epoch_s
from advisor.forecasting.learned import NOTHING
from advisor.pipeline import assess, decide, remember
from advisor.planning.acts import after_observing
from advisor.planning.claims import claims_on
from advisor.planning.pace import paces_of
from advisor.simulation.carrying_out import carry_out
from advisor.simulation.loop_trace import LoopTrace, Sight
from advisor.simulation.reactive import ReactiveScaler, Supply, Units

QUIET = timedelta(hours=1)
"""How often is forecast anew while no campaign is near; nothing can change then but what is learned."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class ProductRun:
    """What Headstart did over the steps of a span: floors and supplies (n,) per resource.

    `verdicts` are the last ones before or at each campaign's start. `exact` says per resource whether every
    restore brought back the original bounds.
    """

    floors: Mapping[str, Units]
    supplies: Mapping[str, Supply]
    verdicts: Mapping[str, CampaignReadiness]
    exact: Mapping[str, bool]
    forecasts: int


def run_product(
    trace: LoopTrace,
    span: slice,
    campaigns: Sequence[Campaign],
    policy: Policy,
    scalers: Mapping[str, ReactiveScaler],
    decide_every: timedelta,
    on_progress: Progress,
) -> ProductRun:
    """What would Headstart have done over these steps of a trace, knowing at each only what was known then?

    `policy` has to be in auto (see :func:`advisor.simulation.closed_loop.as_if_followed`), with one scaler
    a resource. Forecasts are made on the grid of `decide_every` while a campaign is near, on that of
    :data:`QUIET` otherwise, and when one is announced; decisions then, when a step falls due and when a
    campaign starts. Data and announcements count from the step after them. While units are awaited, every
    step looks for them.
    """
    loop = _Loop(trace, campaigns, policy, scalers)
    times_s = trace.times_s[span]
    rates = trace.rate_per_s[span]
    near = _near(trace, span, campaigns, policy)
    announced = _steps_with(times_s, [to_epoch_s(c.announced_at) + 1 for c in campaigns])
    starting = _steps_with(times_s, [to_epoch_s(c.start) for c in campaigns])
    before_s = -1
    for i, now_s in enumerate(times_s.tolist()):
        loop.look(now_s)
        every_s = step_s(decide_every if near[i] else QUIET)
        is_new = i == 0 or announced[i] or now_s // every_s != before_s // every_s
        if is_new:
            loop.forecast(now_s)
            on_progress(i, len(times_s))
        if is_new or starting[i] or loop.next_step_s <= now_s:
            loop.decide(now_s)
        loop.live(float(rates[i]))
        before_s = now_s
    on_progress(len(times_s), len(times_s))
    return loop.outcome()


class _Loop:
    """The state that is carried through the loop: the decider's, and the platform's."""

    def __init__(
        self,
        trace: LoopTrace,
        campaigns: Sequence[Campaign],
        policy: Policy,
        scalers: Mapping[str, ReactiveScaler],
    ) -> None:
        self._trace, self._campaigns, self._policy = trace, campaigns, policy
        self._sight = Sight(trace, policy.step)
        self._scalers = scalers
        self._original = {name: Bounds(r.minimum, r.maximum) for name, r in policy.resources.items()}
        self._bounds = dict(self._original)
        self._states = {name: ResourceState(name) for name in policy.resources}
        self._needs: tuple[Need, ...] = ()
        self._learned = NOTHING
        self._verdicts: dict[str, CampaignReadiness] = {}
        self._exact = dict.fromkeys(policy.resources, True)
        self._lived: dict[str, list[tuple[int, int, int]]] = {name: [] for name in policy.resources}
        self._forecasts = 0
        self.next_step_s = 0

    def forecast(self, now_s: int) -> None:
        """Forecast anew with what is known now."""
        known = self._known(from_epoch_s(now_s))
        assessment = assess(self._sight.view(now_s), known, self._policy, self._learned)
        self._needs, self._learned = assessment.needs, assessment.learned
        self._forecasts += 1

    def look(self, now_s: int) -> None:
        """Is what was asked for ready by now? Live, nobody waits for the next decision to see that."""
        for name, state in self._states.items():
            if state.lead_times.awaited:
                self._observe(name, from_epoch_s(now_s))

    def decide(self, now_s: int) -> None:
        """One turn of the decider: look, decide, remember, set what is due."""
        now = from_epoch_s(now_s)
        for name in self._states:
            self._observe(name, now)
        known, level = self._known(now), self._sight.level(now_s)
        levels = {} if level is None else {level.service: level}
        decision = decide(self._needs, levels, known, self._states, Controls(), self._policy, now)
        for made in decision.resources:
            self._carry_out(made, now)
        started = {c.campaign_id for c in known if c.start < now}
        self._verdicts |= {v.campaign_id: v for v in decision.campaigns if v.campaign_id not in started}
        ahead = [
            to_epoch_s(s.act_at) for state in self._states.values() for s in state.plan if s.act_at > now
        ]
        self.next_step_s = min(ahead, default=np.iinfo(np.int64).max)

    def live(self, rate_per_s: float) -> None:
        """One step of the world: demand comes, each scaler does what it does above its floor."""
        for name, scaler in self._scalers.items():
            floor = self._bounds[name].minimum
            share = self._policy.resources[name].serves[self._trace.service]
            units, ready = scaler.step(share * rate_per_s, floor)
            self._lived[name].append((floor, units, ready))

    def outcome(self) -> ProductRun:
        """All that was lived through."""
        lived = {name: np.array(rows, dtype=np.int64).reshape(-1, 3) for name, rows in self._lived.items()}
        return ProductRun(
            floors={name: rows[:, 0] for name, rows in lived.items()},
            supplies={name: Supply(rows[:, 1], rows[:, 2]) for name, rows in lived.items()},
            verdicts=self._verdicts,
            exact=self._exact,
            forecasts=self._forecasts,
        )

    def _known(self, now: datetime) -> tuple[Campaign, ...]:
        return tuple(c for c in self._campaigns if c.announced_at < now)

    def _observe(self, name: str, now: datetime) -> None:
        self._states[name] = after_observing(self._states[name], self._found(name, now), now)

    def _found(self, name: str, now: datetime) -> Observation:
        scaler = self._scalers[name]
        return Observation(name, now, self._bounds[name], scaler.units, scaler.ready)

    def _carry_out(self, made: ResourceDecision, now: datetime) -> None:
        """Remember a decision, and do what is due."""
        name = made.recommendation.resource
        state = remember(made, self._states[name])
        if made.due is not None:
            state = carry_out(made.due, state, lambda bounds: self._set(name, bounds, now), now)
            if made.due.restore:
                self._exact[name] &= self._bounds[name] == self._original[name]
        self._states[name] = state

    def _set(self, name: str, bounds: Bounds, now: datetime) -> Observation:
        self._bounds[name] = bounds
        return self._found(name, now)


def _near(trace: LoopTrace, span: slice, campaigns: Sequence[Campaign], policy: Policy) -> NDArray[np.bool_]:
    """On which steps can a campaign have a part in a floor, from its raise to the end of its revert?"""
    times_s = trace.times_s[span]
    near = np.zeros(len(times_s), dtype=np.bool_)
    beginning = from_epoch_s(0)
    for pace in paces_of(policy, {}).values():
        for claim in claims_on(pace.resource, campaigns, policy, beginning):
            begin = pace.earliest_raise(claim.start) - QUIET / 2
            end = pace.latest_revert(claim.end)
            near |= (times_s >= to_epoch_s(begin)) & (times_s < to_epoch_s(end))
    return near


def _steps_with(times_s: Seconds, instants_s: Sequence[int]) -> NDArray[np.bool_]:
    """Which are the first steps at or after one of these instants? Shape (n,)."""
    first = np.zeros(len(times_s) + 1, dtype=np.bool_)
    first[np.searchsorted(times_s, np.array(instants_s, dtype=np.int64))] = True
    return first[:-1]
