"""A schedule tells the truth at every minute: deciding again on the same facts says the same again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest

from advisor.domain.advice import Step
from advisor.domain.campaign import Campaign
from advisor.domain.controls import Controls
from advisor.domain.policy import Policy
from advisor.domain.resource_state import ResourceState
from advisor.pipeline import advise, remember
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    day_of_decisions,
    decided,
    floor_at,
    floors_of,
    only,
    policy,
    resource,
    schedule,
    state,
    view,
)


def told(
    campaigns_at: Callable[[datetime], Sequence[Campaign]], the_policy: Policy | None = None, hours: int = 12
) -> list[tuple[datetime, list[tuple[str, int]]]]:
    """The schedules of a day, each with the first minute at which it was told."""
    said: list[tuple[datetime, list[tuple[str, int]]]] = []
    for now, decision, _ in day_of_decisions(campaigns_at, the_policy=the_policy, until=NOW + hours * HOUR):
        schedule_now = schedule(only(decision))
        if not said or said[-1][1] != schedule_now:
            said.append((now, schedule_now))
    return said


# --- one campaign


def test_a_floor_rises_so_that_units_are_ready_at_the_start_and_falls_after_the_end():
    """45 requests/s at 10 a unit are 5 units, asked for ten minutes ahead, on the way from 2."""
    made = only(decided(NOW, [campaign()]))

    assert schedule(made) == [("09:49", 3), ("09:50", 5), ("12:00", 3), ("12:15", 2)]


def test_a_long_lead_time_moves_the_raise_not_the_end():
    slow = policy(resource(lead_time=2 * HOUR))

    assert schedule(only(decided(NOW, [campaign()], the_policy=slow))) == [
        ("07:59", 3),
        ("08:00", 5),
        ("12:00", 3),
        ("12:15", 2),
    ]


def test_without_campaigns_there_is_nothing_to_schedule():
    assert schedule(only(decided(NOW))) == []


def test_a_need_beyond_the_ceiling_is_asked_for_up_to_the_ceiling():
    made = only(decided(NOW, [campaign(uplift=1000.0)]))

    assert max(f for _, f in schedule(made)) == 40


@pytest.mark.parametrize(
    "campaigns",
    [
        [campaign(uplift=20.0)],
        [campaign("a", uplift=20.0), campaign("b", at("12:30"), uplift=8.0)],
        [campaign("a", uplift=20.0), campaign("b", at("11:00"), uplift=8.0)],
        [campaign("a", uplift=4.0), campaign("b", at("10:40"), uplift=20.0, lasts=20 * MINUTE)],
        [campaign("a", at("07:00"), uplift=20.0), campaign("b", at("14:00"), uplift=8.0)],
        [campaign("a", at("06:05"), uplift=9.0)],
        [campaign("a", at("09:07"), uplift=9.0, lasts=17 * MINUTE)],
    ],
    ids=["one", "in turn", "overlapping", "one inside another", "far apart", "at once", "odd minutes"],
)
@pytest.mark.parametrize("lead_time", [10 * MINUTE, 95 * MINUTE], ids=["10m", "95m"])
def test_deciding_every_minute_on_the_same_facts_tells_one_schedule_until_it_is_over(campaigns, lead_time):
    """What was told at the first minute for every later one is what each of those tells in its turn."""
    rules = policy(resource(lead_time=lead_time))
    end = at("18:00")
    first = floors_of(only(decided(NOW, campaigns, the_policy=rules)), NOW, end)

    for now, decision, _ in day_of_decisions(lambda _: campaigns, the_policy=rules, until=end):
        passed = int((now - NOW) / MINUTE)
        assert floors_of(only(decision), now, end) == first[passed:], now


def test_the_schedule_reads_the_same_word_for_word_while_it_lasts():
    said = told(lambda _: [campaign("a", uplift=20.0), campaign("b", at("12:30"), uplift=8.0)])

    assert [f"{when:%H:%M}" for when, _ in said] == ["06:00", "15:01"]
    assert said[-1][1] == []


def test_with_the_forecast_in_the_loop_a_day_of_decisions_tells_one_schedule():
    """`advise` and `remember`, minute by minute, with the demand of a service that never changes."""
    rules, promo = policy(), campaign(uplift=6.0)
    states: dict[str, ResourceState] = {}
    seen = view(80.0)
    first: list[int] | None = None
    for minute in range(0, 9 * 60, 3):
        now = NOW + minute * MINUTE
        decision = advise([replace(seen, data_until=now)], [promo], states, Controls(), rules, now)
        made = only(decision)
        states = {PODS: remember(made, states.get(PODS, ResourceState(PODS)))}
        floors = floors_of(made, now, NOW + 9 * HOUR)
        first = first or floors
        assert floors == first[minute:], now
    assert first is not None
    assert max(first) == 40


# --- changes of mind


def test_a_campaign_announced_during_its_window_is_met_at_once():
    said = told(lambda now: [campaign(uplift=20.0)] if now >= at("10:20") else [])

    assert said[1] == (
        at("10:20"),
        [("10:20", 30), ("12:00", 15), ("12:15", 8), ("12:30", 4), ("12:45", 2)],
    )


def test_a_cancelled_campaign_is_reverted_gently():
    """Held to the next hold boundary, then halved hold by hold."""
    said = told(lambda now: [campaign(uplift=20.0)] if now < at("10:33") else [])

    assert said[1][0] == at("10:33")
    assert said[1][1][-4:] == [("10:45", 15), ("11:00", 8), ("11:15", 4), ("11:30", 2)]
    assert said[-1] == (at("11:31"), [])


def test_a_campaign_cancelled_before_its_ramp_leaves_nothing():
    said = told(lambda now: [campaign(uplift=20.0)] if now < at("09:00") else [])

    assert said[-1] == (at("09:00"), [])


def test_a_campaign_moved_to_later_comes_down_and_goes_up_again():
    later = campaign(start=at("14:00"), uplift=20.0, revision=2)
    said = told(lambda now: [campaign(uplift=20.0)] if now < at("09:55") else [later])

    moved = dict(said[1][1])
    assert said[1][0] == at("09:55")
    assert (moved["10:00"], moved["10:45"], moved["13:50"], moved["16:45"]) == (15, 2, 30, 2)


def test_a_campaign_moved_to_earlier_acts_at_once():
    """Moved at 08:30 from 10:00 to 08:35: everything is asked for in that minute."""
    earlier = campaign(start=at("08:35"), uplift=20.0, revision=2)
    said = told(lambda now: [campaign(uplift=20.0)] if now < at("08:30") else [earlier])

    assert said[1][1][0] == ("08:30", 30)


def test_a_campaign_that_is_gone_leaves_no_trace_in_the_plans_of_others():
    """What was once planned for 18:00 never stood, and does not make another campaign's floor higher."""
    big = campaign("big", at("17:00"), uplift=20.0, lasts=4 * HOUR)
    small = campaign("small", at("19:25"), uplift=4.0)
    alone = schedule(only(decided(at("07:00"), [small])))

    said = told(lambda now: [big, small] if now < at("07:00") else [small], hours=1)

    assert said[-1] == (at("07:00"), alone)


