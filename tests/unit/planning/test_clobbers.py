"""Whoever takes back what we set is named, answered a few times ever later, and then left to people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from advisor.domain.advice import Outcome, Step
from advisor.domain.capacity import Armed, Bounds, Observation
from advisor.domain.meddling import Clobber, Refusal
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.planning.act_guardrails import not_fought_over
from advisor.planning.acts import after_acting, after_observing, before_acting
from advisor.planning.clobbers import calmed, forgiven, is_reassertion, set_again_at, told
from advisor.planning.obstacles import obstacles_to
from tests.support.acting import Day
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, campaign, on_hold, resource, state
from tests.unit.planning.test_act_guardrails import instruction, situation

ARGO = "argocd-controller"
REFUSED = Refusal(Reason.ACT_REFUSED, "no", Bounds(9, 40), NOW, 1, NOW)


def clobber(minute: int = 0, by: str = ARGO, ours: int = 9, found: int = 2) -> Clobber:
    return Clobber(NOW + minute * MINUTE, by, Bounds(ours, 40), Bounds(found, 40))


def fought_over(count: int, **other: object) -> ResourceState:
    """Taken back so often, last at 06:00, with the others' bounds standing."""
    clobbers = tuple(clobber(minute) for minute in range(1 - count, 1))
    return replace(state(floor=2), originals=Bounds(2, 40), clobbers=clobbers, **other)


def looked(bounds: Bounds, now: datetime = NOW, **other: object) -> Observation:
    return Observation(PODS, now, bounds, bounds.minimum, bounds.minimum, **other)


def raised() -> ResourceState:
    """Two to forty before, nine to forty by us."""
    before = state(floor=2)
    due = instruction(9)
    after = after_acting(due, before_acting(due, before), NOW)
    return after_observing(after, looked(Bounds(9, 40)), NOW)


# --- noticed, and named


def test_who_lowers_what_we_raised_is_remembered_with_the_time_and_both_bounds():
    later = NOW + MINUTE

    seen = after_observing(raised(), looked(Bounds(2, 40), later, writer=ARGO), later)

    assert seen.clobbers == (Clobber(later, ARGO, Bounds(9, 40), Bounds(2, 40)),)
    assert told(seen) == "argocd-controller set 2 to 40 at 06:01Z where 9 to 40 stood"


def test_a_lowered_maximum_is_a_clobber_too():
    seen = after_observing(raised(), looked(Bounds(9, 20), writer=ARGO), NOW)

    assert [c.found for c in seen.clobbers] == [Bounds(9, 20)]


def test_somebody_who_raises_further_clobbers_nothing_and_their_floor_is_what_comes_back():
    seen = after_observing(raised(), looked(Bounds(12, 60), writer="kubectl-edit"), NOW)

    assert (seen.clobbers, seen.originals) == ((), Bounds(12, 60))


def test_the_same_bounds_seen_again_are_one_clobber():
    seen = raised()
    for minute in range(1, 4):
        now = NOW + minute * MINUTE
        seen = after_observing(seen, looked(Bounds(2, 40), now, writer=ARGO), now)

    assert len(seen.clobbers) == 1


def test_a_resource_made_anew_under_its_name_keeps_its_new_bounds_and_that_counts_as_taking_ours_back():
    before = after_observing(raised(), looked(Bounds(9, 40), identity="one"), NOW)

    anew = after_observing(before, looked(Bounds(3, 30), identity="two"), NOW)

    assert (anew.originals, anew.set_by_us) == (None, ())
    assert [(c.by, c.found) for c in anew.clobbers] == [("whoever made it anew", Bounds(3, 30))]
    again = after_observing(anew, looked(Bounds(3, 30), identity="two"), NOW + MINUTE)
    assert again.clobbers == anew.clobbers


