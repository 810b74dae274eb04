"""What is idle is looked at once a minute; whatever is ours, awaited or due soon, with every decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.advice import Step
from advisor.domain.capacity import Bounds
from advisor.domain.evidence import Awaited, LeadTimes
from advisor.domain.meddling import Refusal
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.planning.looks import is_look_due
from tests.support.builders import HOUR, MINUTE, NOW, PODS, state

IDLE = state(floor=2)
REFUSED = Refusal(Reason.ACT_THROTTLED, "later", Bounds(9, 40), NOW, 1, NOW)


def due(seen: ResourceState) -> bool:
    """Ten seconds after the last look."""
    return is_look_due(seen, NOW - MINUTE / 6, NOW)


def test_what_is_idle_is_left_alone_for_a_minute():
    assert not due(IDLE)
    assert not due(replace(IDLE, plan=(Step(NOW + HOUR, 9, 40),)))
    assert is_look_due(IDLE, NOW - MINUTE, NOW)


@pytest.mark.parametrize(
    "seen",
    [
        ResourceState(PODS),
        replace(IDLE, problems=("no answer",)),
        replace(IDLE, originals=Bounds(2, 40)),
        replace(IDLE, lead_times=LeadTimes(awaited=(Awaited(NOW, 9),))),
        replace(IDLE, refused=REFUSED),
        replace(IDLE, plan=(Step(NOW + 5 * MINUTE, 9, 40),)),
    ],
    ids=["never seen", "blind", "raised by us", "awaited", "refused", "due soon"],
)
def test_what_matters_now_is_looked_at_each_time(seen):
    assert due(seen)


def test_what_this_worker_never_looked_at_is_looked_at():
    assert is_look_due(IDLE, None, NOW)
