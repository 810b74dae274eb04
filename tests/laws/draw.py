"""Any timeline that could really occur, from its seed alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from advisor.domain.campaign import Campaign, CampaignBudget, CampaignStatus
from advisor.domain.capacity import Bounds
from advisor.domain.controls import EVERYTHING, Envelope
from advisor.domain.limits import (
    ApprovalPolicy,
    Budgets,
    FreezeWindow,
    Hours,
    Irreversible,
    ModeCaps,
    Pool,
)
from advisor.domain.policy import TIERS, Mode, Policy, RampPolicy, ResourcePolicy, SourcePolicy
from tests.laws.events import (
    Approved,
    Away,
    Event,
    Failing,
    Loaded,
    PolicyEdited,
    Rejected,
    Restarted,
    Resumed,
    Sent,
    Silent,
    Stopped,
    Written,
)
from tests.laws.run import Timeline
from tests.support.builders import CRM, MINUTE, NOW, campaign, policy, resource

SERVICES, PARTNER, TOOL = ("shop", "search"), "partner", "tool"
LAST_MINUTE = 20 * 60
FEATURES = (
    *(
        "changes",
        "changes",
        "approvals",
        "stops",
        "edits",
        "writes",
        "failures",
        "restarts",
        "silence",
        "money",
    ),
    *("pools", "caps", "freezes", "lowerings", "irreversible", "steps", "not reactive", "cooldown", "modes"),
)


@dataclass(frozen=True)
class _Draw:
    """The dice of one timeline, and what it is about."""

    rng: Random
    features: frozenset[str]

    def has(self, feature: str) -> bool:
        """Is this timeline about it?"""
        return feature in self.features

    def some(self, feature: str, odds: float) -> bool:
        """With these odds, if the timeline is about it."""
        return feature in self.features and self.rng.random() < odds

    def minute(self, first: int = 0, last: int = LAST_MINUTE) -> datetime:
        """Any minute between two."""
        return NOW + self.rng.randint(first, last) * MINUTE


def timeline(seed: int) -> Timeline:
    """The timeline of a seed: an estate, and a day of what happens to it."""
    rng = Random(seed)
    features = frozenset(rng.sample(FEATURES, rng.choice((0, 1, 2, 3, 4, 6))))
    draw = _Draw(rng, features)
    names = [f"sim://r{i}" for i in range(rng.choice((1, 1, 1, 1, 2, 2, 2, 3, 3, 4)))]
    services = SERVICES[: rng.choice((1, 1, 2))]
    resources = _resources(draw, names, services)
    rules = _policy(draw, resources)
    sent = [event for i in range(rng.choice((0, 1, 1, 2, 2, 3, 4, 5))) for event in _story(draw, i, services)]
    events = [*sent, *_people(draw, names, sent), *_mishaps(draw, names), *_edits(draw, rules)]
    return Timeline(
        seed=seed,
        policy=rules,
        people_set={name: _people_set(draw, resources[name]) for name in names},
        baseline={service: float(rng.choice((0, 5, 12, 20, 30))) for service in services},
        events=tuple(sorted(events, key=lambda event: event.at)),
        past=timedelta(seconds=rng.choice((0.0, 0.0, 0.095, 2.0, 59.9))),
    )


def _resources(draw: _Draw, names: list[str], services: tuple[str, ...]) -> dict[str, ResourcePolicy]:
    found: dict[str, ResourcePolicy] = {}
    tiers = sorted((draw.rng.choice(TIERS) for _ in names), key=TIERS.index)
    for i, name in enumerate(names):
        below = [n for n in names[:i] if draw.rng.random() < 0.3]
        served = [s for s in services if draw.rng.random() < 0.7] or [services[0]]
        found[name] = replace(
            _resource(draw, name, {s: draw.rng.choice((1.0, 0.3)) for s in served}),
            tier=tiers[i],
            depends_on=tuple(below),
        )
    return found


def _resource(draw: _Draw, name: str, serves: dict[str, float]) -> ResourcePolicy:
    rng = draw.rng
    quantum = rng.choice((1, 1, 1, 2, 3))
    minimum = quantum * rng.randint(0, 3)
    maximum = minimum + quantum * rng.choice((0, 3, 8, 20))
    values: dict[str, Any] = {
        "serves": serves,
        "minimum": minimum,
        "maximum": maximum,
        "lead_time": rng.choice((0, 3, 10, 25, 60)) * MINUTE,
        "headroom": rng.choice((0.0, 0.2)),
        "quantum": quantum,
        "ramp": RampPolicy(
            rng.choice((1.5, 2.0, 10.0)), rng.randint(1, 5) * MINUTE, rng.choice((5, 10, 15, 30)) * MINUTE
        ),
        "price_per_unit_hour": rng.choice((1.0, 2.5)) if draw.has("money") else None,
        "reactive": not draw.some("not reactive", 0.6),
        "max_step": quantum * rng.choice((2, 3, 5)) if draw.some("steps", 0.6) else None,
        "cooldown": rng.choice((10, 40)) * MINUTE if draw.some("cooldown", 0.6) else timedelta(0),
        "lowerings_per_day": rng.choice((1, 2)) if draw.some("lowerings", 0.6) else None,
        "irreversible": _irreversible(draw) if draw.some("irreversible", 0.5) else None,
    }
    if quantum == 1 and minimum and rng.random() < 0.2:
        values["sizes"] = tuple(sorted({minimum, maximum, *(rng.randint(minimum, maximum) for _ in "123")}))
    if draw.has("modes"):
        values["mode"] = rng.choice((Mode.AUTO, Mode.AUTO, Mode.APPROVE, Mode.RECOMMEND, Mode.OBSERVE))
    elif draw.some("approvals", 0.7):
        values["mode"] = Mode.APPROVE
    return resource(name, **values)


def _irreversible(draw: _Draw) -> Irreversible:
    committed = draw.rng.choice((None, timedelta(hours=1), timedelta(hours=6)))
    return Irreversible(committed, 5.0 if committed is None and draw.has("money") else None)


def _policy(draw: _Draw, resources: dict[str, ResourcePolicy]) -> Policy:
    rng = draw.rng
    values: dict[str, Any] = {
        "sources": {
            CRM: SourcePolicy(CRM, Mode.AUTO),
            TOOL: SourcePolicy(TOOL, Mode.APPROVE),
            PARTNER: SourcePolicy(PARTNER, Mode.RECOMMEND),
        },
        "approval": ApprovalPolicy(two_people_above=rng.choice((None, 10.0))),
        "budgets": _budgets(draw),
    }
    if draw.has("pools"):
        uses = {name: rng.choice((1.0, 2.0)) for name in resources}
        least = sum(resources[n].minimum * per for n, per in uses.items())
        values["pools"] = {"quota": Pool("quota", least + rng.choice((3, 10, 25)), uses)}
    if draw.has("caps"):
        caps = ModeCaps(rng.choice((None, 2.0, 4.0)), None, rng.choice((None, _hours(draw))))
        values["caps"] = {Mode.AUTO: caps, Mode.APPROVE: caps}
    if draw.has("freezes"):
        begin = draw.minute()
        which = tuple(rng.sample(sorted(resources), 1)) if rng.random() < 0.5 else ()
        end = begin + rng.choice((20, 120, 400)) * MINUTE
        values["freezes"] = (FreezeWindow(begin, end, "stocktaking", which),)
    return policy(*resources.values(), **values)


def _hours(draw: _Draw) -> Hours:
    return Hours(time(draw.rng.choice((4, 8))), time(draw.rng.choice((16, 20))), frozenset(range(7)), "UTC")


def _budgets(draw: _Draw) -> Budgets:
    if not draw.has("money"):
        return Budgets()
    amounts = (None, 0.0, 5.0, 20.0, 60.0)
    team = draw.rng.choice(amounts)
    return Budgets(
        per_campaign=draw.rng.choice(amounts),
        per_day=draw.rng.choice(amounts),
        per_team={} if team is None else {"red": team},
    )


def _people_set(draw: _Draw, of: ResourcePolicy) -> Bounds:
    if draw.rng.random() < 0.7:
        return Bounds(of.minimum, of.maximum)
    minimum = draw.rng.randint(0, of.maximum + 2)
    return Bounds(minimum, minimum + draw.rng.randint(0, of.maximum + 5))


# --- what happens


def _story(draw: _Draw, number: int, services: tuple[str, ...]) -> Iterator[Event]:
    """A campaign as it is announced, and what its owner makes of it later."""
    one = _campaign(draw, f"c{number}", services)
    announced = NOW if draw.rng.random() < 0.6 else one.start + draw.rng.randint(-300, 60) * MINUTE
    announced = min(max(announced, NOW), NOW + LAST_MINUTE * MINUTE)
    one = replace(one, announced_at=announced)
    yield Sent(announced, one)
    revisions = [one]
    for _ in range(draw.rng.randint(0, 3) if draw.has("changes") else 0):
        latest, when = revisions[-1], announced + draw.rng.randint(0, 600) * MINUTE
        kind = draw.rng.choice(("changed", "changed", "changed", "cancelled", "old", "again"))
        if kind in ("old", "again"):
            yield Sent(when, revisions[0] if kind == "old" else latest)
            continue
        changed = replace(_changed(draw, latest), revision=latest.revision + 1, announced_at=when)
        revisions.append(
            replace(changed, status=CampaignStatus.CANCELLED) if kind == "cancelled" else changed
        )
        yield Sent(when, revisions[-1])
        if kind == "cancelled":
            return
        announced = when


def _campaign(draw: _Draw, name: str, services: tuple[str, ...]) -> Campaign:
    rng = draw.rng
    begin = draw.minute(-60)
    served = tuple(s for s in services if rng.random() < 0.7) or services[:1]
    trusted = rng.random() < (0.5 if draw.has("approvals") or draw.has("modes") else 0.95)
    budget = rng.choice((None, 3.0, 15.0, 50.0)) if draw.has("money") else None
    return campaign(
        name,
        begin,
        lasts=rng.choice((5, 20, 60, 120, 240)) * MINUTE,
        uplift=rng.choice((0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 9.0)),
        services=served,
        source=CRM if trusted else rng.choice((TOOL, TOOL, PARTNER, "nobody")),
        budget=None if budget is None else CampaignBudget("EUR", budget),
        team=rng.choice(("", "red")) if draw.has("money") else "",
    )


def _changed(draw: _Draw, one: Campaign) -> Campaign:
    """Moved, shortened, extended or promised more or less for."""
    rng = draw.rng
    kind = rng.choice(("moved", "shortened", "extended", "promise"))
    if kind == "moved":
        by = rng.randint(-240, 240) * MINUTE
        return replace(one, start=one.start + by, end=one.end + by)
    if kind == "promise":
        return _promising(one, rng.choice((1.0, 2.0, 4.0)))
    length = (one.end - one.start) * (0.5 if kind == "shortened" else 2.0)
    return replace(one, end=one.start + max(MINUTE, length // MINUTE * MINUTE))


def _promising(one: Campaign, times: float) -> Campaign:
    assert one.expected_uplift is not None
    return replace(one, expected_uplift=replace(one.expected_uplift, p50=times, p90=times))


def _people(draw: _Draw, names: list[str], sent: list[Event]) -> Iterator[Event]:
    """What people allow and stop."""
    known = [event.campaign for event in sent if isinstance(event, Sent)]
    rng = draw.rng
    if known and (draw.has("approvals") or draw.has("modes") or draw.has("irreversible")):
        for _ in range(rng.randint(1, 5)):
            one = rng.choice(known)
            when = draw.minute()
            if rng.random() < 0.15:
                yield Rejected(when, one.campaign_id, rng.choice(("ada", "bob")))
            else:
                yield Approved(when, _envelope(draw, one, when, names))
    for _ in range(rng.randint(1, 3) if draw.has("stops") else 0):
        when, hard = draw.minute(), rng.random() < 0.5
        scopes = [*names, *((EVERYTHING,) if hard else ["c0", "c1", "c2"])]
        scope = rng.choice(scopes)
        yield Stopped(when, scope, hard)
        yield Resumed(when + rng.choice((5, 60, 300, 900)) * MINUTE, scope)


def _envelope(draw: _Draw, one: Campaign, when: datetime, names: list[str]) -> Envelope:
    rng = draw.rng
    named = [name for name in names if rng.random() < 0.85]
    return Envelope(
        campaign_id=one.campaign_id,
        revision=one.revision,
        most_units=tuple((name, rng.choice((2, 5, 9, 100, 100))) for name in named),
        max_cost=rng.choice((None, None, 3.0, 12.0, 100.0)),
        currency="EUR",
        start=when if rng.random() < 0.8 else one.start,
        end=one.end + rng.choice((3, 3, 3, 0)) * 60 * MINUTE,
        expires_at=when + rng.choice((30, 300, 3000)) * MINUTE,
        by=rng.choice(("ada", "bob")),
        at=when,
    )


def _mishaps(draw: _Draw, names: list[str]) -> Iterator[Event]:
    """Others write, platforms fail, deciders die, demand is silent or other than thought."""
    rng = draw.rng
    for _ in range(rng.randint(1, 4) if draw.has("writes") else 0):
        lowest = rng.choice((None, 0, 1, 2, 4, 8, 15))
        highest = rng.choice((None, 3, 6, 12, 30)) if lowest is not None else rng.choice((3, 6, 12, 30))
        yield Written(draw.minute(), rng.choice(names), lowest, highest)
    for _ in range(rng.randint(1, 2) if draw.has("failures") else 0):
        when, name, blind = draw.minute(), rng.choice(names), rng.random() < 0.4
        yield Failing(when, name, True, blind)
        yield Failing(when + rng.choice((5, 40, 200)) * MINUTE, name, False)
    for _ in range(rng.randint(1, 4) if draw.has("restarts") else 0):
        yield Restarted(draw.minute(), rng.choice(("between decisions", "before the act", "after the act")))
        if rng.random() < 0.3:
            when = draw.minute()
            yield Away(when, when + rng.choice((7, 40, 200)) * MINUTE)
    if draw.has("silence"):
        when = draw.minute()
        yield Silent(when, True)
        yield Silent(when + rng.choice((4, 30, 240)) * MINUTE, False)
    for _ in range(rng.randint(1, 3) if draw.has("not reactive") else 0):
        yield Loaded(draw.minute(), rng.choice((0.0, 0.5, 1.5, 4.0)))


def _edits(draw: _Draw, rules: Policy) -> Iterator[Event]:
    """The policy changes, each time beginning from the last."""
    whens = sorted(draw.minute() for _ in range(draw.rng.randint(1, 3) if draw.has("edits") else 0))
    for when in whens:
        rules, words = _edited(draw, rules)
        yield PolicyEdited(when, rules, words)


def _edited(draw: _Draw, rules: Policy) -> tuple[Policy, str]:
    rng = draw.rng
    name = rng.choice(sorted(rules.resources))
    one = rules.resources[name]
    kind = rng.choice(("bounds", "mode", "lead", "budget", "price"))
    if kind == "budget":
        budgets = replace(rules.budgets, per_day=rng.choice((None, 2.0, 30.0)))
        return replace(rules, budgets=budgets), f"per_day {budgets.per_day}"
    if kind == "bounds":
        minimum = one.quantum * rng.randint(0, 3)
        maximum = minimum + one.quantum * rng.choice((0, 4, 12))
        one = replace(one, minimum=minimum, maximum=maximum, sizes=())
        words = f"{name} from {minimum} to {maximum}"
    elif kind == "mode":
        one = replace(one, mode=rng.choice(list(Mode)))
        words = f"{name} in mode {one.mode}"
    elif kind == "lead":
        one = replace(one, lead_time=rng.choice((0, 5, 30, 90)) * MINUTE)
        words = f"{name} takes {one.lead_time}"
    else:
        one = replace(one, price_per_unit_hour=rng.choice((None, 0.5, 4.0)))
        words = f"{name} costs {one.price_per_unit_hour}"
    return replace(rules, resources={**rules.resources, name: one}), words
