"""The Faust application: agents without tables over the internal topics, and ownership of their partitions.

Faust delivers and shares out; what a record means is the assessor's and the decider's business, and what
they know they have from the log (:mod:`streams.state`), never from a table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import faust

from advisor.settings import Settings
from streams.assessor import Assessor
from streams.decider import Decider
from streams.failures import failure
from streams.topics import TopicNames


def build_app(
    settings: Settings,
    names: TopicNames,
    assessor: Assessor,
    decider: Decider,
    *,
    demand_partitions: int,
    datadir: Path,
) -> faust.App:
    """The application of one worker, ready to start."""
    app = faust.App(
        f"{settings.kafka.topic_prefix}-worker",
        broker=[f"kafka://{server}" for server in settings.kafka.bootstrap_servers.split(",")],
        broker_client_id=settings.kafka.client_id,
        broker_session_timeout=settings.kafka.session_timeout_s,
        broker_heartbeat_interval=settings.kafka.heartbeat_interval_s,
        consumer_auto_offset_reset="earliest",
        topic_partitions=demand_partitions,
        topic_allow_declare=False,  # `headstart topics` creates them, with their retention
        topic_disable_leader=True,
        stream_wait_empty=False,
        web_enabled=False,  # metrics and probes are served by streams.http
        datadir=datadir,
        autodiscover=False,
    )
    raw: dict[str, Any] = {
        "key_type": bytes,
        "value_type": bytes,
        "key_serializer": "raw",
        "value_serializer": "raw",
    }
    demand = app.topic(names.demand, partitions=demand_partitions, **raw)
    needs = app.topic(names.needs, partitions=1, **raw)

    @app.agent(demand, name="demand")
    async def fold_demand(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            await assessor.apply(message.partition, message.offset, message.value)

    @app.agent(needs, name="needs")
    async def fold_needs(stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            if message.partition == 0:
                await decider.apply(message.offset, message.key, message.value)

    _follow_ownership(app, names, assessor, decider)
    return app


def _follow_ownership(app: faust.App, names: TopicNames, assessor: Assessor, decider: Decider) -> None:
    """Whoever is given a partition restores its state; whoever loses one stops speaking for it at once."""
    taking: set[asyncio.Task[None]] = set()

    def in_background(work: Coroutine[Any, Any, None]) -> None:
        # Not awaited here: Faust holds the rebalance up until this handler returns.
        task = asyncio.create_task(_or_crash(app, work))
        taking.add(task)
        task.add_done_callback(taking.discard)

    @app.on_partitions_revoked.connect(weak=False)
    async def on_revoked(_: Any, revoked: Any, **__: Any) -> None:
        for task in taking:
            task.cancel()
        assessor.suspend([p.partition for p in revoked if p.topic == names.demand])
        decider.stand_by()

    @app.on_partitions_assigned.connect(weak=False)
    async def on_assigned(_: Any, assigned: Any, **__: Any) -> None:
        in_background(assessor.take(sorted(p.partition for p in assigned if p.topic == names.demand)))
        if any(p.topic == names.needs and p.partition == 0 for p in assigned):
            in_background(decider.take())


async def _or_crash(app: faust.App, work: Coroutine[Any, Any, None]) -> None:
    """A worker that cannot restore its state must not live on as if it had none."""
    try:
        await work
    except Exception as error:
        await app.crash(failure("restoring state", error))
