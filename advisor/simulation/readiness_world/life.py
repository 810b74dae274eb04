"""A world lived through: minute by minute demand comes, units arrive, and the product does what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.simulation.readiness_world.by_hand import by_hand
from advisor.simulation.readiness_world.decider import Decider, Said
from advisor.simulation.readiness_world.sight import BUCKET_S, Seen
from advisor.simulation.readiness_world.supply import Clockwork, Supply
from advisor.simulation.readiness_world.traffic import minute_after
from advisor.simulation.readiness_world.world import World

OFTEN_S, SELDOM_S = 300, 3600
"""How often is decided around a campaign's start, and while it is being prepared or runs."""

AROUND = timedelta(minutes=45)
AFRESH_OFTEN_S, AFRESH_SELDOM_S = 900, 7200
"""How often is forecast anew, likewise."""

FORGOTTEN = timedelta(days=45)
"""Campaigns over for so long are not handed to the forecast any more: it remembers what they did."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Lived:
    """What was said of each campaign, decision by decision, and when units were too few.

    `short` (n,) per resource tells the minutes of the world in which demand was more than its ready units
    carry; `last_moments_s` per campaign until when one could act where no decision says so.
    """

    world: World
    said: Mapping[str, tuple[Said, ...]]
    last_moments_s: Mapping[str, int]
    short: Mapping[str, NDArray[np.bool_]]
    decisions: int


def live(world: World, on_progress: Progress | None = None) -> Lived:
    """What becomes of a world with Headstart in it? The same world gives the same life."""
    life = _Life(world)
    total = len(world.times_s)
    for minute, now_s in enumerate(world.times_s.tolist()):
        life.minute(minute, now_s)
        if on_progress is not None and minute % 720 == 0:
            on_progress(minute, total)
    if on_progress is not None:
        on_progress(total, total)
    return life.outcome()


class _Life:
    """The state of one life, from one minute to the next."""

    def __init__(self, world: World) -> None:
        policy, truths = world.estate.policy, world.estate.truths
        begin_s, n = int(world.times_s[0]), len(world.times_s)
        self._world, self._policy = world, policy
        self._seen = {service: Seen(service, begin_s, n, policy.step) for service in world.rates}
        self._supplies = {
            name: Supply(
                Bounds(resource.minimum, resource.maximum),
                truths[name].carries,
                Clockwork(truths[name].delay, world.seed * 100 + number, begin_s),
                truths[name].reflex,
            )
            for number, (name, resource) in enumerate(policy.resources.items())
        }
        self._decider = Decider(policy, self._seen, self._supplies)
        self._short = {name: np.zeros(n, dtype=np.bool_) for name in policy.resources}
        self._by_hand = by_hand(world)
        self._told_s = {minute_after(c.announced_at) for h in world.happenings for c in h.revisions}
        self._starts_s = {minute_after(h.campaign.start) for h in world.happenings}
        self._near: list[tuple[int, int, int]] = []
        self._last_moments_s: dict[str, int] = {}

    def minute(self, minute: int, now_s: int) -> None:
        """One minute: look, decide if it is time to, then let the visitors come."""
        for supply in self._supplies.values():
            supply.arrive(now_s)
        self._decider.look(now_s)
        if minute > 5 and now_s % BUCKET_S == 0:
            self._decider.weigh(now_s)
        for name, bounds in self._by_hand.get(now_s, ()):
            self._decider.set_by_hand(name, bounds, now_s)
        if self._world.corrects and now_s == self._world.measured_from_s - 3600:
            self._decider.correct_policy(now_s)
        if now_s >= self._world.measured_from_s - 3600:
            self._decide_if_due(now_s)
        self._visitors(minute, now_s)

    def outcome(self) -> Lived:
        """All that was lived through."""
        said = {name: tuple(one) for name, one in self._decider.said.items()}
        return Lived(self._world, said, self._last_moments_s, self._short, self._decider.decisions)

    def _decide_if_due(self, now_s: int) -> None:
        is_told = now_s in self._told_s
        if is_told or now_s % 3600 == 0:
            self._plan_ahead(now_s)
        is_near = [here for here in self._near if here[0] <= now_s < here[2]]
        often = any(abs(now_s - start_s) <= AROUND.total_seconds() for _, start_s, _ in is_near)
        every_s = OFTEN_S if often else SELDOM_S if is_near else 3600 if self._decider.has_raised else 0
        is_time = every_s > 0 and now_s % every_s == 0
        is_time |= now_s in self._starts_s or self._decider.next_step_s <= now_s
        if is_told or is_time:
            known = self._known(now_s)
            afresh_s = AFRESH_OFTEN_S if often else AFRESH_SELDOM_S
            if is_told or not self._decider.decisions or (is_near and now_s % afresh_s == 0):
                self._decider.forecast(now_s, known)
            self._decider.decide(now_s, known)

    def _known(self, now_s: int) -> tuple[Campaign, ...]:
        now = from_epoch_s(now_s)
        newest = (happening.known_at(now) for happening in self._world.happenings)
        return tuple(c for c in newest if c is not None and c.end > now - FORGOTTEN)

    def _plan_ahead(self, now_s: int) -> None:
        """Between when and when is each known campaign near, from its earliest raise on?

        And until when can one act, where no decision says otherwise? A lead time of the slowest resource
        before the start.
        """
        paces = self._decider.paces()
        self._near = []
        for campaign in self._known(now_s):
            start_s, end_s = to_epoch_s(campaign.start), to_epoch_s(campaign.end) + 3600
            if end_s <= now_s:
                continue
            ours = [paces[r.resource] for s in campaign.services for r in self._policy.resources_of(s)]
            begin = min(pace.earliest_raise(campaign.start) for pace in ours)
            self._near.append((to_epoch_s(begin) - 3600, start_s, end_s))
            if start_s > now_s:
                slowest = max(pace.lead for pace in ours)
                self._last_moments_s[campaign.campaign_id] = start_s - int(slowest.total_seconds())

    def _visitors(self, minute: int, now_s: int) -> None:
        """What comes in this minute, what of it is carried, and what is measured of it."""
        rates = {service: float(rates[minute]) for service, rates in self._world.rates.items()}
        carried = dict.fromkeys(rates, 1.0)
        for name, resource in self._policy.resources.items():
            supply = self._supplies[name]
            load = sum(rates[service] * share for service, share in resource.serves.items())
            supply.live(load, now_s)
            fits = supply.ready * supply.carries
            if load > fits:
                self._short[name][minute] = True
                for service in resource.serves:
                    carried[service] = min(carried[service], fits / load)
        for service, rate in rates.items():
            share = carried[service]
            self._seen[service].note(minute, rate * share, saturated=share < 1.0)
