"""Laws of aggregation: demand is what was sent, however it travelled."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.aggregation.partition_fold import Counted, PartitionFold
from advisor.aggregation.service_history import ServiceHistory
from advisor.domain.demand import BucketPart, ServiceView, SourcePartition, TrafficSample
from advisor.domain.timegrid import from_epoch_s
from advisor.pipeline import assess
from streams.campaign_book import CampaignBook, Position, Standing
from streams.codec.campaigns import Announced, Cancelled
from tests.support.builders import CRM, MINUTE, NOW, T0, campaign, part, policy
from tests.support.strategies import arrivals, samples

LATENESS_S = 120
UNTIL = T0 + 3600
LAWS = settings(max_examples=80, deadline=None)


def parts_of(stream: list[TrafficSample], partition: int = 0) -> list[BucketPart]:
    """All buckets of a stream, read to its end; nothing in it may be late."""
    fold = PartitionFold(SourcePartition("traffic", "id", partition), width_s=60, lateness_s=LATENESS_S)
    for offset, sample in enumerate(stream):
        assert fold.add(sample, offset) is not Counted.LATE
    fold.advance(UNTIL)
    return fold.take_closed()


def demand_of(parts: list[BucketPart]) -> dict[str, ServiceView]:
    """Every service's view at the end of the hour."""
    histories: dict[str, ServiceHistory] = {}
    for one in parts:
        histories.setdefault(one.service, ServiceHistory(one.service, 300)).apply(one)
    return {name: histories[name].view(from_epoch_s(UNTIL)) for name in sorted(histories)}


def assert_same(one: dict[str, ServiceView], other: dict[str, ServiceView]) -> None:
    assert list(one) == list(other)
    for mine, theirs in zip(one.values(), other.values(), strict=True):
        assert mine.start_s == theirs.start_s
        np.testing.assert_allclose(mine.values, theirs.values, rtol=1e-6)
        np.testing.assert_array_equal(mine.saturated, theirs.saturated)


def in_order_of_arrival(sent: list[tuple[int, TrafficSample]]) -> list[TrafficSample]:
    return [s for _, _, s in sorted((s.timestamp_s + delay, i, s) for i, (delay, s) in enumerate(sent))]


@LAWS
@given(arrivals(LATENESS_S))
def test_reordering_within_the_lateness_changes_no_bucket(sent):
    sent = [(delay, s) for delay, s in sent if s.series is None or s.rate_per_s is None]
    distinct = list(
        {
            (s.service, s.series, s.timestamp_s) if s.series else i: (d, s) for i, (d, s) in enumerate(sent)
        }.values()
    )

    on_time = parts_of(in_order_of_arrival([(0, s) for _, s in distinct]))
    delayed = parts_of(in_order_of_arrival(distinct))

    assert_same(demand_of(on_time), demand_of(delayed))


@LAWS
@given(
    st.lists(samples(), max_size=30),
    st.lists(st.tuples(st.integers(0, 99), st.integers(0, LATENESS_S)), max_size=30),
)
def test_repeats_of_a_series_reading_within_the_lateness_change_no_bucket(once, again):
    once = [s for s in once if s.series is not None]
    first = list({(s.service, s.series, s.timestamp_s): s for s in once}.values())
    repeats = [(delay, first[i % len(first)]) for i, delay in again if first]

    plain = parts_of(in_order_of_arrival([(0, s) for s in first]))
    repeated = parts_of(in_order_of_arrival([*((0, s) for s in first), *repeats]))

    assert_same(demand_of(plain), demand_of(repeated))


@LAWS
@given(st.lists(st.tuples(samples(), st.integers(0, 3)), max_size=40))
def test_splitting_a_stream_over_partitions_changes_no_demand(spread):
    distinct = list(
        {
            (s.service, s.series, s.timestamp_s) if s.series else i: (s, p) for i, (s, p) in enumerate(spread)
        }.values()
    )
    ordered = sorted(distinct, key=lambda pair: pair[0].timestamp_s)

    whole = parts_of([s for s, _ in ordered])
    split = [one for p in range(4) for one in parts_of([s for s, where in ordered if where == p], p)]

    assert_same(demand_of(whole), demand_of(split))


