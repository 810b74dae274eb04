"""A shop on a real cluster: a Deployment with an HPA of 2 to 10, and a policy that lets it grow to 60."""

from __future__ import annotations

from typing import Any

from tests.kube.chart import rules
from tests.kube.fault_proxy import FaultProxy
from tests.kube.world import World
from tests.support.estate import Estate
from tests.support.sale import MARKETING


def shop(
    world: World, estate: Estate, *, actuation: bool = True, through: FaultProxy | None = None, **options: Any
) -> str:
    """The id of the HPA, once all is there. The worker has the chart's rights, and calls `through`."""
    world.deployment("web", replicas=2, ready_after="5s")
    world.autoscaler("web", minimum=2, maximum=10)
    here, everywhere = rules(actuation=actuation)
    kubeconfig = world.account("headstart", here, cluster_rules=everywhere)
    if through is not None:
        kubeconfig = through.kubeconfig_for(kubeconfig)
    name = f"k8s://prod/{world.namespace}/hpa/web"
    known = {
        **{"serves": "web", "unit_capacity": 10, "min": 2, "max": 60, "lead_time": "30s", "mode": "auto"},
        **{"ramp": {"factor": 3.0, "every": "1m", "hold": "1m"}, **options},
    }
    clusters = {"prod": {"kubeconfig": str(kubeconfig)}}
    estate.create({name: known}, sources=MARKETING, clusters=clusters, step="1m", stale_after="1h")
    return name
