"""What every Kubernetes actuator keeps beyond the contract of all: field managers, marks, and no idle write.

On a real API server, with the rights of the chart and no others. The contract: test_actuators.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator

import pytest

from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.kube.cluster import Cluster
from tests.kube.fault_proxy import FaultProxy
from tests.kube.scenes import Scene, scene
from tests.kube.sets import FOUND, SETS
from tests.kube.world import World
from tests.support.builders import NOW
from tests.support.deadline import eventually_async

SOON_S = 30
RAISED = Bounds(9, 60)


@pytest.fixture(scope="module")
def proxy(kubernetes: Cluster) -> Iterator[FaultProxy]:
    with FaultProxy(kubernetes) as proxy:
        yield proxy


@pytest.fixture(params=list(SETS))
async def made(request: pytest.FixtureRequest, world: World, proxy: FaultProxy) -> AsyncIterator[Scene]:
    with scene(world, request.param, proxy.kubeconfig_for) as made:
        await ready(made, 2)
        yield made
        await made.clusters.close()


def change(made: Scene, target: Bounds, found: Bounds = FOUND, originals: Bounds = FOUND) -> Change:
    return Change(made.resource, found, target, originals, NOW, epoch=7)


async def raised(made: Scene) -> None:
    await made.actuator.set_floor(made.resource, change(made, RAISED), NOW)


async def restored(made: Scene, found: Bounds = RAISED) -> None:
    await made.actuator.restore(made.resource, change(made, FOUND, found), NOW)


async def bounds(made: Scene) -> Bounds:
    return (await made.actuator.observe(made.resource, NOW)).bounds


async def ready(made: Scene, units: int) -> None:
    async def are_there() -> bool:
        found = await made.actuator.observe(made.resource, NOW)
        return found.ready_units >= units

    await eventually_async(are_there, SOON_S, ignoring=(ActuationError,), what=f"{units} units serve")


async def refused(call: Awaitable[object]) -> ActuationError:
    with pytest.raises(ActuationError) as caught:
        await call
    return caught.value


async def test_setting_what_stands_changes_nothing(made: Scene, proxy: FaultProxy) -> None:
    """The same call again writes nothing, whichever of the two bounds it believes to have found."""
    await raised(made)
    version = made.manifest()["metadata"].get("generation"), made.marks()
    begun = len(proxy.requests)

    await raised(made)
    await made.actuator.set_floor(made.resource, change(made, RAISED, RAISED), NOW)

    assert {method for method, _ in proxy.requests[begun:]} == {"GET"}
    assert (made.manifest()["metadata"].get("generation"), made.marks()) == version


async def test_the_originals_stand_on_the_object(made: Scene) -> None:
    """As annotations that a person can read, with the epoch of whoever changed it last."""
    await raised(made)

    assert made.marks()["headstart.io/originals"] == "2/40"
    assert made.marks()["headstart.io/epoch"] == "7"


async def test_originals_that_somebody_wiped_off_are_written_again(made: Scene) -> None:
    """The bounds stand, but without the originals a restore would be lost with the log: they are put back."""
    await raised(made)
    made.somebody_annotates(originals=None, epoch=None)

    await raised(made)

    assert (await made.actuator.observe(made.resource, NOW)).originals == FOUND


async def test_whoever_set_the_bounds_since_the_decision_is_named(made: Scene) -> None:
    """By the field manager, in words; and no mark of ours comes on what is theirs."""
    made.somebody_applies(Bounds(3, 40), "argocd-controller", force=True)

    error = await refused(made.actuator.set_floor(made.resource, change(made, RAISED), NOW))

    assert (error.reason, error.resource) == (Reason.ACT_CONFLICT, made.resource)
    assert "Argo CD (argocd-controller)" in error.detail
    assert made.marks() == {}


async def test_who_took_the_floor_back_is_named(made: Scene) -> None:
    """After a clobber the bounds are theirs, and so is the name of the last writer."""
    made.somebody_applies(FOUND, "kustomize-controller", force=True)
    await raised(made)
    ours = await made.actuator.observe(made.resource, NOW)
    made.somebody_applies(FOUND, "kustomize-controller", force=True)
    theirs = await made.actuator.observe(made.resource, NOW)

    assert "kustomize" not in ours.writer
    assert (theirs.bounds.minimum, theirs.writer) == (2, "Flux (kustomize-controller)")
    assert theirs.originals == FOUND


async def test_a_restore_leaves_nothing_of_ours(made: Scene) -> None:
    """The spec is what it was to the letter, no mark is left, and no field is held in our name."""
    before = made.spec()
    await raised(made)
    await restored(made)

    assert made.spec() == before
    assert made.marks() == {}
    assert "headstart" not in made.managers()


async def test_the_former_owner_can_apply_again_after_a_restore(made: Scene) -> None:
    """Whoever keeps the bounds in Git meets no conflict, although they never force their way."""
    made.somebody_applies(FOUND, "argocd-controller", force=True)
    await raised(made)
    await restored(made)

    made.somebody_applies(Bounds(3, 41), "argocd-controller", force=False)

    assert (await bounds(made)).minimum == 3


async def test_restoring_what_is_restored_changes_nothing(made: Scene, proxy: FaultProxy) -> None:
    """A second restore reads, and writes nothing; so does one where nothing was ever changed."""
    await restored(made)
    await raised(made)
    await restored(made)
    begun = len(proxy.requests)

    await restored(made)
    await restored(made, FOUND)

    assert {method for method, _ in proxy.requests[begun:]} == {"GET"}


async def test_a_restore_that_died_half_way_is_finished_by_the_next(made: Scene) -> None:
    """With the bounds put back and our marks still there, the originals tell that something is left to do."""
    before = made.spec()
    await raised(made)
    await made.actuator.set_floor(made.resource, change(made, FOUND, RAISED), NOW)

    half = await made.actuator.observe(made.resource, NOW)
    await restored(made, FOUND)

    assert (half.bounds, half.originals) == (FOUND, FOUND)
    assert (made.spec(), made.marks()) == (before, {})
    assert "headstart" not in made.managers()


async def test_two_writers_at_once_agree_on_one(made: Scene) -> None:
    """Of two changes that rest on the same look one is made, and the other is told of the conflict."""
    one, other = change(made, RAISED), change(made, Bounds(7, 50))

    outcomes = await asyncio.gather(
        made.actuator.set_floor(made.resource, one, NOW),
        made.actuator.set_floor(made.resource, other, NOW),
        return_exceptions=True,
    )

    (lost,) = (outcome for outcome in outcomes if isinstance(outcome, ActuationError))
    assert lost.reason is Reason.ACT_CONFLICT
    assert await bounds(made) in (RAISED, Bounds(7, 50))
    assert (await made.actuator.observe(made.resource, NOW)).originals == FOUND


async def test_a_cluster_that_nobody_configured_is_an_actuation_error_that_names_it(made: Scene) -> None:
    """The ones that are configured are listed beside it."""
    elsewhere = made.resource.replace("k8s://prod/", "k8s://staging/")
    error = await refused(made.actuator.observe(elsewhere, NOW))

    assert (error.resource, error.reason) == (elsewhere, Reason.PLATFORM_UNREACHABLE)
    assert "staging" in error.detail
    assert "prod" in error.detail


async def test_its_owners_can_keep_us_off_an_object(made: Scene) -> None:
    """An annotation on the object says that it is not ours to change."""
    made.somebody_annotates(managed="false")

    assert not (await made.actuator.observe(made.resource, NOW)).managed


async def test_it_is_no_dry_run_and_says_how_long_a_change_may_take(made: Scene) -> None:
    """Longer than all its attempts at one call, for it reads before it writes, and the server may keep it."""
    assert not made.actuator.dry_run
    assert made.actuator.slowest_call > 2 * made.clusters.limits.slowest_call
