"""Scalers in the loop: two quiet days, then a campaign that doubles demand for an hour.

Demand is 100 requests/s, a unit carries 10, and units are ready six minutes after they were asked for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from advisor.domain.campaign import Campaign, ExpectedUplift
from advisor.domain.limits import Budgets
from advisor.domain.policy import Mode, Policy, SourcePolicy
from advisor.domain.readiness import Readiness
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.policy_file import load_policy
from advisor.simulation.closed_loop import ClosedLoop, as_if_followed, run_closed_loop
from advisor.simulation.contest import SCALERS, LoopOptions
from advisor.simulation.loop_trace import LoopTrace, trace_of
from tests.support.builders import HOUR, MINUTE, PODS, SHOP, T0, campaign, policy, resource

BEGIN = from_epoch_s(T0)
START = BEGIN + 50 * HOUR  # of the campaign
FROM, UNTIL = BEGIN + 47 * HOUR, BEGIN + 54 * HOUR


def pods(**other: Any) -> Policy:
    return policy(resource(**{"lead_time": 6 * MINUTE, "maximum": 80, **other}))


def promo(**other: Any) -> Campaign:
    return campaign(**{"start": START, "lasts": HOUR, "uplift": 2.0, "announced_at": BEGIN, **other})


def world(factor: float = 2.0, hours: int = 54, row_s: int = 60) -> LoopTrace:
    """Flat demand, and `factor` times as much in the campaign's hour."""
    times_s = T0 + row_s * np.arange(hours * 3600 // row_s, dtype=np.int64)
    since = times_s - T0 - 50 * 3600
    rates = np.where((since >= 0) & (since < 3600), 100.0 * factor, 100.0)
    return trace_of(times_s, rates, row_s, SHOP)


def looped(
    trace: LoopTrace | None = None, rules: Policy | None = None, calendar: Any = None, **options: Any
) -> ClosedLoop:
    calendar = [promo()] if calendar is None else calendar
    return run_closed_loop(
        trace or world(), calendar, rules or pods(), FROM, UNTIL, LoopOptions(**options) if options else None
    )


@pytest.fixture(scope="module")
def quiet_loop() -> ClosedLoop:
    """The world as the module tells it."""
    return looped()


def floor_at(loop: ClosedLoop, scaler: str, minutes_after_start: int) -> int:
    return int(loop.run_of(scaler, PODS).floor[180 + minutes_after_start])


def test_every_scaler_lives_through_the_same_steps_on_every_resource(quiet_loop: ClosedLoop):
    assert [(r.scaler, r.resource) for r in quiet_loop.runs] == [(name, PODS) for name in SCALERS]
    assert {len(r.supply.units_ready) for r in quiet_loop.runs} == {len(quiet_loop.times_s)} == {7 * 60}
    assert quiet_loop.known.all()


def test_headstart_has_the_units_ready_when_the_campaign_begins_and_the_hpa_has_not(quiet_loop: ClosedLoop):
    ours = quiet_loop.run_of("headstart", PODS).events
    reactive = quiet_loop.run_of("hpa", PODS).events

    assert ours.met_from(1) == 1.0
    assert ours.lead_min_s is not None
    assert ours.lead_min_s >= 0
    assert reactive.campaigns[0].first_minutes_shortfall > 0.1
    assert reactive.lead_min_s is not None
    assert reactive.lead_min_s < 0


def test_headstarts_floor_comes_before_the_campaign_and_goes_after_it(quiet_loop: ClosedLoop):
    """From its ordinary minimum of 2 to at least 20 with the lead time to spare, and back."""
    assert floor_at(quiet_loop, "headstart", -120) == 2
    assert floor_at(quiet_loop, "headstart", -6) >= 20
    assert floor_at(quiet_loop, "headstart", 59) >= 20
    assert floor_at(quiet_loop, "headstart", 230) == 2
    assert quiet_loop.exact == {PODS: True}


def test_once_the_crowd_is_there_the_floor_may_follow_it_through_half_time_without_missing_it_again():
    """A promise of two to four times, of which twice came, and nobody from the 25th to the 40th minute."""
    trace, wide = world(), promo(expected_uplift=ExpectedUplift(2.0, 4.0))
    since_s = trace.times_s - to_epoch_s(START)
    halves = replace(
        trace, rate_per_s=np.where((since_s >= 1500) & (since_s < 2400), 100.0, trace.rate_per_s)
    )

    held, followed = (
        looped(halves, pods(quantile=0.99, running_quantile=q), [wide], decide_every=5 * MINUTE)
        for q in (None, 0.5)
    )

    for loop in (held, followed):
        run = loop.run_of("headstart", PODS)
        assert (run.events.met_from(1), run.events.campaigns[0].minutes_short) == (1.0, 0)
    assert floor_at(held, "headstart", 5) == floor_at(followed, "headstart", 5) >= 40
    assert floor_at(held, "headstart", 50) >= 40
    assert 20 <= floor_at(followed, "headstart", 50) <= 25
    costs = [loop.run_of("headstart", PODS).marks.unit_hours for loop in (held, followed)]
    assert costs[1] < 0.9 * costs[0]


def test_the_verdict_at_the_start_stands_beside_what_came_of_it(quiet_loop: ClosedLoop):
    (outcome,) = quiet_loop.verdicts

    assert outcome.verdict is not None
    assert outcome.verdict.readiness is Readiness.READY
    assert outcome.met
    assert quiet_loop.confusion == {("READY", True): 1}


def test_a_false_ready_is_counted_where_everybody_sees_it():
    """The owner promised a doubling and demand is fivefold: READY, and not met."""
    assert looped(world(factor=5.0)).confusion == {("READY", False): 1}


def test_a_campaign_announced_after_its_start_has_no_verdict():
    late = promo(announced_at=START + 5 * MINUTE)

    assert [v.verdict for v in looped(calendar=[late]).verdicts] == [None]


def test_a_campaign_announced_too_late_is_raised_for_at_once_and_called_not_ready():
    """Two minutes before the start six minutes of lead time cannot be had."""
    loop = looped(calendar=[promo(announced_at=START - 2 * MINUTE)])

    assert floor_at(loop, "headstart", -2) == 2
    assert floor_at(loop, "headstart", 4) >= 20
    assert loop.confusion == {("NOT_READY", False): 1}


def test_without_campaigns_headstart_is_the_hpa_alone():
    loop = looped(calendar=[])
    ours, reactive = loop.run_of("headstart", PODS), loop.run_of("hpa", PODS)

    np.testing.assert_array_equal(ours.supply.units_ready, reactive.supply.units_ready)
    assert ours.events.campaigns == ()
    assert loop.verdicts == ()


def test_every_recommendation_is_followed_within_the_cap_that_a_source_has():
    """The loop asks what following is worth: timid modes do not count, the cap on uplift does."""
    timid = replace(pods(mode=Mode.RECOMMEND), sources={"crm": SourcePolicy("crm", Mode.OBSERVE)})
    capped = replace(pods(), sources={"crm": SourcePolicy("crm", Mode.AUTO, max_uplift=1.0)})

    assert floor_at(looped(rules=timid), "headstart", 0) >= 20
    assert floor_at(looped(rules=capped), "headstart", 0) < 20


def test_a_budget_blocks_in_the_loop_as_it_does_live():
    penniless = replace(pods(price_per_unit_hour=1.0), budgets=Budgets(per_campaign=0.01))

    loop = looped(rules=penniless)

    assert set(loop.run_of("headstart", PODS).floor) == {2}
    assert loop.confusion == {("NOT_READY", False): 1}


def test_a_resource_takes_its_share_of_the_demand():
    rules = policy(
        resource(PODS, lead_time=6 * MINUTE),
        resource("sim://db", lead_time=6 * MINUTE, serves={SHOP: 0.5, "other": 1.0}),
        resource("sim://other", serves={"other": 1.0}),
    )

    loop = looped(rules=rules)

    assert {r.resource for r in loop.runs} == {PODS, "sim://db"}
    assert int(loop.run_of("hpa", "sim://db").demanded.max()) == 10
    assert loop.run_of("headstart", "sim://db").events.met_from(1) == 1.0


def test_where_nothing_reacts_only_floors_raise_units():
    """Without an HPA the floor is all there is, and it waits until the demand is gone."""
    loop = looped(rules=pods(reactive=False, minimum=10))
    alone, ours = loop.run_of("hpa", PODS), loop.run_of("headstart", PODS)

    assert set(alone.supply.units_ready) == {10}
    assert ours.events.met_from(1) == 1.0
    np.testing.assert_array_equal(ours.floor, ours.supply.units_requested)


def test_the_oracle_is_the_measure_of_cost(quiet_loop: ClosedLoop):
    oracle, ours = quiet_loop.run_of("oracle", PODS), quiet_loop.run_of("headstart", PODS)

    assert oracle.cost_to_oracle == 1.0
    assert ours.cost_to_oracle == pytest.approx(ours.marks.unit_hours / oracle.marks.unit_hours)
    assert oracle.marks.theta_under == 0.0
    assert (oracle.wins, quiet_loop.run_of("hpa", PODS).elastic_speedup) == (None, 1.0)


def test_rows_of_five_minutes_are_played_minute_by_minute():
    loop = looped(world(row_s=300))

    assert (loop.step_s, len(loop.times_s)) == (60, 7 * 60)
    assert loop.run_of("headstart", PODS).events.met_from(1) == 1.0


def test_forecasts_are_made_often_only_while_a_campaign_is_near():
    often, seldom = looped(decide_every=5 * MINUTE), looped(decide_every=timedelta(hours=1))

    assert seldom.forecasts == 7
    assert seldom.forecasts < often.forecasts < 7 * 12


def test_progress_ends_with_everything_done():
    seen: list[tuple[int, int]] = []

    run_closed_loop(
        world(), [promo()], pods(), FROM, UNTIL, on_progress=lambda done, total: seen.append((done, total))
    )

    assert seen[0] == (0, 420)
    assert seen[-1] == (420, 420)
    assert seen == sorted(seen)


def test_the_example_policy_for_the_world_cup_can_be_played():
    """One HPA, 120 requests/s a pod, six minutes' lead, planned at the 99 % quantile without headroom."""
    example = load_policy(Path(__file__).parents[3] / "deploy" / "examples" / "wc98-policy.yaml").policy

    (site,) = as_if_followed(example, "web", []).resources.values()

    assert (site.unit_capacity, site.lead_time, site.quantile) == (120.0, 6 * MINUTE, 0.99)
    assert (site.headroom, site.reactive) == (0.0, True)


def test_a_service_that_nothing_serves_is_refused_by_name():
    with pytest.raises(ValueError, match="no resource of the policy serves 'blog': name one of web-shop"):
        as_if_followed(pods(), "blog", [])


def test_a_span_outside_the_trace_is_refused():
    with pytest.raises(ValueError, match="no two steps"):
        run_closed_loop(world(), [], pods(), UNTIL, UNTIL + HOUR)


def test_a_run_that_is_not_there_is_named(quiet_loop: ClosedLoop):
    with pytest.raises(KeyError, match="no run of 'zoo'"):
        quiet_loop.run_of("zoo", PODS)


def test_lead_times_are_measured_in_the_loop_and_planned_with_once_there_are_enough():
    """The policy says six minutes; eight raises took seven, to the step in which their units were found."""
    starts = [BEGIN + (50 + 7 * i) * HOUR for i in range(10)]
    quiet = world(hours=116)
    since_s = quiet.times_s - to_epoch_s(START)
    crowd = (since_s >= 0) & (since_s % (7 * 3600) < 1800)
    trace = replace(quiet, rate_per_s=np.where(crowd, 200.0, 100.0))
    campaigns = [promo(campaign_id=f"at {start}", start=start, lasts=HOUR / 2) for start in starts]

    loop = run_closed_loop(trace, campaigns, pods(), FROM, BEGIN + 116 * HOUR)

    floor = loop.run_of("headstart", PODS).floor
    first = [(start - FROM) // MINUTE for start in starts]
    ahead = [next(m for m in range(60) if floor[at - m - 1] < 20) for at in first]
    assert ahead[6:] == [6, 6, 7, 7]
