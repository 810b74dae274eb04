"""What the laws remember of a timeline: facts, the rule they make, who may do what, and money spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from advisor.domain.advice import Outcome
from advisor.domain.campaign import Campaign
from advisor.domain.policy import Mode, Policy
from advisor.domain.reason import Reason
from advisor.planning.schedule import standing_at
from tests.laws.allowance import Allowance, allowance
from tests.laws.rule import TAIL, ahead_and_behind, floors, minute_of, minutes, needed, ramp_steps, size
from tests.laws.run import Tick, Timeline


@dataclass
class Ruled:
    """The claims' rule that some facts make from a minute on."""

    policy: Policy
    name: str
    campaigns: tuple[Campaign, ...]
    begin: int
    floors: list[int]

    def at(self, minute: int) -> int:
        """The floor in a minute; the minimum when all is over."""
        inside = 0 <= minute - self.begin < len(self.floors)
        return self.floors[minute - self.begin] if inside else self.policy.resources[self.name].minimum

    def most_until(self, minute: int) -> int:
        """The highest floor from its begin to a minute."""
        least = self.policy.resources[self.name].minimum
        return max(self.floors[: minute - self.begin + 1], default=least)

    @property
    def most(self) -> int:
        """The highest floor at any time."""
        return self.most_until(self.begin + len(self.floors))


@dataclass
class Known:
    """What is known of one resource at a tick; see :class:`Memory`."""

    history: list[Ruled] = field(default_factory=list)
    is_exact: bool = False
    can_act: bool = False
    least_permitted: int = 0
    most_planned: int = 0
    most_permitted: int = 0
    forbidden: str = ""
    may_keep: bool = False
    is_left_to_others: bool = False
    rests_since: int | None = None

    def rule(self, minute: int) -> int:
        """The floor by the facts of now."""
        return self.history[-1].at(minute)


@dataclass
class Money:
    """Spent per day with the highest limit it had, and costs as told: of campaigns and of teams."""

    slack: float = 0.05
    days: dict[date, tuple[float, float | None]] = field(default_factory=dict)
    campaigns: list[tuple[str, float, float]] = field(default_factory=list)
    teams: list[tuple[str, float, float]] = field(default_factory=list)
    told: dict[str, tuple[str, float]] = field(default_factory=dict)


