"""A verdict rests on what was seen and on what can still come, never on what was merely planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.advice import ResourceDecision, Step
from advisor.domain.campaign import Campaign, CampaignBudget, CampaignStatus
from advisor.domain.controls import Controls
from advisor.domain.evidence import CapacityEvidence, LeadTimes, Ready, Running
from advisor.domain.limits import ModeCaps
from advisor.domain.policy import Mode, SourcePolicy
from advisor.domain.readiness import CampaignReadiness, Readiness
from advisor.domain.reason import Reason
from advisor.pipeline import decide
from advisor.planning.claims import claims_on
from tests.support.acting import Day
from tests.support.builders import (
    CRM,
    HOUR,
    MEASURED,
    MINUTE,
    NOW,
    PODS,
    SHOP,
    at,
    campaign,
    decided,
    floor_at,
    frozen,
    need,
    observed,
    on_hold,
    only,
    policy,
    resource,
    state,
)

BIG = campaign(uplift=20.0)  # 30 units
AGREED = only(decided(NOW, [BIG])).recommendation.steps  # 09:46 to 09:50


def verdict(now: str, floor: int, *, ready: int | None = None, **other) -> CampaignReadiness:
    """On the big campaign, its schedule agreed long ago, with this floor found now."""
    known = {name: other.pop(name) for name in ("problems", "lead_times") if name in other}
    seen = replace(state(plan=AGREED, **known), observation=observed(floor=floor, ready=ready))
    (found,) = decided(at(now), [BIG], states={PODS: seen}, **other).campaigns
    return found


def test_agreed_steps_that_were_never_carried_out_make_a_campaign_not_ready():
    """At 10:05 30 units are agreed and 2 are asked for."""
    found = verdict("10:05", 2)

    assert found.readiness is Readiness.NOT_READY
    assert found.reasons == (Reason.LEAD_TIME_TOO_SHORT, Reason.ACT_FAILED)
    assert found.findings[-1].detail == "30 units should be asked for by now, 2 are"


def test_long_after_its_start_a_campaign_without_its_units_is_still_not_ready():
    found = verdict("11:30", 2)

    assert (found.readiness, found.reasons) == (Readiness.NOT_READY, (Reason.ACT_FAILED,))


def test_a_step_that_is_due_this_minute_still_counts():
    assert verdict("09:50", 16).reasons == (Reason.MEETS_PLAN,)


def test_steps_overdue_for_longer_than_the_grace_do_not_count():
    """Ramping from 09:46 on, nothing was seen of it by 09:49."""
    found = verdict("09:49", 2)

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.ACT_FAILED,))
    assert verdict("09:48", 2).reasons == (Reason.MEETS_PLAN,)


def test_before_anything_is_due_a_schedule_counts():
    assert verdict("09:00", 2).reasons == (Reason.MEETS_PLAN,)


def test_what_was_asked_for_in_time_counts_while_it_warms_up():
    assert verdict("09:55", 30, ready=2).reasons == (Reason.MEETS_PLAN,)


def test_a_platform_with_problems_is_a_risk_however_it_was_last_seen():
    early = verdict("09:00", 2, problems=("quota exceeded",))
    late = verdict("09:55", 2, problems=("quota exceeded",))
    last_seen_ready = verdict("10:05", 30, problems=("quota exceeded",))

    assert (early.readiness, early.reasons) == (Readiness.AT_RISK, (Reason.ACT_FAILED,))
    assert early.findings[0].detail == "the platform answers with an error: quota exceeded"
    assert (late.readiness, Reason.ACT_FAILED in late.reasons) == (Readiness.NOT_READY, True)
    assert (last_seen_ready.readiness, last_seen_ready.reasons) == (Readiness.AT_RISK, (Reason.ACT_FAILED,))


@pytest.mark.parametrize(
    "controls",
    [frozen(), frozen(PODS), on_hold(PODS), on_hold("promo")],
    ids=["everything frozen", "resource frozen", "resource", "campaign"],
)
def test_what_is_on_hold_is_at_risk_and_not_ready_once_it_would_come_too_late(controls):
    early = verdict("08:00", 2, controls=controls)
    late = verdict("09:55", 2, controls=controls)

    reason = Reason.KILL_SWITCH if controls.freezes else Reason.HELD
    assert (early.readiness, early.reasons) == (Readiness.AT_RISK, (reason,))
    assert late.readiness is Readiness.NOT_READY
    assert reason in late.reasons
    assert Reason.ACT_FAILED not in late.reasons


def test_units_asked_for_before_a_freeze_still_come():
    """Frozen at 09:55, five minutes after 30 units were asked for and seen: a freeze takes nothing back."""
    found = verdict("09:55", 30, ready=2, controls=frozen())

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.KILL_SWITCH,))


def test_a_hold_on_another_campaign_hours_later_is_no_risk_to_this_one():
    evening = campaign("evening", at("22:00"))
    held = on_hold("evening")

    morning, later = decided(NOW, [campaign(), evening], controls=held).campaigns

    assert morning.readiness is Readiness.READY
    assert later.reasons == (Reason.HELD,)


def test_units_that_all_stand_are_verified_whatever_is_on_hold():
    assert verdict("10:05", 30, controls=frozen()).reasons == (Reason.VERIFIED,)


def test_what_blocks_the_raise_of_one_campaign_blocks_it_for_all_that_share_it():
    """Two at the same time ask for one floor: neither is ready while one of them is only recommended."""
    timid = policy(sources={CRM: SourcePolicy(CRM, Mode.AUTO), "shop": SourcePolicy("shop", Mode.RECOMMEND)})
    dear = campaign("b", budget=CampaignBudget("EUR", 1.0))

    by_mode = decided(NOW, [campaign("a"), campaign("b", source="shop")], the_policy=timid).campaigns
    by_budget = decided(NOW, [campaign("a"), dear]).campaigns

    assert [found.reasons for found in by_mode] == [(Reason.MODE_RECOMMEND,)] * 2
    assert [found.reasons for found in by_budget] == [(Reason.OVER_CAMPAIGN_BUDGET,)] * 2


def test_a_floor_that_people_set_higher_than_the_plan_counts_as_there():
    late = campaign(start=at("06:05"))

    (found,) = decided(NOW, [late], states={PODS: state(floor=9)}).campaigns

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.VERIFIED,))


# --- minute by minute


def test_a_campaign_announced_too_late_stays_not_ready_until_its_units_are_there():
    """Announced at 06:00 for 06:05, with a lead time of ten minutes."""
    day = Day().until(at("06:30"), [campaign(start=at("06:05"))])

    assert [(f"{now:%H:%M}", verdict) for now, verdict, _ in day.verdicts] == [
        ("06:00", "NOT_READY"),
        ("06:10", "READY"),
    ]
    assert day.verdicts[-1][2] == ("VERIFIED",)


def test_the_earliest_safe_start_does_not_move_away_while_its_units_are_under_way():
    late, safe = campaign(start=at("06:05"), lasts=HOUR), []
    day = Day()
    for minute in range(1, 9):
        day.until(NOW + minute * MINUTE, [late])
        seen = {PODS: day.state}
        safe.append(decided(day.now, [late], states=seen).campaigns[0].earliest_safe_start)

    assert safe == [at("06:10")] * 8


def test_a_platform_that_refuses_is_told_of_before_the_start_and_believed_again_once_it_obeys():
    day = Day()
    day.platform.refuses = True
    day.until(at("10:05"), [campaign()])
    refused = day.verdicts[:]
    day.platform.refuses = False
    day.until(at("10:20"), [campaign()])

    assert [(f"{now:%H:%M}", verdict) for now, verdict, _ in refused] == [
        ("06:00", "READY"),
        ("09:50", "AT_RISK"),
        ("09:51", "NOT_READY"),
    ]
    assert "ACT_FAILED" in refused[-1][2]
    assert day.verdicts[-1][1:] == ("READY", ("VERIFIED",))


# --- services


def test_every_service_that_nothing_serves_is_named():
    (found,) = decided(NOW, [campaign(services=(SHOP, "chekout", "mial"))]).campaigns

    assert found.readiness is Readiness.AT_RISK
    assert [(f.reason, f.detail) for f in found.findings if f.readiness is Readiness.AT_RISK] == [
        (Reason.SERVICE_UNKNOWN, "no resource in the policy serves chekout"),
        (Reason.SERVICE_UNKNOWN, "no resource in the policy serves mial"),
    ]
    assert Reason.MEETS_PLAN in found.reasons


def test_where_nobody_can_look_the_plan_is_taken_at_its_word():
    unseen = state(plan=(Step(at("05:50"), 5, 40),))
    two = policy(resource(mode=Mode.RECOMMEND))

    (found,) = decided(NOW, [campaign(start=at("06:05"))], the_policy=two, states={PODS: unseen}).campaigns

    assert found.reasons == (Reason.MODE_RECOMMEND,)


# --- lead times that nobody has measured


UNMEASURED = {"lead_times": LeadTimes()}


def test_a_lead_time_that_nobody_measured_is_a_risk_until_what_the_start_needs_is_there():
    before = verdict("09:00", 2, **UNMEASURED)
    there = verdict("09:58", 30, **UNMEASURED)

    assert (before.readiness, before.reasons) == (Readiness.AT_RISK, (Reason.LEAD_TIME_UNMEASURED,))
    assert (there.readiness, there.reasons) == (Readiness.READY, (Reason.VERIFIED,))


def test_what_is_needed_hours_later_needs_no_measured_lead_time():
    """Two hours in, a second campaign asks for more: what the first one needs is there."""
    later = campaign("later", at("11:00"), uplift=2.0)
    agreed = only(decided(NOW, [campaign(), later])).recommendation.steps
    standing = state(plan=agreed, floor=5, **UNMEASURED)

    first, _ = decided(at("09:58"), [campaign(), later], states={PODS: standing}).campaigns

    assert (first.readiness, first.reasons) == (Readiness.READY, (Reason.MEETS_PLAN,))


def test_lead_times_that_scatter_are_planned_with_more_than_usual_and_tight_in_between():
    """Usually 10 minutes, once 25: in time at 25 minutes before, tight at 15, too late at 5."""
    once = MEASURED.measured[0]
    scattered = LeadTimes((*(once for _ in range(39)), replace(once, took_s=1500.0)))

    def found(clock: str) -> CampaignReadiness:
        standing = {PODS: state(floor=2, lead_times=scattered)}
        return decided(at(clock), [campaign()], states=standing).campaigns[0]

    assert found("09:20").readiness is Readiness.READY
    assert found("09:45").reasons == (Reason.LEAD_TIME_TIGHT,)
    assert found("09:45").earliest_safe_start is not None
    assert found("09:58").reasons == (Reason.LEAD_TIME_TOO_SHORT,)


# --- what a mode may not do by itself


def test_a_campaign_beyond_what_its_mode_may_do_by_itself_is_not_called_ready():
    rules = policy(resource(), caps={Mode.AUTO: ModeCaps(max_multiplier=2.0)})

    (found,) = decided(NOW, [campaign()], the_policy=rules).campaigns

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.ABOVE_MODE_CAP,))
    assert found.findings[0].detail == "needs 5 units, mode auto may go to 4 by itself (2 times 2)"


def test_a_raise_that_stops_at_the_modes_cap_has_not_failed():
    rules = policy(resource(), caps={Mode.AUTO: ModeCaps(max_multiplier=2.0)})
    asked = state(plan=(Step(at("09:00"), 5, 40),), floor=4)

    (found,) = decided(at("09:59"), [campaign()], the_policy=rules, states={PODS: asked}).campaigns

    assert found.readiness is Readiness.NOT_READY
    assert set(found.reasons) == {Reason.LEAD_TIME_TOO_SHORT, Reason.ABOVE_MODE_CAP}


def test_what_people_raised_beyond_the_modes_cap_is_ready():
    rules = policy(resource(), caps={Mode.AUTO: ModeCaps(max_multiplier=2.0)})

    (found,) = decided(NOW, [campaign()], the_policy=rules, states={PODS: state(floor=5)}).campaigns

    assert (found.readiness, found.reasons) == (Readiness.READY, (Reason.VERIFIED,))


# --- what is not believed


def test_a_campaign_that_is_not_believed_is_not_ready_and_its_figures_are_doubted():
    asked = replace(need([BIG]), highest_seen=10.0)  # 20 units carry twenty times that

    (found,) = decided(NOW, [BIG], needs=[asked]).campaigns

    assert (found.readiness, found.reasons) == (Readiness.NOT_READY, (Reason.ABSURD_MULTIPLIER,))
    assert found.findings[0].detail.startswith("needs 30 units, 20 carry many times the most ever seen")


def test_a_floor_that_was_agreed_is_not_lowered_because_less_is_believed_now():
    asked = replace(need([BIG]), highest_seen=0.5)
    standing = state(plan=(Step(at("05:00"), 25, 40),), floor=25)

    made = only(decided(at("10:30"), [BIG], needs=[asked], states={PODS: standing}))

    assert floor_at(made, at("10:30")) == floor_at(made, at("11:59")) == 25


# --- units that do not come


@pytest.mark.parametrize("now", ["10:05", "10:30"])
def test_a_campaign_whose_units_were_asked_for_and_never_came_is_not_ready(now):
    found = verdict(now, floor=30, ready=10)

    assert found.readiness is Readiness.NOT_READY
    assert Reason.UNITS_MISSING in found.reasons
    (said,) = (f.detail for f in found.findings if f.reason is Reason.UNITS_MISSING)
    assert said == "30 units were asked for longer ago than they take, 10 are ready"


def test_units_still_within_their_lead_time_are_promised():
    assert verdict("09:55", floor=30, ready=10).readiness is Readiness.READY


def test_one_unit_that_is_replaced_does_not_change_the_verdict():
    evidence = CapacityEvidence(running=Running(ready=(Ready(at("10:10"), at("10:29"), 30),)))
    losing = replace(
        state(plan=AGREED, capacity=evidence), observation=observed(floor=30, ready=29, when=at("10:30"))
    )

    (found,) = decided(at("10:30"), [BIG], states={PODS: losing}).campaigns

    assert found.readiness is Readiness.READY


# --- what cannot be scaled

PROVIDER = resource("fixed://payments", unit_capacity=50.0, minimum=1, maximum=1, price_per_unit_hour=None)


def test_a_fixed_resource_promises_nothing_on_stale_demand():
    (found,) = decided(NOW, [campaign()], the_policy=policy(PROVIDER), data_until=NOW - HOUR).campaigns

    assert (found.readiness, found.reasons) == (
        Readiness.AT_RISK,
        (Reason.INPUT_STALE, Reason.FLOOR_SUFFICIENT),
    )


def test_a_fixed_limit_that_a_larger_crowd_exceeds_is_a_risk():
    """The planned 45/s are below the limit of 50/s, the 0.99 quantile is far above it."""
    asked = need([campaign()], name="fixed://payments")
    wide = asked.bands.copy()
    wide[:, 3] *= 2

    (found,) = decided(
        NOW, [campaign()], the_policy=policy(PROVIDER), needs=[replace(asked, bands=wide)]
    ).campaigns

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.RISK_TOO_HIGH,))
    assert found.findings[0].detail.endswith("need 45/s, too little in about 1 in 20 such campaigns")


# --- a crowd that turns out larger


def test_a_running_campaign_that_needs_more_than_is_there_is_not_called_ready():
    """Five units were agreed and stand; half an hour after the start nine are needed, ten minutes away."""
    standing = state(plan=(Step(at("09:00"), 5, 40),), floor=5)

    (found,) = decided(at("10:30"), [campaign(uplift=6.0)], states={PODS: standing}).campaigns

    assert (found.readiness, found.reasons) == (Readiness.AT_RISK, (Reason.LEAD_TIME_TOO_SHORT,))
    assert found.findings[0].detail == "needs 9 units now that it runs, 5 are there until 10:40Z"


def test_a_budget_in_other_money_is_not_passed_over_in_silence():
    (found,) = decided(NOW, [campaign(budget=CampaignBudget("USD", 1.0))]).campaigns

    assert (found.readiness, found.reasons) == (
        Readiness.AT_RISK,
        (Reason.CURRENCY_MISMATCH, Reason.MEETS_PLAN),
    )
    assert "its budget of USD 1.00 bounds nothing: costs are counted in EUR" in found.sentence


# --- nothing known of demand


def without_needs(*announced: Campaign) -> ResourceDecision:
    """The big campaign's agreed raise is due, and no service has said yet what it needs."""
    rules = policy()
    agreed = state(plan=AGREED, floor=2, claims=claims_on(rules.resources[PODS], [BIG], rules, NOW))
    return only(decide([], {}, announced, {PODS: agreed}, Controls(), rules, at("09:51")))


