"""Bounds and originals as they are written on objects, and who wrote them last."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.actuation.kubernetes.hpa import FIELDS as HPA
from advisor.actuation.kubernetes.managed_fields import is_held, letting_go, named, writer
from advisor.actuation.kubernetes.marks import MAXIMUM, ORIGINALS, is_managed
from advisor.actuation.kubernetes.scaled_object import FIELDS as KEDA
from advisor.actuation.kubernetes.workload_kind import FIELDS as WORKLOAD
from advisor.domain.capacity import Bounds

US = "headstart"


def thing(spec: dict[str, Any], **annotations: str) -> dict[str, Any]:
    marks = {f"headstart.io/{key}": value for key, value in annotations.items()}
    return {"metadata": {"name": "web", "annotations": marks}, "spec": spec}


def entry(manager: str, at: str, *fields: str, operation: str = "Apply") -> dict[str, Any]:
    owned = {"f:spec": {f"f:{field}": {} for field in fields}}
    return {"manager": manager, "operation": operation, "time": at, "fieldsV1": owned}


def held(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "web", "managedFields": list(entries)}, "spec": {}}


def test_a_bound_that_is_not_set_is_what_the_platform_takes_it_for() -> None:
    """An HPA's minimum is 1, KEDA's bounds are 0 and 100, a workload has one replica."""
    assert HPA.bounds(thing({"maxReplicas": 9}), 0) == Bounds(1, 9)
    assert KEDA.bounds(thing({}), 0) == Bounds(0, 100)
    assert WORKLOAD.bounds(thing({}), 40) == Bounds(1, 40)


def test_the_maximum_of_a_workload_is_what_we_were_asked_for_or_the_policy_s() -> None:
    """And never below its replicas, which somebody may have set higher."""
    assert WORKLOAD.bounds(thing({"replicas": 9}, maximum="60"), 40) == Bounds(9, 60)
    assert WORKLOAD.bounds(thing({"replicas": 50}), 40) == Bounds(50, 50)
    assert WORKLOAD.bounds(thing({"replicas": 9}, maximum="many"), 40) == Bounds(9, 40)
    assert WORKLOAD.marks(Bounds(9, 60)) == {MAXIMUM: "60"}
    assert HPA.marks(Bounds(9, 60)) == {}


def test_originals_keep_what_was_not_set() -> None:
    """So that it is not set again by a restore."""
    assert KEDA.originals(thing({}), Bounds(0, 100)) == "-/-"
    assert KEDA.originals(thing({"minReplicaCount": 0}), Bounds(0, 100)) == "0/-"
    assert KEDA.spec({}, Bounds(0, 100), "-/-") == {}
    assert KEDA.spec({}, Bounds(0, 100), "0/-") == {"minReplicaCount": 0}
    assert KEDA.spec({}, Bounds(9, 100)) == {"minReplicaCount": 9, "maxReplicaCount": 100}
    assert KEDA.read_originals("-/-") == Bounds(0, 100)


def test_a_mark_that_says_the_same_is_kept() -> None:
    """The bounds on the object are ours by then, and tell nothing of what was not set before."""
    raised = thing({"minReplicaCount": 9, "maxReplicaCount": 100}, originals="-/-")

    assert KEDA.originals(raised, Bounds(0, 100)) == "-/-"
    assert KEDA.originals(raised, Bounds(3, 100)) == "3/100"


@pytest.mark.parametrize("text", ["", "4", "4/", "/60", "four/sixty", "4/60/8", "-4/60"])
def test_a_mark_that_somebody_spoilt_is_none(text: str) -> None:
    """What it said is in Kafka as well."""
    assert HPA.read_originals(text) is None
    assert (
        HPA.originals(thing({"minReplicas": 9, "maxReplicas": 60}, originals=text), Bounds(4, 60)) == "4/60"
    )


def test_only_a_plain_no_keeps_us_off() -> None:
    """Whoever says nothing, or something else, does not."""
    answers = {
        word: is_managed(thing({}, managed=word)) for word in ("false", "False", "no", "true", "later")
    }

    assert answers == {"false": False, "False": False, "no": False, "true": True, "later": True}
    assert is_managed({"metadata": {}, "spec": {}})


def test_the_writer_is_who_owned_a_bound_last_and_is_not_us() -> None:
    """Whoever owns other fields, or wrote before, or is us, is not asked."""
    found = held(
        entry("kubectl-client-side-apply", "2026-11-27T08:00:00Z", "maxReplicas", "metrics"),
        entry("argocd-controller", "2026-11-27T09:00:00Z", "minReplicas"),
        entry("kube-controller-manager", "2026-11-27T09:30:00Z", "metrics"),
        entry(US, "2026-11-27T09:40:00Z", "maxReplicas"),
    )

    assert writer(found, ("minReplicas", "maxReplicas"), US) == "Argo CD (argocd-controller)"
    assert writer(found, ("replicas",), US) == ""
    assert writer({"metadata": {}, "spec": {}}, ("replicas",), US) == ""


def test_within_one_second_the_writer_is_who_holds_the_minimum() -> None:
    """Times are whole seconds, and whoever changes a field takes it from the others."""
    found = held(
        entry("argocd-controller", "2026-11-27T09:00:00Z", "minReplicas"),
        entry("kubectl-create", "2026-11-27T09:00:00Z", "maxReplicas", operation="Update"),
    )

    assert writer(found, ("minReplicas", "maxReplicas"), US) == "Argo CD (argocd-controller)"


def test_writers_are_known_by_their_names_and_by_what_these_begin_with() -> None:
    """One that nobody knows keeps its own name."""
    assert named("kustomize-controller") == "Flux (kustomize-controller)"
    assert named("pulumi-kubernetes-83ac1") == "Pulumi (pulumi-kubernetes-83ac1)"
    assert named("kubectl-edit") == "somebody with kubectl edit (kubectl-edit)"
    assert named("our-own-operator") == "our-own-operator"


def test_we_let_go_of_all_that_is_held_in_our_name_and_of_nothing_else() -> None:
    """By number from the last to the first, for each removal moves those behind it."""
    found = held(
        entry(US, "t", "minReplicas"), entry("argocd-controller", "t"), entry(US, "t", operation="Update")
    )

    assert letting_go(found, US) == [
        {"op": "remove", "path": "/metadata/managedFields/2"},
        {"op": "remove", "path": "/metadata/managedFields/0"},
    ]
    assert letting_go(held(entry(US, "t")), US) == [
        {"op": "replace", "path": "/metadata/managedFields", "value": [{}]}
    ]
    assert letting_go(held(entry("argocd-controller", "t")), US) == []
    assert is_held(found, US)
    assert not is_held(held(), US)
    assert ORIGINALS == "headstart.io/originals"
