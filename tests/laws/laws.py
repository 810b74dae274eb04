"""What holds at every minute of every timeline, whatever happens in it.

Each law looks at one tick with the memory of those before, and says what it expected and what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from advisor.domain.reason import Reason
from advisor.domain.timegrid import ceil_to, to_iso
from tests.laws.memory import Memory, counted
from tests.laws.rule import carrying, minute_of, needed, size
from tests.laws.run import Tick, Timeline, run
from tests.support.builders import MINUTE, NOW


@dataclass(frozen=True)
class Broken:
    """A law that does not hold: which, when, on which resource, what was expected and what was found."""

    law: str
    at: datetime
    resource: str
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"{self.law}\n  at {to_iso(self.at)}, on {self.resource or 'all'}:\n"
            f"  expected {self.expected}\n  found    {self.found}"
        )


ENOUGH = {
    Reason.FLOOR_SUFFICIENT,
    Reason.VERIFIED,
    Reason.MEETS_PLAN,
    Reason.LEAD_TIME_UNMEASURED,
    Reason.UNIT_CAPACITY_UNPROVEN,
    Reason.RISK_TOO_HIGH,
}
"""Found on a resource that is planned as its campaigns need it, whatever else is believed of it only."""

Law = Callable[[Tick, Memory], Iterator[Broken]]


def first_broken(timeline: Timeline) -> Broken | None:
    """The first law that does not hold, at the first minute at which it does not; None if all do."""
    memory = Memory(timeline)
    for tick in run(timeline):
        memory.take_in(tick)
        for law in LAWS:
            for broken in law(tick, memory):
                return broken
    return next(iter(nothing_of_ours_is_left(memory)), None)


# --- the claims' rule


def plan_is_the_rule(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """Where nothing is withheld or cut, the plan is the claims' rule at every minute."""
    for name, known in memory.resources.items():
        if not known.is_exact:
            continue
        now = minute_of(tick.now)
        for minute in range(now, minute_of(tick.until)):
            at = tick.now + (minute - now) * MINUTE
            expected, found = known.rule(minute), tick.planned(name, at)
            if expected != found:
                yield Broken(_title(plan_is_the_rule), at, name, f"floor {expected}", f"floor {found}")


