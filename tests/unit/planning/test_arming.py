"""What the platform carries out by itself: agreed raises on time, the way down after us, nothing on doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Armed, Bounds, Observation
from advisor.domain.change import Change, Done
from advisor.domain.controls import EVERYTHING, Controls, Envelope, Hold
from advisor.domain.limits import FreezeWindow, Irreversible, ModeCaps
from advisor.domain.policy import Mode, Policy
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import before_acting, change_to_make
from tests.support.acting import Day, Moody
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    at,
    campaign,
    decided,
    observed,
    on_hold,
    only,
    policy,
    resource,
    state,
)


def holding(*armed: Armed, floor: int = 2) -> ResourceState:
    """A resource on a platform that holds a schedule: this one."""
    return replace(state(), observation=replace(observed(floor=floor), armed=armed))


def to_arm(seen: ResourceState | None = None, **other: Any) -> tuple[Armed, ...] | None:
    """What is to be armed at six for a campaign from ten to twelve; None where nothing is to be changed."""
    made = only(decided(NOW, [campaign()], states={PODS: seen or holding()}, **other))
    return made.due.armed if made.due else None


def test_the_raises_of_an_agreed_plan_are_armed_at_their_time_and_the_way_down_a_while_after_ours():
    made = only(decided(NOW, [campaign()], states={PODS: holding()}))
    steps = made.recommendation.steps

    armed = to_arm()

    assert armed is not None
    ups = [(step.at, step.floor) for step in armed if step.ceiling is not None]
    downs = [(step.at, step.floor) for step in armed if step.ceiling is None]
    top = max(step.floor for step in steps)
    peak = next(n for n, step in enumerate(steps) if step.floor == top)
    assert ups == [(step.act_at, step.floor) for step in steps[: peak + 1]]
    assert downs == [(step.act_at + 15 * MINUTE, step.floor) for step in steps[peak + 1 :]]
    assert downs[-1][1] == 2


def test_where_the_platform_holds_no_schedule_nothing_is_armed():
    assert only(decided(NOW, [campaign()], states={PODS: state(floor=2)})).due is None


def test_what_is_armed_stays_armed_to_its_last_minute_and_what_is_due_soon_is_not_armed_any_more():
    """We may die a minute before it as well."""
    first = (to_arm() or ())[0]
    seen = holding(*(to_arm() or ()))
    now = first.at - MINUTE

    def due_at(state_then: ResourceState) -> Instruction | None:
        return only(decided(now, [campaign()], states={PODS: state_then})).due

    kept = due_at(seen)
    assert kept is None or kept.armed is not None
    assert kept is None or first in (kept.armed or ())
    late = due_at(holding())
    assert late is not None
    assert first not in (late.armed or ())


def test_nothing_is_asked_for_again_once_it_is_armed():
    assert to_arm(holding(*(to_arm() or ()))) is None


@pytest.mark.parametrize(
    "other",
    [
        {"the_policy": policy(resource(mode=Mode.RECOMMEND))},
        {"the_policy": policy(resource(irreversible=Irreversible(committed=timedelta(days=30))))},
        {"the_policy": policy(resource(mode=Mode.APPROVE))},
    ],
    ids=["recommended only", "bought for a month", "not approved yet"],
)
def test_what_is_not_agreed_is_not_armed_and_what_was_is_taken_back(other):
    was_armed = holding(Armed(at("09:30"), 9, 40))

    armed = to_arm(was_armed, **other)

    assert armed in ((), None)
    assert to_arm(holding(), **other) in ((), None)


def test_a_campaign_cancelled_meanwhile_is_disarmed():
    made = only(decided(NOW, [], states={PODS: holding(Armed(at("09:30"), 9, 40))}))

    assert made.due is not None
    assert (made.due.armed, made.due.floor) == ((), 2)


def test_nothing_is_armed_into_a_freeze_window():
    freeze = FreezeWindow(at("09:00"), at("13:00"), "peak freeze", ())
    frozen = replace(policy(resource()), freezes=(freeze,))

    for step in to_arm(the_policy=frozen) or ():
        assert not freeze.start <= step.at < freeze.end


def test_nothing_further_away_than_a_day_is_armed():
    later = campaign(start=NOW + 26 * HOUR)
    far = replace(policy(resource()), horizon=timedelta(days=3))

    made = only(decided(NOW, [later], states={PODS: holding()}, the_policy=far))

    assert made.due is None or made.due.armed == ()


def test_of_a_long_plan_the_way_back_is_armed_whatever_else_is_left_out(monkeypatch):
    whole = to_arm()
    assert whole is not None
    monkeypatch.setattr("advisor.planning.arming.MOST", 2)

    assert to_arm() == (whole[0], whole[-1])


# --- people


def on_freeze(*, disarm: bool, scope: str = EVERYTHING) -> Controls:
    return Controls(freezes=(Hold(scope, "ada", NOW, "", disarm),))


def test_a_freeze_leaves_what_is_armed_unless_it_is_asked_to_take_it_back():
    was_armed = holding(Armed(at("09:30"), 9, 40))

    assert to_arm(was_armed, controls=on_freeze(disarm=False)) is None
    assert to_arm(was_armed, controls=on_freeze(disarm=True)) == ()
    assert to_arm(was_armed, controls=on_freeze(disarm=True, scope=PODS)) == ()


def test_disarming_moves_no_floor():
    raised = replace(holding(Armed(at("09:30"), 9, 40), floor=5), originals=Bounds(2, 40))

    made = only(decided(at("09:55"), [campaign()], states={PODS: raised}, controls=on_freeze(disarm=True)))

    assert made.due is not None
    change = change_to_make(made.due, raised, 1)
    assert change is not None
    assert (change.target, change.armed) == (Bounds(5, 40), ())


# --- what is remembered


def test_what_stands_is_kept_as_the_original_before_anything_is_armed():
    """The platform may raise it when nobody is there any more to remember what stood before."""
    due = Instruction(PODS, 2, 40, NOW, at("14:00"), (), armed=(Armed(at("09:30"), 9, 40),))

    before = before_acting(due, holding())

    assert (before.originals, before.set_by_us) == (Bounds(2, 40), (Bounds(2, 40),))


# --- by the clock


class Scheduling(Moody):
    """A platform that holds a schedule, and carries it out."""

    def __init__(self, rules: Policy, people_set: Bounds) -> None:
        super().__init__(rules, people_set)
        self.armed: tuple[Armed, ...] = ()

    async def observe(self, resource: str, now: datetime) -> Observation:
        """With all carried out that is due."""
        due = [step for step in self.armed if step.at <= now]
        self.armed = tuple(step for step in self.armed if step.at > now)
        for step in due:
            found = (await super().observe(resource, step.at)).bounds
            bounds = Bounds(step.floor, step.ceiling or found.maximum)
            if bounds != found:
                await SimulatedActuator.set_bounds(self, resource, bounds, step.at)
        return replace(await super().observe(resource, now), armed=self.armed)

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        """Bounds, and the schedule."""
        if change.armed is not None:
            self.armed = change.armed
        return await super().set_floor(resource, change, now)

    async def restore(self, resource: str, change: Change, now: datetime) -> Done:
        """Nothing of ours is left."""
        self.armed = ()
        return await super().restore(resource, change, now)


def scheduled_day() -> Day:
    day = Day()
    day.platform = Scheduling(day.rules, Bounds(2, 40))
    return day


def asleep_until(day: Day, end: datetime) -> list[tuple[datetime, int]]:
    """Nobody decides until then; the floors that stood, minute by minute."""
    floors = []
    while day.now < end:
        floors.append((day.now, day.bounds.minimum))
        day.now += MINUTE
    return floors


def test_a_campaign_finds_its_floor_and_leaves_it_though_we_die_before_the_first_step():
    undisturbed = Day().until(at("10:00"), [campaign()])
    day = scheduled_day().until(at("09:00"), [campaign()])
    assert day.bounds.minimum == 2

    floors = dict(asleep_until(day, at("23:00")))

    assert floors[at("10:00")] == undisturbed.bounds.minimum
    assert floors[at("22:00")] == 2


def test_whoever_comes_back_restores_exactly_what_stood_before_anything_was_armed():
    day = scheduled_day().until(at("09:00"), [campaign()])
    asleep_until(day, at("11:00"))
    assert day.bounds.minimum > 2

    day.until(NOW + 30 * HOUR, [campaign()], every=5 * MINUTE)

    assert (day.bounds, day.state.originals, day.state.clobbers) == (Bounds(2, 40), None, ())


def test_a_step_that_the_platform_took_a_moment_before_us_is_ours_and_nobodys_clobber():
    day = scheduled_day().until(NOW + 30 * HOUR, [campaign()])

    assert (day.bounds, day.state.originals, day.state.clobbers) == (Bounds(2, 40), None, ())
    assert isinstance(day.platform, Scheduling)
    assert day.platform.armed == ()


# --- never further than we may go ourselves


def test_a_person_who_holds_the_resource_and_sets_more_keeps_it():
    """What is armed is absolute, and would write over it: so a hold takes it back."""
    day = scheduled_day().until(at("09:00"), [campaign()])
    day.controls = on_hold(PODS)
    day.written_by_others(Bounds(30, 60))

    day.until(at("18:00"), [campaign()], every=5 * MINUTE)

    assert day.bounds == Bounds(30, 60)


def test_no_bounds_are_changed_by_arming_alone():
    """People's own minimum and maximum stand until the first step."""
    day = Day(people_set=Bounds(1, 20))
    day.platform = Scheduling(day.rules, Bounds(1, 20))

    day.until(NOW + 3 * MINUTE, [campaign(start=at("22:00"))])

    assert day.bounds == Bounds(1, 20)
    assert isinstance(day.platform, Scheduling)
    assert day.platform.armed


