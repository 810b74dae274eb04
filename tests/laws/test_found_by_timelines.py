"""What random timelines found, each as the smallest story that shows it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from advisor.domain.advice import Step
from advisor.domain.capacity import Bounds
from advisor.domain.controls import Envelope
from advisor.domain.limits import FreezeWindow, Hours, Irreversible, ModeCaps
from advisor.domain.policy import Mode, RampPolicy
from advisor.domain.reason import Reason
from advisor.planning.ledger import spent_on
from advisor.planning.pace import alone
from tests.laws.events import Approved, Failing, Resumed, Sent
from tests.laws.stories import NODES, TOOL, floors, told
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, campaign, resource, state


def test_what_others_stand_on_is_let_go_a_hold_after_them_and_not_held_on_and_on():
    pods, nodes = resource(), resource(NODES, tier="nodes")

    ticks = told(Sent(NOW, campaign()), resources=(pods, nodes))

    assert floors(ticks)[-2:] == [("12:00", 3), ("12:15", 2)]
    assert floors(ticks, NODES)[-2:] == [("12:15", 3), ("12:30", 2)]
    assert ticks[-1].states[NODES].originals is None


def test_a_floor_held_late_by_less_than_its_own_hold_is_let_go_when_it_was_first_said():
    pods = resource(ramp=RampPolicy(hold=5 * MINUTE))
    nodes = resource(NODES, tier="nodes", ramp=RampPolicy(hold=15 * MINUTE))

    ticks = told(Sent(NOW, campaign()), resources=(pods, nodes))

    said = next(t for t in ticks if t.campaigns).made(NODES).recommendation.steps
    lowered = [(f"{step.act_at:%H:%M}", step.floor) for step in said][-2:]
    assert floors(ticks, NODES)[-2:] == lowered


def test_what_is_committed_for_an_hour_is_kept_an_hour_from_when_it_was_asked_for():
    """And let go then, for a floor that is only kept is not asked for anew."""
    pods = resource(irreversible=Irreversible(HOUR), mode=Mode.APPROVE)

    plan = told(Sent(NOW, campaign()), resources=(pods,))
    last = [t.made(PODS).recommendation.steps for t in plan if t.made(PODS).recommendation.steps][-1]

    assert last[-1].floor == 2
    assert last[-1].act_at <= at("13:15")


def test_a_floor_that_people_set_below_the_minimum_waits_until_nobody_needs_what_stands():
    """Nothing reactive scales here: 15 requests/s take two units, and people had set one."""
    pods = resource(reactive=False)

    evening = Resumed(at("20:00"), PODS)
    ticks = told(Sent(NOW, campaign()), evening, resources=(pods,), people_set={PODS: Bounds(1, 40)})

    in_use = [t for t in ticks if not t.is_over]
    assert min(t.bounds[PODS].minimum for t in in_use if t.now > at("10:00")) == 2
    assert ticks[-2].wanted[PODS].minimum == 1
    assert ticks[-1].bounds[PODS] == Bounds(1, 40)


def test_when_an_unapproved_campaign_is_over_what_its_plan_still_holds_is_not_raised():
    """Another campaign's raise had been set: so there is something of ours to put back."""
    small = campaign("small", at("09:00"), lasts=30 * MINUTE, uplift=2.0)
    large = campaign("large", at("09:10"), lasts=20 * MINUTE, uplift=20.0, source=TOOL)

    slow = resource(ramp=RampPolicy(factor=1.5, hold=30 * MINUTE))
    ticks = told(Sent(NOW, small), Sent(NOW, large), resources=(slow,))

    assert max(floor for _, floor in floors(ticks)) == 3


def test_two_campaigns_that_nobody_approved_do_not_lift_each_other():
    """Both need the same floor: without either it would be the same, and neither may have it."""
    one = campaign("one", at("10:00"), source=TOOL)
    other = campaign("other", at("12:00"), source=TOOL)

    assert floors(told(Sent(NOW, one), Sent(NOW, other))) == []


def test_a_campaign_that_acts_by_itself_has_its_units_whatever_another_may_not_have():
    auto = campaign("auto")
    timid = campaign("timid", source=TOOL, uplift=9.0)

    few = Envelope("timid", 1, ((PODS, 3),), None, "EUR", NOW, at("23:00"), at("23:00"), "ada", NOW)
    ticks = told(Sent(NOW, auto), Sent(NOW, timid), Approved(NOW, few))

    assert max(floor for _, floor in floors(ticks)) == 5  # three times fifteen, by tens


def test_acts_refused_one_after_the_other_leave_what_stands_known_as_ours():
    """Or the floor of the morning would be taken for people's, and kept for good."""
    rising = [Sent(at(f"{hour}:00"), campaign(f"c{hour}", at(f"{hour}:45"))) for hour in (10, 11, 12)]
    refused = Failing(at("10:30"), PODS, True)

    ticks = told(Sent(NOW, campaign("c", at("09:00"), lasts=8 * HOUR)), rising[0], refused, *rising[1:])

    assert ticks[-1].bounds[PODS] == Bounds(2, 40)


def test_what_a_floor_cost_counts_for_the_day_at_once_when_it_is_back_at_its_minimum():
    """The ledger has it only after the next decision, and that one must not spend it again."""
    plan = (Step(at("08:00"), 6, 40), Step(at("10:00"), 2, 40))

    spent = spent_on(resource(), state(plan=plan), date(2026, 11, 27), at("10:05"))

    assert spent == 8.0


def test_a_schedule_that_nobody_may_lower_at_night_reaches_to_the_last_lowering_of_the_morning():
    shut = FreezeWindow(at("11:00"), at("20:00"), "stocktaking")

    ticks = told(Sent(NOW, campaign()), freezes=(shut,))

    said = ticks[0].made(PODS).recommendation.steps
    assert said[-1].floor == 2
    assert said[-1].act_at >= at("20:00")
    hours = Hours(time(4), time(20), frozenset(range(7)), "UTC")
    night = replace(alone(resource()), hours=hours)
    assert night.latest_revert(at("21:00")) > datetime(2026, 11, 28, 4, tzinfo=UTC) + timedelta(minutes=15)


def test_too_few_units_for_one_that_runs_are_told_beside_what_nobody_has_measured():
    """That its units' lead time is only believed is no reason to be silent about units that are missing."""
    day = Hours(time(8), time(16), frozenset(range(7)), "UTC")
    slow = resource(lead_time=25 * MINUTE)
    runs, joins = campaign("runs", at("05:00"), uplift=1.0, lasts=3 * HOUR), campaign("joins", at("06:42"))

    ticks = told(Sent(NOW, joins), Sent(NOW, runs), resources=(slow,), caps={Mode.AUTO: ModeCaps(hours=day)})

    said = [c.reasons for tick in ticks for c in tick.decision.campaigns if c.campaign_id == "runs"]
    assert any(Reason.LEAD_TIME_UNMEASURED in reasons for reasons in said)
    for reasons in said:
        assert Reason.LEAD_TIME_TOO_SHORT in reasons or Reason.LEAD_TIME_UNMEASURED not in reasons
