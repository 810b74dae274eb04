"""What was measured is read back as it was written; what changes with every look is not written with it."""

from __future__ import annotations

import json
from dataclasses import replace

from advisor.domain.demand import Level, Reading
from advisor.domain.evidence import (
    Awaited,
    CapacityEvidence,
    GoingOn,
    LeadTime,
    LeadTimes,
    Ready,
    Running,
    Stretch,
)
from advisor.domain.resource_state import ResourceState
from streams.codec.needs_log import LevelRecord, decode_needs, encode_level, level_of
from streams.codec.resource_state import (
    decode_decided,
    decode_running,
    decode_state,
    encode_decided,
    encode_state,
)
from streams.evidence import went_on
from tests.support.builders import MINUTE, NOW, PODS, SHOP, state

RUNNING = Running(
    within=(GoingOn(NOW, 80.0),),
    missed=(GoingOn(NOW, 120.0),),
    ready=(Ready(NOW, NOW + MINUTE, 9),),
    weighed_until=NOW,
)
MEASURED = ResourceState(
    PODS,
    lead_times=LeadTimes(
        (LeadTime(NOW, 9, 360.5), LeadTime(NOW, 12, 60.0, arrived=False)), (Awaited(NOW, 20),), NOW
    ),
    capacity=CapacityEvidence(
        (Stretch(NOW, NOW + 10 * MINUTE, 97.25),), Stretch(NOW, NOW + MINUTE, 110.0), RUNNING
    ),
)


def test_measurements_are_read_back_as_they_were_written() -> None:
    """All of them but the last look and what is going on, which change with every look."""
    kept = replace(
        MEASURED,
        lead_times=replace(MEASURED.lead_times, looked_at=None),
        capacity=replace(MEASURED.capacity, running=Running()),
    )

    assert decode_state(encode_state(MEASURED)[1]) == kept


def test_another_look_alone_writes_the_same_bytes() -> None:
    """Otherwise there would be a record of every look at every resource."""
    looked = replace(MEASURED, lead_times=replace(MEASURED.lead_times, looked_at=NOW + MINUTE))
    looked = replace(looked, capacity=replace(looked.capacity, running=Running()))

    assert encode_state(looked) == encode_state(MEASURED)


def test_a_state_written_before_anything_was_measured_is_read() -> None:
    """Its record lacks the fields."""
    record = json.loads(encode_state(state(floor=4))[1])
    for field in ("lead_times", "capacity"):
        del record["state"][field]

    assert decode_state(json.dumps(record).encode()) == state(floor=4, lead_times=LeadTimes())


def test_the_record_of_progress_brings_back_what_was_going_on() -> None:
    """With it, ticks that are taken again measure what they would have measured."""
    value = encode_decided(int(NOW.timestamp()), {PODS: RUNNING})[1]
    read = decode_state(encode_state(MEASURED)[1])

    assert decode_decided(value) == int(NOW.timestamp())
    assert went_on(read, decode_running(value), decode_decided(value)) == MEASURED


def test_a_record_of_progress_without_it_is_read() -> None:
    """As it was written before anything was weighed."""
    value = b'{"v":1,"tick_s":60}'

    assert (decode_decided(value), decode_running(value)) == (60, {})


def test_a_level_is_read_back_with_its_newest_bucket_and_without_one() -> None:
    """Records from before there was one lack it."""
    level = Level(SHOP, NOW, 20.0, Reading(NOW - MINUTE, NOW, 12.0, is_breached=True))
    value = encode_level(level, None)[1]
    old = {k: v for k, v in json.loads(value).items() if k != "newest"}

    assert [_read(v) for v in (value, json.dumps(old).encode())] == [level, Level(SHOP, NOW, 20.0)]
    assert (level.is_breached, Level(SHOP, NOW, 20.0).is_breached) == (True, False)


def _read(value: bytes) -> Level:
    record = decode_needs(value)
    assert isinstance(record, LevelRecord)
    return level_of(record)
