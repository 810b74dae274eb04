"""A demand partition's state is the fold of its log, wherever one begins to read it again."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.domain.demand import SourcePartition
from advisor.domain.timegrid import from_epoch_s
from streams.codec.demand_log import encode_bucket, encode_watermark
from streams.codec.snapshots import MARKER_KEY, decode_marker, decode_snapshot
from streams.demand_partition import DemandPartition
from streams.records import OutgoingRecord
from tests.support.builders import SHOP, SOURCE, T0, part

OTHER = SourcePartition("traffic", "id-1", 1)
SOURCES = [SOURCE, OTHER]
MODELS = "headstart.models"


def log() -> list[bytes | None]:
    """Nine hours of two services from two source partitions: repeats, fuller parts, damage, an end."""
    rng = np.random.default_rng(11)
    records: list[bytes | None] = []
    for minute in range(0, 540, 4):
        for source in SOURCES:
            service = SHOP if rng.random() < 0.7 else "api"
            one = part(
                T0 + 60 * minute,
                float(rng.integers(1, 900)),
                source=source,
                service=service,
                through_offset=minute,
            )
            records.append(encode_bucket(one))
            if rng.random() < 0.2:
                records.append(records[int(rng.integers(len(records)))])  # sent twice, or much later again
            if rng.random() < 0.05:
                records.append(rng.choice(np.array([b"{", b'{"type":"bucket"}'], dtype=object)))
        if minute % 20 == 0:
            records.append(encode_watermark(SOURCES[minute // 20 % 2], T0 + 60 * minute + 60, end=False))
    records.append(encode_watermark(SOURCE, T0 + 32_400, end=True))
    records.append(None)
    return records


LOG = log()


def folded(records: list[bytes | None], state: DemandPartition | None = None) -> DemandPartition:
    """The log read from where a state begins."""
    it = state or DemandPartition(3, 300)
    for offset in range(it.next_offset, len(records)):
        it.apply(offset, records[offset])
    return it


def restored(records: dict[bytes, OutgoingRecord]) -> DemandPartition:
    """A state from the newest record of each key on the models topic."""
    it = DemandPartition(3, 300)
    for key, record in records.items():
        assert record.value is not None
        if key == MARKER_KEY:
            it.restore_marker(decode_marker(record.value))
        else:
            it.restore_service(decode_snapshot(record.value))
    return it


def newest(*snapshots: tuple[OutgoingRecord, ...]) -> dict[bytes, OutgoingRecord]:
    """What a compacted topic holds."""
    return {record.key: record for records in snapshots for record in records if record.key is not None}


def same(one: DemandPartition, other: DemandPartition) -> bool:
    return (
        one.next_offset == other.next_offset
        and {n: h.state() for n, h in one.histories.items()}
        == {n: h.state() for n, h in other.histories.items()}
        and one.complete_until_s(SOURCES) == other.complete_until_s(SOURCES)
        and one.ended([SOURCE]) == other.ended([SOURCE])
    )


WHOLE = folded(LOG)


@pytest.mark.parametrize("at", range(0, len(LOG) + 1, 5))
def test_a_snapshot_taken_at_any_record_and_the_log_from_there_give_the_whole_log(at):
    it = folded(LOG[:at])

    assert same(folded(LOG, restored(newest(it.snapshot(MODELS)))), WHOLE)


@pytest.mark.parametrize("at", range(0, len(LOG), 31))
def test_a_worker_that_dies_between_the_services_snapshots_and_their_marker_loses_nothing(at):
    """The newer snapshots say what they have seen; the older marker makes the rest be read."""
    it = folded(LOG[:at])
    first = it.snapshot(MODELS)
    for offset in range(at, min(at + 40, len(LOG))):
        it.apply(offset, LOG[offset])
    *services, _marker = it.snapshot(MODELS)

    for written in range(len(services) + 1):
        found = newest(first, tuple(services[:written]))
        assert same(folded(LOG, restored(found)), WHOLE)


def test_snapshots_hold_only_what_changed_since_the_last_and_always_the_marker():
    it = DemandPartition(3, 300)
    it.apply(0, encode_bucket(part(service="a")))
    it.apply(1, encode_bucket(part(service="b")))

    assert [r.key for r in it.snapshot(MODELS)] == [b"a", b"b", MARKER_KEY]
    it.apply(2, encode_bucket(part(T0 + 60, service="b")))
    it.apply(3, encode_bucket(part(service="a")))  # a repeat
    assert [r.key for r in it.snapshot(MODELS)] == [b"b", MARKER_KEY]
    assert [r.key for r in it.snapshot(MODELS)] == [MARKER_KEY]
    assert {(r.topic, r.partition) for r in it.snapshot(MODELS)} == {(MODELS, 3)}


def test_a_record_folded_before_changes_nothing():
    it = DemandPartition(3, 300)
    it.apply(0, encode_bucket(part(count=60)))
    it.apply(1, encode_bucket(part(T0 + 60, count=60)))

    it.apply(0, encode_bucket(part(count=9999, through_offset=7)))

    assert it.next_offset == 2
    assert it.histories[SHOP].view(from_epoch_s(T0 + 300)).values.tolist() == [1.0]


@pytest.mark.parametrize(
    "damage", [None, b"", b"{", b'{"type":"bucket","v":1}', b'{"type":"watermark","v":2}']
)
def test_an_unreadable_record_is_counted_and_passed_over(damage):
    it = DemandPartition(3, 300)

    it.apply(0, damage)
    it.apply(1, encode_bucket(part()))

    assert (it.unreadable, it.next_offset, list(it.histories)) == (1, 2, [SHOP])


def test_demand_is_complete_up_to_the_slowest_source():
    it = DemandPartition(3, 300)
    it.apply(0, encode_watermark(SOURCE, T0 + 600, end=False))
    assert it.complete_until_s(SOURCES) == 0

    it.apply(1, encode_watermark(OTHER, T0 + 60, end=False))
    assert it.complete_until_s(SOURCES) == T0 + 60


def test_it_is_over_when_every_source_has_said_so_and_goes_on_with_new_traffic():
    it = DemandPartition(3, 300)
    it.apply(0, encode_watermark(SOURCE, T0 + 60, end=True))
    assert not it.ended(SOURCES)
    it.apply(1, encode_watermark(OTHER, T0 + 60, end=True))
    assert it.ended(SOURCES)

    it.apply(2, encode_watermark(SOURCE, T0 + 60, end=False))  # repeated after a restart
    assert it.ended(SOURCES)
    it.apply(3, encode_watermark(SOURCE, T0 + 120, end=False))
    assert not it.ended(SOURCES)
    assert not it.ended([])


def test_the_earliest_instant_is_that_of_any_service():
    it = DemandPartition(3, 300)
    assert it.earliest_s is None

    it.apply(0, encode_bucket(part(T0 + 60, service="a")))
    it.apply(1, encode_bucket(part(T0, service="b")))

    assert it.earliest_s == T0
