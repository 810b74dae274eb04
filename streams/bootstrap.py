"""The composition root: the only place that builds clocks, actuators, registries and connections."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from advisor.actuation.actuator import Actuator
from advisor.actuation.reach import simulated_resources, within_reach
from advisor.domain.demand import SourcePartition
from advisor.domain.policy import Mode
from advisor.policy_file import PolicyFile
from advisor.reporting.metrics import Metrics
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


async def build_worker(
    settings: Settings, policy_file: PolicyFile, clock: Clock, outbox: Outbox, pool: Executor, datadir: Path
) -> Worker:
    """Put a worker together from parts that are connected already: a started outbox, a pool, a folder."""
    names = TopicNames.of(settings, policy_file)
    simulated = simulated_resources(policy_file.policy)
    actuators: dict[str, Actuator] = {"sim": simulated}
    policy, lowered = within_reach(policy_file.policy, actuators, dry_run_only=clock.from_events)
    for one in lowered:
        log.warning("mode_lowered", resource=one.resource, asked=one.asked, to=Mode.RECOMMEND, why=one.reason)
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
