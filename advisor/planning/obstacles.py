"""What stands in the way of acting on a resource at all now, until somebody takes it away?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from advisor.domain.advice import Instruction, Outcome
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.planning.act_guardrails import (
    ActGuardrail,
    not_frozen,
    not_on_hold,
    owned_by_us,
    resource_managed,
)
from advisor.planning.clobbers import PART_THEM, set_again_at, told
from advisor.planning.presence import Obstacle
from advisor.planning.situation import Situation

PASSING = frozenset(
    {
        Reason.ACT_THROTTLED,
        Reason.ACT_TIMED_OUT,
        Reason.CREDENTIALS_EXPIRED,
        Reason.PLATFORM_UNREACHABLE,
    }
)
"""Troubles that mostly pass by themselves."""

PASSES_WITHIN = timedelta(minutes=2)

_STANDING: tuple[ActGuardrail, ...] = (resource_managed, not_frozen, not_on_hold, owned_by_us)


def obstacles_to(situation: Situation) -> tuple[Obstacle, ...]:
    """Everything that keeps a resource's due steps from being carried out now, each with its reason."""
    anything = Instruction(situation.resource.resource, 0, 0, situation.now, situation.now, ())
    asked = (guardrail(situation, anything)[1] for guardrail in _STANDING)
    standing = [Obstacle(v.reason, v.detail) for v in asked if v.outcome is Outcome.BLOCK]
    state = situation.state
    return (*standing, *_given_up(situation), *_refused(state, situation.now), *_forbidden(state))


def _given_up(situation: Situation) -> Iterator[Obstacle]:
    """Others take back what we set, and we do not set it again."""
    state = situation.state
    if not state.clobbers or set_again_at(state, situation.resource.reassert) is not None:
        return
    yield Obstacle(Reason.FLOOR_CLOBBERED, f"{told(state)}; given up: {PART_THEM}")


def _refused(state: ResourceState, now: datetime) -> Iterator[Obstacle]:
    """The platform does not take what is due, and that did not pass by itself."""
    refused = state.refused
    if refused is None or refused.reason is Reason.ACT_PARTLY_DONE:
        return  # what was taken of it stands, and units that are missing for the rest are told as that
    if refused.reason in PASSING and now - refused.since < PASSES_WITHIN:
        return
    since = f"since {refused.since:%H:%M}Z" if refused.times > 1 else f"at {refused.since:%H:%M}Z"
    yield Obstacle(refused.reason, f"the platform refuses {since}: {refused.detail}")


def _forbidden(state: ResourceState) -> Iterator[Obstacle]:
    """A preflight found that a call is not allowed that will be needed."""
    for finding in state.preflight.findings if state.preflight else ():
        if finding.reason is Reason.PERMISSION_MISSING and finding.blocks:
            yield Obstacle(finding.reason, f"{finding.detail}. Cure: {finding.cure}")
