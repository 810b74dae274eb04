"""A timeline, run as the decider runs: observe, decide, remember, write, act; ticks where things move.

Between two ticks nothing is decided and nobody writes, so what a tick leaves stands in every minute until
the next: the laws look at each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from advisor.actuation.execute import Executed, execute, observe
from advisor.domain.advice import Decision, ResourceDecision
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds
from advisor.domain.controls import Controls
from advisor.domain.demand import Level
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import ceil_to
from advisor.pipeline import decide, remember
from advisor.planning.acts import before_acting
from advisor.planning.schedule import standing_at
from tests.laws.events import Event
from tests.laws.world import Act, Platform, World, done
from tests.support.builders import MINUTE, NOW

SETTLED, UNSETTLED, AFTERWARDS = timedelta(minutes=30), timedelta(minutes=3), timedelta(days=4)


@dataclass(frozen=True)
class Timeline:
    """An estate as it begins, and everything that happens to it, in order of time.

    Its decider wakes so long `past` whole minutes.
    """

    seed: int
    policy: Policy
    people_set: Mapping[str, Bounds]
    baseline: Mapping[str, float]
    events: tuple[Event, ...]
    past: timedelta = timedelta()


@dataclass(frozen=True)
class Tick:
    """One decision: what it was made on, what it was, and what it left behind until the next tick at `until`.

    `seen` are the states decided on, `states` those afterwards, `bounds` what stands on the platform.
    `refused` names the resources on which acts or observations fail, `died` says that the decider did not
    live to see it through, `is_over` that nothing happens any more.
    """

    now: datetime
    until: datetime
    policy: Policy
    campaigns: tuple[Campaign, ...]
    controls: Controls
    levels: Mapping[str, Level]
    seen: Mapping[str, ResourceState]
    decision: Decision
    states: Mapping[str, ResourceState]
    bounds: Mapping[str, Bounds]
    wanted: Mapping[str, Bounds]
    acts: tuple[Act, ...]
    refused: frozenset[str]
    is_silent: bool
    died: bool
    is_over: bool

    def made(self, name: str) -> ResourceDecision:
        """What was decided on one resource."""
        return next(d for d in self.decision.resources if d.recommendation.resource == name)

    def planned(self, name: str, at: datetime | None = None) -> int:
        """The floor that the plan has in force, now or at another time."""
        steps = self.made(name).recommendation.steps
        return standing_at(steps, at or self.now, self.policy.resources[name].minimum)


def run(timeline: Timeline) -> Iterator[Tick]:
    """Every decision of a timeline, until nothing of ours is left or four days after all is over."""
    names = timeline.policy.resources
    platform = Platform(timeline.policy, timeline.people_set)
    world = World(timeline.policy, timeline.baseline, platform, dict(timeline.people_set))
    world.states = {name: ResourceState(name) for name in names}
    events, now, over_at = list(timeline.events), NOW, None
    while True:
        while events and events[0].at <= now:
            events.pop(0).apply(world)
        if world.away_until is not None and now < world.away_until:
            now = min([world.away_until, *(e.at for e in events[:1])])
            continue
        ends = max((c.end for c in world.book.standing()), default=now)
        if not events and over_at is None and now >= ends:
            over_at = now
            _calm_down(world)
        tick = _decide(world, now + timeline.past, events, is_over=over_at is not None)
        yield tick
        if over_at is not None and (_is_restored(tick) or now > over_at + AFTERWARDS):
            return
        now = tick.until


def _calm_down(world: World) -> None:
    """Whatever was still going wrong ends, so that all can be put back."""
    world.controls = replace(world.controls, holds=(), freezes=())
    world.platform.refuses.clear()
    world.platform.hides.clear()
    world.silent_since, world.away_until, world.dies, world.load = None, None, "", 0.0


def _is_restored(tick: Tick) -> bool:
    """Is there no claim any more and nothing of ours left?"""
    claimed = any(made.claims or made.recommendation.steps for made in tick.decision.resources)
    return not claimed and all(state.originals is None for state in tick.states.values())


def _decide(world: World, now: datetime, events: Sequence[Event], *, is_over: bool) -> Tick:
    platform = world.platform
    for name, state in world.states.items():
        world.states[name] = cast(ResourceState, done(observe(platform, state, now)))
    world.unseen -= {name for name in world.states if name not in platform.hides}
    seen, campaigns, levels = dict(world.states), world.book.standing(), world.levels(now)
    needs = world.asked(campaigns)
    decision = decide(needs, levels, campaigns, seen, world.controls, world.policy, now)
    platform.acts.clear()
    died = not all(_carry_out(made, world, now) for made in decision.resources)
    tick = Tick(
        now=now,
        until=now,
        policy=world.policy,
        campaigns=campaigns,
        controls=world.controls,
        levels=levels,
        seen=seen,
        decision=decision,
        states=dict(world.states),
        bounds={name: platform.bounds(name) for name in world.states},
        wanted=dict(world.wanted),
        acts=tuple(platform.acts),
        refused=frozenset(platform.refuses | platform.hides),
        is_silent=world.silent_since is not None,
        died=died,
        is_over=is_over,
    )
    return replace(tick, until=_next(tick, events))


def _carry_out(made: ResourceDecision, world: World, now: datetime) -> bool:
    """As the decider does; False if it dies doing so."""
    name = made.recommendation.resource
    state = remember(made, world.states[name])
    if made.due is not None:
        state = before_acting(made.due, state)
        world.write_down(state)
        acts = len(world.platform.acts)
        if world.dies != "before the act":
            state = cast(Executed, done(execute(world.platform, made.due, state, now))).state
        moves = len(world.platform.acts) > acts or state.originals is not None
        if world.dies and moves:
            world.dies = ""
            world.restart()
            return False
    world.states[name] = state
    world.write_down(state)
    return True


def _next(tick: Tick, events: Sequence[Event]) -> datetime:
    """The next minute at which something is due or happens, or soon where something is not as planned."""
    steps = [s.act_at for d in tick.decision.resources for s in d.recommendation.steps if s.act_at > tick.now]
    is_settled = all(
        tick.bounds[name].minimum == max(tick.planned(name), tick.wanted[name].minimum)
        for name in tick.bounds
    )
    wait = MINUTE if tick.died else SETTLED if is_settled else UNSETTLED
    return ceil_to(min([tick.now + wait, *steps, *(e.at for e in events[:1])]), MINUTE)
