"""A source partition's samples become finished buckets, the same ones whenever they are folded."""

from __future__ import annotations

import pytest

from advisor.aggregation.partition_fold import Counted, FoldPosition, PartitionFold
from advisor.domain.demand import BucketPart, TrafficSample
from tests.support.builders import SOURCE, T0, counted, reading


def fold(resume: FoldPosition | None = None, lateness_s: float = 120) -> PartitionFold:
    return PartitionFold(SOURCE, width_s=60, lateness_s=lateness_s, resume=resume)


def folded(samples: list[TrafficSample], close_at: float = T0 + 7200) -> list[BucketPart]:
    it = fold()
    for offset, sample in enumerate(samples):
        it.add(sample, offset)
    it.advance(close_at)
    return it.take_closed()


def test_a_bucket_closes_when_the_highest_timestamp_less_the_lateness_has_passed_its_end():
    it = fold()
    it.add(counted(T0), 0)
    it.add(counted(T0 + 179), 1)
    assert it.take_closed() == []

    it.add(counted(T0 + 180), 2)

    assert [p.start_s for p in it.take_closed()] == [T0]
    assert it.closed_until_s == T0 + 60


def test_a_clock_record_closes_buckets_without_any_lateness():
    it = fold()
    it.add(counted(T0), 0)
    it.advance(T0 + 60)

    assert [p.start_s for p in it.take_closed()] == [T0]


def test_a_watermark_never_goes_back():
    it = fold()
    it.advance(T0 + 600)
    it.advance(T0 + 60)

    assert it.closed_until_s == T0 + 600
    assert it.add(counted(T0 + 300), 0) is Counted.LATE


def test_a_sample_of_a_finished_bucket_is_late_and_changes_nothing():
    it = fold()
    it.add(counted(T0), 0)
    it.add(counted(T0 + 600), 1)
    assert [p.start_s for p in it.take_closed()] == [T0]

    assert it.add(counted(T0 + 30), 2) is Counted.LATE
    it.advance(T0 + 600)
    assert it.take_closed() == []


def test_samples_within_the_lateness_count_in_whatever_order_they_come():
    it = fold()
    assert it.add(counted(T0 + 100), 0) is Counted.COUNTED
    assert it.add(counted(T0), 1) is Counted.COUNTED


def test_a_repeat_of_a_series_reading_is_a_duplicate():
    samples = [
        counted(T0, 10, 10, series="a"),
        counted(T0, 10, 10, series="a"),
        counted(T0 + 10, 5, 10, series="a"),
    ]
    it = fold()

    assert [it.add(s, i) for i, s in enumerate(samples)] == [
        Counted.COUNTED,
        Counted.DUPLICATE,
        Counted.COUNTED,
    ]
    it.advance(T0 + 60)
    assert [(p.count, p.samples) for p in it.take_closed()] == [(15, 2)]


def test_two_series_or_two_services_at_one_time_are_no_duplicates():
    it = fold()
    it.add(counted(T0, series="a"), 0)

    assert it.add(counted(T0, series="b"), 1) is Counted.COUNTED
    assert it.add(counted(T0, series="a", service="api"), 2) is Counted.COUNTED


def test_samples_without_a_series_are_never_duplicates():
    """Two equal log lines are two requests."""
    (bucket,) = folded([counted(T0, 1, 1), counted(T0, 1, 1), counted(T0, 1, 1)])

    assert (bucket.count, bucket.interval_s, bucket.samples) == (3, 3, 3)


def test_an_interval_longer_than_a_bucket_is_spread_over_the_buckets_it_covers():
    parts = folded([counted(T0 + 30, count=300, interval_s=150)])

    assert [(p.start_s - T0, p.count, p.interval_s) for p in parts] == [
        (0, 60, 30),
        (60, 120, 60),
        (120, 120, 60),
    ]
    assert {p.through_offset for p in parts} == {0}


def test_a_repeat_of_a_long_interval_is_a_duplicate_in_every_bucket():
    long = counted(T0, count=300, interval_s=300, series="a")

    parts = folded([long, long])

    assert [p.count for p in parts] == [60] * 5


def test_the_open_rest_of_a_long_interval_still_counts_when_its_first_bucket_is_finished():
    it = fold()
    it.advance(T0 + 60)

    assert it.add(counted(T0, count=180, interval_s=180), 0) is Counted.COUNTED
    it.advance(T0 + 180)
    assert [(p.start_s - T0, p.count) for p in it.take_closed()] == [(60, 60), (120, 60)]


def test_rates_are_kept_per_series_as_sum_and_number():
    (bucket,) = folded(
        [reading(T0, 10, series="a"), reading(T0 + 30, 20, series="a"), reading(T0, 5, series="b")]
    )

    assert bucket.rates == (("a", 30, 2), ("b", 5, 1))
    assert (bucket.count, bucket.interval_s) == (0, 0)


def test_one_saturated_sample_marks_its_bucket_and_no_other():
    parts = folded([counted(T0), counted(T0 + 30, saturated=True), counted(T0 + 60)])

    assert [p.saturated for p in parts] == [True, False]


def test_a_minute_without_samples_has_no_bucket():
    """A gap is not a zero."""
    assert [p.start_s - T0 for p in folded([counted(T0), counted(T0 + 180)])] == [0, 180]


