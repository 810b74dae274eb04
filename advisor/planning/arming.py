"""Which steps of a plan is the platform to carry out by itself, should we not live to do it?

What is armed is carried out without anybody looking, so it is the narrowest part of a plan: raises that are
agreed in full, and the minimum's way down, some time after we would have lowered it ourselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from advisor.domain.advice import Step
from advisor.domain.capacity import Armed, Bounds
from advisor.domain.controls import EVERYTHING, Hold
from advisor.planning.closed import is_within
from advisor.planning.permissions import most_by_itself
from advisor.planning.schedule import standing_at
from advisor.planning.situation import Situation

AHEAD = timedelta(days=1)
"""What is further away may change, and we shall most likely live to arm it then."""

AFTER_US = timedelta(minutes=15)
"""How long after our own lowering the armed one follows: what is in use is ours to see first."""

SOONEST = timedelta(minutes=2)
"""What is due sooner is not armed any more: we carry it out before the platform could. What was, stays."""

MOST = 50
"""Steps at most: groups of AWS hold 125 scheduled actions, and other people's are among them."""


def armed_for(
    situation: Situation, steps: Sequence[Step], may_raise: Callable[[datetime], bool]
) -> tuple[Armed, ...] | None:
    """All that the platform should hold armed from now on; None to leave what is armed as it is.

    `may_raise` says whether all campaigns that have a part in a step then may have all they ask for.
    """
    state, resource = situation.state, situation.resource
    if state.observation is None or state.observation.armed is None:
        return None
    held, frozen = stopping(situation)
    if held or any(stop.disarm for stop in frozen):
        return ()  # who holds a resource sets it themselves, and what is armed would write over that
    if frozen:
        return None
    if resource.irreversible is not None or not may_act(situation):
        return ()
    ordinary = state.originals or state.observation.bounds
    soon, stands = situation.now + SOONEST, state.observation.armed
    asked = _armed(situation, steps, ordinary, may_raise)
    armed = tuple(step for step in asked if step.at > soon or step in stands)
    if situation.is_stale:  # lowerings are not decided on then, and the armed way down is none of today's
        kept = {step for step in stands if step.ceiling is None and step.at > situation.now}
        armed = tuple(sorted({*armed, *kept}, key=lambda step: step.at))
    return armed if len(armed) <= MOST else (*armed[: MOST - 1], armed[-1])  # the way back, whatever else


def stopping(situation: Situation) -> tuple[list[Hold], list[Hold]]:
    """What people said that keeps everything as it is: holds of the resource, freezes of it or of all."""
    name, said = situation.resource.resource, situation.controls
    held = [hold for hold in said.holds if hold.scope == name]
    return held, [freeze for freeze in said.freezes if freeze.scope in (name, EVERYTHING)]


def may_act(situation: Situation) -> bool:
    """Is the resource ours to set, in a mode that sets anything?"""
    observation = situation.state.observation
    return observation is not None and observation.managed and not observation.owner and situation.mode.acts


def _armed(
    situation: Situation,
    steps: Sequence[Step],
    ordinary: Bounds,
    may_raise: Callable[[datetime], bool],
) -> Iterator[Armed]:
    """Every step to come that may be armed, in order of time. None comes back down before it should."""
    now, pace = situation.now, situation.pace
    bounded = most_by_itself(situation.caps, situation.resource)
    most = bounded[0] if bounded else situation.resource.maximum
    level = max(standing_at(steps, now, ordinary.minimum), situation.observed_floor, ordinary.minimum)
    ahead = [step for step in steps if now < step.act_at <= now + AHEAD]
    for number, step in enumerate(ahead):
        floor = max(min(step.floor, most), ordinary.minimum)
        rises_at = next((later.act_at for later in ahead[number:] if later.floor > step.floor), None)
        at = step.act_at if floor >= level else step.act_at + AFTER_US
        is_closed = any(f.start <= at < f.end for f in pace.freezes) or not is_within(pace.hours, at)
        if floor > level and may_raise(step.act_at) and not is_closed:
            ceiling = max(step.ceiling, ordinary.maximum, floor)
            yield Armed(at, floor, ceiling)
            level = floor
        elif floor < level and not is_closed and (rises_at is None or at < rises_at):
            yield Armed(at, floor)
            level = floor
