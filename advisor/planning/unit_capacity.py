"""Unit capacity, checked and not believed: what every ready unit was seen to carry, and where it failed.

A capacity is proved by ten minutes within the objective at 80 % of it, and contradicted by two minutes of a
missed objective below it. Both are looked for in every window of that length, exactly: of the loads that end
now, only those are kept that no later one is worse than, so that each window's worst is at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from operator import ge, le

from advisor.domain.demand import Level
from advisor.domain.evidence import CapacityEvidence, GoingOn, Proof, Ready, Running, Stretch
from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import to_epoch_s

PROVED_SHARE = 0.8
SUSTAINED = timedelta(minutes=10)
MISSED = timedelta(minutes=2)
GAP = timedelta(minutes=3)  # a bucket may be late; more than that and nobody knows what was carried meanwhile
VALID = timedelta(days=180)  # two releases a week change the code fifty times: half a year is generous
PERIOD_S = 30 * 86_400
NEWS = 0.01  # less than one per cent more is not written down again
READY_KEPT = timedelta(minutes=30)  # demand is known minutes late, and weighed against the units of then


@dataclass(frozen=True, slots=True)
class Load:
    """The demand on a resource from `since` until `until`, and whether its objective was missed."""

    since: datetime
    until: datetime
    rate_per_s: float
    is_breached: bool


def load_on(resource: ResourcePolicy, levels: Mapping[str, Level]) -> Load | None:
    """What came to a resource in the newest bucket that is known of every service it serves?

    None where the newest of one is not known, lies more than three minutes from another's, or is a mean of
    more than ten minutes: each would prove what nobody carried.
    """
    shares = [(levels[s].newest if s in levels else None, share) for s, share in resource.serves.items()]
    known = [(newest, share) for newest, share in shares if newest is not None]
    if not known or len(known) < len(shares):
        return None
    ends = [newest.until for newest, _ in known]
    since = min(newest.since for newest, _ in known)
    if max(ends) - min(ends) > GAP or min(ends) - since > SUSTAINED:
        return None
    return Load(
        since=since,
        until=min(ends),
        rate_per_s=sum(newest.rate_per_s * share for newest, share in known),
        is_breached=any(newest.is_breached for newest, _ in known),
    )


def weigh(
    evidence: CapacityEvidence, load: Load | None, *, ready_units: int | None, now: datetime
) -> CapacityEvidence:
    """What is known of a unit's capacity after one more look: so many units ready now, this load before.

    The load is divided by the units that were ready at its own time: the most of them where something
    held, the fewest where the objective was missed, so that neither says more than happened. A gap of more
    than three minutes, units unknown or no units at all end the stretches that were going on.
    """
    running = _with_ready(evidence.running, ready_units, now)
    last = running.weighed_until
    if load is None or (last is not None and load.until <= last):
        return replace(evidence, running=running)
    goes_on = last is not None and load.since <= last + GAP
    since = last if last is not None and goes_on else load.since
    units = units_during(running, replace(load, since=since))
    if not goes_on or not units or min(units) <= 0:
        running = replace(running, within=(), missed=())
    running = replace(running, weighed_until=load.until)
    if not units or min(units) <= 0:
        return replace(evidence, running=running)
    if load.is_breached:
        per_unit = load.rate_per_s / min(units)
        missed = _going_on(running.missed, since, per_unit, load.until - MISSED, le)
        return _failing(evidence, replace(running, within=(), missed=missed), load.until)
    per_unit = load.rate_per_s / max(units)
    within = _going_on(running.within, since, per_unit, load.until - SUSTAINED, ge)
    return _carrying(evidence, replace(running, within=within, missed=()), load.until)


def proof_of(evidence: CapacityEvidence, resource: ResourcePolicy, now: datetime) -> Proof:
    """Is the declared capacity of one unit proved, by what was seen or by the policy's load test?

    What is older than half a year counts no more, for nor against. After a breach below what is declared
    only what was carried later, above the rate of the breach, proves it again.
    """
    declared, failed = resource.unit_capacity, evidence.failed
    if failed is not None and (failed.rate_per_s >= declared or now - failed.until > VALID):
        failed = None
    shown = [*_seen(evidence, declared, now), *_tested(resource, now)]
    best = max(shown, key=lambda s: s.rate_per_s, default=None)
    if failed is not None:
        later = [s for s in shown if s.at > failed.until and s.rate_per_s > failed.rate_per_s]
        best_later = max(later, key=lambda s: s.rate_per_s, default=None)
        if best_later is None or best_later.rate_per_s < PROVED_SHARE * declared:
            return _contradiction(best, failed, declared)
        best = best_later
    if best is None:
        return Proof(None, None, "", False, f"no unit was ever seen to carry the {declared:.4g}/s declared")
    return Proof(best.rate_per_s, None, best.by, best.rate_per_s >= PROVED_SHARE * declared, best.detail)


def units_during(running: Running, load: Load) -> list[int]:
    """The counts of ready units that are known of the time of a load."""
    return [r.units for r in running.ready if r.until >= load.since and r.since <= load.until]


def _contradiction(best: _Shown | None, failed: Stretch, declared: float) -> Proof:
    """What is left of what was shown: no more than where it failed."""
    detail = (
        f"the objective was missed at {failed.rate_per_s:.4g} requests/s and unit on {_day(failed.until)},"
        f" {declared:.4g} declared"
    )
    if best is None:
        return Proof(None, failed.rate_per_s, "", False, detail)
    proved = min(best.rate_per_s, failed.rate_per_s)
    return Proof(proved, failed.rate_per_s, best.by, False, detail)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A rate that units were shown to carry, at the time `at`."""

    rate_per_s: float
    at: datetime
    by: str
    detail: str