def test_buckets_close_in_order_of_time_and_then_of_service():
    samples = [counted(T0 + 60, service="b"), counted(T0 + 60, service="a"), counted(T0, service="c")]

    assert [(p.start_s - T0, p.service) for p in folded(samples)] == [(0, "c"), (60, "a"), (60, "b")]


def test_the_position_is_the_lowest_offset_that_an_open_bucket_needs():
    it = fold()
    it.add(counted(T0), 7)
    it.add(counted(T0 + 60), 8)
    it.skip(9)
    assert (it.position.offset, it.position.position) == (7, 10)

    it.advance(T0 + 60)
    assert (it.position.offset, it.position.position) == (8, 10)

    it.advance(T0 + 120)
    assert (it.position.offset, it.position.position) == (10, 10)


def test_a_fold_that_resumes_knows_which_samples_it_has_seen():
    """Read again they are no news; after the position a sample of a finished bucket is late."""
    it = fold(FoldPosition(offset=5, position=7, closed_until_s=T0 + 60, watermark_s=T0 + 60.0))

    assert it.add(counted(T0), 5) is Counted.REFOLDED
    assert it.add(counted(T0 + 70), 6) is Counted.COUNTED
    assert it.add(counted(T0), 7) is Counted.LATE


STREAM: list[TrafficSample | float | None] = [
    counted(T0 + 5, 10, 10, series="a"),
    reading(T0 + 20, 3.0, series="r"),
    counted(T0 + 59, 7, 10),
    counted(T0 + 61, 300, 200, series="long"),  # covers five buckets
    None,  # a dead letter
    counted(T0 + 5, 10, 10, series="a"),  # a duplicate
    counted(T0 + 150, 4, 10, service="api"),
    counted(T0 + 190, 1, 10, saturated=True),  # closes the first bucket
    counted(T0 + 10, 9, 10),  # late
    counted(T0 + 61, 300, 200, series="long"),  # a duplicate across buckets finished and open
    reading(T0 + 185, 8.0, series="r"),
    float(T0 + 240),  # a clock record
    counted(T0 + 130, 6, 10),  # late
    counted(T0 + 250, 2, 10, series="a"),
    counted(T0 + 245, 2, 20, service="api"),
    counted(T0 + 500, 3, 10),
    float(T0 + 900),
]


def take(it: PartitionFold, record: TrafficSample | float | None, offset: int) -> None:
    if isinstance(record, TrafficSample):
        it.add(record, offset)
        return
    it.skip(offset)
    if record is not None:
        it.advance(record)


def without_a_crash() -> dict[tuple[int, str], BucketPart]:
    it = fold()
    for offset, record in enumerate(STREAM):
        take(it, record, offset)
    return {(p.start_s, p.service): p for p in it.take_closed()}


@pytest.mark.parametrize("crash", range(len(STREAM) + 1))
@pytest.mark.parametrize("sent_after_the_commit", [0, 1, 3])
def test_a_refold_after_a_crash_at_any_record_gives_exactly_the_same_buckets(crash, sent_after_the_commit):
    """Committed at one record, crashed some records later: what is sent twice is the same both times."""
    sent: list[BucketPart] = []
    it = fold()
    committed = FoldPosition(0, 0, 0, float("-inf"))
    for offset, record in enumerate(STREAM[: crash + sent_after_the_commit]):
        take(it, record, offset)
        sent += it.take_closed()
        if offset < crash:
            committed = it.position

    it = fold(committed)
    for offset in range(committed.offset, len(STREAM)):
        take(it, STREAM[offset], offset)
    sent += it.take_closed()

    expected = without_a_crash()
    assert {(p.start_s, p.service) for p in sent} == set(expected)
    for bucket in sent:
        assert bucket == expected[bucket.start_s, bucket.service]


@pytest.mark.parametrize("second", range(len(STREAM) + 1))
def test_a_second_crash_in_the_middle_of_a_refold_changes_nothing_either(second):
    sent: list[BucketPart] = []
    it = fold()
    for offset, record in enumerate(STREAM[:12]):
        take(it, record, offset)
    sent += it.take_closed()
    for end in (second, len(STREAM)):
        at = it.position
        it = fold(at)
        for offset in range(at.offset, end):
            take(it, STREAM[offset], offset)
        sent += it.take_closed()

    expected = without_a_crash()
    assert {(p.start_s, p.service): p for p in sent} == expected
    assert all(p == expected[p.start_s, p.service] for p in sent)


def test_a_producer_that_was_held_up_is_not_late_with_what_it_sends_afterwards():
    """At the end of the log the buckets begun are finished; the time in which nothing came stays open."""
    it = fold()
    it.add(counted(T0), 0)

    it.finish_until(T0 + 3600)
    assert [part.start_s for part in it.take_closed()] == [T0]
    assert it.closed_until_s == T0 + 60

    assert it.add(counted(T0 + 300), 1) is Counted.COUNTED
    assert it.add(counted(T0), 2) is Counted.LATE


def test_a_bucket_that_has_not_ended_stays_open_at_the_end_of_the_log():
    it = fold()
    it.add(counted(T0), 0)

    it.finish_until(T0 + 59)

    assert it.take_closed() == []
    assert it.add(counted(T0 + 30), 1) is Counted.COUNTED