def test_after_a_campaign_the_next_one_gets_its_own_floor_and_not_the_others_peak():
    a, b = campaign("a", uplift=20.0), campaign("b", at("12:30"), uplift=8.0)

    made = only(decided(NOW, [a, b]))

    assert floor_at(made, at("11:59")) == 30
    assert floor_at(made, at("13:00")) == 12
    for now, decision, _ in day_of_decisions(lambda _: [a, b], until=at("13:00")):
        assert floor_at(only(decision), at("13:00")) == 12, now


def test_campaigns_at_once_compose_by_what_the_forecast_makes_of_both():
    a, b = campaign("a", uplift=3.0), campaign("b", at("11:00"), uplift=5.0)

    made = only(decided(NOW, [a, b]))

    assert floor_at(made, at("10:30")) == 5  # 15 * 3
    assert floor_at(made, at("11:30")) == 11  # 15 * (3 + 5 - 1)


def test_a_smaller_forecast_in_mid_campaign_lowers_nothing_until_its_end():
    """Inside its window a floor only rises, although the new forecast has forgotten the peak."""
    said = told(lambda now: [campaign(uplift=20.0 if now < at("10:45") else 3.0)])

    floors = dict(said[-2][1])
    assert [clock for clock in floors if "09:50" < clock < "12:00"] == []
    assert floors["09:50"] == 30


def test_a_larger_forecast_in_mid_campaign_raises_at_once():
    said = told(lambda now: [campaign(uplift=3.0 if now < at("10:45") else 20.0)])

    assert said[1][0] == at("10:45")
    assert ("10:45", 30) in said[1][1]


def test_a_campaign_made_longer_keeps_its_floor_to_the_new_end():
    longer = campaign(revision=2, lasts=4 * HOUR)
    said = told(lambda now: [campaign()] if now < at("11:00") else [longer])

    assert said[1][1] == [("09:49", 3), ("09:50", 5), ("14:00", 3), ("14:15", 2)]


def test_a_decider_that_was_away_goes_on_with_the_plan_it_left():
    """The next decision hours later finds the raise in force, not missed."""
    agreed = only(decided(NOW, [campaign(uplift=20.0)])).recommendation.steps

    made = only(decided(at("11:07"), [campaign(uplift=20.0)], states={PODS: state(plan=agreed)}))

    assert made.recommendation.steps == agreed
    assert made.due is not None
    assert made.due.floor == 30


def test_a_floor_left_over_from_before_is_reverted_although_a_campaign_is_far_off():
    left = state(plan=(Step(NOW - HOUR, 16, 40),))

    made = only(decided(NOW, [campaign()], states={PODS: left}))

    assert schedule(made) == [
        ("05:00", 16),
        ("06:00", 8),
        ("06:15", 4),
        ("06:30", 2),
        ("09:49", 3),
        ("09:50", 5),
        ("12:00", 3),
        ("12:15", 2),
    ]
