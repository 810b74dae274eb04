"""The platform's clock and ours show different times, and nobody can say which is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from advisor.domain.capacity import Armed, Bounds
from advisor.domain.readiness import Readiness
from advisor.domain.reason import Reason
from advisor.planning.acts import after_observing
from tests.support.acting import Day, whole_day
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, campaign, decided, observed, state

TEN = 10 * MINUTE


def day_with(ahead: timedelta) -> Day:
    """The day of a sale from ten to twelve, on a platform whose clock is so far ahead of ours."""
    day = Day()
    day.platform.clock_ahead = ahead
    return whole_day(day, [campaign()], hours=13)


@pytest.mark.parametrize("ahead", [TEN, timedelta(0), -TEN, 2 * HOUR])
def test_units_are_there_from_start_to_end_by_either_clock_and_the_originals_come_back(ahead):
    """A sale is raised for a lead time of ten minutes before whichever clock shows ten first."""
    day = day_with(ahead)

    acts = day.platform.acts
    raised_at = next(now for now, bounds in acts if bounds.minimum == 5)
    lowered_at = next(now for now, bounds in acts if now > raised_at and bounds.minimum < 5)
    for theirs in (timedelta(0), ahead):  # is ours right, or theirs?
        assert raised_at + theirs <= at("10:00") - TEN
        assert lowered_at + theirs >= at("12:00")
    assert (day.bounds, day.state.originals) == (Bounds(2, 40), None)


def test_clocks_that_agree_move_nothing():
    assert day_with(timedelta(0)).platform.acts == whole_day(Day(), [campaign()], hours=13).platform.acts


@pytest.mark.parametrize(("ahead", "side"), [(TEN, "ahead of"), (-TEN, "behind")])
def test_a_campaign_is_at_risk_while_a_clock_is_wrong(ahead, side):
    seen = replace(state(), observation=replace(observed(), clock_ahead=ahead))

    (verdict,) = decided(NOW, [campaign()], states={PODS: seen}).campaigns

    (finding,) = [f for f in verdict.findings if f.reason is Reason.CLOCK_WRONG]
    assert verdict.readiness is Readiness.AT_RISK
    assert (finding.resource, f"10 min {side} ours" in finding.detail) == (PODS, True)


def test_a_step_that_the_platform_carried_out_by_its_own_clock_is_ours():
    """Armed for seven: by a clock ten minutes ahead that is ten to seven by ours."""
    before = replace(observed(), originals=Bounds(2, 40), armed=(Armed(at("07:00"), 9, 60),), clock_ahead=TEN)
    known = replace(state(), observation=before, originals=Bounds(2, 40), set_by_us=(Bounds(2, 40),))
    now = at("06:50")
    found = replace(before, bounds=Bounds(9, 60), armed=(), observed_at=now)

    after = after_observing(known, found, now)

    assert (after.originals, after.clobbers) == (Bounds(2, 40), ())
    told_otherwise = after_observing(known, replace(found, clock_ahead=timedelta(0)), now)
    assert told_otherwise.originals != Bounds(2, 40)
