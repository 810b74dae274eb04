"""What will keep a floor from coming true is found before it is asked for, with its number and its cure."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.types import PatchType

from advisor.domain.capacity import Bounds
from advisor.domain.preflight import Preflight, PreflightFinding
from advisor.domain.reason import Reason
from tests.kube.furnish import NodePool, ScaledObject
from tests.kube.scenes import FOUND, SETS, Scene, scene
from tests.kube.world import World
from tests.support.builders import NOW
from tests.support.deadline import eventually, eventually_async

SOON_S = 30
NEED = Bounds(9, 60)


@pytest.fixture
async def hpa(world: World) -> AsyncIterator[Scene]:
    with scene(world, "hpa") as made:
        eventually(lambda: world.ready_endpoints() == 2, SOON_S)
        yield made
        await made.clusters.close()


async def preflight(made: Scene, need: Bounds = NEED) -> Preflight:
    return await made.actuator.preflight(made.resource, need, NOW)


async def the(made: Scene, reason: Reason) -> PreflightFinding:
    """The one finding with this reason."""
    (found,) = (one for one in (await preflight(made)).findings if one.reason is reason)
    return found


@pytest.mark.parametrize("kind", list(SETS))
async def test_where_all_is_well_nothing_is_found(world: World, kind: str) -> None:
    """With a disruption budget and no quota every kind may be raised, and nothing is changed by the look."""
    world.budget("web", maxUnavailable="10%")
    with scene(world, kind) as made:

        async def is_clear() -> bool:  # KEDA makes its HPA a moment later
            return (await preflight(made)) == Preflight(NOW, 9, (), ())

        before = made.spec()
        await eventually_async(is_clear, SOON_S)
        after = made.spec(), made.marks()
        await made.clusters.close()

    assert after == (before, {})
    assert "headstart" not in made.managers()


async def test_a_quota_of_pods_says_how_many_units_it_leaves(hpa: Scene) -> None:
    """Five pods allowed and two used: five units, nine needed, and the command that allows nine."""
    hpa.world.quota(pods="5")

    found = await eventually_async(lambda: _quota_is_counted(hpa, Reason.QUOTA_TOO_SMALL), SOON_S)

    assert (found.there, found.needed, found.enough_for, found.blocks) == (5, 9, 5, True)
    assert "ResourceQuota quota allows 5 pods, 2 are used" in found.detail
    assert found.cure.startswith(f"kubectl -n {hpa.world.namespace} patch resourcequota quota")
    assert '"pods":"9"' in found.cure


async def test_a_quota_of_cores_is_counted_in_what_each_pod_requests(hpa: Scene) -> None:
    """Pods of 100m each under a quota of 650m: six of them fit."""
    hpa.world.quota(**{"requests.cpu": "650m"})

    found = await eventually_async(lambda: _quota_is_counted(hpa, Reason.QUOTA_TOO_SMALL), SOON_S)

    assert found.enough_for == 6
    assert (found.there, found.needed) == pytest.approx((0.65, 0.9))
    assert '"requests.cpu":"900m"' in found.cure


async def test_a_quota_on_what_pods_do_not_say_keeps_every_new_one_out(hpa: Scene) -> None:
    """A quota of memory refuses pods that request none."""
    hpa.world.quota(**{"requests.memory": "10Gi"})

    found = await the(hpa, Reason.QUOTA_TOO_SMALL)

    assert (found.enough_for, found.blocks) == (2, True)
    assert "say nothing" in found.detail


async def test_defaults_of_the_namespace_count_as_what_pods_say(hpa: Scene) -> None:
    """With a LimitRange that gives each container 1Gi, a quota of 2Gi holds two more."""
    hpa.world.create(
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "defaults"},
            "spec": {"limits": [{"type": "Container", "defaultRequest": {"memory": "1Gi"}}]},
        }
    )
    hpa.world.quota(**{"requests.memory": "2Gi"})

    found = await eventually_async(lambda: _quota_is_counted(hpa, Reason.QUOTA_TOO_SMALL, used=False), SOON_S)

    assert found.enough_for == 4  # the two that run were admitted before, and are not counted
    assert "1024Mi" not in found.cure


@pytest.mark.parametrize("of", ["Pod", "Container"])
async def test_a_limit_on_pods_keeps_every_new_one_out(hpa: Scene, of: str) -> None:
    """Pods of 100m where the namespace allows 50m go on running, and no new one comes."""
    hpa.world.create(
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "small"},
            "spec": {"limits": [{"type": of, "max": {"cpu": "50m"}}]},
        }
    )

    found = await the(hpa, Reason.QUOTA_TOO_SMALL)

    assert (found.there, found.needed, found.enough_for) == (0.05, 0.1, 2)


@pytest.mark.parametrize("limit", [None, {"minAvailable": 0}, {"maxUnavailable": "100%"}])
async def test_pods_that_may_all_be_evicted_are_a_doubt(
    hpa: Scene, limit: dict[str, int | str] | None
) -> None:
    """Without a budget, or with one that allows it, a drain may take all at once: that blocks nothing."""
    if limit is not None:
        hpa.world.budget("web", **limit)

    found = await the(hpa, Reason.DISRUPTION_ALLOWED)

    assert (found.blocks, found.enough_for) == (False, 9)
    assert "kubectl" in found.cure


@pytest.mark.parametrize("limit", [{"minAvailable": 8}, {"minAvailable": "80%"}, {"maxUnavailable": 1}])
async def test_a_budget_that_keeps_some_is_no_doubt(hpa: Scene, limit: dict[str, int | str]) -> None:
    """As long as not all can go at once."""
    hpa.world.budget("web", **limit)

    assert (await preflight(hpa)).findings == ()


async def test_a_node_pool_says_how_much_it_may_still_grow(hpa: Scene) -> None:
    """With 200m left under the pool's limit two more pods of 100m are sure, and seven are needed."""
    pool = {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": hpa.world.namespace},
        "spec": {"template": {"spec": {"requirements": []}}, "limits": {"cpu": "10"}},
    }
    hpa.world.create(pool)
    hpa.world.client.patch(
        NodePool.Status,
        hpa.world.namespace,
        {"status": {"resources": {"cpu": "9800m"}}},
        patch_type=PatchType.MERGE,
    )

    found = await the(hpa, Reason.MAXIMUM_TOO_LOW)

    assert (found.there, found.needed) == pytest.approx((0.2, 0.7))
    assert (found.enough_for, found.blocks) == (4, False)
    assert '"cpu":"10500m"' in found.cure