class Memory:
    """Takes in tick by tick what the laws need to know."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.resources = {name: Known() for name in timeline.policy.resources}
        self.money = Money()
        self.last: Tick
        self.wanted = dict(timeline.people_set)
        self._rules: dict[tuple[object, ...], Ruled] = {}

    def take_in(self, tick: Tick) -> None:
        """One more decision."""
        for name, known in self.resources.items():
            self._follow(tick, name, known)
        self._bill(tick)
        self.last, self.wanted = tick, dict(tick.wanted)

    def agreed(self, name: str, tick: Tick) -> int:
        """The floor that was agreed for now before this decision."""
        return standing_at(tick.seen[name].plan, tick.now, tick.policy.resources[name].minimum)

    # --- facts and the rule

    def _follow(self, tick: Tick, name: str, known: Known) -> None:
        of, now = tick.policy.resources[name], minute_of(tick.now)
        ours = counted(tick, name)
        rests = self._rests(tick, name, known)
        given = allowance(tick, name, ours)
        plain = _is_plain(tick, name, ours, given)
        last = known.history[-1] if known.history else None
        is_new = last is None or (last.policy is not tick.policy or _marks(last.campaigns) != _marks(ours))
        if rests and (is_new or (plain and not known.is_exact)):
            known.history, known.is_exact = [self._ruled(tick.policy, name, ours, now)], plain
        elif is_new:
            known.history.append(self._ruled(tick.policy, name, ours, now))
            known.is_exact = False
        else:
            known.is_exact = known.is_exact and plain
        in_use = 0 if of.reactive else min(_in_use(tick, name), of.maximum)
        restricted = of.irreversible or of.lowerings_per_day or tick.policy.freezes or tick.policy.caps
        known.most_planned = max(
            in_use, *(r.most if restricted else r.most_until(now) for r in known.history)
        )
        known.most_permitted = self._most_permitted(tick, known, given, now) if given.bounds else in_use
        if not given.bounds:
            known.most_permitted = known.most_planned
        known.forbidden = forbidden(tick, name)
        known.can_act = _can_act(tick, name, ours, known)
        known.least_permitted = self._least_permitted(tick, name, given, now) if known.can_act else 0
        known.is_left_to_others = self._left_to_others(tick, name, ours, known)
        known.may_keep = of.mode.rank <= Mode.RECOMMEND.rank or _never_given_back(tick.policy, name)

    def _left_to_others(self, tick: Tick, name: str, ours: Sequence[Campaign], known: Known) -> bool:
        """Did somebody write to it since the last campaign's tail was over? Then we do not raise it again."""
        if any(minute_of(c.end) + TAIL > minute_of(tick.now) for c in ours):
            return False
        return known.is_left_to_others or tick.wanted[name] != self.wanted[name]

    def _rests(self, tick: Tick, name: str, known: Known) -> bool:
        """Has the plan before this tick been at its minimum for as long as anything can leave a trace?"""
        of, now = tick.policy.resources[name], minute_of(tick.now)
        if known.rests_since is None:
            known.rests_since = -1_000_000
        else:
            least = self.last.policy.resources[name].minimum
            steps = self.last.made(name).recommendation.steps
            between = [s.floor for s in steps if self.last.now <= s.act_at < tick.now]
            if max([self.last.planned(name), *between]) > least or of.minimum != least:
                known.rests_since = now
        hold = minutes(of.ramp.hold)
        trace = ramp_steps(of) * hold + ahead_and_behind(tick.policy, name)[1] + 2 * hold
        return now - known.rests_since >= trace

    def _ruled(self, policy: Policy, name: str, campaigns: Sequence[Campaign], begin: int) -> Ruled:
        key = (id(policy), name, _marks(campaigns), begin)
        if key not in self._rules:
            of = policy.resources[name]
            _, late = ahead_and_behind(policy, name)
            hold = minutes(of.ramp.hold)
            ends = [minute_of(c.end) + 60 + late + hold * (2 + ramp_steps(of)) for c in campaigns]
            end = max(ends, default=begin)
            found = floors(policy, name, campaigns, self.timeline.baseline, begin, end) if end > begin else []
            self._rules[key] = Ruled(policy, name, tuple(campaigns), begin, found)
        return self._rules[key]

    # --- permissions

    def _most_permitted(self, tick: Tick, known: Known, given: Allowance, now: int) -> int:
        """The most for campaigns that need nobody, and on people's word as far as that goes."""
        alone = together = 0
        for ruled in known.history:
            for group in ("alone", "together"):
                names = given.free if group == "alone" else given.free | given.agreed.keys()
                some = [c for c in ruled.campaigns if c.campaign_id in names]
                part = self._ruled(ruled.policy, ruled.name, some, ruled.begin)
                of = ruled.policy.resources[ruled.name]
                whole = of.irreversible or of.lowerings_per_day or tick.policy.freezes or tick.policy.caps
                most = part.most if whole else part.most_until(now)
                if group == "alone":
                    alone = max(alone, most)
                else:
                    together = max(together, most)
        return max(alone, min(together, max(given.agreed.values(), default=0)))

    def _least_permitted(self, tick: Tick, name: str, given: Allowance, now: int) -> int:
        """The units that demand needs within a lead time, with the campaigns that nothing bounds."""
        of = tick.policy.resources[name]
        free = given.free | {c for c, most in given.agreed.items() if most >= of.maximum}
        some = [c for c in counted(tick, name) if c.campaign_id in free]
        units = needed(of, some, self.timeline.baseline, now, now + minutes(of.lead_time) + 1)
        least = min(max(units), of.maximum)
        return least if least > of.minimum else 0

    # --- money

    def _bill(self, tick: Tick) -> None:
        money, budgets = self.money, tick.policy.budgets
        if tick.policy is not self.timeline.policy or tick.is_silent:
            money.slack = float(
                "inf"
            )  # what was agreed by other figures, or cannot be taken back now, is owed
        for day in _days(tick.now, tick.until):
            money.days.setdefault(day, (0.0, budgets.per_day))
        for name, of in tick.policy.resources.items():
            if of.irreversible or any(
                v.reason is Reason.WOULD_SHED_LOAD and v.outcome is not Outcome.PASS
                for v in tick.made(name).verdicts
            ):
                money.slack = float("inf")
            base = max(of.minimum, tick.wanted[name].minimum)
            units = max(0, min(tick.bounds[name].minimum, tick.planned(name)) - base)
            for day, hours in _days(tick.now, tick.until).items():
                spent, limit = money.days[day]
                money.days[day] = (spent + units * hours * (of.price_per_unit_hour or 0.0), limit)
        self._told(tick)

    def _told(self, tick: Tick) -> None:
        """What the product says that campaigns cost, where nothing of what was planned with changed since."""
        money, budgets = self.money, tick.policy.budgets
        is_steady = {c.revision for c in tick.campaigns} <= {1} and all(
            c.announced_at == self.timeline.events[0].at for c in tick.campaigns
        )
        money.campaigns, money.teams = [], []
        if not is_steady or tick.controls.envelopes:
            return
        by_name = {c.campaign_id: c for c in tick.campaigns}
        for found in tick.decision.campaigns:
            if found.extra_cost.extra is None:
                continue
            one = by_name[found.campaign_id]
            own = one.budget.max_cost if one.budget else float("inf")
            everybody = budgets.per_campaign if budgets.per_campaign is not None else float("inf")
            money.campaigns.append((one.campaign_id, found.extra_cost.extra, min(own, everybody)))
            money.told[one.campaign_id] = (one.team, found.extra_cost.extra)
        for team, limit in budgets.per_team.items():
            money.teams.append((team, sum(cost for t, cost in money.told.values() if t == team), limit))


