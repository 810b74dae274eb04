"""The smallest timeline that still breaks the same law: events and features dropped one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from advisor.domain.limits import Budgets
from advisor.domain.policy import Policy, RampPolicy
from tests.laws.events import PolicyEdited
from tests.laws.laws import Broken, first_broken
from tests.laws.run import Timeline

MOST_RUNS = 300


def shrunk(timeline: Timeline, broken: Broken) -> tuple[Timeline, Broken]:
    """The timeline with all taken out that the law does not need to be broken, and how it is broken then."""
    runs, smaller = 0, True
    while smaller and runs < MOST_RUNS:
        smaller = False
        for candidate in _less(timeline):
            runs += 1
            found = first_broken(candidate)
            if found is not None and found.law == broken.law:
                timeline, broken, smaller = candidate, found, True
                break
            if runs >= MOST_RUNS:
                break
    return timeline, broken


def _less(timeline: Timeline) -> Iterator[Timeline]:
    """Everything that could be left out, the largest parts first."""
    events = timeline.events
    for part in (2, 4):
        length = len(events) // part
        for i in range(part if length > 1 else 0):
            yield replace(timeline, events=events[: i * length] + events[(i + 1) * length :])
    for i in range(len(events)):
        yield replace(timeline, events=events[:i] + events[i + 1 :])
    if any(isinstance(event, PolicyEdited) for event in events):
        return
    for name in timeline.policy.resources if len(timeline.policy.resources) > 1 else ():
        yield _without(timeline, name)
    for rules in _simpler(timeline.policy):
        yield replace(timeline, policy=rules)


def _without(timeline: Timeline, name: str) -> Timeline:
    rules = timeline.policy
    kept = {
        n: replace(r, depends_on=tuple(o for o in r.depends_on if o != name))
        for n, r in rules.resources.items()
        if n != name
    }
    pools = {
        key: replace(pool, uses={n: per for n, per in pool.uses.items() if n != name})
        for key, pool in rules.pools.items()
    }
    services = {s for r in kept.values() for s in r.serves}
    return replace(
        timeline,
        policy=replace(rules, resources=kept, pools=pools),
        people_set={n: b for n, b in timeline.people_set.items() if n != name},
        events=tuple(e for e in timeline.events if getattr(e, "resource", "") != name),
        baseline={s: rate for s, rate in timeline.baseline.items() if s in services},
    )


def _simpler(rules: Policy) -> Iterator[Policy]:
    """The policy with one of its bounds left out."""
    plain = {"pools": {}, "caps": {}, "freezes": (), "budgets": Budgets()}
    for name, value in plain.items():
        if getattr(rules, name) != value:
            yield replace(rules, **{name: value})
    ordinary = {
        "max_step": None,
        "cooldown": timedelta(0),
        "lowerings_per_day": None,
        "irreversible": None,
        "reactive": True,
        "depends_on": (),
        "quantum": 1,
        "sizes": (),
        "headroom": 0.0,
        "ramp": RampPolicy(),
        "price_per_unit_hour": None,
    }
    for name, one in rules.resources.items():
        for key, value in ordinary.items():
            if getattr(one, key) != value:
                yield replace(rules, resources={**rules.resources, name: replace(one, **{key: value})})
