"""How often is a resource looked at? Calls are counted, and most resources are idle most days."""

from __future__ import annotations

from datetime import datetime, timedelta

from advisor.domain.resource_state import ResourceState

IDLE = timedelta(minutes=1)
"""Between two looks at a resource on which nothing is due."""

SOON = timedelta(minutes=5)


def is_look_due(state: ResourceState, looked_at: datetime | None, now: datetime) -> bool:
    """Is it time to look again, after the last look at `looked_at`?

    With every decision while anything of ours stands, is awaited, or is due within minutes, and while nobody
    could see it.
    """
    if looked_at is None or state.observation is None or state.problems:
        return True
    if state.originals is not None or state.lead_times.awaited or state.refused is not None:
        return True
    if any(now <= step.act_at <= now + SOON for step in state.plan):
        return True
    return now - looked_at >= IDLE