@LAWS
@given(
    st.lists(st.tuples(samples(), st.booleans()), max_size=40),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_a_crash_at_any_record_sends_the_same_buckets_again_and_no_others(records, committed_at, crashed_at):
    """Each record a sample, some followed by a clock record that closes everything before it."""
    stream = [s for s, _ in records]
    source = SourcePartition("traffic", "id", 0)

    def run(fold: PartitionFold, start: int, end: int) -> list[BucketPart]:
        for offset in range(start, end):
            fold.add(stream[offset], offset)
            if records[offset][1]:
                fold.advance(stream[offset].timestamp_s - 30)
        return fold.take_closed()

    def fresh() -> PartitionFold:
        return PartitionFold(source, width_s=60, lateness_s=LATENESS_S)

    n, commit = len(stream), min(committed_at, len(stream))
    uninterrupted = fresh()
    expected = run(uninterrupted, 0, n)
    before = fresh()
    sent = run(before, 0, commit)
    position = before.position
    sent += run(before, commit, min(max(commit, crashed_at), n))
    after = PartitionFold(source, width_s=60, lateness_s=LATENESS_S, resume=position)
    sent += run(after, position.offset, n)
    uninterrupted.advance(UNTIL)
    after.advance(UNTIL)

    by_bucket = {(p.start_s, p.service): p for p in [*expected, *uninterrupted.take_closed()]}
    again = [*sent, *after.take_closed()]
    assert {(p.start_s, p.service) for p in again} == set(by_bucket)
    assert all(p == by_bucket[p.start_s, p.service] for p in again)


# --- replay equals live


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 120), st.integers(0, 119))
def test_what_was_read_ahead_or_restored_shows_and_forecasts_as_it_did_live(seed, minutes, restart):
    """At every tick, a history that holds only the past and one that holds the whole hours say the same."""
    rng = np.random.default_rng(seed)
    parts = [part(T0 + 60 * m, float(rng.integers(0, 600))) for m in range(minutes) if rng.random() < 0.9]
    ahead = ServiceHistory("web-shop", 300)
    for one in parts:
        ahead.apply(one)
    live = ServiceHistory("web-shop", 300)
    waiting = list(parts)
    for minute in range(1, minutes + 1):
        while waiting and waiting[0].start_s < T0 + 60 * minute:
            live.apply(waiting.pop(0))
        if minute == restart:
            live = ServiceHistory.restore(live.state())
        instant = from_epoch_s(T0 + 60 * minute)
        now, then = live.view(instant), ahead.view(instant)
        assert now.recent_rate_per_s == then.recent_rate_per_s
        assert (now.cutoff_s, now.data_until) == (then.cutoff_s, then.data_until)
        assert np.array_equal(now.values, then.values, equal_nan=True)
    one, other = (assess(v, [campaign()], policy()).forecast for v in (now, then))
    assert one.total.tobytes() == other.total.tobytes()


# --- campaigns


@LAWS
@given(
    st.lists(st.tuples(st.integers(1, 6), st.booleans()), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_any_order_and_repetition_of_revisions_ends_with_the_highest(sent, random):
    """Announcements and cancellations; of two that say the same revision, the cancellation stands."""
    facts = [
        Cancelled("promo", revision, NOW, CRM) if gone else Announced(campaign(revision=revision))
        for revision, gone in sent
    ]
    shuffled = [*facts, *random.choices(facts, k=len(facts))]
    random.shuffle(shuffled)
    book = CampaignBook()
    for offset, fact in enumerate(shuffled):
        book.apply(fact, Position(offset % 3, offset, NOW + offset * MINUTE))

    highest = max(revision for revision, _ in sent)
    cancelled = (highest, True) in sent
    entry = book.get("promo")
    assert entry is not None
    assert (entry.revision, entry.standing) == (
        highest,
        Standing.CANCELLED if cancelled else Standing.SCHEDULED,
    )
    assert [c.revision for c in book.standing()] == ([] if cancelled else [highest])
