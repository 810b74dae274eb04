"""The composition root: the only place that builds clocks, actuators, registries and connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from advisor.actuation.actuator import Actuator
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.demand import SourcePartition
from advisor.domain.policy import Mode, Policy
from advisor.policy_file import PolicyFile
from advisor.reporting.metrics import Metrics
from advisor.resource_id import scheme_of
from advisor.settings import Settings
from streams.app import build_app
from streams.assessor import Assessor
from streams.campaign_feed import CampaignFeed
from streams.clock import Clock
from streams.decider import Decider
from streams.ingest import Ingest
from streams.outbox import Outbox
from streams.publisher import Publisher
from streams.topics import TopicNames, topic_ids
from streams.watchdog import Watchdog
from streams.worker import Worker

log = structlog.get_logger(__name__)


def simulated_resources(policy: Policy) -> SimulatedActuator:
    """The actuator of the policy's `sim://` resources."""
    return SimulatedActuator({n: r for n, r in policy.resources.items() if scheme_of(n) == "sim"})


def within_reach(policy: Policy, actuators: Mapping[str, Actuator], clock: Clock) -> Policy:
    """The policy with nothing left in approve or auto that could not, or must not, be acted on.

    A resource without an actuator is only recommended; so is, in a replay, one whose actuator is not a
    dry run.
    """
    resources = {}
    for name, resource in policy.resources.items():
        actuator = actuators.get(scheme_of(name))
        permitted = actuator is not None and (actuator.dry_run or not clock.from_events)
        if resource.mode.rank > Mode.RECOMMEND.rank and not permitted:
            why = "there is no actuator for it" if actuator is None else "a replay acts on dry runs only"
            log.warning("mode_lowered", resource=name, asked=resource.mode, to=Mode.RECOMMEND, why=why)
            resources[name] = replace(resource, mode=Mode.RECOMMEND)
        else:
            resources[name] = resource
    return replace(policy, resources=resources)


async def build_worker(
    settings: Settings, policy_file: PolicyFile, clock: Clock, outbox: Outbox, pool: Executor, datadir: Path
) -> Worker:
    """Put a worker together from parts that are connected already: a started outbox, a pool, a folder."""
    names = TopicNames.of(settings, policy_file)
    simulated = simulated_resources(policy_file.policy)
    actuators: dict[str, Actuator] = {"sim": simulated}
    policy = within_reach(policy_file.policy, actuators, clock)
    metrics = Metrics(CollectorRegistry())
    inputs = [*names.traffic, names.campaigns]
    ids = {} if settings.kafka.embedded else await asyncio.to_thread(topic_ids, settings, inputs)
    demand_partitions = await outbox.partitions(names.demand)
    sources = [
        SourcePartition(topic, ids.get(topic, ""), partition)
        for topic in names.traffic
        for partition in await outbox.partitions(topic)
    ]
    inbox_id = ids.get(names.campaigns, "")
    feed = CampaignFeed(settings, names, inbox_id, clock)
    assessor = Assessor(settings, names, policy, sources, feed, outbox, pool, clock, metrics)
    publisher = Publisher(names, inbox_id, feed, outbox, metrics)
    decider = Decider(
        settings,
        names,
        policy,
        len(demand_partitions),
        actuators,
        simulated.resume,
        feed,
        outbox,
        publisher,
        clock,
        metrics,
    )
    ingest = Ingest(settings, names, ids, policy.services, demand_partitions, outbox, clock, metrics)
    app = build_app(
        settings, names, assessor, decider, demand_partitions=len(demand_partitions), datadir=datadir
    )
    worker = Worker(settings, names, app, feed, ingest, assessor, decider, metrics)
    worker.watchdog = Watchdog(settings, worker.positions, metrics)
    feed.on_change = worker.wake
    return worker