def test_an_agreed_raise_goes_on_while_nothing_is_known_of_demand():
    made = without_needs(BIG)

    assert made.due is not None
    assert made.due.floor == 30
    assert [claim.campaign_id for claim in made.claims] == ["promo"]
    assert made.recommendation.steps == tuple(s for s in AGREED if s.act_at < at("12:00"))


def test_no_agreed_raise_goes_on_for_a_campaign_that_was_withdrawn():
    assert without_needs().due is None
    assert without_needs(replace(BIG, status=CampaignStatus.CANCELLED)).due is None


# --- a minimum that does not stand


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.RECOMMEND, (Readiness.AT_RISK, (Reason.MODE_RECOMMEND,))),
        (Mode.AUTO, (Readiness.READY, (Reason.MEETS_PLAN,))),
    ],
)
def test_a_policys_minimum_that_the_platform_does_not_have_is_not_said_to_stand(mode, expected):
    """The policy says that eight always stand, on the platform there is one: somebody has to raise it."""
    rules = policy(resource(minimum=8, mode=mode))

    (found,) = decided(NOW, [campaign()], the_policy=rules, states={PODS: state(floor=1)}).campaigns

    assert (found.readiness, found.reasons) == expected


# --- asked for late


@pytest.mark.parametrize("kept_by", [frozen(), on_hold(PODS), on_hold("promo")])
def test_units_that_were_asked_for_late_are_not_counted_before_they_can_be_there(kept_by):
    """Due at 09:50 and released at 09:57: they take ten minutes from then on, whatever the plan had said."""
    day = Day()
    day.controls = kept_by
    day.until(at("09:57"), [campaign()])
    day.controls = Controls()

    day.until(at("10:08"), [campaign()])

    assert [(f"{when:%H:%M}", bounds.minimum) for when, bounds in day.platform.acts] == [("09:57", 5)]
    late = [(f"{when:%H:%M}", said) for when, said, _ in day.verdicts if when >= at("09:52")]
    assert {said for _, said in late[:-1]} <= {"NOT_READY"}
    assert late[-1] == ("10:07", "READY")
    assert not any(Reason.UNITS_MISSING in reasons for _, _, reasons in day.verdicts)


@pytest.mark.parametrize(("minimum", "floor", "uplift"), [(6, 2, 3.0), (2, 1, 1.3)])
def test_a_minimum_that_the_platform_does_not_have_is_no_unit(minimum, floor, uplift):
    """The policy calls it always there, the platform has less, and the campaign starts in two minutes."""
    soon = campaign(start=at("06:02"), uplift=uplift)
    rules = policy(resource(minimum=minimum))

    (found,) = decided(NOW, [soon], the_policy=rules, states={PODS: state(floor=floor)}).campaigns

    assert (found.readiness, found.earliest_safe_start) == (Readiness.NOT_READY, at("06:10"))
