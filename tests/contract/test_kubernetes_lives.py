"""A raise and its restore as the worker carries them out, with others' hands on the object meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Literal

import pytest

from advisor.actuation.execute import execute, observe
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.errors import ActuationError
from tests.kube.neighbours import Clobberer
from tests.kube.scenes import Scene, scene
from tests.kube.sets import FOUND, SETS
from tests.kube.world import World
from tests.support.builders import MINUTE, NOW
from tests.support.deadline import eventually, eventually_async

SOON_S = 30


@pytest.fixture(params=list(SETS))
async def made(request: pytest.FixtureRequest, world: World) -> AsyncIterator[Scene]:
    with scene(world, request.param) as made:

        async def is_ready() -> bool:
            return (await made.actuator.observe(made.resource, NOW)).ready_units == 2

        await eventually_async(is_ready, SOON_S, ignoring=(ActuationError,))
        yield made
        await made.clusters.close()


def asking(made: Scene, floor: int, now: datetime, *, restore: bool = False) -> Instruction:
    return Instruction(made.resource, floor, 40, now, now + timedelta(hours=1), (), restore)


async def seen(made: Scene, state: ResourceState, now: datetime) -> ResourceState:
    return await observe(made.actuator, state, now)


async def test_a_raise_in_steps_and_its_restore_leave_no_trace(made: Scene) -> None:
    """The receipts say what was done, nothing counts as somebody else's writing, and all is as it was."""
    before = made.spec()
    state = await seen(made, ResourceState(made.resource), NOW)
    reasons = []
    for number, floor in enumerate((4, 9, 9, 5)):
        now = NOW + number * MINUTE
        done = await execute(made.actuator, asking(made, floor, now), state, now, epoch=3)
        state = await seen(made, done.state, now)
        reasons.append(done.receipt.reason if done.receipt else None)
    raised = state
    now = NOW + 10 * MINUTE
    done = await execute(made.actuator, asking(made, 0, now, restore=True), state, now, epoch=3)
    state = await seen(made, done.state, now)

    assert reasons == [Reason.FLOOR_SET, Reason.FLOOR_SET, None, Reason.FLOOR_SET]
    assert (raised.originals, raised.clobbers) == (FOUND, ())
    assert done.receipt is not None
    assert done.receipt.reason is Reason.ORIGINALS_RESTORED
    assert (state.originals, state.clobbers, state.set_by_us) == (None, (), ())
    assert (made.spec(), made.marks()) == (before, {})


async def test_whoever_lost_the_log_finds_the_originals_on_the_object(made: Scene) -> None:
    """A new worker that remembers nothing restores what was there before the first change of the old one."""
    first = await seen(made, ResourceState(made.resource), NOW)
    await execute(made.actuator, asking(made, 9, NOW), first, NOW)

    later = NOW + MINUTE
    state = await seen(made, ResourceState(made.resource), later)
    done = await execute(made.actuator, asking(made, 0, later, restore=True), state, later)

    assert state.originals == FOUND
    assert done.receipt is not None
    assert done.receipt.reason is Reason.ORIGINALS_RESTORED
    assert (await made.actuator.observe(made.resource, later)).bounds == FOUND
    assert made.marks() == {}


@pytest.mark.parametrize("how", ["apply", "update"])
async def test_somebody_who_puts_the_floor_back_is_counted_and_named(
    made: Scene, how: Literal["apply", "update"]
) -> None:
    """By a declarative tool or by an editor: what they set is what is restored in the end."""
    state = await seen(made, ResourceState(made.resource), NOW)
    done = await execute(made.actuator, asking(made, 9, NOW), state, NOW)
    state = await seen(made, done.state, NOW)
    manager = "argocd-controller" if how == "apply" else "kubectl-edit"
    with Clobberer(
        made.world.cluster,
        made.world.namespace,
        made.its.type,
        made.its.object_name,
        {"spec": {made.its.minimum: 3}},
        field_manager=manager,
        how=how,
        every_s=0.1,
    ) as clobberer:
        eventually(lambda: clobberer.resets >= 1, SOON_S)
    later = NOW + MINUTE
    state = await seen(made, state, later)

    (clobber,) = state.clobbers
    assert (clobber.ours.minimum, clobber.found.minimum) == (9, 3)
    assert manager in clobber.by
    assert state.originals == Bounds(3, 40)
    again = await execute(made.actuator, asking(made, 9, later), state, later)
    done = await execute(made.actuator, asking(made, 0, later, restore=True), again.state, later)
    assert done.receipt is not None
    assert (await made.actuator.observe(made.resource, later)).bounds == Bounds(3, 40)
    assert made.marks() == {}
