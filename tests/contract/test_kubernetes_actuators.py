"""What every Kubernetes actuator keeps, on a real API server, with the rights of the chart and no others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from functools import partial

import pytest

from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.kube.cluster import Cluster
from tests.kube.faults import FaultProxy
from tests.kube.scenes import FOUND, SETS, Scene, scene
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


async def test_it_finds_the_resource_by_name_as_of_now(made: Scene) -> None:
    """Bounds, units, Ready units and identity are those of the object; nothing of ours is on it yet."""
    found = await made.actuator.observe(made.resource, NOW)

    assert (found.resource, found.observed_at, found.bounds) == (made.resource, NOW, FOUND)
    assert (found.units, found.ready_units, found.waiting_for) == (2, 2, ())
    assert (found.owner, found.managed, found.originals, found.armed) == ("", True, None, None)
    assert found.identity == made.manifest()["metadata"]["uid"]


async def test_bounds_read_back_as_they_were_set(made: Scene) -> None:
    """Whatever was asked for last is what is observed, the maximum with the minimum."""
    stands = FOUND
    for asked in (Bounds(9, 60), Bounds(9, 40), Bounds(3, 40), Bounds(2, 40)):
        await made.actuator.set_floor(made.resource, change(made, asked, stands), NOW)
        assert await bounds(made) == asked
        stands = asked


async def test_setting_what_stands_changes_nothing(made: Scene, proxy: FaultProxy) -> None:
    """The same call again writes nothing, whichever of the two bounds it believes to have found."""
    await raised(made)
    version = made.manifest()["metadata"].get("generation"), made.marks()
    begun = len(proxy.requests)

    await raised(made)
    await made.actuator.set_floor(made.resource, change(made, RAISED, RAISED), NOW)

    assert {method for method, _ in proxy.requests[begun:]} == {"GET"}
    assert (made.manifest()["metadata"].get("generation"), made.marks()) == version


async def test_a_raised_floor_becomes_ready_units(made: Scene) -> None:
    """A floor of 9 holds once nine endpoints are Ready, and not before."""
    before = await made.actuator.verify(made.resource, 9, NOW)
    await raised(made)

    async def holds() -> bool:
        return (await made.actuator.verify(made.resource, 9, NOW)).holds

    await eventually_async(holds, SOON_S)
    assert not before.holds
    assert before.waiting_for
    assert made.its.is_buffer or made.its.is_global or made.world.ready_endpoints() == 9


async def test_the_originals_stand_on_the_object(made: Scene) -> None:
    """They come with the first change, in the same write, and a second change keeps them."""
    await raised(made)
    first = await made.actuator.observe(made.resource, NOW)
    await made.actuator.set_floor(made.resource, change(made, Bounds(12, 60), RAISED), NOW)

    assert first.originals == FOUND
    assert made.marks()["headstart.io/originals"] == "2/40"
    assert made.marks()["headstart.io/epoch"] == "7"
    assert (await made.actuator.observe(made.resource, NOW)).originals == FOUND


async def test_originals_that_somebody_wiped_off_are_written_again(made: Scene) -> None:
    """The bounds stand, but without the originals a restore would be lost with the log: they are put back."""
    await raised(made)
    made.somebody_annotates(originals=None, epoch=None)

    await raised(made)

    assert (await made.actuator.observe(made.resource, NOW)).originals == FOUND


async def test_what_somebody_else_set_is_not_written_over(made: Scene) -> None:
    """Bounds that are neither those found nor those asked for are a conflict that names who set them."""
    made.somebody_applies(Bounds(3, 40), "argocd-controller", force=True)

    error = await refused(made.actuator.set_floor(made.resource, change(made, RAISED), NOW))

    assert (error.reason, error.retryable, error.resource) == (Reason.ACT_CONFLICT, True, made.resource)
    assert "Argo CD (argocd-controller)" in error.detail
    assert await bounds(made) == Bounds(3, 40)
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


@pytest.mark.parametrize("doing", ["raise", "restore"])
async def test_a_call_cancelled_at_any_request_leaves_one_of_two_states(
    made: Scene, proxy: FaultProxy, doing: str
) -> None:
    """What stood or what was asked for stands, never a mixture, and the next call sets it right."""
    before = made.spec()
    for requests in range(1, 8):
        if doing == "restore":
            await raised(made)
        enough = len(proxy.requests) + requests
        task = asyncio.ensure_future(raised(made) if doing == "raise" else restored(made))
        await eventually_async(partial(_came_to, proxy, enough, task), SOON_S, every_s=0.0005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

        assert await bounds(made) in (FOUND, RAISED)
        await raised(made)
        assert await bounds(made) == RAISED
        await restored(made)
        assert (made.spec(), made.marks()) == (before, {})


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


async def test_a_minimum_above_the_maximum_is_never_sent_as_such(made: Scene) -> None:
    """The maximum goes up in the same write, so that the API server never sees a minimum above it."""
    await made.actuator.set_floor(made.resource, change(made, Bounds(50, 50)), NOW)

    assert await bounds(made) == Bounds(50, 50)


async def test_a_resource_made_anew_under_its_name_is_another(made: Scene) -> None:
    """It has another identity, its own bounds and nothing of ours; what was ours of the old one is gone."""
    await raised(made)
    old = await made.actuator.observe(made.resource, NOW)
    made.somebody_deletes()
    if not made.its.is_buffer:
        await eventually_async(partial(_is_gone, made), SOON_S)
    made.somebody_makes(Bounds(3, 30))

    new = await made.actuator.observe(made.resource, NOW)

    assert new.identity != old.identity
    assert (new.bounds.minimum, new.originals) == (3, None)
    error = await refused(made.actuator.restore(made.resource, change(made, FOUND, RAISED), NOW))
    assert error.reason is Reason.ACT_CONFLICT


async def test_a_resource_that_is_deleted_is_gone(made: Scene) -> None:
    """Every call says so, and that trying again does not help; but a buffer is one that can be made again."""
    await raised(made)
    made.somebody_deletes()
    if made.its.is_buffer:
        assert await bounds(made) == Bounds(0, 40)
        return
    await eventually_async(partial(_is_gone, made), SOON_S)

    for call in (
        made.actuator.observe(made.resource, NOW),
        made.actuator.set_floor(made.resource, change(made, RAISED), NOW),
        made.actuator.verify(made.resource, 2, NOW),
        made.actuator.restore(made.resource, change(made, FOUND), NOW),
    ):
        error = await refused(call)
        assert (error.reason, error.retryable) == (Reason.RESOURCE_GONE, False)


async def test_a_resource_that_does_not_exist_is_an_actuation_error_that_names_it(made: Scene) -> None:
    """By its whole id, which a person can look up in the policy."""
    gone = f"{made.resource}-gone"
    error = await refused(made.actuator.observe(gone, NOW))

    assert (error.resource, error.retryable, error.reason) == (gone, False, Reason.RESOURCE_GONE)


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


async def _came_to(proxy: FaultProxy, requests: int, task: asyncio.Future[None]) -> bool:
    return len(proxy.requests) >= requests or task.done()


async def _is_gone(made: Scene) -> bool:
    try:
        await made.actuator.observe(made.resource, NOW)
    except ActuationError as error:
        return error.reason is Reason.RESOURCE_GONE
    return False
