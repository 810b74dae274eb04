"""By the event clock nothing is decided of a time that one part of the inbox has not reached yet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from advisor.domain.timegrid import to_epoch_s
from streams.codec.needs_log import encode_tick
from streams.codec.resource_state import DECIDED_KEY, decode_decided
from tests.support.deadline import eventually
from tests.support.estate import Estate

BEGIN = datetime(2026, 11, 25, 9, tzinfo=UTC)
RESOURCES = {"sim://shop/web-shop": {"serves": "web-shop", "unit_capacity": 100, "min": 2, "max": 20}}


def decided_until(estate: Estate) -> int:
    """The last tick decided (epoch seconds); 0 before the first."""
    marks = [r.value for r in estate.records(estate.names.resources) if r.key == DECIDED_KEY and r.value]
    return decode_decided(marks[-1]) if marks else 0


@pytest.mark.timeout(120)
def test_the_decider_waits_until_its_own_inbox_has_reached_the_tick(estate: Estate) -> None:
    """Another worker, ahead in the inbox, tells ticks: this one decides them as its own clock gets there."""
    estate.create(RESOURCES)
    ticks = [BEGIN + timedelta(minutes=n) for n in range(11)]
    demand = list(range(estate.settings.kafka.partitions))
    told = [encode_tick(demand, to_epoch_s(tick), end=False) for tick in ticks]
    estate.send(estate.names.needs, [(key, value, ()) for key, value in told])
    inbox = [estate.names.campaigns]

    estate.tell_time(ticks[4], end=False, topics=inbox)
    estate.worker("--clock", "events").wait_ready()
    eventually(lambda: decided_until(estate) == to_epoch_s(ticks[4]), 30, what="the inbox's tick is decided")

    estate.tell_time(ticks[10], end=False, topics=inbox)
    eventually(lambda: decided_until(estate) == to_epoch_s(ticks[10]), 30, what="the last tick is decided")
