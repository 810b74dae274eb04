"""Which consumers stand still? Told from positions and ends of logs alone."""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, NodeNotReadyError
from prometheus_client import CollectorRegistry

from advisor.reporting.metrics import Metrics
from streams.watchdog import STALLED_AFTER_S, Progress, Watchdog, stalled

A, B = TopicPartition("traffic", 0), TopicPartition("traffic", 1)


def test_a_partition_that_is_new_has_the_whole_time_before_it_counts_as_stalled() -> None:
    """However much lies unread before it."""
    seen: dict[TopicPartition, Progress] = {}

    assert stalled(seen, {A: 0}, {A: 1_000_000}, now_s=500.0) == frozenset()
    assert stalled(seen, {A: 0}, {A: 1_000_000}, now_s=500.0 + STALLED_AFTER_S - 0.1) == frozenset()
    assert stalled(seen, {A: 0}, {A: 1_000_000}, now_s=500.0 + STALLED_AFTER_S) == {A}


def test_one_record_in_time_is_progress() -> None:
    """A slow consumer is not a stalled one."""
    seen: dict[TopicPartition, Progress] = {}

    for look in range(100):
        assert stalled(seen, {A: look}, {A: 1_000}, now_s=look * (STALLED_AFTER_S - 1)) == frozenset()


def test_who_has_read_everything_is_never_stalled() -> None:
    """A quiet topic moves nobody, and the time begins only when something new lies there."""
    seen: dict[TopicPartition, Progress] = {}

    for look in range(100):
        assert stalled(seen, {A: 7}, {A: 7}, now_s=look * 60.0) == frozenset()
    assert stalled(seen, {A: 7}, {A: 8}, now_s=99 * 60.0 + STALLED_AFTER_S - 1) == frozenset()
    assert stalled(seen, {A: 7}, {A: 8}, now_s=99 * 60.0 + STALLED_AFTER_S) == {A}


def test_a_position_that_went_back_is_progress() -> None:
    """Whoever reads again, reads."""
    seen = {A: Progress(position=9, moved_at_s=0.0)}

    assert stalled(seen, {A: 5}, {A: 10}, now_s=STALLED_AFTER_S) == frozenset()


def test_a_stall_is_over_with_the_next_record() -> None:
    """It does not take the end of the log."""
    seen: dict[TopicPartition, Progress] = {}
    stalled(seen, {A: 3}, {A: 10}, now_s=0.0)

    assert stalled(seen, {A: 3}, {A: 10}, now_s=STALLED_AFTER_S) == {A}
    assert stalled(seen, {A: 4}, {A: 10}, now_s=STALLED_AFTER_S + 5) == frozenset()


def test_partitions_are_judged_each_by_themselves() -> None:
    """One goes on, the other stands."""
    seen: dict[TopicPartition, Progress] = {}
    stalled(seen, {A: 1, B: 1}, {A: 10, B: 10}, now_s=0.0)

    assert stalled(seen, {A: 2, B: 1}, {A: 10, B: 10}, now_s=STALLED_AFTER_S) == {B}


def test_a_partition_given_away_is_forgotten_and_begins_anew_when_it_comes_back() -> None:
    """Its time with another worker is not held against it."""
    seen: dict[TopicPartition, Progress] = {}
    stalled(seen, {A: 1}, {A: 10}, now_s=0.0)

    assert stalled(seen, {}, {}, now_s=30.0) == frozenset()
    assert seen == {}
    assert stalled(seen, {A: 1}, {A: 10}, now_s=STALLED_AFTER_S + 1) == frozenset()


def test_a_partition_whose_end_is_not_known_is_not_stalled() -> None:
    """Nobody says that there is anything to read."""
    seen: dict[TopicPartition, Progress] = {}

    assert stalled(seen, {A: 4}, {}, now_s=0.0) == frozenset()
    assert stalled(seen, {A: 4}, {}, now_s=10 * STALLED_AFTER_S) == frozenset()


@pytest.mark.parametrize("error", [TimeoutError(), OSError("away"), KafkaError("?"), NodeNotReadyError()])
async def test_the_time_that_kafka_was_away_is_nobodys_stall(error: Exception) -> None:
    """The watchdog lives on, says nothing new meanwhile, and does not count that time against anybody."""
    log = _Log(ends={A: 10})
    metrics = Metrics(CollectorRegistry())
    watchdog = Watchdog(log, lambda: {A: 1}, metrics)
    await watchdog.look(0.0)

    log.error = error
    for now_s in range(5, 1000, 5):
        await watchdog.look(now_s)
    assert watchdog.stalled == frozenset()

    log.error = None
    await watchdog.look(1000.0)
    assert watchdog.stalled == frozenset()
    await watchdog.look(1000.0 + STALLED_AFTER_S)
    assert watchdog.stalled == {A}
    assert metrics.registry.get_sample_value("headstart_consumer_stalls_total", {"consumer": "traffic"}) == 1
    assert metrics.registry.get_sample_value("headstart_consumer_lag_records", {"topic": "traffic"}) == 9


class _Log:
    """A consumer that knows where logs end, or fails to find out."""

    def __init__(self, ends: dict[TopicPartition, int]) -> None:
        self._ends = ends
        self.error: Exception | None = None

    async def end_offsets(self, _: object) -> dict[TopicPartition, int]:
        if self.error is not None:
            raise self.error
        return self._ends
