"""Which pods serve, what the others wait for, and what one asks of its namespace."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from advisor.actuation.kubernetes.manifests import selection, selects
from advisor.actuation.kubernetes.preflight.pod_shape import pod_shape
from advisor.actuation.kubernetes.quantities import quantity, written
from advisor.actuation.kubernetes.readiness import fronting, ready_pods
from advisor.actuation.kubernetes.waiting import why_not_made, why_not_ready


def pod(name: str, *, ready: bool = True, going: bool = False, **status: Any) -> dict[str, Any]:
    metadata = {"name": name, "uid": f"uid-{name}", **({"deletionTimestamp": "t"} if going else {})}
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    return {"metadata": metadata, "status": {"conditions": conditions, **status}}


def endpoint(name: str, uid: str | None = None, **conditions: bool) -> dict[str, Any]:
    reference = {"kind": "Pod", "name": name, "uid": uid or f"uid-{name}"}
    return {"addresses": ["10.0.0.1"], "conditions": conditions, "targetRef": reference}


def service(name: str, selector: dict[str, str] | None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name}, "spec": {"selector": selector, **spec}}


def ready(pods: list[dict[str, Any]], *endpoints: dict[str, Any]) -> set[str]:
    return set(ready_pods(pods, [{"endpoints": list(endpoints)}]))


def test_an_endpoint_serves_unless_it_says_that_it_does_not() -> None:
    """Nothing said is ready; one that is about to go does not count, although it still answers."""
    pods = [pod(name) for name in "abcd"]
    endpoints = (
        endpoint("a"),
        endpoint("b", ready=True),
        endpoint("c", ready=False),
        endpoint("d", ready=True, terminating=True),
    )

    assert ready(pods, *endpoints) == {"uid-a", "uid-b"}


def test_a_pod_counts_once_however_often_it_is_listed() -> None:
    """Under both address families and behind several Services; others' pods do not count at all."""
    twice = [{"endpoints": [endpoint("a"), endpoint("stranger")]}, {"endpoints": [endpoint("a")]}, {}]

    assert ready_pods([pod("a")], twice) == {"uid-a"}


def test_a_pod_that_was_made_anew_or_is_going_does_not_serve_yet_or_any_more() -> None:
    """A StatefulSet's pod keeps its name; the slice still means the old one."""
    assert ready([pod("a")], endpoint("a", uid="uid-of-the-old-one")) == set()
    assert ready([pod("a", going=True)], endpoint("a")) == set()


def test_without_a_service_a_pod_serves_that_says_so() -> None:
    """Unless it is about to go."""
    pods = [pod("a"), pod("b", ready=False), pod("c", going=True)]

    assert ready_pods(pods, None) == {"uid-a"}


def test_a_service_is_in_front_if_it_selects_the_pods_and_waits_for_them() -> None:
    """Not one without a selector, one for other pods, or one that publishes addresses early."""
    template = {"metadata": {"labels": {"app": "web", "tier": "front"}}}
    services = [
        service("web", {"app": "web"}),
        service("other", {"app": "other"}),
        service("external", None),
        service("early", {"app": "web"}, publishNotReadyAddresses=True),
    ]

    assert fronting(services, template) == ["web"]
    assert fronting(services, {}) == []


def test_the_commonest_reason_comes_first_and_each_once() -> None:
    """Scheduling, images, and what a pod says of itself."""
    unscheduled = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no cpu"}
    ]
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}
    pods = [
        pod("a", ready=False, containerStatuses=[{"name": "app", "state": waiting}]),
        {"metadata": {"uid": "b"}, "status": {"conditions": unscheduled}},
        {"metadata": {"uid": "c"}, "status": {"conditions": unscheduled}},
        pod("d"),
        {"metadata": {"uid": "e", "deletionTimestamp": "t"}},
        {"metadata": {"uid": "f"}},
    ]

    assert why_not_ready(pods, set()) == (
        "2 pods: Unschedulable: no cpu",
        "1 pod: Ready, and no ready endpoint of a Service yet",
        "1 pod: app: ImagePullBackOff: no such image",
        "1 pod: being deleted",
    )
    assert why_not_ready(pods[:1], {"uid-a"}) == ()