def test_what_changes_again_while_we_only_wait_is_the_same_fight():
    """A writer that moves its own value does not use up our answers."""
    seen = raised()
    for minute, least in enumerate((2, 3, 2, 4)):
        now = NOW + minute * MINUTE
        seen = after_observing(seen, looked(Bounds(least, 40), now, writer=ARGO), now)

    assert [c.found for c in seen.clobbers] == [Bounds(4, 40)]


def test_what_is_taken_back_before_anybody_looks_counts_each_time():
    """A webhook leaves what stood before the act: that is no old news."""
    seen = raised()
    for minute in range(1, 4):
        now = NOW + minute * MINUTE
        back = after_observing(seen, looked(Bounds(2, 40), now), now)
        due = instruction(9, planned_for=now)
        seen = after_acting(due, before_acting(due, back), now)

    assert len(after_observing(seen, looked(Bounds(2, 40), NOW + HOUR), NOW + 4 * MINUTE).clobbers) == 4


def test_a_step_that_is_armed_for_later_excuses_nobody_now():
    """Only what was due by then can have been the platform's own doing."""
    armed = (Armed(NOW + 3 * HOUR, 2, None),)
    before = after_observing(raised(), replace(looked(Bounds(9, 40)), armed=armed), NOW)

    early = after_observing(before, replace(looked(Bounds(2, 40), NOW + MINUTE), armed=armed), NOW + MINUTE)
    then = NOW + 3 * HOUR
    late = after_observing(before, replace(looked(Bounds(2, 40), then), armed=()), then)

    assert (len(early.clobbers), len(late.clobbers)) == (1, 0)


def test_changes_before_anything_was_raised_are_nobodys_clobber():
    """While steps are only armed, what stands is what people want."""
    armed = replace(state(floor=2), originals=Bounds(2, 40), set_by_us=(Bounds(2, 40),))

    seen = after_observing(armed, looked(Bounds(1, 20)), NOW)

    assert (seen.clobbers, seen.originals) == ((), Bounds(1, 20))


# --- ours after all


def test_a_step_of_the_agreed_plan_that_the_log_does_not_know_of_is_ours_while_the_mark_stands():
    """Made while Kafka was away, or by the decider before with its last breath."""
    plan = (Step(NOW - HOUR, 5, 40), Step(NOW - MINUTE, 9, 40))
    known = replace(state(floor=5), originals=Bounds(2, 40), set_by_us=(Bounds(5, 40),), plan=plan)
    marked = replace(looked(Bounds(9, 40)), originals=Bounds(2, 40))

    assert after_observing(known, marked, NOW).originals == Bounds(2, 40)
    assert after_observing(known, looked(Bounds(9, 40)), NOW).originals == Bounds(9, 40)


def test_a_call_that_takes_effect_after_it_was_given_up_is_ours():
    refused = Refusal(Reason.ACT_TIMED_OUT, "no answer", Bounds(9, 40), NOW, 1, NOW)
    later = (Bounds(5, 40), Bounds(12, 40))
    known = replace(state(floor=5), originals=Bounds(2, 40), set_by_us=later, refused=refused)

    assert after_observing(known, looked(Bounds(9, 40)), NOW).originals == Bounds(2, 40)


def test_bounds_that_the_platform_refused_were_never_there_to_be_taken_back():
    refusing = replace(
        raised(), set_by_us=(Bounds(2, 40), Bounds(9, 40)), observation=looked(Bounds(2, 40)), refused=REFUSED
    )

    assert after_observing(refusing, looked(Bounds(3, 40)), NOW).clobbers == ()


def test_several_who_fight_are_all_named_and_counted():
    by_two = replace(fought_over(1), clobbers=(clobber(0), clobber(1, by=""), clobber(2)))

    assert told(by_two) == (
        "argocd-controller, somebody unknown set 2 to 40 at 06:02Z where 9 to 40 stood, 3 times"
    )


# --- answered after growing waits, and not for ever


