"""What must a cluster hold before a test can use it? The CRDs of the neighbours, and a node for pods.

What `strip` leaves is a cluster on which none of the neighbours is installed.
"""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import yaml
from lightkube import Client
from lightkube.codecs import from_dict
from lightkube.generic_resource import create_global_resource, create_namespaced_resource
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.core_v1 import Node

from tests.kube.cluster import Cluster
from tests.support.deadline import eventually

NODE = "headstart-tests"
CRDS = sorted((Path(__file__).parent / "crds").glob("*.yaml"))

ScaledObject = create_namespaced_resource("keda.sh", "v1alpha1", "ScaledObject", "scaledobjects")
CapacityBuffer = create_namespaced_resource(
    "autoscaling.x-k8s.io", "v1beta1", "CapacityBuffer", "capacitybuffers"
)
NodePool = create_global_resource("karpenter.sh", "v1", "NodePool", "nodepools")


def furnish(cluster: Cluster, timeout_s: float = 60.0) -> None:
    """Install the CRDs and a node that pods may name; return once both can be used. Twice does no harm."""
    with closing(cluster.client()) as client:
        _install(client)
        for path in CRDS:
            name = yaml.safe_load(path.read_text())["metadata"]["name"]
            eventually(partial(_established, client, name), timeout_s, what=f"CRD {name} is served")
        eventually(partial(_ready, client), timeout_s, what=f"node {NODE} is Ready")


def strip(cluster: Cluster, timeout_s: float = 60.0) -> None:
    """Take the neighbours' CRDs away; return once the API server knows none of their kinds any more."""
    with closing(cluster.client()) as client:
        for path in CRDS:
            client.delete(CustomResourceDefinition, yaml.safe_load(path.read_text())["metadata"]["name"])
        for kind in (ScaledObject, CapacityBuffer, NodePool):
            eventually(partial(_unknown, client, kind), timeout_s, what=f"{kind.__name__} is not served")


def _unknown(client: Client, kind: type[Any]) -> bool:
    try:
        list(client.list(kind))
    except httpx2.HTTPStatusError as error:  # in plain text, and so no ApiError
        return error.response.status_code == 404
    return False


def _install(client: Client) -> None:
    for path in CRDS:
        client.apply(from_dict(yaml.safe_load(path.read_text())), field_manager="headstart-tests")
    # The annotation is for a cluster whose kwok does not play the kubelet of every node.
    metadata = {"name": NODE, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    node = from_dict({"apiVersion": "v1", "kind": "Node", "metadata": metadata})
    client.apply(node, field_manager="headstart-tests")


def _established(client: Client, name: str) -> bool:
    status = client.get(CustomResourceDefinition, name).status
    conditions = (status.conditions if status else None) or []
    return any(one.type == "Established" and one.status == "True" for one in conditions)


def _ready(client: Client) -> bool:
    status = client.get(Node, NODE).status
    conditions = (status.conditions if status else None) or []
    return any(one.type == "Ready" and one.status == "True" for one in conditions)
