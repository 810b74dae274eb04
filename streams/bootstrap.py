"""The composition root: the only place that builds clocks, actuators, registries and connections."""

from __future__ import annotations

import asyncio
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from advisor.actuation.reach import within_reach
from advisor.actuation.registry import actuators_of, as_dry_run, longest_call
from advisor.domain.demand import SourcePartition
from advisor.domain.policy import Mode
from advisor.policy_file import PolicyFile
from advisor.reporting.metrics import Metrics
from advisor.settings import Settings
from streams.acting import Acting
from streams.aiokafka_header_names import spell_header_names
from streams.app import build_app
from streams.assessor import Assessor
from streams.bounded_outbox import BoundedOutbox
from streams.campaign_feed import CampaignFeed
from streams.clock import Clock
from streams.command_desk import CommandDesk
from streams.command_feed import CommandFeed
from streams.context import WorkerContext
from streams.decider import Decider
from streams.ingest import Ingest
from streams.log_reader import log_consumer
from streams.looking_ahead import LookingAhead
from streams.outbox import Outbox
from streams.publisher import Publisher
from streams.tenure import Tenure
from streams.topic_setup import topic_ids
from streams.topics import TopicNames
from streams.watchdog import Watchdog
from streams.worker import Worker

log = structlog.get_logger(__name__)


async def build_worker(
    settings: Settings, policy_file: PolicyFile, clock: Clock, outbox: Outbox, pool: Executor, datadir: Path
) -> Worker:
    """Put a worker together from parts that are connected already: a started outbox, a pool, a folder."""
    spell_header_names()
    names = TopicNames.of(settings, policy_file)
    actuators = actuators_of(policy_file.policy, policy_file.connections)
    if settings.worker.dry_run:
        actuators = as_dry_run(actuators, policy_file.policy)
        log.warning("dry_run", resources=len(actuators))
    if clock.from_events:  # what is real lives by another clock
        actuators = {name: actuator for name, actuator in actuators.items() if actuator.dry_run}
    policy, lowered = within_reach(
        policy_file.policy, policy_file.connections, dry_run_only=clock.from_events
    )
    for one in lowered:
        log.warning("mode_lowered", resource=one.resource, asked=one.asked, to=Mode.RECOMMEND, why=one.reason)
    context = WorkerContext(settings, names, clock, outbox, Metrics(CollectorRegistry()))
    inputs = [*names.traffic, names.campaigns, names.commands]
    ids = {} if settings.kafka.embedded else await asyncio.to_thread(topic_ids, settings, inputs)
    demand_partitions = await outbox.partitions(names.demand)
    sources = [
        SourcePartition(topic, ids.get(topic, ""), partition)
        for topic in names.traffic
        for partition in await outbox.partitions(topic)
    ]
    inbox_id = ids.get(names.campaigns, "")
    inbox = {topic: await outbox.partitions(topic) for topic in (names.campaigns, names.campaign_state)}
    feed = CampaignFeed(settings, names, inbox_id, inbox, clock)
    assessor = Assessor(context, policy, sources, feed, pool)
    deciding = context
    if not clock.from_events:  # a replay waits for Kafka as long as it takes
        deciding = replace(context, outbox=BoundedOutbox(outbox, settings.kafka.store_within_s))
    publisher = Publisher(deciding, inbox_id, feed)
    commands = CommandFeed(settings, names)
    desk = CommandDesk(deciding, policy, ids.get(names.commands, ""), commands)
    tenure = Tenure(deciding.outbox, names.resources, longest_call(actuators))
    acting = Acting(deciding, policy, actuators, publisher, tenure)
    ahead = LookingAhead(acting, actuators, policy, context.metrics)
    decider = Decider(deciding, policy, len(demand_partitions), acting, feed, publisher, desk, ahead)
    ingest = Ingest(context, ids, policy.services, demand_partitions)
    app = build_app(
        settings, names, assessor, decider, demand_partitions=len(demand_partitions), datadir=datadir
    )
    worker = Worker(context, app, feed, commands, ingest, assessor, decider)
    worker.watchdog = Watchdog(log_consumer(settings), worker.positions, context.metrics)
    feed.on_change = worker.wake
    commands.on_change = decider.wake
    return worker
