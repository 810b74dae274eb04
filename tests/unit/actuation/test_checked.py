"""Whatever an actuator of somebody's own answers, or does not, is told as its trouble."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from advisor.actuation.checked import Checked
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds, Observation
from advisor.domain.change import Change, Done
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.builders import NOW, PODS, observed, resource

CHANGE = Change(PODS, Bounds(2, 40), Bounds(9, 40), Bounds(2, 40), NOW)


class Saying(SimulatedActuator):
    """An actuator that gives this answer to every call."""

    slowest_call = timedelta(seconds=0.2)

    def __init__(self, answer: Any) -> None:
        super().__init__({PODS: resource()})
        self.answer = answer

    async def observe(self, resource: str, now: datetime) -> Observation:
        if self.answer == "never":
            await asyncio.Event().wait()
        return self.answer

    async def set_floor(self, resource: str, change: Change, now: datetime) -> Done:
        return self.answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "NoneType and no Observation"),
        ({"min": 2}, "dict and no Observation"),
        (replace(observed(), bounds=(2, 40)), "bounds that are tuple"),
        (replace(observed(), bounds=Bounds(40, 2)), "bounds of 40 to 2"),
        (replace(observed(), units=-1), "2 ready of -1 units"),
        (replace(observed(), ready_units=3, units=2), "3 ready of 2 units"),
        (replace(observed(), resource="own://other"), "another resource, own://other"),
        (replace(observed(), observed_at=NOW.replace(tzinfo=None)), "a time without a zone"),
    ],
)
async def test_an_answer_that_cannot_be_is_an_actuation_error_that_says_why(answer, told):
    with pytest.raises(ActuationError) as caught:
        await Checked(Saying(answer)).observe(PODS, NOW)

    assert (caught.value.resource, caught.value.reason, caught.value.retryable) == (
        PODS,
        Reason.ACT_FAILED,
        False,
    )
    assert told in caught.value.detail


async def test_a_change_that_says_nothing_of_itself_is_no_success():
    with pytest.raises(ActuationError, match="NoneType and no Done"):
        await Checked(Saying(None)).set_floor(PODS, CHANGE, NOW)


async def test_a_call_that_hangs_ends_with_the_actuators_own_slowest_call():
    with pytest.raises(ActuationError) as caught:
        await Checked(Saying("never")).observe(PODS, NOW)

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_TIMED_OUT, True)


async def test_what_can_be_is_passed_on_as_it_is():
    right = replace(observed(), units=2, ready_units=2)

    assert await Checked(Saying(right)).observe(PODS, NOW) is right
