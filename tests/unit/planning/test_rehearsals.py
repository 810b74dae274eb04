"""A rehearsal asks for one small step, watches it, and gives it back whatever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from advisor.domain.capacity import Bounds
from advisor.domain.controls import Controls, Hold, Rehearsal
from advisor.domain.limits import Irreversible
from advisor.domain.policy import Mode
from advisor.domain.reason import Reason
from advisor.planning.rehearsals import small_step, why_not_rehearsed
from tests.support.acting import Day
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    decided,
    observed,
    only,
    policy,
    resource,
    state,
)

TEN_LATER = [campaign(start=NOW + 10 * HOUR)]


def rehearsing(floor: int = 3, minutes: int = 60) -> Controls:
    until = NOW + timedelta(minutes=minutes)
    return Controls(rehearsals=(Rehearsal(PODS, "promo", floor, NOW, until, "ada"),))


def day(**other: Any) -> Day:
    """A day on which a rehearsal was asked for at six, for a campaign at four in the afternoon."""
    made = Day(**other)
    made.controls = rehearsing()
    return made


# --- how far


@pytest.mark.parametrize(
    ("rules", "units", "step"),
    [
        (resource(), 2, 3),
        (resource(), 7, 8),
        (resource(quantum=3, minimum=3), 3, 6),
        (resource(sizes=(2, 3, 6), maximum=6), 3, 6),
        (resource(maximum=7), 7, None),
    ],
    ids=["one more", "above what is there already", "one in each zone", "the next size", "at its maximum"],
)
def test_the_step_is_the_least_that_brings_a_unit(rules, units, step):
    found = replace(observed(floor=2), units=units)

    assert small_step(rules, found) == step


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (resource("fixed://payments"), "cannot be scaled"),
        (resource(mode=Mode.RECOMMEND), "its mode is recommend"),
        (resource(irreversible=Irreversible(price_per_unit=1.0)), "is not given back"),
        (resource(lowerings_per_day=2), "2 times a day only"),
    ],
)
def test_what_cannot_be_put_back_at_will_is_not_rehearsed(rules, says):
    assert says in str(why_not_rehearsed(rules, state(floor=2)))


def test_nor_is_what_is_raised_already_or_was_never_seen():
    raised = replace(state(floor=9), originals=Bounds(2, 40))

    assert why_not_rehearsed(resource(), raised) == "its floor is raised already"
    assert why_not_rehearsed(resource(), None) == "nobody has looked at it yet"
    assert why_not_rehearsed(resource(), state(floor=2)) is None


# --- what is due


def test_the_step_is_due_at_once_and_says_why():
    made = only(decided(NOW, TEN_LATER, states={PODS: state(floor=2)}, controls=rehearsing()))

    assert made.due is not None
    assert (made.due.floor, made.due.reasons) == (3, (Reason.REHEARSAL,))


@pytest.mark.parametrize(
    "other",
    [
        {"controls": replace(rehearsing(), freezes=(Hold("*", "bob", NOW),))},
        {"controls": replace(rehearsing(), holds=(Hold(PODS, "bob", NOW),))},
        {"controls": rehearsing(), "the_policy": policy(resource(mode=Mode.RECOMMEND))},
    ],
    ids=["frozen", "held", "only recommended"],
)
def test_the_guardrails_stop_it_like_anything_else(other):
    assert only(decided(NOW, TEN_LATER, states={PODS: state(floor=2)}, **other)).due is None


def test_it_gives_way_to_a_campaign_that_has_a_part_in_the_floor():
    running = only(decided(at("10:30"), [campaign()], states={PODS: state(floor=9)}, controls=rehearsing()))

    assert running.due is not None
    assert Reason.REHEARSAL not in running.due.reasons


# --- by the clock


def test_it_is_raised_seen_to_serve_watched_and_put_back_exactly():
    tried = day(people_set=Bounds(2, 33))

    tried.until(NOW + 2 * HOUR, TEN_LATER)

    acts = [(when, bounds) for when, bounds in tried.platform.acts]
    assert acts[0] == (NOW, Bounds(3, 40))
    ready = NOW + resource().lead_time
    assert acts[1][0] == ready + 5 * MINUTE
    assert (tried.bounds, tried.state.originals) == (Bounds(2, 33), None)


def test_what_was_measured_is_planned_with():
    tried = day().until(NOW + 2 * HOUR, TEN_LATER)

    newest = tried.state.lead_times.measured[-1]
    assert (newest.asked_at, newest.units, newest.took_s, newest.arrived) == (NOW, 3, 600.0, True)


def test_units_that_never_serve_are_given_up_at_its_end_and_the_floor_is_put_back():
    slow = day(rules=policy(resource(lead_time=5 * HOUR))).until(NOW + 3 * HOUR, TEN_LATER)

    assert slow.platform.acts[1][0] == NOW + HOUR
    assert (slow.bounds, slow.state.originals) == (Bounds(2, 40), None)


def test_whoever_takes_it_back_is_answered_and_named_and_what_they_wrote_is_left():
    tried = day().until(NOW + 3 * MINUTE, TEN_LATER)
    tried.written_by_others(Bounds(2, 40))

    tried.until(NOW + 4 * MINUTE, TEN_LATER)

    assert [c.found for c in tried.state.clobbers] == [Bounds(2, 40)]
    assert tried.bounds.minimum == 3
    tried.until(NOW + 3 * HOUR, TEN_LATER)
    assert (tried.bounds, tried.state.originals) == (Bounds(2, 40), None)


def test_a_campaign_that_comes_near_meanwhile_takes_over_and_its_way_down_is_its_own():
    soon = [campaign(start=NOW + 40 * MINUTE, lasts=HOUR)]

    tried = day().until(NOW + 45 * MINUTE, soon)
    assert tried.bounds.minimum > 3

    tried.until(NOW + 30 * HOUR, soon, every=5 * MINUTE)
    assert (tried.bounds, tried.state.originals) == (Bounds(2, 40), None)


def test_a_rehearsal_that_still_runs_takes_nothing_from_the_way_down_of_a_campaign():
    """Its small floor is no reason to lower what is in use."""
    rules = policy(resource(reactive=False))
    long = replace(rehearsing(minutes=1200).rehearsals[0], watch=timedelta(hours=20))
    soon = [campaign(lasts=HOUR)]
    tried = Day(rules)
    tried.controls = Controls(rehearsals=(long,))

    tried.until(at("10:55"), soon).until(at("23:00"), soon, baseline=75.0)

    assert tried.bounds.minimum == 8


def test_more_than_a_small_step_is_not_rehearsed_whatever_is_asked_for():
    greedy = only(decided(NOW, TEN_LATER, states={PODS: state(floor=2)}, controls=rehearsing(floor=40)))

    assert greedy.due is not None
    assert greedy.due.floor == 3


def test_a_second_rehearsal_of_the_same_evening_ends_when_its_own_units_serve():
    tried = day().until(NOW + HOUR, TEN_LATER)
    again = NOW + HOUR
    tried.controls = Controls(rehearsals=(Rehearsal(PODS, "promo", 3, again, again + HOUR, "ada"),))

    tried.until(again + HOUR - MINUTE, TEN_LATER)

    assert (tried.bounds, tried.state.originals) == (Bounds(2, 40), None)
