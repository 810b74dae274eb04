"""What goes on as it was agreed while nothing new is known?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from advisor.domain.advice import Claim, Step
from advisor.domain.resource_state import ResourceState
from advisor.planning.schedule import standing_at

Steps = tuple[Step, ...]


def going_on(
    state: ResourceState, claims: Sequence[Claim], planned: Steps, now: datetime, minimum: int
) -> Steps:
    """The agreed schedule with its raises to come and none of its lowerings.

    `claims` are those that are still held: for a campaign that was cancelled meanwhile nothing is raised any
    more, for that much is known. Where several were, each still stands in the schedule without another: what
    they alone added is taken off together, down to what is `planned` for those that are left.
    """
    held = {claim.campaign_id for claim in claims}
    gone = [other.steps for other in state.without if other.campaign_id not in held]
    standing = standing_at(state.plan, now, minimum)
    future: list[Step] = []
    for step in (step for step in state.plan if step.act_at > now):
        without = [min(step.floor, standing_at(steps, step.act_at, minimum)) for steps in gone]
        left = step.floor - sum(step.floor - floor for floor in without)
        floor = min([step.floor, *without, max(left, standing_at(planned, step.act_at, minimum))])
        if floor > (future[-1].floor if future else standing):
            future.append(Step(step.act_at, floor, step.ceiling))
    return (*(step for step in state.plan if step.act_at <= now), *future)
