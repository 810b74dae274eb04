"""How much would be missing, how fast may be sent so that nothing is, and from when on is all there?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.limits import ModeCaps
from advisor.domain.policy import Mode
from advisor.domain.readiness import CampaignReadiness, Readiness, SendGate
from advisor.domain.reason import Reason
from advisor.planning.wording import gate_in_words
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    certainly,
    decided,
    need,
    observed,
    on_hold,
    policy,
    resource,
    state,
)

SLOW = policy(resource(lead_time=40 * MINUTE))
LATE = campaign(start=at("06:20"), audience=6e6, send_rate_per_min=150_000.0)
"""Announced twenty minutes before it starts, where units take forty: 30 to 45 requests/s for 20 there."""


def answer(promo=LATE, *, now: datetime = NOW, rules=SLOW, floor: int = 2, **other) -> CampaignReadiness:
    states = {PODS: state(floor=floor, **other)}
    (found,) = decided(now, [promo], the_policy=rules, states=states).campaigns
    return found


# --- announced with less lead than the slowest resource needs


def test_announced_too_late_it_gives_at_once_all_that_people_need():
    found = answer()

    assert found.readiness is Readiness.NOT_READY
    assert found.reasons == (Reason.LEAD_TIME_TOO_SHORT,)
    assert found.earliest_safe_start == at("06:40")
    assert [(s.level, s.minutes, s.resource) for s in found.as_planned] == [(0.5, 20, PODS), (0.9, 20, PODS)]
    assert found.as_planned[0].share == pytest.approx(1 - 20 / 45, abs=0.01)
    assert found.if_nothing_is_done[0].minutes == 40
    assert found.last_moment == at("05:40")
    assert found.sentence == (
        "promo, Friday 27 November 2026 06:20 UTC: NOT READY, because sim://pods: needs 5 units at the "
        "start, 2 can be there: 20 min too late; last moment to act was 05:40; earliest safe start 06:40; or "
        "start then and send 24k/min until 06:40; kept as it is, short by 56% at p50 for 20 min and 56% at "
        "p90 for 20 min at the worst; extra cost EUR 7.75"
    )


def test_where_nothing_else_scales_what_is_missing_stays_missing():
    """A reactive scaler has caught up a lead time after the crowd; without one nothing does."""
    alone = policy(resource(lead_time=40 * MINUTE, reactive=False))

    found = answer(rules=alone)

    assert [s.minutes for s in found.if_nothing_is_done] == [120, 120]
    assert [s.minutes for s in found.as_planned] == [20, 20]


def test_one_that_has_begun_is_told_from_when_on_it_can_be_carried():
    """It cannot start anew: no earliest safe start is told of it, nor to start then."""
    found = answer(now=LATE.start + timedelta(minutes=5))

    assert "earliest safe start" not in found.sentence
    assert "start then" not in found.sentence
    assert "; enough can be there from 07:05; send at most 24k/min until 07:05; until then, short by" in (
        found.sentence
    )


def test_units_that_a_later_peak_needs_are_not_said_to_be_needed_at_the_start():
    """What stands is enough for it to start, but not for another that comes on top ten minutes later."""
    second = replace(LATE, campaign_id="second", start=at("06:30"))

    first = decided(NOW, [LATE, second], the_policy=SLOW, states={PODS: state(floor=5)}).campaigns[0]

    assert "needs 8 units at 06:30Z, 5 can be there: 10 min too late" in first.sentence


def test_moved_to_the_earliest_safe_start_it_is_ready():
    safe = answer().earliest_safe_start
    assert safe is not None

    moved = answer(replace(LATE, revision=2, start=safe, end=safe + 2 * HOUR))

    assert (moved.readiness, moved.as_planned) == (Readiness.READY, ())


@pytest.mark.parametrize("lead_minutes", [5, 10, 12, 40, 61])
@pytest.mark.parametrize("second", [0, 1, 59])
def test_at_the_earliest_safe_start_nothing_is_short_and_one_step_earlier_it_is(lead_minutes, second):
    """A simulated platform with fixed lead times lives both, minute by minute, and says the same."""
    rules = policy(resource(lead_time=timedelta(minutes=lead_minutes)))
    now = NOW + timedelta(seconds=second)
    soon = replace(LATE, start=at("06:02"))
    safe = answer(soon, now=now, rules=rules).earliest_safe_start
    assert safe is not None

    assert lived(safe, now, lead_minutes) == 0.0
    assert lived(safe - 5 * MINUTE, now, lead_minutes) > 0.0


def lived(start: datetime, now: datetime, lead_minutes: int) -> float:
    """The worst shortfall of the campaign's own time if the plan is carried out from `now` on.

    The platform is told every floor of the plan at its minute, and has each unit a lead time later.
    """
    promo = replace(LATE, start=start, end=start + HOUR)
    rules = policy(resource(lead_time=timedelta(minutes=lead_minutes)))
    steps = (
        decided(now, [promo], the_policy=rules, states={PODS: state(floor=2)})
        .resources[0]
        .recommendation.steps
    )
    worst = 0.0
    for minute in range(60):
        instant = start + minute * MINUTE
        asked = [s.floor for s in steps if max(s.act_at, now) + timedelta(minutes=lead_minutes) <= instant]
        ready = max([2, *asked[-1:]])
        worst = max(worst, 1 - ready * 10 / 45)
    return max(0.0, worst)


# --- how fast it may be sent


def gate(**other) -> SendGate:
    found = answer(**other).send_gate
    assert found is not None
    return found


def test_the_gate_follows_the_capacity_that_is_there_and_that_comes():
    """At 06:20 two units carry 5 of the 30 requests/s that it adds; from 06:40 all five are there."""
    steps = gate().steps

    assert [(s.at, s.share, s.rate_per_min) for s in steps] == [
        (NOW, 0.16, 24_000),
        (at("06:40"), 1.0, 150_000),
    ]
    assert gate_in_words(LATE, gate()) == "yes, 24k/min now (sim://pods), 150k/min from 06:40 UTC"


@given(st.integers(0, 79 * 60), st.integers(0, 999_999))
def test_what_is_ready_stays_so_at_every_moment_of_the_clock(second, microsecond):
    """Deciders wake a little after a minute has begun, never on its first microsecond."""
    now = at("05:40") + timedelta(seconds=second, microseconds=microsecond)
    plan = decided(at("05:00"), [LATE], the_policy=SLOW, states={PODS: state(floor=2)}).resources[0]

    found = answer(now=now, floor=5, plan=plan.recommendation.steps)

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.VERIFIED,))
    assert found.send_gate is not None
    assert found.send_gate.share_now == 1.0


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.RECOMMEND, Mode.APPROVE, Mode.AUTO])
@pytest.mark.parametrize("planned", [True, False])
def test_units_that_were_only_asked_for_release_nothing(mode, planned):
    """Whoever asked for them: people, or we before somebody rejected it."""
    rules = policy(resource(lead_time=40 * MINUTE, mode=mode))
    plan = decided(at("05:00"), [LATE], the_policy=SLOW, states={PODS: state(floor=2)}).resources[0]
    agreed = plan.recommendation.steps if planned else ()
    now = LATE.start + timedelta(seconds=65)
    half = replace(state(plan=agreed), observation=observed(floor=5, ready=2, when=now))

    (found,) = decided(now, [LATE], the_policy=rules, states={PODS: half}).campaigns

    assert found.readiness is Readiness.NOT_READY
    assert found.send_gate is not None
    assert found.send_gate.share_now == 0.16


def test_what_nobody_sees_is_not_promised_to_senders():
    """A recommendation on a platform that we cannot look at: whether anybody carried it out, nobody knows."""
    rules = policy(resource(mode=Mode.RECOMMEND))

    (found,) = decided(LATE.start, [LATE], the_policy=rules, states={PODS: state()}).campaigns

    assert found.send_gate is not None
    assert [s.share for s in found.send_gate.steps] == [0.16]


@pytest.mark.parametrize(
    ("rules", "given", "share"),
    [
        ({"caps": {Mode.AUTO: ModeCaps(max_multiplier=2.0)}}, {}, 0.83),
        ({}, {"data_until": NOW - 3 * HOUR}, 0.16),
        ({}, {"needs": [replace(need([campaign()]), highest_seen=0.5)]}, 0.16),
    ],
)
def test_what_a_guardrail_keeps_back_is_neither_promised_nor_counted(rules, given, share):
    """Beyond what the mode may do, on stale input, and for an absurd multiple nothing will be asked for."""
    (found,) = decided(
        NOW, [campaign()], the_policy=policy(**rules), states={PODS: state(floor=2)}, **given
    ).campaigns

    assert found.send_gate is not None
    assert [step.share for step in found.send_gate.steps] == [share]
    assert found.as_planned


def test_another_that_nobody_permitted_is_counted_with_its_crowd_and_without_its_units():
    """It begins while this one runs: what is asked for is then too little for both."""
    long, short = campaign("long", lasts=6 * HOUR), campaign("short", at("13:00"), lasts=HOUR)

    answers = decided(NOW, [long, short], states={PODS: state(floor=2)}, controls=on_hold("short")).campaigns

    found = {answer.campaign_id: answer for answer in answers}["long"]
    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.HELD,))
    assert found.as_planned
    assert found.send_gate is not None
    assert found.send_gate.steps[0].share < 1.0


def test_what_was_seen_long_ago_is_promised_no_more():
    """One look that fails says little; a quarter of an hour of them, that nobody knows."""
    shares = [
        gate(now=at("06:45"), floor=5, problems=("no answer",), blind_since=at(since)).share_now
        for since in ("06:44", "06:30", "06:29")
    ]

    assert shares == [1.0, 1.0, 0.16]


def test_nothing_is_promised_that_somebody_still_has_to_approve():
    rules = policy(resource(lead_time=40 * MINUTE, mode=Mode.APPROVE))

    (found,) = decided(NOW, [LATE], the_policy=rules, states={PODS: state(floor=2)}).campaigns

    assert found.send_gate is not None
    assert [s.share for s in found.send_gate.steps] == [0.16]
    assert "send at most 24k/min" in found.sentence


@pytest.mark.parametrize(
    ("now", "it"),
    [
        (at("11:59") + MINUTE / 2, campaign()),
        (NOW, campaign(start=at("10:00") + MINUTE / 6, lasts=MINUTE / 2)),
    ],
)
def test_in_its_last_half_minute_a_campaign_is_not_over(now, it):
    (found,) = decided(now, [it], states={PODS: state(floor=5)}).campaigns

    assert found.send_gate is not None
    assert found.send_gate.share_now == 1.0


def test_once_all_units_are_ready_all_may_be_sent():
    now = at("06:40")

    steps = gate(now=now, floor=5).steps

    assert [(s.share, s.rate_per_min) for s in steps] == [(1.0, 150_000)]
    assert gate_in_words(LATE, gate(now=now, floor=5)) == "yes, 150k/min now"


def test_without_room_nothing_may_be_sent_yet():
    full = [need([LATE], baseline=20.0)]
    found = decided(NOW, [LATE], the_policy=SLOW, needs=full, states={PODS: state(floor=2)}).campaigns[0]

    assert found.send_gate is not None
    assert found.send_gate.share_now == 0.0
    assert gate_in_words(LATE, found.send_gate) == "no, nothing now (sim://pods), 150k/min from 06:40 UTC"


def test_a_campaign_without_a_rate_is_told_a_share_of_its_pace():
    silent = replace(LATE, send_rate_per_min=None)

    assert gate_in_words(silent, gate(promo=silent)) == (
        "yes, at 16% of its pace now (sim://pods), at 100% of its pace from 06:40 UTC"
    )


def test_the_scarcest_resource_sets_the_pace():
    two = policy(resource(lead_time=40 * MINUTE), resource("sim://db", unit_capacity=8.0, lead_time=HOUR))
    states = {PODS: state(floor=2), "sim://db": state("sim://db", floor=2)}

    (found,) = decided(NOW, [LATE], the_policy=two, states=states).campaigns

    assert found.send_gate is not None
    assert found.send_gate.limited_by == "sim://db"
    assert found.send_gate.share_now == pytest.approx(0.03)


def test_a_pace_once_allowed_is_not_taken_back_when_the_crowd_grows():
    """It doubles after half an hour: what may be sent at first is what fits to the end."""
    growing = need([LATE])
    late_s = growing.times_s >= growing.times_s[0] + 3000
    total = growing.total + (late_s & (growing.total > 15)) * 45.0
    lacking = growing.without[0].rate_per_s
    grown = replace(
        growing,
        total=total,
        bands=certainly(total),
        without=(replace(growing.without[0], rate_per_s=lacking, bands=certainly(lacking)),),
    )
    few = policy(resource(maximum=6, lead_time=40 * MINUTE))

    (found,) = decided(NOW, [LATE], the_policy=few, needs=[grown], states={PODS: state(floor=2)}).campaigns

    shares = [s.share for s in found.send_gate.steps]  # type: ignore[union-attr]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx((60 - 15) / 75, abs=0.011)


def test_over_the_last_moment_nobody_is_counted_down_to_what_is_there():
    assert answer(now=at("06:10"), floor=5).last_moment is None


def test_the_last_moment_is_told_while_one_can_still_act():
    on_hold_early = decided(NOW, [campaign()], the_policy=SLOW).campaigns[0]

    assert on_hold_early.last_moment == at("09:20")
