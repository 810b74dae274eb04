"""What may be done of what is due now: each check by itself, and all in their order."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from advisor.domain.advice import Claim, Instruction, Outcome, Verdict
from advisor.domain.controls import Controls
from advisor.domain.limits import FreezeWindow, Hours, ModeCaps
from advisor.domain.policy import Mode
from advisor.domain.reason import Reason
from advisor.planning.act_guardrails import (
    ACT_GUARDRAILS,
    campaigns_permitted,
    cooled_down,
    guard_act,
    mode_permits,
    not_done_already,
    not_expired,
    not_frozen,
    not_in_freeze_window,
    not_on_hold,
    owned_by_us,
    resource_managed,
    within_hours,
    within_max_step,
    within_mode_caps,
)
from advisor.planning.obstacles import obstacles_to
from advisor.planning.pace import alone
from advisor.planning.permissions import Permission
from advisor.planning.situation import Situation
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, frozen, observed, on_hold, resource, state

CLAIM = Claim("promo", 1, PODS, at("09:45"), at("13:00"))


def situation(**other: Any) -> Situation:
    """In auto, at 06:00, fresh, with a floor of 5 seen and one claim in force."""
    values: dict[str, Any] = {
        "pace": alone(other.pop("resource", resource())),
        "state": state(floor=5),
        "claims": (CLAIM,),
        "in_force": (CLAIM,),
        "now": NOW,
        "data_until": NOW,
        "stale_after": 5 * MINUTE,
        "in_use_rate_per_s": 15.0,
        "controls": Controls(),
    }
    return Situation(**{**values, **other})


def instruction(floor: int = 9, **other: Any) -> Instruction:
    return Instruction(
        **{
            "resource": PODS,
            "floor": floor,
            "ceiling": 40,
            "planned_for": NOW,
            "expires_at": at("14:00"),
            "reasons": (),
            **other,
        }
    )


def said(answer: tuple[Instruction | None, Verdict]) -> tuple[Outcome, Reason, int | None]:
    """Outcome, reason, and the floor that is left."""
    left, verdict = answer
    return verdict.outcome, verdict.reason, left.floor if left else None


def blocked(reason: Reason) -> tuple[Outcome, Reason, None]:
    return Outcome.BLOCK, reason, None


PASSED = (Outcome.PASS, Reason.MEETS_PLAN, 9)


# --- people


@pytest.mark.parametrize(
    ("controls", "answer"),
    [
        (Controls(), PASSED),
        (frozen("sim://other"), PASSED),
        (frozen(), blocked(Reason.KILL_SWITCH)),
        (frozen(PODS), blocked(Reason.KILL_SWITCH)),
    ],
    ids=["nothing", "another", "everything", "the resource"],
)
def test_the_kill_switch_stops_acting_here_and_everywhere(controls, answer):
    assert said(not_frozen(situation(controls=controls), instruction())) == answer


@pytest.mark.parametrize(
    ("controls", "answer"),
    [
        (Controls(), PASSED),
        (on_hold("sim://other", "promo"), PASSED),  # a campaign's hold withholds its own units only
        (on_hold(PODS), blocked(Reason.HELD)),
    ],
    ids=["nothing", "others", "the resource"],
)
def test_a_hold_of_the_resource_stops_acting_on_it(controls, answer):
    assert said(not_on_hold(situation(controls=controls), instruction())) == answer


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        (Mode.OBSERVE, blocked(Reason.MODE_OBSERVE)),
        (Mode.RECOMMEND, blocked(Reason.MODE_RECOMMEND)),
        (Mode.APPROVE, PASSED),
        (Mode.AUTO, PASSED),
    ],
)
def test_the_resources_own_mode_lets_anything_be_done_at_all(mode, answer):
    assert said(mode_permits(situation(resource=resource(mode=mode)), instruction())) == answer


def permitting(most: int) -> Situation:
    refused = Verdict("approved", Outcome.BLOCK, Reason.NEEDS_APPROVAL, "nobody has approved it yet")
    given = Permission("promo", Mode.APPROVE, 0.0, None, refused)
    return situation(withheld=(given,), permitted_floor=most)


def test_what_is_withheld_of_a_campaign_is_left_out_and_the_rest_is_done():
    assert said(campaigns_permitted(permitting(6), instruction(9))) == (
        Outcome.CLAMP,
        Reason.NEEDS_APPROVAL,
        6,
    )


def test_what_stands_only_in_the_plan_of_a_campaign_that_is_over_is_not_raised_any_more():
    left = campaigns_permitted(situation(permitted_floor=7), instruction(9))

    assert said(left) == (Outcome.CLAMP, Reason.CAMPAIGN_PAST, 7)


def test_what_is_withheld_lowers_nothing_that_stands():
    assert said(campaigns_permitted(permitting(3), instruction(9))) == blocked(Reason.NEEDS_APPROVAL)


def test_a_lowering_as_planned_needs_nobodys_word():
    assert said(campaigns_permitted(permitting(3), instruction(4)))[0] is Outcome.PASS


# --- the platform


def test_what_another_controller_sets_is_left_to_it():
    owned = situation(state=state(observation=replace(observed(floor=5), owner="ScaledObject shop/web")))

    left, verdict = owned_by_us(owned, instruction())

    assert (left, verdict.reason) == (None, Reason.OWNED_BY_OTHER)
    assert "ScaledObject shop/web" in verdict.detail


def test_what_the_platform_has_not_marked_as_ours_is_not_changed():
    unmarked = situation(state=state(observation=replace(observed(floor=5), managed=False)))

    assert said(resource_managed(unmarked, instruction())) == blocked(Reason.RESOURCE_UNMANAGED)


# --- how far and when


@pytest.mark.parametrize(
    ("caps", "answer"),
    [
        (None, PASSED),
        (ModeCaps(max_multiplier=4.5), PASSED),  # 2 x 4.5
        (ModeCaps(max_multiplier=3.0), (Outcome.CLAMP, Reason.ABOVE_MODE_CAP, 6)),
        (ModeCaps(max_cost_per_hour=5.0), (Outcome.CLAMP, Reason.ABOVE_MODE_CAP, 7)),  # 2 + 5 euros
        (ModeCaps(max_multiplier=2.0), blocked(Reason.ABOVE_MODE_CAP)),  # 4 is less than what stands
    ],
)
def test_a_mode_goes_so_far_by_itself(caps, answer):
    assert said(within_mode_caps(situation(caps=caps), instruction())) == answer


def test_a_cap_lowers_nothing():
    assert said(within_mode_caps(situation(caps=ModeCaps(max_multiplier=1.0)), instruction(4)))[0] is (
        Outcome.PASS
    )


def test_nothing_is_done_outside_the_modes_hours():
    """06:00 UTC is 07:00 in Berlin."""
    from_eight = Hours(time(8), time(18), frozenset(range(7)), "Europe/Berlin")
    early = situation(pace=replace(alone(resource()), hours=from_eight))

    assert said(within_hours(early, instruction())) == blocked(Reason.OUTSIDE_HOURS)
    assert said(within_hours(replace(early, now=at("07:00")), instruction())) == PASSED


def test_nothing_is_done_in_a_freeze_window():
    peak = FreezeWindow(at("05:00"), at("07:00"), "peak freeze")
    within = situation(pace=replace(alone(resource()), freezes=(peak,)))

    left, verdict = not_in_freeze_window(within, instruction())

    assert (left, verdict.reason) == (None, Reason.FREEZE_WINDOW)
    assert verdict.detail == "peak freeze until 2026-11-27 07:00Z"
    assert said(not_in_freeze_window(replace(within, now=at("07:00")), instruction())) == PASSED


def test_an_expired_instruction_raises_nothing_but_may_still_lower():
    late = situation(now=at("14:01"))

    assert said(not_expired(late, instruction(6))) == blocked(Reason.EXPIRED)
    assert said(not_expired(late, instruction(5)))[0] is Outcome.PASS
    assert said(not_expired(replace(late, now=at("14:00")), instruction(6)))[0] is Outcome.PASS


def test_one_act_adds_no_more_than_the_policy_lets_it():
    careful = situation(resource=resource(max_step=3))

    assert said(within_max_step(careful, instruction(9))) == (Outcome.CLAMP, Reason.ABOVE_MAX_STEP, 8)
    assert said(within_max_step(careful, instruction(8)))[0] is Outcome.PASS


def test_nothing_is_lowered_soon_after_an_act_but_it_may_be_raised():
    warm = situation(resource=resource(cooldown=10 * MINUTE), state=state(floor=5, last_act_at=at("05:55")))

    assert said(cooled_down(warm, instruction(4))) == blocked(Reason.COOLDOWN)
    assert said(cooled_down(warm, instruction(5, restore=True))) == blocked(Reason.COOLDOWN)
    assert said(cooled_down(warm, instruction(9))) == PASSED
    assert said(cooled_down(replace(warm, now=at("06:05")), instruction(4)))[0] is Outcome.PASS


def test_what_stands_already_is_known_to_stand():
    assert said(not_done_already(situation(), instruction(5))) == (Outcome.PASS, Reason.ALREADY_SET, 5)


# --- all together


def test_every_act_guardrail_answers_under_its_own_name_in_order():
    _, verdicts = guard_act(situation(), instruction())

    assert [v.guardrail for v in verdicts] == [guardrail.__name__ for guardrail in ACT_GUARDRAILS]


def test_everything_in_the_way_is_told_at_once_and_a_refusal_stands():
    both = situation(controls=frozen(), now=at("15:00"))

    left, verdicts = guard_act(both, instruction())

    assert left is None
    assert [v.reason for v in verdicts if v.outcome is Outcome.BLOCK] == [Reason.KILL_SWITCH, Reason.EXPIRED]


def test_several_clamps_leave_the_least_of_them():
    both = situation(caps=ModeCaps(max_multiplier=4.0), resource=resource(max_step=2))

    left, _ = guard_act(both, instruction(20))

    assert left is not None
    assert left.floor == 7


def test_what_stands_in_the_way_until_somebody_takes_it_away_is_known_beforehand():
    found = obstacles_to(situation(controls=on_hold(PODS), now=at("15:00") + HOUR))

    assert [obstacle.reason for obstacle in found] == [Reason.HELD]