def test_a_mode_that_may_not_go_so_far_by_itself_arms_no_more_either():
    capped = replace(policy(resource()), caps={Mode.AUTO: ModeCaps(max_multiplier=2.0)})

    armed = to_arm(the_policy=capped)

    assert armed
    assert max(step.floor for step in armed) == 4


def test_an_approval_that_will_have_run_out_by_a_step_arms_it_not():
    rules = policy(resource(mode=Mode.APPROVE))
    units = ((PODS, 40),)
    until_nine = Envelope("promo", 1, units, None, "EUR", NOW, at("20:00"), at("09:00"), "ada", NOW)
    all_day = replace(until_nine, expires_at=at("20:00"))

    def armed_under(envelope: Envelope) -> tuple[Armed, ...]:
        return to_arm(the_policy=rules, controls=Controls(envelopes=(envelope,))) or ()

    assert [step for step in armed_under(until_nine) if step.ceiling is not None] == []
    assert [step for step in armed_under(all_day) if step.ceiling is not None]


@pytest.mark.parametrize(
    "other",
    [
        {"controls": replace(on_freeze(disarm=True), holds=(Hold(PODS, "bob", NOW),))},
        {
            "controls": on_freeze(disarm=True),
            "the_policy": replace(
                policy(resource()), freezes=(FreezeWindow(NOW - HOUR, at("09:20"), "peak", ()),)
            ),
        },
        {"the_policy": policy(resource(mode=Mode.RECOMMEND))},
    ],
    ids=["somebody holds it too", "a freeze window of the policy", "only recommended by now"],
)
def test_taking_back_what_is_armed_is_stopped_by_nothing_that_stops_acts(other):
    assert to_arm(holding(Armed(at("09:30"), 9, 40)), **other) == ()


def test_stale_input_leaves_the_armed_way_down():
    day = scheduled_day().until(at("09:00"), [campaign()])
    assert isinstance(day.platform, Scheduling)
    downs = [step for step in day.platform.armed if step.ceiling is None]
    seen = replace(day.state.observation, armed=day.platform.armed)

    stale = only(
        decided(
            at("09:50"),
            [campaign()],
            states={PODS: replace(day.state, observation=seen)},
            data_until=at("09:00"),
        )
    )

    assert downs
    assert stale.due is not None
    assert [s for s in stale.due.armed or () if s.ceiling is None] == downs
