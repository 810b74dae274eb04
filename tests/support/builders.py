"""Builders for tests of the pure judgement: a valid value, with whatever a test wants to be different.

The estate they describe: one service with 15 requests/s, one resource of 2 to 40 units that carry 10
requests/s each and are ready ten minutes after they were asked for. It is 06:00; at 10:00 a campaign
triples demand for two hours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from advisor.domain.advice import Decision, Need, ResourceDecision, WithoutCampaign
from advisor.domain.campaign import Campaign, ExpectedUplift
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.controls import EVERYTHING, Controls, Hold
from advisor.domain.demand import BucketPart, Level, ServiceView, SourcePartition, TrafficSample
from advisor.domain.evidence import LeadTime, LeadTimes
from advisor.domain.limits import LoadTest
from advisor.domain.policy import Mode, Policy, ResourcePolicy, SourcePolicy
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.pipeline import decide, remember
from advisor.planning.schedule import standing_at

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SHOP, PODS, CRM = "web-shop", "sim://pods", "crm"
T0 = 1_800_000_000  # epoch seconds, on the hour
LEVELS = (0.5, 0.9, 0.95, 0.99)
MEASURED = LeadTimes(
    tuple(LeadTime(NOW - day * 24 * HOUR, 30, 600.0, arrived=True) for day in range(20, 0, -1))
)
"""Twenty raises that each took ten minutes."""

SOURCE = SourcePartition("traffic", "id-1", 0)


def at(clock: str, day: datetime = NOW) -> datetime:
    """The time `HH:MM` of the estate's day, in UTC."""
    hour, minute = clock.split(":")
    return day.replace(hour=int(hour), minute=int(minute))


# --- traffic


def counted(timestamp_s: float, count: float = 60.0, interval_s: float = 60.0, **other: Any) -> TrafficSample:
    """So many requests in the seconds from a timestamp on."""
    return TrafficSample(
        **{
            "service": SHOP,
            "timestamp_s": timestamp_s,
            "count": count,
            "interval_s": interval_s,
            **other,
        }
    )


def reading(timestamp_s: float, rate_per_s: float, **other: Any) -> TrafficSample:
    """A rate as it stood at a timestamp."""
    return TrafficSample(
        **{"service": SHOP, "timestamp_s": timestamp_s, "rate_per_s": rate_per_s, **other},
    )


def part(start_s: int = T0, count: float = 60.0, **other: Any) -> BucketPart:
    """A minute's demand of the shop as one source partition has it."""
    values = {
        "service": SHOP,
        "source": SOURCE,
        "start_s": start_s,
        "width_s": 60,
        "through_offset": 0,
        "samples": 1,
        "count": count,
        "interval_s": 60.0,
    }
    return BucketPart(**{**values, **other})


def view(
    rate_per_s: float = 15.0, *, service: str = SHOP, until: datetime = NOW, days: float = 4
) -> ServiceView:
    """A service that always had the same demand, known until now."""
    n = int(days * 288)
    return ServiceView(
        service=service,
        start_s=to_epoch_s(until) - 300 * n,
        step_s=300,
        values=np.full(n, rate_per_s),
        saturated=np.zeros(n, dtype=np.bool_),
        data_until=until,
        recent_rate_per_s=rate_per_s,
    )


# --- policy, campaigns, needs


def resource(name: str = PODS, **other: Any) -> ResourcePolicy:
    """Pods in auto mode with everything known about them, and no headroom, so that numbers are round."""
    values: dict[str, Any] = {
        "resource": name,
        "serves": {SHOP: 1.0},
        "unit_capacity": 10.0,
        "minimum": 2,
        "maximum": 40,
        "lead_time": timedelta(minutes=10),
        "headroom": 0.0,
        "mode": Mode.AUTO,
        "price_per_unit_hour": 1.0,
        "load_test": LoadTest(date(2026, 10, 12), 100.0, 10, timedelta(minutes=15), "run 4711"),
    }
    return ResourcePolicy(**{**values, **other})


def policy(*resources: ResourcePolicy, **other: Any) -> Policy:
    """A policy that trusts the CRM fully; over the one resource, unless others are given."""
    values: dict[str, Any] = {
        "version": "p1",
        "resources": {r.resource: r for r in resources or (resource(),)},
        "sources": {CRM: SourcePolicy(CRM, Mode.AUTO)},
    }
    return Policy(**{**values, **other})


def campaign(campaign_id: str = "promo", start: datetime | None = None, **other: Any) -> Campaign:
    """A campaign from 10:00 to 12:00 of which its owner is certain that it triples demand."""
    begins = start or at("10:00")
    values: dict[str, Any] = {
        "campaign_id": campaign_id,
        "revision": 1,
        "kind": "email",
        "start": begins,
        "end": begins + other.pop("lasts", 2 * HOUR),
        "services": (SHOP,),
        "announced_at": NOW - timedelta(days=1),
        "source": CRM,
        "expected_uplift": certain(other.pop("uplift", 3.0)),
    }
    return Campaign(**{**values, **other})


def certain(times: float) -> ExpectedUplift:
    """An uplift without any doubt."""
    return ExpectedUplift(times, times)