def _seen(evidence: CapacityEvidence, declared: float, now: datetime) -> list[_Shown]:
    return [
        _Shown(
            s.rate_per_s,
            s.until,
            "seen",
            f"carried {s.rate_per_s:.4g} requests/s for {(s.until - s.since) // timedelta(minutes=1)} min"
            f" on {_day(s.until)}, {declared:.4g} declared",
        )
        for s in evidence.carried
        if now - s.until <= VALID
    ]


def _tested(resource: ResourcePolicy, now: datetime) -> list[_Shown]:
    test = resource.load_test
    if test is None or test.sustained < SUSTAINED or test.rate_per_unit <= 0:
        return []
    on = datetime.combine(test.on, time(), UTC)
    if not on <= now <= on + VALID:
        return []
    minutes = test.sustained // timedelta(minutes=1)
    detail = (
        f"carried {test.rate_per_unit:.4g} requests/s for {minutes} min in the load test of {_day(on)},"
        f" {resource.unit_capacity:.4g} declared"
    )
    return [_Shown(test.rate_per_unit, on, "load test", detail)]


def _with_ready(running: Running, units: int | None, now: datetime) -> Running:
    """The counts of ready units of the last half hour; unknown ones leave a hole."""
    kept = tuple(r for r in running.ready if now - r.until <= READY_KEPT)
    if units is None:
        return replace(running, ready=kept)
    if kept and kept[-1].units == units and timedelta(0) <= now - kept[-1].until <= GAP:
        return replace(running, ready=(*kept[:-1], replace(kept[-1], until=now)))
    return replace(running, ready=(*kept, Ready(now, now, units)))


def _going_on(
    stretches: tuple[GoingOn, ...],
    since: datetime,
    rate_per_s: float,
    long_enough: datetime,
    outdoes: Callable[[float, float], bool],
) -> tuple[GoingOn, ...]:
    """The stretches that end now, with one more load: each with the worst from its beginning on.

    Earlier ones that the new load is no better than (`outdoes`) are one with it from now on. Of those that
    began by `long_enough` the newest tells the worst of the whole window, and the older ones are let go.
    """
    kept = list(stretches)
    while kept and outdoes(kept[-1].rate_per_s, rate_per_s):
        since = kept.pop().since
    kept.append(GoingOn(since, rate_per_s))
    while len(kept) > 1 and kept[1].since <= long_enough:
        kept.pop(0)
    return tuple(kept)


def _carrying(evidence: CapacityEvidence, running: Running, until: datetime) -> CapacityEvidence:
    """With what was sustained for ten minutes up to now, if it is the most of its thirty days."""
    evidence = replace(evidence, running=running)
    window = running.within[0]
    if until - window.since < SUSTAINED or window.rate_per_s <= 0:
        return evidence
    known = [s for s in evidence.carried if _period(s.until) == _period(until)]
    if any(window.rate_per_s <= s.rate_per_s * (1 + NEWS) for s in known):
        return evidence
    kept = tuple(s for s in evidence.carried if s not in known and until - s.until <= VALID)
    return replace(evidence, carried=(*kept, Stretch(window.since, until, window.rate_per_s)))


def _failing(evidence: CapacityEvidence, running: Running, until: datetime) -> CapacityEvidence:
    """With the breach of the last two minutes, if it is the least, or what it failed at was carried since.

    What was carried before at more than that is known from now on to be carried at that rate only.
    """
    evidence = replace(evidence, running=running)
    window, failed = running.missed[0], evidence.failed
    if until - window.since < MISSED:
        return evidence
    is_news = (
        failed is None
        or until - failed.until > VALID
        or window.rate_per_s < failed.rate_per_s * (1 - NEWS)
        or any(s.rate_per_s > failed.rate_per_s for s in evidence.carried)
    )
    if not is_news:
        return evidence
    carried = tuple(replace(s, rate_per_s=min(s.rate_per_s, window.rate_per_s)) for s in evidence.carried)
    return replace(evidence, carried=carried, failed=Stretch(window.since, until, window.rate_per_s))


def _period(at: datetime) -> int:
    return to_epoch_s(at) // PERIOD_S


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
