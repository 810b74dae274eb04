"""What the platform does not take: what is remembered of it, and when is it asked for again?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from advisor.domain.capacity import Bounds
from advisor.domain.meddling import Refusal
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError

SOONEST_AGAIN, LATEST_AGAIN = timedelta(minutes=1), timedelta(minutes=10)
"""Between two attempts at what will not pass by itself, as a missing permission: somebody has to cure it."""


def taken(state: ResourceState) -> ResourceState:
    """The state once nothing that is due is refused any more; the same object where nothing was."""
    return state if state.refused is None else replace(state, refused=None)


def after_refusal(
    state: ResourceState, target: Bounds, error: ActuationError, now: datetime
) -> ResourceState:
    """The state once the platform did not take a change.

    What may pass is asked for again with the next decision, or when the platform said; what will not pass by
    itself after a minute, and after twice as long each time.
    """
    before = state.refused if state.refused and state.refused.target == target else None
    times = before.times + 1 if before else 1
    wait = timedelta(seconds=error.retry_after or 0.0)
    if not error.retryable:
        wait = max(wait, min(SOONEST_AGAIN * 2 ** min(times - 1, 10), LATEST_AGAIN))
    since = before.since if before else now
    return replace(state, refused=Refusal(error.reason, error.detail, target, since, times, now + wait))


def is_same_refusal(before: ResourceState, after: ResourceState) -> bool:
    """Did the platform only say again what it had said before?"""
    was, refused = before.refused, after.refused
    return (
        was is not None
        and refused is not None
        and (was.target, was.reason) == (refused.target, refused.reason)
    )


def is_put_off(state: ResourceState, target: Bounds, now: datetime) -> bool:
    """Were these bounds refused so lately that they are not asked for again yet?"""
    refused = state.refused
    return refused is not None and refused.target == target and now < refused.again_at
