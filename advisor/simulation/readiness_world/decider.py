"""The product in a world: the same functions as live, the same state carried on, drawn lead times beneath."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from advisor.domain.advice import Need, ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.controls import Controls
from advisor.domain.policy import Policy
from advisor.domain.readiness import CampaignReadiness, Readiness
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.forecasting.learned import NOTHING, Learned
from advisor.pipeline import assess, decide, remember
from advisor.planning.acts import after_observing
from advisor.planning.lead_times import follow
from advisor.planning.pace import Pace, paces_of
from advisor.planning.unit_capacity import proof_of
from advisor.planning.weighing import weighed
from advisor.simulation.carrying_out import carry_out
from advisor.simulation.readiness_world.sight import Seen
from advisor.simulation.readiness_world.supply import Supply

NEVER_S = 2**62
CORRECTED_TO = 0.95
"""People who put a unit's capacity right stay so far below where it failed."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a campaign at `now`."""

    now: datetime
    answer: CampaignReadiness

    @property
    def readiness(self) -> Readiness:
        """The verdict."""
        return self.answer.readiness


class Decider:
    """Headstart over one estate: it observes, measures, forecasts, decides and sets floors."""

    def __init__(self, policy: Policy, seen: Mapping[str, Seen], supplies: Mapping[str, Supply]) -> None:
        self._policy, self._seen, self._supplies = policy, seen, supplies
        self._states = {name: ResourceState(name) for name in policy.resources}
        self._needs: dict[str, tuple[Need, ...]] = {}
        self._learned: dict[str, Learned] = dict.fromkeys(seen, NOTHING)
        self.said: dict[str, list[Said]] = {}
        self.next_step_s = NEVER_S
        self.decisions = 0

    def look(self, now_s: int) -> None:
        """Is what was asked for ready by now?"""
        now = from_epoch_s(now_s)
        for name, state in self._states.items():
            if state.lead_times.awaited:
                self._observe(name, now)

    def weigh(self, now_s: int) -> None:
        """What did every unit carry in the newest bucket?"""
        now = from_epoch_s(now_s)
        levels = {service: seen.level(now_s) for service, seen in self._seen.items()}
        for name in self._states:
            self._observe(name, now)
        self._states |= weighed(self._states, levels, self._policy, now)

    def forecast(self, now_s: int, known: tuple[Campaign, ...]) -> None:
        """Forecast every service anew."""
        for service, seen in self._seen.items():
            assessment = assess(seen.view(now_s), known, self._policy, self._learned[service])
            self._needs[service], self._learned[service] = assessment.needs, assessment.learned

    def decide(self, now_s: int, known: tuple[Campaign, ...]) -> None:
        """Decide for the whole estate, remember it, and set what is due."""
        now = from_epoch_s(now_s)
        for name in self._states:
            self._observe(name, now)
        needs = [need for asked in self._needs.values() for need in asked]
        levels = {service: seen.level(now_s) for service, seen in self._seen.items()}
        decision = decide(needs, levels, known, self._states, Controls(), self._policy, now)
        for made in decision.resources:
            self._carry_out(made, now)
        for one in decision.campaigns:
            self.said.setdefault(one.campaign_id, []).append(Said(now, one))
        ahead = [
            to_epoch_s(s.act_at) for state in self._states.values() for s in state.plan if s.act_at > now
        ]
        self.next_step_s = min(ahead, default=NEVER_S)
        self.decisions += 1

    def set_by_hand(self, name: str, bounds: Bounds, now_s: int) -> None:
        """People set bounds through Headstart, by their own figures. How long units take is measured."""
        now = from_epoch_s(now_s)
        before, state = self._found(name, now), self._states[name]
        times = follow(state.lead_times, asked=(bounds.minimum, now), observation=before, now=now)
        found = self._set(name, bounds, now)
        self._states[name] = after_observing(replace(state, lead_times=times), found, now)

    def correct_policy(self, now_s: int) -> None:
        """People put right what a unit is said to carry where it was seen to fail below that."""
        resources = dict(self._policy.resources)
        for name, resource in resources.items():
            failed = proof_of(self._states[name].capacity, resource, from_epoch_s(now_s)).contradicted_at
            if failed is not None:
                resources[name] = replace(resource, unit_capacity=failed * CORRECTED_TO)
        self._policy = replace(self._policy, resources=resources)

    def paces(self) -> Mapping[str, Pace]:
        """The times by which each resource is planned now."""
        return paces_of(self._policy, self._states)

    @property
    def has_raised(self) -> bool:
        """Is anything of ours left to be restored?"""
        return any(state.originals is not None for state in self._states.values())

    def _observe(self, name: str, now: datetime) -> None:
        self._states[name] = after_observing(self._states[name], self._found(name, now), now)

    def _carry_out(self, made: ResourceDecision, now: datetime) -> None:
        """Remember a decision, and do what is due."""
        name = made.recommendation.resource
        state = remember(made, self._states[name])
        if made.due is not None:
            state = carry_out(made.due, state, lambda bounds: self._set(name, bounds, now), now)
        self._states[name] = state

    def _set(self, name: str, bounds: Bounds, now: datetime) -> Observation:
        self._supplies[name].set_bounds(bounds, to_epoch_s(now))
        return self._found(name, now)

    def _found(self, name: str, now: datetime) -> Observation:
        supply = self._supplies[name]
        return Observation(name, now, supply.bounds, supply.units, supply.ready)