def floor_is_the_rule(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """Where nothing is withheld or cut, the floor that stands is the claims' rule, or people's if higher."""
    for name, known in memory.resources.items():
        if not known.is_exact or tick.died:
            continue
        least, wanted, stands = tick.policy.resources[name].minimum, tick.wanted[name], tick.bounds[name]
        for minute in range(minute_of(tick.now), minute_of(tick.until)):
            asked = known.rule(minute)
            allowed = {max(asked, wanted.minimum)}
            if asked <= least or known.is_left_to_others:
                allowed.add(wanted.minimum)
            if stands.minimum not in allowed:
                at = tick.now + (minute - minute_of(tick.now)) * MINUTE
                expected = " or ".join(map(str, sorted(allowed)))
                yield Broken(_title(floor_is_the_rule), at, name, f"floor {expected}", f"{stands}")


def floor_is_never_below_what_is_permitted(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """Where we can act, the floor is what freely permitted campaigns need, from the next whole minute on."""
    for name, known in memory.resources.items():
        if tick.died or not known.can_act:
            continue
        least, stands = known.least_permitted, tick.bounds[name].minimum
        to_come = (
            tick.planned(name, ceil_to(tick.now, MINUTE)) if tick.now != ceil_to(tick.now, MINUTE) else 0
        )
        if max(stands, to_come) < least:
            title = _title(floor_is_never_below_what_is_permitted)
            yield Broken(title, tick.now, name, f"floor at least {least}", f"floor {stands}")


def nothing_is_raised_that_nobody_planned(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """A raise of ours goes no further than the rule with every campaign, or back to what people set."""
    for act in tick.acts:
        known = memory.resources[act.resource]
        most = max(known.most_planned, tick.wanted[act.resource].minimum)
        if act.after.minimum > act.before.minimum and act.after.minimum > most:
            title = _title(nothing_is_raised_that_nobody_planned)
            yield Broken(title, tick.now, act.resource, f"at most {most}", f"{act.before} to {act.after}")


# --- whose word


def nothing_is_done_where_people_forbid_it(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """No act while frozen, on hold, in a freeze window, outside hours, or in a mode that does not act."""
    for act in tick.acts:
        why = memory.resources[act.resource].forbidden
        if why:
            title = _title(nothing_is_done_where_people_forbid_it)
            yield Broken(title, tick.now, act.resource, f"no act: {why}", f"{act.before} to {act.after}")


def nothing_is_raised_without_the_agreement_it_needs(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """A raise goes no further than the campaigns that may act by themselves, and people's envelopes."""
    for act in tick.acts:
        most = max(memory.resources[act.resource].most_permitted, tick.wanted[act.resource].minimum)
        if act.after.minimum > act.before.minimum and act.after.minimum > most:
            title = _title(nothing_is_raised_without_the_agreement_it_needs)
            yield Broken(title, tick.now, act.resource, f"at most {most}", f"{act.before} to {act.after}")


# --- load, people's bounds, repetition


def nothing_in_use_is_taken_away(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """Where nothing else scales, a lowering of ours leaves the units that demand needs now.

    Of a size that the resource can have, unless people had set another themselves.
    """
    for act in tick.acts:
        of = tick.policy.resources[act.resource]
        if of.reactive or act.after.minimum >= act.before.minimum:
            continue
        rate = sum(share * tick.levels[service].rate_per_s for service, share in of.serves.items())
        is_restored = act.after.minimum == tick.wanted[act.resource].minimum
        kept = min(act.before.minimum, (carrying if is_restored else size)(of, rate), of.maximum)
        if act.after.minimum < kept:
            title = _title(nothing_in_use_is_taken_away)
            yield Broken(title, tick.now, act.resource, f"at least {kept}", f"{act.before} to {act.after}")


def nothing_is_set_below_what_people_want(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """Neither bound is ever set lower than what somebody else set last."""
    for act in tick.acts:
        wanted = tick.wanted[act.resource]
        if act.after.minimum < wanted.minimum or act.after.maximum < wanted.maximum:
            title = _title(nothing_is_set_below_what_people_want)
            yield Broken(title, tick.now, act.resource, f"at least {wanted}", f"{act.after}")


def nothing_is_set_twice(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """No act sets what stands already, and none lies outside its own bounds."""
    for act in tick.acts:
        if act.before == act.after or act.after.minimum > act.after.maximum:
            title = _title(nothing_is_set_twice)
            yield Broken(title, tick.now, act.resource, "a change", f"{act.before} to {act.after}")


# --- the verdict


def what_is_called_enough_is_planned(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """Where a verdict finds nothing lacking, the plan has what the campaign needs while it runs."""
    by_id = {one.campaign_id: one for one in tick.campaigns}
    for told in tick.decision.campaigns:
        one = by_id[told.campaign_id]
        begin, end = minute_of(max(one.start, tick.now)), minute_of(one.end)
        for name, of in tick.policy.resources.items():
            reasons = {found.reason for found in told.findings if found.resource == name}
            if of.is_fixed or not reasons or not reasons <= ENOUGH:
                continue
            stands = max(tick.wanted[name].minimum, of.minimum)
            units = needed(of, counted(tick, name), memory.timeline.baseline, begin, end)
            for minute, least in enumerate(units, begin):
                at = NOW + minute * MINUTE
                floor = max(tick.planned(name, at), stands)
                if floor < least:
                    said = f"{one.campaign_id} called {told.readiness} ({', '.join(sorted(reasons))})"
                    title = _title(what_is_called_enough_is_planned)
                    yield Broken(title, at, name, f"at least {least}: {said}", f"floor {floor}")


# --- money


def no_day_costs_more_than_it_may(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """What really stood above the minimum costs no more in a day than the highest budget that it had."""
    for day, (spent, limit) in memory.money.days.items():
        if limit is not None and spent > limit + memory.money.slack:
            yield Broken(
                _title(no_day_costs_more_than_it_may),
                tick.now,
                "",
                f"{day} at most {limit:.2f}",
                f"{spent:.2f}",
            )


def no_campaign_costs_more_than_it_may(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """What the product itself says that a campaign adds is within the campaign's budget."""
    for name, cost, limit in memory.money.campaigns:
        if cost > limit + memory.money.slack:
            title = _title(no_campaign_costs_more_than_it_may)
            yield Broken(title, tick.now, "", f"{name} at most {limit:.2f}", f"{cost:.2f}")


def no_team_costs_more_than_it_may(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """What the product itself says that a team's campaigns add is within the team's budget."""
    for team, cost, limit in memory.money.teams:
        if cost > limit + memory.money.slack:
            title = _title(no_team_costs_more_than_it_may)
            yield Broken(title, tick.now, "", f"team {team} at most {limit:.2f}", f"{cost:.2f}")


def no_pool_is_overdrawn(tick: Tick, memory: Memory) -> Iterator[Broken]:
    """From any minute to come on, plans draw no more from a pool than there is, or than they do already."""
    for pool in tick.policy.pools.values():
        if tick.is_silent:
            continue
        times = {s.act_at for d in tick.decision.resources for s in d.recommendation.steps}
        stands = sum(per * memory.agreed(name, tick) for name, per in pool.uses.items())
        for at in sorted(t for t in times if t > tick.now):
            used = sum(per * tick.planned(name, at) for name, per in pool.uses.items())
            if used > max(pool.limit, stands) + 1e-6:
                title = _title(no_pool_is_overdrawn)
                yield Broken(title, at, pool.name, f"at most {max(pool.limit, stands):g}", f"{used:g}")


# --- the end


def nothing_of_ours_is_left(memory: Memory) -> Iterator[Broken]:
    """Once all is over, every resource has exactly the bounds that others wanted last."""
    tick = memory.last
    for name, bounds in tick.bounds.items():
        if memory.resources[name].may_keep:
            continue
        if bounds != tick.wanted[name] or tick.states[name].originals is not None:
            found = f"{bounds}, originals {tick.states[name].originals}"
            yield Broken(_title(nothing_of_ours_is_left), tick.now, name, f"{tick.wanted[name]}", found)


def _title(law: Callable[..., object]) -> str:
    """The law in words: its docstring."""
    return f"{law.__name__}: {(law.__doc__ or '').strip()}"


LAWS: tuple[Law, ...] = (
    nothing_is_done_where_people_forbid_it,
    nothing_is_raised_without_the_agreement_it_needs,
    nothing_is_raised_that_nobody_planned,
    nothing_in_use_is_taken_away,
    nothing_is_set_below_what_people_want,
    nothing_is_set_twice,
    plan_is_the_rule,
    floor_is_the_rule,
    floor_is_never_below_what_is_permitted,
    what_is_called_enough_is_planned,
    no_day_costs_more_than_it_may,
    no_campaign_costs_more_than_it_may,
    no_team_costs_more_than_it_may,
    no_pool_is_overdrawn,
)
