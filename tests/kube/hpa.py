"""What stands on an HPA of a world: its bounds, and what is ours of its annotations."""

from __future__ import annotations

from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from tests.kube.world import World


def bounds(world: World, name: str = "web") -> tuple[int, int]:
    """Its least and its most replicas."""
    spec = world.client.get(HorizontalPodAutoscaler, name, namespace=world.namespace).to_dict()["spec"]
    return spec["minReplicas"], spec["maxReplicas"]


def marks(world: World, name: str = "web") -> dict[str, str]:
    """The annotations on it that are ours."""
    found = world.client.get(HorizontalPodAutoscaler, name, namespace=world.namespace).to_dict()
    all_of_them = found["metadata"].get("annotations") or {}
    return {mark: text for mark, text in all_of_them.items() if mark.startswith("headstart.io/")}