def counted(tick: Tick, name: str) -> tuple[Campaign, ...]:
    """The campaigns that count and reach a resource."""
    serves = tick.policy.resources[name].serves
    return tuple(
        c for c in tick.campaigns if c.source in tick.policy.sources and set(c.services) & set(serves)
    )


def forbidden(tick: Tick, name: str) -> str:
    """Why nothing may be done on a resource now; empty where something may."""
    of, now = tick.policy.resources[name], tick.now
    if of.mode.rank <= Mode.RECOMMEND.rank:
        return f"mode {of.mode}"
    if any(f.scope in ("*", name) for f in tick.controls.freezes):
        return "frozen"
    if any(h.scope == name for h in tick.controls.holds):
        return "on hold"
    if any(f.start <= now < f.end and (not f.resources or name in f.resources) for f in tick.policy.freezes):
        return "freeze window"
    caps = tick.policy.caps.get(of.mode)
    if caps and caps.hours and not caps.hours.start <= now.astimezone(UTC).time() < caps.hours.end:
        return "outside hours"
    return ""


def _is_plain(tick: Tick, name: str, ours: Sequence[Campaign], given: Allowance) -> bool:
    """Does nothing cut, withhold, forbid, keep or delay anything on this resource now?"""
    of, rules = tick.policy.resources[name], tick.policy
    bounded = of.irreversible or of.max_step or of.lowerings_per_day or of.cooldown
    return (
        of.mode is Mode.AUTO
        and not given.bounds
        and not bounded
        and not (rules.pools or rules.caps or rules.freezes)
        and not _is_budgeted(tick, ours)
        and not forbidden(tick, name)
        and not tick.is_silent
        and name not in tick.refused
        and (of.reactive or _in_use(tick, name) <= of.minimum)
    )


def _can_act(tick: Tick, name: str, ours: Sequence[Campaign], known: Known) -> bool:
    """Is everything asked for that is permitted: nothing in the way, nothing cut, no dips, demand known?"""
    of, rules = tick.policy.resources[name], tick.policy
    return not (
        known.forbidden
        or of.max_step
        or rules.pools
        or rules.caps
        or rules.freezes
        or _is_budgeted(tick, ours)
        or tick.is_silent
        or name in tick.refused
        or any(c.expected_uplift and c.expected_uplift.p50 < 1.0 for c in ours)
    )


def _is_budgeted(tick: Tick, ours: Sequence[Campaign]) -> bool:
    budgets = tick.policy.budgets
    return (
        budgets.per_campaign is not None
        or budgets.per_day is not None
        or bool(budgets.per_team)
        or any(c.budget for c in ours)
        or bool(tick.policy.resources and any(c.budget for c in tick.campaigns))
    )


def _in_use(tick: Tick, name: str) -> int:
    of = tick.policy.resources[name]
    return size(of, sum(share * tick.levels[s].rate_per_s for s, share in of.serves.items()))


def _never_given_back(policy: Policy, name: str) -> bool:
    kept = policy.resources[name].irreversible
    return kept is not None and kept.committed is None


def _marks(campaigns: Sequence[Campaign]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((c.campaign_id, c.revision) for c in campaigns))


def _days(begin: datetime, end: datetime) -> dict[date, float]:
    """The hours of each UTC day between two times."""
    found: dict[date, float] = {}
    while begin < end:
        midnight = datetime.combine(begin.date() + timedelta(days=1), datetime.min.time(), UTC)
        found[begin.date()] = (min(end, midnight) - begin).total_seconds() / 3600
        begin = min(end, midnight)
    return found
