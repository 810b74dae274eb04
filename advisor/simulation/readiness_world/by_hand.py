"""What people do in a world before the product decides: raises for campaigns, and drills of their units."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

import numpy as np

from advisor.domain.capacity import Bounds
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.simulation.readiness_world.traffic import DAY_S, MINUTE_S, minute_after
from advisor.simulation.readiness_world.world import HISTORY_DAYS, World

DRILLED = 0.6
"""This share of the resources is put to the test by people, once or twice."""

DRILL = timedelta(minutes=20)
APART = timedelta(hours=6)

Set = tuple[int, str, Bounds]
"""When, of which resource, which bounds."""


def by_hand(world: World) -> dict[int, list[tuple[str, Bounds]]]:
    """What people set until the product decides, by the minute: floors for campaigns, and drills."""
    rng = np.random.default_rng((world.seed, 3))
    found: dict[int, list[tuple[str, Bounds]]] = {}
    for now_s, name, bounds in (*_raises(rng, world), *_drills(rng, world)):
        found.setdefault(now_s, []).append((name, bounds))
    return found


def _raises(rng: np.random.Generator, world: World) -> Iterator[Set]:
    """Before each campaign what people think it needs, until half an hour after the last that needs it."""
    for name, resource in world.estate.policy.resources.items():
        wanted: list[tuple[int, int, int]] = []  # since, until, floor
        for happening in world.happenings:
            campaign, end = happening.campaign, happening.campaign.end + timedelta(minutes=30)
            is_ours = happening.takes_place and not set(campaign.services).isdisjoint(resource.serves)
            if not is_ours or to_epoch_s(end) >= world.measured_from_s:
                continue
            floor = ceil(resource.minimum * happening.uplift * float(rng.uniform(0.7, 1.4)))
            ahead = resource.lead_time * float(rng.uniform(0.8, 2.0))
            wanted.append((minute_after(campaign.start - ahead), minute_after(end), floor))
        for now_s in sorted({edge for since_s, until_s, _ in wanted for edge in (since_s, until_s)}):
            asked = [floor for since_s, until_s, floor in wanted if since_s <= now_s < until_s]
            floor = min(max([resource.minimum, *asked]), resource.maximum)
            yield now_s, name, Bounds(floor, resource.maximum)


def _drills(rng: np.random.Generator, world: World) -> Iterator[Set]:
    """At a busy hour far from any campaign: so few units that each has about what is declared to carry."""
    for name, resource in world.estate.policy.resources.items():
        for _ in range(int(rng.integers(1, 3)) if rng.random() < DRILLED else 0):
            busiest = _busiest_minute(world, resource, int(rng.integers(3, HISTORY_DAYS - 2)))
            at = from_epoch_s(int(world.times_s[busiest]))
            around = (h.campaign for h in world.happenings)
            if any(c.start - APART < at < c.end + APART for c in around):
                continue
            load = sum(world.rates[s][busiest] * share for s, share in resource.serves.items())
            units = max(1, ceil(load / (resource.unit_capacity * float(rng.uniform(0.75, 1.05)))))
            few = min(units, resource.minimum) if not world.reactive else units
            begin_s = int(world.times_s[busiest])
            yield begin_s, name, Bounds(few, few)
            after_s = begin_s + int(DRILL.total_seconds())
            yield after_s, name, Bounds(resource.minimum, resource.maximum)


def _busiest_minute(world: World, resource: ResourcePolicy, day: int) -> int:
    """The minute of a day in which most comes to a resource; its place in the world's times."""
    first = day * DAY_S // MINUTE_S
    inside = slice(first, first + DAY_S // MINUTE_S)
    load = sum(world.rates[service][inside] * share for service, share in resource.serves.items())
    return first + int(np.argmax(load))
