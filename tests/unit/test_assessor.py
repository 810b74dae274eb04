"""What a worker says of its services, in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

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


def test_what_is_needed_is_said_even_if_nothing_can_be_explained() -> None:
    """The audit topic refuses a campaign's explanation: the decider learns what is needed all the same."""
    outbox = NoAudit()
    announced = campaign(start=from_epoch_s(T0) + 12 * HOUR)
    state = DemandPartition(0, 300)
    for minute in range(9 * 60):
        state.apply(minute, encode_bucket(part(T0 + 60 * minute, through_offset=minute)))

    async def assess() -> None:
        context = WorkerContext(
            load_settings(),
            NAMES,
            Clock(lambda: from_epoch_s(T0), from_events=False),
            outbox,  # type: ignore[arg-type]
            Metrics(CollectorRegistry()),
        )
        with ThreadPoolExecutor(1) as pool:
            inbox = {NAMES.campaigns: [0], NAMES.campaign_state: [0]}
            feed = CampaignFeed(context.settings, NAMES, "id-1", inbox, context.clock)
            assessor = Assessor(context, policy(), [SOURCE], feed, pool)
            await assessor._assess([state], (announced,), T0 + 9 * 3600)

    with pytest.raises(ConnectionError, match=NAMES.audit):
        asyncio.run(assess())
    assert {record.topic for record in outbox.stored} >= {NAMES.needs, NAMES.forecasts}
