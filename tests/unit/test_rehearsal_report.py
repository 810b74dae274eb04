"""What a rehearsal showed, state by state as the log has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from advisor.domain.capacity import Bounds
from advisor.domain.controls import Rehearsal
from advisor.domain.evidence import LeadTime, LeadTimes
from advisor.domain.meddling import Clobber, Refusal
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from streams.rehearsal_report import Phase, Rehearsed, Report, as_json, seen
from tests.support.builders import HOUR, MINUTE, NOW, PODS, observed, resource, state

TRIED = Rehearsal(PODS, "promo", 3, NOW, NOW + HOUR, "ada")
BEFORE = Bounds(2, 40)
BOOTING = replace(observed(floor=3), units=3, ready_units=2)
RAISED = replace(
    state(), observation=BOOTING, originals=BEFORE, set_by_us=(Bounds(3, 40),), lead_times=LeadTimes()
)
ARRIVED = LeadTimes((LeadTime(NOW, 3, 48.0),))
ARGO = Clobber(NOW + 3 * MINUTE, "argocd-controller", Bounds(3, 40), BEFORE)


def told(*states: ResourceState, lead_time: timedelta = 10 * MINUTE) -> Rehearsed:
    known = Rehearsed(TRIED, resource(lead_time=lead_time), BEFORE)
    for one in states:
        known = seen(known, one)
    return known


def report(*states: ResourceState, **other: Any) -> Report:
    return Report("promo", (told(*states, **other),))


def test_raised_ready_and_put_back_is_told_step_by_step():
    ready, back = replace(RAISED, lead_times=ARRIVED), replace(state(floor=2), lead_times=ARRIVED)

    phases = [told(*(RAISED, ready, back)[:n]).phase for n in range(4)]

    assert phases == [Phase.WAITING, Phase.RAISED, Phase.READY, Phase.RESTORED]
    whole = report(RAISED, ready, back)
    assert (whole.is_over, whole.resources[0].ready_after_s, whole.warnings) == (True, 48.0, ())


def test_a_lead_time_longer_than_planned_with_is_told():
    ready, back = replace(RAISED, lead_times=ARRIVED), replace(state(floor=2), lead_times=ARRIVED)

    assert report(RAISED, ready, back, lead_time=timedelta(seconds=15)).warnings == (
        f"{PODS}: took 48 s, longer than the 15s planned with",
    )


def test_who_took_it_back_is_named_though_the_state_forgets_it_with_the_restore():
    fought = replace(RAISED, clobbers=(ARGO,))

    (warning, *_) = report(RAISED, fought, fought, state(floor=2)).warnings

    assert warning == f"{PODS}: argocd-controller took the floor back once, first at 06:03:00Z"


def test_what_the_platform_refused_is_told_once():
    refusal = Refusal(Reason.ACT_FORBIDDEN, "patch is not allowed", Bounds(3, 40), NOW, 1, NOW)
    refused = replace(state(floor=2), refused=refusal)

    warnings = report(refused, refused).warnings

    assert warnings[0] == f"{PODS}: ACT_FORBIDDEN: patch is not allowed"
    assert warnings[1].endswith("its unit was not seen to serve by 07:00Z")
    assert warnings[2].endswith("is not put back yet")


def test_bounds_that_came_back_differently_are_told():
    other = replace(state(), observation=replace(observed(floor=2), bounds=Bounds(4, 40)))

    assert f"{PODS}: is 4 to 40 now, and was 2 to 40" in report(RAISED, other).warnings


def test_programs_get_the_same():
    data = as_json(report(RAISED, replace(RAISED, clobbers=(ARGO,))), TRIED.until)

    (row,) = data["resources"]  # type: ignore[misc]
    assert (row["resource"], row["floor"], row["before"]) == (PODS, 3, [2, 40])
    assert row["clobbered_by"] == [{"at": "2026-11-27T06:03:00+00:00", "by": "argocd-controller"}]
    assert data["warnings"] == list(report(RAISED, replace(RAISED, clobbers=(ARGO,))).warnings)