async def test_without_rights_to_write_the_maximum_counts_and_the_right_is_named(world: World) -> None:
    """A maximum we could raise is no finding; one we may not raise is, beside the missing right."""
    world.budget("web", maxUnavailable=1)
    with scene(world, "hpa", actuation=False) as made:
        looked = await preflight(made)
        await made.clusters.close()

    found = {one.reason: one for one in looked.findings}
    assert set(found) == {Reason.PERMISSION_MISSING, Reason.MAXIMUM_TOO_LOW}
    assert "patch horizontalpodautoscalers.autoscaling" in found[Reason.PERMISSION_MISSING].detail
    assert "--verb=patch" in found[Reason.PERMISSION_MISSING].cure
    assert (found[Reason.MAXIMUM_TOO_LOW].there, found[Reason.MAXIMUM_TOO_LOW].enough_for) == (40, 40)


async def test_an_object_that_is_not_ours_to_change_keeps_its_maximum(hpa: Scene) -> None:
    """Its owners' word counts as a right that we have not."""
    hpa.somebody_annotates(managed="false")

    assert (await the(hpa, Reason.MAXIMUM_TOO_LOW)).needed == 60


async def test_an_account_without_any_right_is_a_list_of_findings(world: World) -> None:
    """Nothing may be seen: each right that is missing is named, and nothing crashes."""
    with scene(world, "hpa", account=lambda _: world.account("nobody", [])) as made:
        looked = await preflight(made)
        await made.clusters.close()

    assert {one.reason for one in looked.findings} == {Reason.PERMISSION_MISSING}
    assert len(looked.findings) == 4
    assert looked.units == 9


async def test_what_may_not_be_looked_at_is_unknown_and_no_all_clear(world: World) -> None:
    """Rights to raise, but not to see quotas, limits, budgets and node pools: each is said to be unknown."""
    few = [
        {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["get", "patch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["list"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]},
    ]
    with scene(world, "hpa", account=lambda _: world.account("few", few)) as made:
        looked = await preflight(made)
        await made.clusters.close()

    assert looked.findings == ()
    unknown = [word.partition(":")[0] for word in looked.unknown]
    assert sorted(unknown) == [
        "limitranges",
        "nodepools.karpenter.sh",
        "poddisruptionbudgets.policy",
        "resourcequotas",
    ]


async def test_a_right_that_turns_out_to_be_needed_is_a_finding(world: World) -> None:
    """An HPA that is KEDA's needs its ScaledObject, which this account may not see."""
    few = [
        {"apiGroups": ["autoscaling"], "resources": ["horizontalpodautoscalers"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["list"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]},
    ]
    with scene(world, "hpa of keda", account=lambda _: world.account("few", few)) as made:
        (found,) = (await preflight(made)).findings
        await made.clusters.close()

    assert found.reason is Reason.PERMISSION_MISSING
    assert "scaledobjects" in found.detail


async def test_a_raise_that_admission_would_refuse_is_found_by_a_dry_run(hpa: Scene) -> None:
    """The API server validates a write that is not kept: an autoscaler that is broken otherwise, say."""
    hpa.world.budget("web", maxUnavailable=1)
    need = Bounds(9, 2**40)  # no such number fits into the field

    (found,) = (await preflight(hpa, need)).findings

    assert found.reason is Reason.ACT_REFUSED
    assert "dry run" in found.detail
    unchanged = hpa.world.client.get(HorizontalPodAutoscaler, "web", namespace=hpa.world.namespace)
    assert unchanged.spec is not None
    assert unchanged.spec.maxReplicas == FOUND.maximum


async def test_an_idle_count_may_undo_a_floor(world: World) -> None:
    """KEDA goes below any minimum while nothing triggers: that is a doubt, with the command that ends it."""
    world.budget("web", maxUnavailable=1)
    with scene(world, "scaledobject") as made:
        idle = {"spec": {"idleReplicaCount": 0}}
        namespace = world.namespace
        world.client.patch(ScaledObject, "web", idle, namespace=namespace, patch_type=PatchType.MERGE)
        (found,) = (await preflight(made)).findings
        await made.clusters.close()

    assert (found.reason, found.there, found.blocks) == (Reason.FLOOR_NOT_KEPT, 0, False)
    assert "idleReplicaCount" in found.cure


async def _quota_is_counted(made: Scene, reason: Reason, *, used: bool = True) -> PreflightFinding | None:
    """The finding once the cluster has counted what is used."""
    found = [one for one in (await preflight(made)).findings if one.reason is reason]
    return found[0] if found and (" 0 are used" not in found[0].detail or not used) else None