def test_fewer_pods_than_replicas_have_a_reason_too() -> None:
    """What the controller met with, or that it is not done yet."""
    workload = {"spec": {"replicas": 5}, "status": {}}
    failed = [{"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: q"}]

    assert why_not_made(workload, 5) == ()
    assert why_not_made(workload, 3) == ("2 pods that are not made yet",)
    assert why_not_made({**workload, "status": {"conditions": failed}}, 3) == ("exceeded quota: q",)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("2", 2),
        ("500m", "0.5"),
        ("1Gi", 2**30),
        ("1.5Ki", 1536),
        ("2k", 2000),
        ("1e3", 1000),
        ("100u", "0.0001"),
        (4, 4),
    ],
)
def test_a_quantity_is_read_as_kubernetes_means_it(text: object, amount: object) -> None:
    """Decimal and binary units, thousandths, exponents, and bare numbers."""
    assert quantity(text) == Decimal(str(amount))


def test_what_is_no_quantity_is_an_error_that_shows_one() -> None:
    """Of a custom resource, say, whose schema does not check it."""
    with pytest.raises(ValueError, match="500m, 2 or 1Gi"):
        quantity("a lot")


def test_quantities_are_written_as_people_do() -> None:
    """Rounded up, so that what is asked for fits."""
    assert written(Decimal("0.9"), "requests.cpu") == "900m"
    assert written(Decimal(4), "cpu") == "4"
    assert written(Decimal(2**30 + 1), "memory") == "1025Mi"
    assert written(Decimal(9), "pods") == "9"


def container(name: str, **resources: dict[str, str]) -> dict[str, Any]:
    return {"name": name, "resources": resources}


def test_a_pod_asks_for_its_containers_together_or_for_its_largest_first_one() -> None:
    """A sidecar that is started first runs beside the others; the overhead of its runtime comes on top."""
    template = {
        "spec": {
            "overhead": {"cpu": "10m"},
            "initContainers": [
                container("migrate", requests={"cpu": "100m", "memory": "2Gi"}),
                {**container("mesh", requests={"cpu": "50m"}), "restartPolicy": "Always"},
            ],
            "containers": [
                container("app", requests={"cpu": "200m", "memory": "1Gi"}, limits={"memory": "1Gi"}),
                container("log", requests={"cpu": "50m"}),
            ],
        }
    }

    shape = pod_shape(template)

    assert shape.requests == {"cpu": quantity("310m"), "memory": quantity("2Gi")}
    assert shape.unrequested == {"memory"}
    assert shape.unlimited == {"cpu", "memory"}


def test_a_container_that_says_nothing_has_the_namespace_s_defaults() -> None:
    """A limit without a request is both."""
    ranges = [
        {
            "spec": {
                "limits": [{"type": "Container", "default": {"cpu": "1"}, "defaultRequest": {"cpu": "250m"}}]
            }
        }
    ]
    silent = {"spec": {"containers": [container("app")]}}
    limited = {"spec": {"containers": [container("app", limits={"cpu": "2"})]}}

    assert pod_shape(silent, ranges).requests == {"cpu": quantity("250m")}
    assert pod_shape(silent, ranges).limits == {"cpu": quantity("1")}
    assert pod_shape(limited, ranges).requests == {"cpu": quantity("2")}
    assert pod_shape(silent).unrequested == {"cpu", "memory"}


def test_selectors_mean_what_they_say() -> None:
    """All labels, and all expressions; the client is given the very same."""
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front", "edge"]},
            {"key": "legacy", "operator": "DoesNotExist"},
            {"key": "zone", "operator": "Exists"},
            {"key": "zone", "operator": "NotIn", "values": ["c"]},
        ],
    }

    assert selects(selector, {"app": "web", "tier": "edge", "zone": "a"})
    assert not selects(selector, {"app": "web", "tier": "edge", "zone": "c"})
    assert not selects(selector, {"app": "web", "tier": "edge", "zone": "a", "legacy": "yes"})
    assert not selects(selector, {"app": "web", "zone": "a"})
    assert [key for key, _ in selection(selector)] == ["app", "tier", "legacy", "zone", "zone"]
