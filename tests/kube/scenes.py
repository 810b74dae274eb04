"""One resource of each kind for the actuators: bounds 2 to 40, two units ready, and somebody else's hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.types import PatchType

from advisor.actuation.actuator import Actuator
from advisor.actuation.calls import CallLimits
from advisor.actuation.connections import ClusterConnection
from advisor.actuation.kubernetes.actuators import kubernetes_actuators
from advisor.actuation.kubernetes.clusters import Clusters
from advisor.domain.capacity import Bounds
from advisor.domain.policy import ResourcePolicy
from tests.kube.chart import rules
from tests.kube.manifests import Manifest, service
from tests.kube.neighbours import Neighbour
from tests.kube.sets import FOUND, SETS, Set, make_workload
from tests.kube.world import World

LIMITS = CallLimits(per_s=500.0, at_once=16, timeout_s=10.0, attempts=3, longest_wait_s=1.0)


class Scene:
    """A resource of one kind in a world of its own, and the actuator that may set it."""

    def __init__(
        self,
        world: World,
        its: Set,
        actuator: Actuator,
        clusters: Clusters,
        kubeconfig: Path,
        neighbour: Neighbour | None,
    ) -> None:
        self.world = world
        self.neighbour = neighbour
        self.kubeconfig = kubeconfig
        self.its = its
        self.actuator = actuator
        self.clusters = clusters

    @property
    def resource(self) -> str:
        """The resource's id."""
        return resource_id(self.world, self.its)

    def manifest(self) -> Manifest:
        """The object that holds the bounds, as it is now."""
        found = self.world.client.get(self.its.type, self.its.object_name, namespace=self.world.namespace)
        return dict(found.to_dict())

    def spec(self) -> Manifest:
        """What stands in the object's `spec`."""
        return dict(self.manifest()["spec"])

    def marks(self) -> dict[str, str]:
        """The annotations on the object that are ours."""
        annotations = self.manifest()["metadata"].get("annotations") or {}
        return {key: value for key, value in annotations.items() if key.startswith("headstart.io/")}

    def managers(self) -> list[str]:
        """Who holds fields of the object."""
        return self.world.managers(self.its.type, self.its.object_name)

    def let_serve(self) -> None:
        """Let what is there by now serve, and what is asked for be made; for a scene whose units wait."""
        if self.its.units_are_pods:
            self.world.let_serve("web")
        elif self.neighbour is not None:
            self.neighbour.act()

    def somebody_applies(self, bounds: Bounds, manager: str = "argocd-controller", *, force: bool) -> None:
        """A declarative tool applies its bounds: the whole of what it knows of the object."""
        fields = {self.its.minimum: bounds.minimum}
        if self.its.maximum is not None:
            fields[self.its.maximum] = bounds.maximum
        kind = {key: self.manifest()[key] for key in ("apiVersion", "kind")}
        self.world.client.patch(
            self.its.type,
            self.its.object_name,
            {**kind, "spec": fields},
            namespace=self.world.namespace,
            patch_type=PatchType.APPLY,
            field_manager=manager,
            force=force,
        )

    def somebody_annotates(self, **annotations: str | None) -> None:
        """Somebody writes annotations on the object; `managed="false"` is `headstart.io/managed`."""
        named = {f"headstart.io/{key}": value for key, value in annotations.items()}
        self.world.client.patch(
            self.its.type,
            self.its.object_name,
            {"metadata": {"annotations": named}},
            namespace=self.world.namespace,
            patch_type=PatchType.MERGE,
            field_manager="kubectl-annotate",
        )

    def somebody_makes(self, bounds: Bounds) -> None:
        """Somebody makes the object anew under its name."""
        self.its.make(self.world, bounds)

    def somebody_deletes(self) -> None:
        """Somebody deletes the object."""
        self.world.client.delete(self.its.type, self.its.object_name, namespace=self.world.namespace)


def resource_id(world: World, its: Set) -> str:
    """The id of the resource of a scene."""
    return f"k8s://prod/{world.namespace}/{its.word}/{its.name}"


def policy_of(resource: str) -> ResourcePolicy:
    """A policy that lets the resource grow to 40."""
    return ResourcePolicy(resource, {"web-shop": 1.0}, 10.0, FOUND.minimum, FOUND.maximum)


def chart_account(world: World, *, actuation: bool = True) -> Path:
    """The kubeconfig of a service account that may do what the chart says, and no more."""
    here, everywhere = rules(actuation=actuation)
    return world.account("headstart", here, cluster_rules=everywhere)


@contextmanager
def scene(
    world: World,
    kind: str,
    through: Callable[[Path], Path] = lambda direct: direct,
    *,
    actuation: bool = True,
    account: Callable[[World], Path] | None = None,
    limits: CallLimits = LIMITS,
    units_wait: bool = False,
) -> Iterator[Scene]:
    """The scene of one kind, set, with the chart's rights or those of another `account`.

    `through` makes the kubeconfig that the actuator uses of the account's. Where `units_wait`, none serves
    before `let_serve` is called.
    """
    its = SETS[kind].of(world)
    with ExitStack() as stack:
        world.pods_wait = units_wait
        world.create(service("web"))
        if its.type not in (Deployment, StatefulSet):
            make_workload("Deployment", world, FOUND)
        its.make(world, FOUND)
        neighbour = its.neighbour(world.cluster, world.namespace) if its.neighbour else None
        if neighbour is not None and units_wait and not its.units_are_pods:
            stack.push(neighbour)  # it acts when it is told, and leaves as any other
        elif neighbour is not None:
            stack.enter_context(neighbour)
        direct = account(world) if account else chart_account(world, actuation=actuation)
        kubeconfig = through(direct)
        clusters = Clusters([ClusterConnection("prod", kubeconfig)], limits)
        resource = resource_id(world, its)
        actuators = kubernetes_actuators(clusters, {resource: policy_of(resource)})
        yield Scene(world, its, actuators[its.word], clusters, kubeconfig, neighbour)
