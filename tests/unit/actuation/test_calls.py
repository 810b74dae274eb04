"""A call to a platform takes no longer than it says, however long it waits for its turn."""

from __future__ import annotations

import pytest

from advisor.actuation.calls import CallLimits, Calls
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.builders import PODS


async def test_a_call_whose_turn_does_not_come_is_given_up_and_never_made():
    """One may begin in a second, and the whole of a call takes 0.3 s at most: the second is too late."""
    calls, made = Calls(CallLimits(per_s=1.0, timeout_s=0.3, attempts=1)), []

    async def call() -> int:
        made.append(PODS)
        return len(made)

    assert await calls.make(PODS, call) == 1
    with pytest.raises(ActuationError) as caught:
        await calls.make(PODS, call)

    assert (caught.value.reason, caught.value.retryable) == (Reason.ACT_TIMED_OUT, True)
    assert "its turn" in caught.value.detail
    assert made == [PODS]
