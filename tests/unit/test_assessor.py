"""What a worker says of its services, in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from advisor.domain.timegrid import from_epoch_s
from advisor.reporting.metrics import Metrics
from advisor.settings import load_settings
from streams.assessor import Assessor
from streams.campaign_feed import CampaignFeed
from streams.clock import Clock
from streams.codec.demand_log import encode_bucket
from streams.context import WorkerContext
from streams.demand_partition import DemandPartition
from streams.records import OutgoingRecord
from streams.topics import TOPICS, TopicNames
from tests.support.builders import HOUR, SOURCE, T0, campaign, part, policy

NAMES = TopicNames(**{field: (f"t.{field}",) if field == "traffic" else f"t.{field}" for field in TOPICS})


class NoAudit:
    """A broker that stores everything but the audit trail."""

    def __init__(self) -> None:
        self.stored: list[OutgoingRecord] = []

    async def send(self, records: Iterable[OutgoingRecord]) -> None:
        for record in records:
            if record.topic == NAMES.audit:
                raise ConnectionError(record.topic)
            self.stored.append(record)


class Everything:
    """A broker that stores everything."""

    def __init__(self) -> None:
        self.stored: list[OutgoingRecord] = []

    async def send(self, records: Iterable[OutgoingRecord]) -> None:
        self.stored += records


class WhileAtWork(ThreadPoolExecutor):
    """A pool that does something first each time it is given work."""

    def __init__(self, first: Callable[[], None]) -> None:
        super().__init__(1)
        self.first = first

    def submit(self, *work: Any, **more: Any) -> Future[Any]:
        self.first()
        return super().submit(*work, **more)


def nine_hours() -> DemandPartition:
    """The state of a partition that has heard of a service for nine hours."""
    state = DemandPartition(0, 300)
    for minute in range(9 * 60):
        state.apply(minute, encode_bucket(part(T0 + 60 * minute, through_offset=minute)))
    return state


def assessor(outbox: NoAudit | Everything, pool: Executor) -> Assessor:
    """A worker's assessor that has taken its partitions."""
    context = WorkerContext(
        load_settings(),
        NAMES,
        Clock(lambda: from_epoch_s(T0), from_events=False),
        outbox,  # type: ignore[arg-type]
        Metrics(CollectorRegistry()),
    )
    inbox = {NAMES.campaigns: [0], NAMES.campaign_state: [0]}
    feed = CampaignFeed(context.settings, NAMES, "id-1", inbox, context.clock)
    made = Assessor(context, policy(), [SOURCE], feed, pool)
    made.taken = True
    return made


def test_what_is_needed_is_said_even_if_nothing_can_be_explained() -> None:
    """The audit topic refuses a campaign's explanation: the decider learns what is needed all the same."""
    outbox = NoAudit()
    announced = campaign(start=from_epoch_s(T0) + 12 * HOUR)

    async def assess() -> None:
        with ThreadPoolExecutor(1) as pool:
            await assessor(outbox, pool)._assess([nine_hours()], (announced,), T0 + 9 * 3600)

    with pytest.raises(ConnectionError, match=NAMES.audit):
        asyncio.run(assess())
    assert {record.topic for record in outbox.stored} >= {NAMES.needs, NAMES.forecasts}


def test_what_was_worked_out_while_the_partition_was_taken_away_is_not_said() -> None:
    """A rebalance during a forecast: its next owner says it, or this worker if it is given it back."""
    outbox = Everything()
    announced = campaign(start=from_epoch_s(T0) + 12 * HOUR)
    state = nine_hours()

    async def assess() -> None:
        with WhileAtWork(lambda: worker.suspend([0])) as pool:
            worker = assessor(outbox, pool)
            await worker._assess([state], (announced,), T0 + 9 * 3600)
            assert outbox.stored == []
            pool.first = lambda: None
            worker.taken = True
            await worker._assess([state], (announced,), T0 + 9 * 3600)

    asyncio.run(assess())
    assert {record.topic for record in outbox.stored} >= {NAMES.needs, NAMES.forecasts, NAMES.audit}