def need(
    campaigns: Sequence[Campaign] = (),
    *,
    baseline: float = 15.0,
    service: str = SHOP,
    name: str = PODS,
    cutoff: datetime = NOW,
    hours: int = 36,
) -> Need:
    """Flat demand, multiplied by each campaign's median uplift from its start to its end, and added up."""
    times_s = to_epoch_s(cutoff) + 300 * np.arange(hours * 12, dtype=np.int64)
    flat = np.full(len(times_s), baseline)
    theirs = [c for c in campaigns if service in c.services]
    extra = {c.campaign_id: _extra(c, times_s, baseline) for c in theirs}
    total = flat + sum(extra.values(), np.zeros(len(times_s)))
    return Need(
        resource=name,
        service=service,
        level=0.95,
        cutoff=cutoff,
        step_s=300,
        times_s=times_s,
        baseline=flat,
        total=total,
        levels=LEVELS,
        bands=certainly(total),
        without=tuple(
            WithoutCampaign(name, 0, total - more, certainly(total - more)) for name, more in extra.items()
        ),
        reasons=(),
    )


def certainly(rate_per_s: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Bands without any width: every quantile is the same."""
    return np.repeat(rate_per_s[:, np.newaxis], len(LEVELS), axis=1)


def _extra(one: Campaign, times_s: np.ndarray[Any, Any], baseline: float) -> np.ndarray[Any, Any]:
    assert one.expected_uplift is not None
    inside = (times_s + 300 > to_epoch_s(one.start)) & (times_s < to_epoch_s(one.end))
    return np.where(inside, baseline * (one.expected_uplift.p50 - 1.0), 0.0)


def needs_for(the_policy: Policy, campaigns: Sequence[Campaign], baseline: float = 15.0) -> list[Need]:
    """What every service of the policy asks of each of its resources."""
    return [
        need(campaigns, baseline=baseline, service=service, name=r.resource)
        for service in the_policy.services
        for r in the_policy.resources_of(service)
    ]


# --- what stands, and deciding


def state(name: str = PODS, *, floor: int | None = None, **other: Any) -> ResourceState:
    """What is remembered of a resource; `floor` says that its actuator found so many units, all ready."""
    known = ResourceState(name, **{"lead_times": MEASURED, **other})
    return known if floor is None else replace(known, observation=observed(name, floor))


def observed(
    name: str = PODS, floor: int = 2, *, ready: int | None = None, when: datetime = NOW
) -> Observation:
    """A resource found with this floor, and its units ready unless something else is said."""
    return Observation(name, when, Bounds(floor, 40), floor, floor if ready is None else ready)


def decided(
    now: datetime,
    campaigns: Sequence[Campaign] = (),
    *,
    the_policy: Policy | None = None,
    needs: Sequence[Need] | None = None,
    states: Mapping[str, ResourceState] | None = None,
    controls: Controls | None = None,
    data_until: datetime | None = None,
    in_use: float = 15.0,
) -> Decision:
    """One decision, on demand that is known until now unless something else is said."""
    rules = the_policy or policy()
    asked = needs_for(rules, campaigns) if needs is None else needs
    levels = {s: Level(s, data_until or now, in_use) for s in rules.services}
    known = {name: state(name) for name in rules.resources} | dict(states or {})
    known = {name: measured(one, rules) for name, one in known.items()}
    return decide(asked, levels, campaigns, known, controls or Controls(), rules, now)


def measured(one: ResourceState, rules: Policy) -> ResourceState:
    """The state with its usual lead times measured as the policy says that they are."""
    if one.lead_times is not MEASURED or one.resource not in rules.resources:
        return one
    took_s = rules.resources[one.resource].lead_time.total_seconds()
    return replace(one, lead_times=LeadTimes(tuple(replace(m, took_s=took_s) for m in MEASURED.measured)))


def day_of_decisions(
    campaigns_at: Callable[[datetime], Sequence[Campaign]],
    *,
    the_policy: Policy | None = None,
    begin: datetime = NOW,
    until: datetime | None = None,
    every: timedelta = MINUTE,
) -> Iterator[tuple[datetime, Decision, dict[str, ResourceState]]]:
    """Decide again and again, each time remembering what was agreed, as the decider does."""
    rules = the_policy or policy()
    states: dict[str, ResourceState] = {}
    now = begin
    while now <= (until or begin + 12 * HOUR):
        decision = decided(now, campaigns_at(now), the_policy=rules, states=states)
        for made in decision.resources:
            name = made.recommendation.resource
            states[name] = remember(made, states.get(name, state(name)))
        yield now, decision, states
        now += every


def on_hold(*scopes: str) -> Controls:
    """Somebody put these resources or campaigns on hold."""
    return Controls(holds=tuple(Hold(scope, "ada", NOW) for scope in scopes))


def frozen(scope: str = EVERYTHING) -> Controls:
    """Somebody pulled the kill switch, everywhere unless a resource is named."""
    return Controls(freezes=(Hold(scope, "ada", NOW),))


def only(decision: Decision) -> ResourceDecision:
    """The decision on the one resource there is."""
    (made,) = decision.resources
    return made


def schedule(made: ResourceDecision) -> list[tuple[str, int]]:
    """A schedule as people read it: at HH:MM, so many units."""
    return [(f"{s.act_at:%H:%M}", s.floor) for s in made.recommendation.steps]


def floor_at(made: ResourceDecision, when: datetime, minimum: int = 2) -> int:
    """The floor that a decision has in force at an instant."""
    return standing_at(made.recommendation.steps, when, minimum)


def floors_of(made: ResourceDecision, begin: datetime, end: datetime, minimum: int = 2) -> list[int]:
    """The floors that a decision has in force, minute by minute."""
    minutes = range(to_epoch_s(begin), to_epoch_s(end), 60)
    return [floor_at(made, from_epoch_s(s), minimum) for s in minutes]
