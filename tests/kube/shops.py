"""Several shops of one estate: each with an HPA of its own, raised for the same sale, by workers by proxy.

shops = Shops(world, estate, {"web": {}, "search": {"serves": "search"}})
with FaultProxy(world.cluster) as proxy:
    worker = shops.worker(proxy)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lightkube.resources.autoscaling_v2 import HorizontalPodAutoscaler

from streams.topic_setup import create_topics
from tests.kube.chart import rules
from tests.kube.fault_proxy import FaultProxy, Write
from tests.kube.history import Version
from tests.kube.hpa import bounds, marks
from tests.kube.world import World
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.sale import MARKETING
from tests.support.workers import WorkerProcess

ORIGINALS = (2, 10)
MARK = "2/10"


class Shops:
    """A Deployment and an HPA of 2 to 10 by each of these names, which workers set with the chart's rights.

    They serve `web`, and are raised in one step, if their `options` say nothing else.
    """

    def __init__(self, world: World, estate: Estate, options: Mapping[str, Mapping[str, Any]]) -> None:
        self._world, self._estate = world, estate
        self.names = tuple(options)
        for name in self.names:
            world.deployment(name, replicas=2)
            world.autoscaler(name, minimum=2, maximum=10)
        here, everywhere = rules(actuation=True)
        self._account = world.account("headstart", here, cluster_rules=everywhere)
        usual = {
            "serves": "web",
            "unit_capacity": 10,
            "min": 2,
            "max": 10,
            "lead_time": "20s",
            "mode": "auto",
        }
        ramp = {"factor": 100.0, "every": "1m", "hold": "10s"}
        self._resources = {
            self.id(name): {**usual, "ramp": dict(ramp), **other} for name, other in options.items()
        }
        create_topics(estate.settings)

    def id(self, name: str) -> str:
        """The resource id of a shop's HPA."""
        return f"k8s://prod/{self._world.namespace}/hpa/{name}"

    def worker(self, proxy: FaultProxy, **environ: str) -> WorkerProcess:
        """A worker of the estate, started, that calls the API server through this proxy."""
        clusters = {"prod": {"kubeconfig": str(proxy.kubeconfig_for(self._account))}}
        self._estate.write_policy(
            self._resources, sources=MARKETING, clusters=clusters, step="10s", stale_after="1h"
        )
        return self._estate.worker(**(QUICK | environ))

    def bounds(self, name: str) -> tuple[int, int]:
        """What stands on a shop's HPA."""
        return bounds(self._world, name)

    def is_raised(self, name: str, least: int) -> bool:
        """Does a floor of so many units stand, and the mark of what was before?"""
        mark = marks(self._world, name).get("headstart.io/originals")
        return self.bounds(name)[0] >= least and mark == MARK

    def is_as_before(self, name: str) -> bool:
        """Do exactly the originals stand, with no mark and no field of ours?"""
        held = "headstart" in self._world.managers(HorizontalPodAutoscaler, name)
        return self.bounds(name) == ORIGINALS and not marks(self._world, name) and not held

    def writes(self, proxy: FaultProxy, name: str) -> list[Write]:
        """What was written to a shop's HPA through this proxy, or would have been."""
        return [write for write in proxy.writes if write.path.endswith(path_of(name))]


def let_decide(*workers: WorkerProcess, times: int = 10) -> None:
    """Wait until one of them has decided so many times more: what was due in its eyes it has carried out.

    Several are named where either may be the decider, for the group may choose anew at any time.
    """

    def decided() -> list[float]:
        return [worker.metric("headstart_decisions_total") for worker in workers]

    before = decided()

    def goes_on() -> bool:
        return any(now >= then + times for now, then in zip(decided(), before, strict=True))

    eventually(goes_on, 60, what=f"of those who had decided {before} times one goes on")


def path_of(name: str) -> str:
    """How the path of an HPA ends."""
    return f"/horizontalpodautoscalers/{name}"


def epoch_of(write: Write) -> int | None:
    """The decider's epoch as a write names it; None for one that takes the marks off."""
    body = json.loads(write.body)
    written = body["metadata"].get("annotations", {}) if isinstance(body, dict) else {}
    return int(written["headstart.io/epoch"]) if "headstart.io/epoch" in written else None


def assert_never_raised_without_originals(versions: Iterable[Version]) -> None:
    """No version is raised that does not say what was before, and what it says is true."""
    for version in versions:
        if version.minimum > ORIGINALS[0] or version.maximum > ORIGINALS[1]:
            assert version.originals == MARK, version


def assert_epochs_rise(versions: Iterable[Version], receipts: Sequence[dict[str, Any]]) -> None:
    """Neither the marks of one HPA nor the receipts of what was done to it name an earlier decider again.

    A worker that slept writes its receipt down late: what counts is when it acted, and that stands in it.
    """
    written = [int(version.epoch) for version in versions if version.epoch is not None]
    assert written == sorted(written), written
    acted = sorted(receipts, key=lambda receipt: datetime.fromisoformat(receipt["acted_at"]))
    epochs = [receipt["epoch"] for receipt in acted]
    assert epochs == sorted(epochs), receipts


def receipts_of(estate: Estate, resource: str) -> list[dict[str, Any]]:
    """The receipts of what was done to a resource, in the order of the audit trail."""
    return [e["data"] for e in estate.audit(resource) if e["type"] == "io.headstart.resource.acted.v1"]
