"""The smallest stories told by hand: a few events on the estate's pods, and what was set because of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from advisor.domain.capacity import Bounds
from advisor.domain.controls import Envelope
from advisor.domain.policy import Mode, ResourcePolicy, SourcePolicy
from tests.laws.events import Approved, Event
from tests.laws.run import Tick, Timeline, run
from tests.support.builders import CRM, NOW, PODS, SHOP, at, policy, resource

NODES, TOOL = "sim://nodes", "tool"
SOURCES = {CRM: SourcePolicy(CRM, Mode.AUTO), TOOL: SourcePolicy(TOOL, Mode.APPROVE)}


def told(
    *given: Event,
    resources: tuple[ResourcePolicy, ...] = (),
    people_set: Mapping[str, Bounds] | None = None,
    demand: float = 15.0,
    past: float = 0.0,
    **rules: Any,
) -> list[Tick]:
    """Every decision of a timeline over these resources, the estate's pods if none are given.

    The decider wakes so many seconds `past` whole minutes.
    """
    events = tuple(sorted(given, key=lambda event: event.at))
    of = resources or (resource(),)
    bounds = {r.resource: Bounds(r.minimum, r.maximum) for r in of} | dict(people_set or {})
    rulebook = policy(*of, sources=SOURCES, **rules)
    story = Timeline(0, rulebook, bounds, {SHOP: demand}, events, timedelta(seconds=past))
    return list(run(story))


def floors(ticks: list[Tick], name: str = PODS) -> list[tuple[str, int]]:
    """What was set on the platform, at which minute."""
    return [(f"{a.at:%H:%M}", a.after.minimum) for t in ticks for a in t.acts if a.resource == name]


def approved(name: str, most: int = 40) -> Approved:
    """Somebody agrees at once to so many pods for a campaign, until the day ends."""
    end = at("23:59")
    return Approved(NOW, Envelope(name, 1, ((PODS, most),), None, "EUR", NOW, end, end, "ada", NOW))
