"""Laws of every decision, whatever the policy, the campaigns and the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from advisor.domain.advice import Decision, Need, Outcome, ResourceDecision, Step, WithoutCampaign
from advisor.domain.campaign import Campaign
from advisor.domain.capacity import Bounds
from advisor.domain.controls import Controls, Envelope
from advisor.domain.limits import Budgets
from advisor.domain.policy import Mode, ResourcePolicy
from advisor.domain.readiness import Readiness
from advisor.domain.reason import IN_RUNBOOK, Reason
from advisor.domain.resource_state import ResourceState
from advisor.domain.timegrid import ceil_to, from_epoch_s
from advisor.forecasting.windows import effect_window
from advisor.pipeline import advise, remember
from advisor.planning.act_guardrails import ACT_GUARDRAILS
from advisor.planning.pace import alone
from advisor.planning.schedule import standing_at
from advisor.planning.sizing import units_for, units_in_use
from streams.codec.resource_state import decode_state, encode_state
from tests.support.acting import Day
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    SHOP,
    campaign,
    certainly,
    decided,
    floor_at,
    floors_of,
    frozen,
    need,
    on_hold,
    only,
    policy,
    resource,
    view,
)
from tests.support.strategies import baselines, bolder, calendars, campaigns, instants, pasts, resources

LAWS = settings(max_examples=60, deadline=None)
END = NOW + 30 * HOUR


@st.composite
def worlds(draw, **fixed):
    """A resource, its past, its campaigns, ordinary demand, what is in use, and a time to decide."""
    of = draw(resources(**fixed))
    return of, draw(pasts(of)), draw(calendars()), draw(baselines), draw(baselines), draw(instants)


def envelope(one: Campaign, most: int, now: datetime) -> Envelope:
    """A person lets a campaign have so many units, all day."""
    return Envelope(one.campaign_id, 1, ((PODS, most),), None, "EUR", now - HOUR, END, END, "ada", now)


def decide_in(
    world,
    *,
    stale: bool = False,
    needs: list[Need] | None = None,
    budget: float | None = None,
    controls: Controls | None = None,
) -> Decision:
    of, past, announced, baseline, in_use, now = world
    return decided(
        now,
        announced,
        the_policy=policy(of, budgets=Budgets(per_campaign=budget)),
        needs=[need(announced, baseline=baseline, hours=60)] if needs is None else needs,
        states={PODS: past},
        in_use=in_use,
        data_until=now - timedelta(hours=1) if stale else now,
        controls=controls,
    )


def minutes_from(now: datetime, made: ResourceDecision, of: ResourcePolicy) -> list[int]:
    """The floors from the decision on, minute by minute."""
    return floors_of(made, now, END, of.minimum)


def raises(steps: tuple[Step, ...], level: int) -> list[Step]:
    """The steps that go up, beginning from a level."""
    found = []
    for step in steps:
        if step.floor > level:
            found.append(step)
        level = step.floor
    return found


# --- shape


@LAWS
@given(worlds(), st.booleans())
def test_floors_lie_between_minimum_and_maximum_and_steps_rise_in_time(world, stale):
    of, _, _, _, _, now = world

    made = only(decide_in(world, stale=stale))

    steps = made.recommendation.steps
    assert all(of.minimum <= s.floor <= of.maximum and s.ceiling == of.maximum for s in steps)
    assert all(one.act_at < other.act_at for one, other in pairwise(steps))
    if made.due is not None:
        assert of.minimum <= made.due.floor <= made.due.ceiling == of.maximum
        planned, lessened = standing_at(steps, now, of.minimum), made.due.floor
        acting = {guardrail.__name__ for guardrail in ACT_GUARDRAILS}
        clamps = [v for v in made.verdicts if v.outcome is Outcome.CLAMP and v.guardrail in acting]
        assert lessened < planned if clamps else lessened == planned


# --- more demand


def raised(one: Need, by: np.ndarray) -> Need:
    """The same need with more demand at some of its steps, with and without every campaign."""
    return replace(
        one,
        baseline=one.baseline + by,
        total=one.total + by,
        bands=certainly(one.total + by),
        without=tuple(
            WithoutCampaign(
                w.campaign_id, w.first, lacking := w.rate_per_s + _part(by, w), certainly(lacking)
            )
            for w in one.without
        ),
    )


def _part(by: np.ndarray, w: WithoutCampaign) -> np.ndarray:
    """The steps of a whole need in which a campaign makes a difference."""
    return by[w.first : w.first + len(w.rate_per_s)]


@LAWS
@given(worlds(), st.integers(0, 2**32 - 1), st.floats(0.01, 1.0), st.floats(0.0, 5000.0))
def test_more_demand_at_any_time_never_lowers_a_floor_at_any_time(world, seed, share, most):
    """The same state at the same instant: raising any values of the forecast lowers nothing anywhere."""
    of, _, announced, baseline, _, now = world
    less = need(announced, baseline=baseline, hours=60)
    rng = np.random.default_rng(seed)
    by = np.where(rng.random(len(less.total)) < share, rng.uniform(0, most, len(less.total)), 0.0)

    low = minutes_from(now, only(decide_in(world, needs=[less])), of)
    high = minutes_from(now, only(decide_in(world, needs=[raised(less, by)])), of)

    assert all(a <= b for a, b in zip(low, high, strict=True))


@settings(max_examples=40, deadline=None)
@given(worlds(), st.integers(0, 2**32 - 1), st.floats(1.0, 20.0))
def test_a_view_of_more_demand_never_lowers_a_floor(world, seed, times):
    """With the forecast in the loop: all of the history so many times higher."""
    of, past, announced, baseline, in_use, now = world
    rates = np.random.default_rng(seed).lognormal(0.0, 0.3, 4 * 288) * baseline
    small = replace(view(until=NOW), values=rates, data_until=now, recent_rate_per_s=in_use)
    large = replace(small, values=rates * times)
    rules = policy(of)

    low = minutes_from(now, only(advise([small], announced, {PODS: past}, Controls(), rules, now)), of)
    high = minutes_from(now, only(advise([large], announced, {PODS: past}, Controls(), rules, now)), of)

    assert all(a <= b for a, b in zip(low, high, strict=True))


@LAWS
@given(worlds(), st.floats(1.0, 10.0))
def test_a_bolder_promise_never_lowers_a_floor(world, times):
    of, past, announced, baseline, in_use, now = world
    bold = [bolder(one, times) for one in announced]

    low = minutes_from(now, only(decide_in(world)), of)
    high = minutes_from(now, only(decide_in((of, past, bold, baseline, in_use, now))), of)

    assert all(a <= b for a, b in zip(low, high, strict=True))


@LAWS
@given(worlds(), campaigns("another"))
def test_one_more_campaign_never_lowers_a_floor_while_it_expects_no_dip(world, another):
    of, past, announced, baseline, in_use, now = world
    another = bolder(another, 2.0)  # half was the least: from here on it is no dip

    low = minutes_from(now, only(decide_in(world)), of)
    high = minutes_from(now, only(decide_in((of, past, [*announced, another], baseline, in_use, now))), of)

    assert all(a <= b for a, b in zip(low, high, strict=True))


# --- what is asked for is there in time


@LAWS
@given(resources(), campaigns(within_min=(800, 1100)), baselines)
def test_announced_early_enough_a_campaign_has_its_units_asked_for_a_lead_time_before_it_starts(
    of, planned, baseline
):
    """And so its verdict is not NOT_READY, unless it needs more than the ceiling."""
    decision = decide_in((of, ResourceState(PODS), [planned], baseline, 0.0, NOW))
    assert planned.expected_uplift is not None
    at_start = baseline * planned.expected_uplift.p50
    needed = int(units_for(np.array([at_start]), of)[0])
    asked_by = planned.start - of.lead_time

    assert asked_by > NOW + alone(of).ramp_length
    assert floor_at(only(decision), asked_by, of.minimum) >= min(needed, of.maximum)
    late = Reason.LEAD_TIME_TOO_SHORT in decision.campaigns[0].reasons
    assert not late


@LAWS
@given(worlds(), st.integers(0, 2**32 - 1))
def test_every_unit_that_the_forecast_needs_is_asked_for_a_lead_time_before_it_is_needed(world, seed):
    """Whatever is let go in between: from now plus the lead time on, within the ceiling and every claim."""
    of, _, announced, baseline, _, now = world
    flat = need(announced, baseline=baseline, hours=60)
    wavy = np.repeat(np.random.default_rng(seed).uniform(0.2, 2.0, len(flat.total) // 6), 6)
    asked = replace(flat, total=flat.total * wavy)
    claimed = np.zeros(len(asked.total), dtype=np.bool_)
    for start, end in (effect_window(one) for one in announced if effect_window(one)[1] > now):
        claimed |= (asked.times_s >= start.timestamp()) & (asked.times_s + 300 <= end.timestamp())
    lead = ceil_to(NOW + of.lead_time, MINUTE) - NOW

    made = only(decide_in(world, needs=[asked]))

    needed = np.minimum(units_for(asked.total, of), of.maximum)
    for at_s, units in zip(asked.times_s[claimed], needed[claimed], strict=True):
        by = from_epoch_s(int(at_s)) - lead
        if by > now and by < now + policy(of).horizon - 12 * HOUR:
            assert floor_at(made, by, of.minimum) >= units, by


@LAWS
@given(resources(minimum=1), campaigns(within_min=(-20, 200)), st.floats(50.0, 400.0), instants)
def test_moved_to_its_earliest_safe_start_a_campaign_is_not_late(of, planned, baseline, now):
    """Whatever there is to be late about: a campaign is asked to move only where that helps."""
    nothing, planned = ResourceState(PODS), bolder(planned, 2.0)
    found = decide_in((of, nothing, [planned], baseline, 0.0, now)).campaigns
    safe = found[0].earliest_safe_start if found else None
    event(f"has another start: {safe is not None}")
    if safe is None:
        hopeless = {f.reason for one in found for f in one.findings if f.readiness is Readiness.NOT_READY}
        assert Reason.LEAD_TIME_TOO_SHORT not in hopeless or hopeless > {Reason.LEAD_TIME_TOO_SHORT}
        return
    assert found[0].readiness is Readiness.NOT_READY
    assert safe > planned.start

    moved = replace(planned, start=safe, end=safe + (planned.end - planned.start))
    (again,) = decide_in((of, nothing, [moved], baseline, 0.0, now)).campaigns

    assert Reason.LEAD_TIME_TOO_SHORT not in again.reasons


# --- stale input


@LAWS
@given(worlds())
def test_stale_input_lowers_nothing_adds_nothing_and_keeps_every_raise_of_the_agreed_plan(world):
    of, past, announced, _, _, now = world
    standing = standing_at(past.plan, now, of.minimum)
    found = past.observation.bounds.minimum if past.observation else of.minimum
    windows = [effect_window(one) for one in announced]
    over = max((end for _, end in windows if end > now), default=now)

    floors = minutes_from(now, only(decide_in(world, stale=True)), of)

    agreed = standing
    for minute, floor in enumerate(floors):
        instant = now + minute * MINUTE
        due = [s.floor for s in past.plan if now < s.act_at <= instant and s.act_at < over]
        agreed = max([agreed, *due])
        assert floor >= agreed
        assert floor <= max(agreed, min(found, of.maximum))


# --- what is over, what is in use, what is too dear


@LAWS
@given(worlds(), st.booleans())
def test_nothing_is_raised_for_a_campaign_that_is_over(world, stale):
    of, past, announced, baseline, in_use, now = world
    gone = [c for c in announced if effect_window(c)[1] <= now]
    found = past.observation.bounds.minimum if past.observation else of.minimum
    standing = standing_at(past.plan, now, of.minimum)

    made = only(decide_in((of, past, gone, baseline, in_use, now), stale=stale))

    assert max(minutes_from(now, made, of)) <= max(standing, min(found, of.maximum))
    assert all(s.act_at <= now for s in raises(made.recommendation.steps, of.minimum))


@LAWS
@given(worlds(reactive=False), st.booleans())
def test_where_nothing_else_scales_a_lowering_never_takes_away_units_in_use(world, stale):
    of, past, _, _, in_use, now = world
    found = past.observation.bounds.minimum if past.observation else of.minimum
    stands = max(standing_at(past.plan, now, of.minimum), found)
    kept = min(stands, units_in_use(in_use, of), of.maximum)

    made = only(decide_in(world, stale=stale))

    hold = ceil_to(ceil_to(now, MINUTE) + MINUTE, of.ramp.hold)
    instant = now
    while instant < hold:
        assert floor_at(made, instant, of.minimum) >= kept
        instant += MINUTE


@LAWS
@given(worlds(), st.floats(0, 50))
def test_from_nothing_agreed_no_campaign_is_given_more_than_its_budget_pays(world, budget):
    of, _, announced, baseline, in_use, now = world
    fresh = (of, ResourceState(PODS), announced, baseline, in_use, now)

    for found in decide_in(fresh, budget=budget).campaigns:
        assert found.extra_cost.extra is not None
        assert found.extra_cost.extra <= budget + 0.02


@LAWS
@given(worlds(), st.integers(0, 12), st.integers(0, 30))
def test_a_wider_envelope_never_gives_fewer_units(world, units, more):
    of, past, announced, _, _, now = world
    asking = replace(of, mode=Mode.APPROVE)
    found = past.observation.bounds.minimum if past.observation else of.minimum
    due = []
    for most in (units, units + more):
        agreed = Controls(envelopes=tuple(envelope(one, most, now) for one in announced))
        made = only(decide_in((asking, *world[1:]), controls=agreed))
        due.append(max(found, made.due.floor) if made.due else found)

    assert due[0] <= due[1]


# --- time and restarts


@settings(max_examples=40, deadline=None)
@given(resources(), calendars(), baselines, st.integers(1, 40), st.integers(1, 9))
def test_on_unchanged_facts_every_decision_tells_the_floors_that_the_first_one_told(
    of, announced, baseline, ticks, every
):
    """Whatever the ramps and windows, from nothing remembered to the end of the last campaign."""
    past = ResourceState(PODS)
    first: list[int] | None = None
    for tick in range(ticks):
        now = NOW + tick * every * 4 * MINUTE
        made = only(decide_in((replace(of, reactive=True), past, announced, baseline, 0.0, now)))
        past = remember(made, past)
        floors = minutes_from(now, made, of)
        first = first or floors
        assert floors == first[tick * every * 4 :], now


@settings(max_examples=12, deadline=None)
@given(worlds(), st.integers(0, 2**32 - 1), st.integers(0, 11))
def test_a_decider_restarted_from_what_it_wrote_decides_as_if_it_had_never_stopped(world, seed, restart):
    """Twelve ticks over a changing forecast; at one of them all memory goes through the log."""
    of, past, announced, baseline, in_use, now = world
    rates = np.random.default_rng(seed).uniform(0.5, 2.0, 12) * baseline

    def run(restart_at: int | None) -> Decision:
        states = past
        for tick, rate in enumerate(rates):
            if tick == restart_at:
                states = decode_state(encode_state(states)[1])
            at = now + tick * 13 * MINUTE
            decision = decide_in((of, states, announced, float(rate), in_use, at))
            states = remember(only(decision), states)
        return decision

    assert run(restart) == run(None)


def test_the_strategies_reach_what_the_laws_speak_of():
    """A law about raises is empty if nothing ever rises: this world rises, is dear, and is late."""
    late: Campaign = campaign(start=NOW + 5 * MINUTE, uplift=20.0)
    world = (resource(), ResourceState(PODS), [late], 15.0, 15.0, NOW)

    made, cut = only(decide_in(world)), only(decide_in(world, budget=1.0))

    assert made.recommendation.campaigns == ("promo",)
    assert floor_at(made, NOW) == 30
    assert made.due is not None
    assert floor_at(cut, NOW) < 30
    assert Reason.OVER_CAMPAIGN_BUDGET in {verdict.reason for verdict in cut.verdicts}
    assert SHOP in resource().serves


# --- whose bounds, whose money


def people_sets() -> st.SearchStrategy[Bounds]:
    """Any bounds that people may have set before we came."""
    return st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda b: Bounds(b[0], b[0] + b[1]))


@settings(max_examples=25, deadline=None)
@given(resources(reactive=True), calendars(), baselines, people_sets(), st.sampled_from([1, 5, 7]))
def test_after_all_campaigns_the_bounds_that_people_set_stand_again_and_were_never_narrowed(
    of, announced, baseline, people_set, every
):
    day = Day(policy(of), people_set=people_set)
    last = max([effect_window(c)[1] for c in announced], default=NOW)
    over = last + alone(of).revert_length + 2 * of.ramp.hold

    tick = every * 10 * MINUTE  # two after all is over: one that lowers the floor, one that restores
    day.until(max(over, NOW + HOUR) + 2 * tick, announced, every=tick, baseline=baseline)

    assert all(bounds.minimum >= people_set.minimum for _, bounds in day.platform.acts)
    assert all(bounds.maximum >= people_set.maximum for _, bounds in day.platform.acts)
    assert (day.bounds, day.state.originals) == (people_set, None)


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_without_a_campaign_that_has_begun_nothing_is_set_that_was_not_ours(world):
    of, past, announced, _, _, now = world
    windows = [effect_window(c) for c in announced]
    begun = [start for start, end in windows if alone(of).earliest_raise(start) <= now < end]

    made = only(decide_in(world))

    event(f"begun: {bool(begun)}, due: {made.due is not None}")
    assert past.originals is None
    assert (made.due is None) or begun


@settings(max_examples=40, deadline=None)
@given(resources(), calendars(), baselines, st.integers(1, 30), st.integers(1, 9))
def test_on_unchanged_facts_a_campaign_costs_the_same_at_every_decision_until_it_ends(
    of, announced, baseline, ticks, every
):
    """Whatever overlaps: what was spent stays spent, and each is charged for its own units only."""
    announced = [bolder(one, 2.0) for one in announced]  # half was the least: none is a dip any more
    past, first = ResourceState(PODS), {}
    for tick in range(ticks):
        now = NOW + tick * every * 4 * MINUTE
        decision = decide_in((replace(of, reactive=True), past, announced, baseline, 0.0, now))
        past = remember(only(decision), past)
        for found in decision.campaigns:
            cost = found.extra_cost.extra
            assert cost is not None
            assert abs(cost - first.setdefault(found.campaign_id, cost)) <= 0.02, (now, found.campaign_id)


@LAWS
@given(worlds(), st.sampled_from([frozen(), on_hold(PODS)]))
def test_no_campaign_is_ready_on_a_frozen_resource_unless_its_units_all_stand(world, controls):
    of, past, announced, baseline, in_use, now = world
    decision = decided(
        now,
        announced,
        the_policy=policy(of),
        needs=[need(announced, baseline=baseline, hours=60)],
        states={PODS: past},
        in_use=in_use,
        controls=controls,
    )

    for found in decision.campaigns:
        ready = found.readiness is Readiness.READY
        assert not ready or set(found.reasons) <= {Reason.VERIFIED, Reason.FLOOR_SUFFICIENT}


@LAWS
@given(worlds(), st.booleans())
def test_whatever_makes_a_campaign_less_than_ready_has_a_section_in_the_runbook(world, stale):
    decision = decide_in(world, stale=stale)

    for answer in decision.campaigns:
        less = {found.reason for found in answer.findings if found.readiness is not Readiness.READY}
        assert less <= IN_RUNBOOK
        assert (answer.readiness is Readiness.READY) is (not less)


@LAWS
@given(worlds(), st.booleans())
def test_guardrails_of_acts_raise_nothing_that_was_not_planned_and_lower_nothing_that_stands(world, stale):
    of, past, _, _, _, now = world

    made = only(decide_in(world, stale=stale))

    if made.due is not None and past.observation is not None:
        planned = standing_at(made.recommendation.steps, now, of.minimum)
        assert made.due.floor <= planned
        if made.due.floor < planned:
            assert made.due.floor > past.observation.bounds.minimum