@pytest.mark.parametrize(
    ("count", "wait_s"), [(1, 0), (2, 30), (3, 60), (4, 120), (5, 240), (6, None), (7, None)]
)
def test_waits_grow_and_end(count, wait_s):
    again = set_again_at(fought_over(count), 5)

    assert again == (None if wait_s is None else NOW + timedelta(seconds=wait_s))


@pytest.mark.parametrize(
    ("count", "after_s", "outcome"),
    [(1, 0, Outcome.PASS), (2, 29, Outcome.BLOCK), (2, 30, Outcome.PASS), (6, 3_000, Outcome.BLOCK)],
)
def test_the_guardrail_lets_a_floor_be_set_again_when_its_wait_is_over(count, after_s, outcome):
    now = NOW + timedelta(seconds=after_s)

    _, verdict = not_fought_over(situation(state=fought_over(count), now=now), instruction(9))

    assert verdict.outcome is outcome
    assert outcome is Outcome.PASS or verdict.reason is Reason.FLOOR_CLOBBERED


def test_who_never_wants_a_fight_gets_none():
    rules = resource(reassert=0)

    left, verdict = not_fought_over(situation(state=fought_over(1), resource=rules), instruction(9))

    assert (left, verdict.reason) == (None, Reason.FLOOR_CLOBBERED)


def test_what_is_newly_due_is_asked_for_once_though_the_last_was_given_up():
    """A step of the plan that nobody has taken back yet is no re-assertion."""
    left, _ = not_fought_over(situation(state=fought_over(9)), instruction(12))

    assert left is not None
    assert is_reassertion(fought_over(9), Bounds(9, 40))
    assert not is_reassertion(fought_over(9), Bounds(12, 40))


def test_a_restore_is_never_held_up_by_a_fight():
    left, _ = not_fought_over(situation(state=fought_over(9)), instruction(2, restore=True))

    assert left is not None


def test_what_was_given_up_stands_in_the_way_and_says_what_to_do():
    (obstacle,) = obstacles_to(situation(state=fought_over(6)))

    assert obstacle.reason is Reason.FLOOR_CLOBBERED
    assert "6 times; given up: make them leave the bounds alone" in obstacle.detail
    assert obstacles_to(situation(state=fought_over(5))) == ()


# --- over


def test_what_stood_for_an_hour_is_not_being_fought_over():
    stands = replace(fought_over(4), observation=looked(Bounds(9, 40)))

    assert calmed(stands, NOW + HOUR - MINUTE) is stands
    assert calmed(stands, NOW + HOUR).clobbers == ()


def test_what_was_given_up_does_not_calm_down_while_their_bounds_stand():
    given_up = fought_over(6)

    assert calmed(given_up, NOW + 5 * HOUR) is given_up


def test_a_person_who_holds_the_resource_ends_the_count():
    assert forgiven(fought_over(6), on_hold(PODS)).clobbers == ()
    assert len(forgiven(fought_over(6), on_hold("sim://other")).clobbers) == 6


# --- minute by minute


def test_a_controller_that_resets_every_minute_is_answered_five_times_and_then_given_up():
    """The originals that it restores are what comes back after the campaign."""
    day = Day().until(at("10:05"), [campaign()])
    while day.now < at("11:00"):
        if day.bounds.minimum > 2:
            day.written_by_others(Bounds(2, 40))
        day.until(day.now + MINUTE, [campaign()])

    answers = [when for when, bounds in day.platform.acts if when >= at("10:05") and bounds.minimum > 2]
    assert len(answers) == 5
    assert [after - before for before, after in pairwise(answers)] == [
        2 * MINUTE,
        2 * MINUTE,
        3 * MINUTE,
        5 * MINUTE,
    ]
    assert "FLOOR_CLOBBERED" in day.verdicts[-1][2]

    day.until(NOW + 30 * HOUR, [campaign()], every=5 * MINUTE)
    assert (day.bounds, day.state.originals, day.state.clobbers) == (Bounds(2, 40), None, ())
