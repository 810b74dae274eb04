"""What does a test find in its cluster? A namespace of its own, and what it puts there.

with World(kubernetes, "web-holds-its-floor") as world:
    web = world.deployment("web", replicas=2)
    world.autoscaler("web", minimum=2, maximum=10)
    eventually(lambda: world.ready_endpoints("web") == 2, 20)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from lightkube import ApiError
from lightkube.codecs import from_dict
from lightkube.core import resource
from lightkube.generic_resource import GenericNamespacedResource
from lightkube.models.authentication_v1 import TokenRequestSpec
from lightkube.models.authorization_v1 import ResourceAttributes, SubjectAccessReviewSpec
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apps_v1 import Deployment, StatefulSet
from lightkube.resources.authorization_v1 import SubjectAccessReview
from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler
from lightkube.resources.core_v1 import Namespace, Pod, ServiceAccountToken
from lightkube.resources.discovery_v1 import EndpointSlice
from lightkube.types import PatchType

from tests.kube import manifests
from tests.kube.cluster import Cluster
from tests.kube.manifests import Manifest
from tests.support.deadline import eventually

PEOPLE = "kubectl-create"  # the field manager of whoever sets the scene


class World:
    """One namespace of a cluster, made on entering and deleted on leaving, with all that was made in it.

    Pods of workloads that are made while `pods_wait` run, and are Ready once `let_serve` was called.
    """

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.pods_wait = False
        self.client = cluster.client(field_manager=PEOPLE)
        self._global: list[tuple[type[Any], str]] = []

    def __enter__(self) -> World:
        self.client.create(from_dict({"apiVersion": "v1", "kind": "Namespace", "metadata": self._named()}))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for resource_type, name in dict.fromkeys(self._global):
            with suppress(ApiError):  # the test has deleted it itself
                self.client.delete(resource_type, name)
        self.client.delete(Namespace, self.namespace)  # its contents go after it, nobody waits for that
        self.client.close()

    def create(self, manifest: Manifest) -> Any:
        """Make the object in this namespace; one of the whole cluster is taken away again with the world."""
        wanted = from_dict(manifest)
        if isinstance(wanted, resource.NamespacedResource):
            return self.client.create(wanted, namespace=self.namespace)
        made = self.client.create(wanted)
        self._global.append((type(wanted), manifest["metadata"]["name"]))
        return made

    def deployment(
        self,
        name: str = "web",
        *,
        replicas: int = 2,
        ready_after: str | None = None,
        never_ready: bool = False,
        requests: Mapping[str, str] | None = None,
    ) -> Deployment:
        """A Deployment and a Service of the same name. `ready_after` is a Go duration, e.g. `3s`, `1m30s`."""
        return cast(
            Deployment, self._workload("Deployment", name, replicas, ready_after, never_ready, requests)
        )

    def stateful_set(
        self,
        name: str = "store",
        *,
        replicas: int = 2,
        ready_after: str | None = None,
        never_ready: bool = False,
        requests: Mapping[str, str] | None = None,
    ) -> StatefulSet:
        """A StatefulSet and a Service of the same name, as `deployment`."""
        return cast(
            StatefulSet, self._workload("StatefulSet", name, replicas, ready_after, never_ready, requests)
        )

    def _workload(
        self,
        kind: str,
        name: str,
        replicas: int,
        ready_after: str | None,
        never_ready: bool,
        requests: Mapping[str, str] | None,
    ) -> Any:
        annotations = {manifests.READY_AFTER: ready_after} if ready_after else {}
        if never_ready or self.pods_wait:
            annotations[manifests.NEVER_READY] = "true"
        self.create(manifests.service(name))
        made = manifests.workload(
            kind, name, replicas, annotations=annotations, requests=requests or {"cpu": "100m"}
        )
        return self.create(made)

    def autoscaler(
        self, target: str = "web", *, minimum: int, maximum: int, kind: str = "Deployment"
    ) -> HorizontalPodAutoscaler:
        """An HPA of the same name as the workload it scales."""
        reference = {"apiVersion": "apps/v1", "kind": kind, "name": target}
        made = self.create(manifests.autoscaler(target, reference, minimum, maximum))
        return cast(HorizontalPodAutoscaler, made)

    def scaled_object(
        self,
        target: str = "web",
        *,
        minimum: int | None = None,
        maximum: int | None = None,
        idle: int | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> GenericNamespacedResource:
        """A ScaledObject of the same name as the Deployment it scales; a KedaStandIn acts on it."""
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": target}
        made = manifests.scaled_object(
            target, reference, minimum, maximum, annotations=annotations or {}, idle=idle
        )
        return cast(GenericNamespacedResource, self.create(made))

    def account(
        self, name: str, rules: Sequence[Manifest], *, cluster_rules: Sequence[Manifest] = ()
    ) -> Path:
        """The kubeconfig of a new ServiceAccount that may do what `rules` say in this namespace, no more.

        `cluster_rules` hold for the whole cluster. The token comes by TokenRequest and is good for an hour.
        """
        self.create(manifests.account(name))
        self.create(manifests.role("Role", name, rules))
        self.create(manifests.binding("Role", name, name, self.namespace))
        if cluster_rules:
            everywhere = f"{self.namespace}-{name}"
            self.create(manifests.role("ClusterRole", everywhere, cluster_rules))
            self.create(manifests.binding("ClusterRole", everywhere, name, self.namespace))
        for role, anywhere in ((rules, False), (cluster_rules, True)):
            if role:  # what is allowed reaches the authorizer a moment after it is stored, as a whole
                eventually(partial(self._may, name, role[-1], anywhere=anywhere), 15, what=f"{name} may")
        asked = ServiceAccountToken(
            metadata=ObjectMeta(), spec=TokenRequestSpec(audiences=[], expirationSeconds=3600)
        )
        granted = self.client.create(asked, name, namespace=self.namespace)
        assert granted.status is not None
        assert granted.status.token is not None
        return self.cluster.kubeconfig_for(granted.status.token, namespace=self.namespace)

    def _may(self, account: str, rule: Manifest, *, anywhere: bool) -> bool:
        """May this account do the first thing that a rule allows?"""
        group, resource, verb = rule["apiGroups"][0], rule["resources"][0], rule["verbs"][0]
        asked = ResourceAttributes(
            group=group,
            resource=resource.partition("/")[0],
            subresource=resource.partition("/")[2] or None,
            verb=verb,
            name=(rule.get("resourceNames") or [None])[0],
            namespace=None if anywhere else self.namespace,
        )
        user = f"system:serviceaccount:{self.namespace}:{account}"
        spec = SubjectAccessReviewSpec(user=user, resourceAttributes=asked)
        answer = self.client.create(SubjectAccessReview(spec=spec))
        return bool(answer.status and answer.status.allowed)

    def budget(self, app: str = "web", **limit: int | str) -> None:
        """A PodDisruptionBudget: `budget("web", minAvailable=2)` or `maxUnavailable="10%"`."""
        self.create(manifests.budget(app, app, **limit))

    def quota(self, **hard: str) -> None:
        """A ResourceQuota on the namespace: `quota(pods="4")`."""
        self.create(manifests.quota("quota", hard))

    def ready_endpoints(self, service: str = "web") -> int:
        """How many addresses do the Service's endpoint slices call ready? What a load balancer acts on."""
        slices = self.client.list(
            EndpointSlice, namespace=self.namespace, labels={"kubernetes.io/service-name": service}
        )
        ready = (
            address
            for one in slices
            for endpoint in one.endpoints or []
            if endpoint.conditions is not None and endpoint.conditions.ready
            for address in endpoint.addresses
        )
        return len(set(ready))

    def pods(self, app: str = "web") -> list[Pod]:
        """The pods of a workload, ready or not."""
        return list(self.client.list(Pod, namespace=self.namespace, labels={"app": app}))

    def let_serve(self, app: str = "web") -> None:
        """Let the pods become Ready that a workload has by now, if they were to wait or never to be."""
        for pod in self.pods(app):
            metadata = pod.metadata
            if metadata is None or manifests.NEVER_READY not in (metadata.annotations or {}):
                continue
            try:
                self.client.patch(
                    Pod,
                    str(metadata.name),
                    {"metadata": {"annotations": {manifests.NEVER_READY: None}}},
                    namespace=self.namespace,
                    patch_type=PatchType.MERGE,
                )
            except ApiError as error:
                if error.status.code != 404:  # it was scaled in meanwhile
                    raise

    def managers(self, resource_type: type[Any], name: str) -> list[str]:
        """Which field managers stand in the object's managedFields?"""
        found = self.client.get(resource_type, name, namespace=self.namespace)
        return [str(entry.manager) for entry in found.metadata.managedFields or []]

    def _named(self) -> Manifest:
        return {"name": self.namespace}
