"""A replay publishes everything once, in order of event time, and never tells a time too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.campaign import Campaign
from advisor.domain.demand import TrafficSample
from advisor.errors import HeadstartError
from streams.cli.replay import parse_speed, wall_pace
from streams.codec.campaigns import clock_of
from streams.codec.clock import ClockRecord
from streams.codec.traffic import decode_traffic
from streams.replay import ReplayPlan, replay, samples_of, schedule
from streams.replay_files import Slot, Trace

START = datetime(2026, 11, 26, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def campaign(campaign_id: str, announced_at: datetime) -> Campaign:
    end = START + timedelta(days=2)
    return Campaign(campaign_id, 1, "sale", end - MINUTE, end, ("web",), announced_at, "/test")


def plan(minutes: int = 12, width: timedelta = MINUTE, **changes: Any) -> ReplayPlan:
    slots = tuple(
        Slot(START + i * width, 60.0 * i) for i in range(minutes * 60 // int(width.total_seconds()))
    )
    base = ReplayPlan(
        samples=samples_of(Trace(slots, width), "web", MINUTE),
        slot=width,
        campaigns=(),
        start=START,
        traffic_topic="t",
        campaigns_topic="c",
    )
    return replace(base, **changes)


class Future:
    """A future that has failed, or never will."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def add_errback(self, errback: Any) -> None:
        if self.error:
            errback(self.error)


class Log:
    """Keeps what is sent in order, as a broker's partitions would."""

    def __init__(self, error: Exception | None = None, partitions: dict[str, set[int]] | None = None) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.flushed = 0
        self.error = error
        self.partitions = partitions if partitions is not None else {"t": {0, 1, 2}, "c": {0, 1}}

    def partitions_for(self, topic: str) -> set[int] | None:
        return self.partitions.get(topic)

    def send(self, topic: str, **record: Any) -> Future:
        self.sent.append((topic, record))
        return Future(self.error)

    def flush(self, timeout: float | None = None) -> None:
        self.flushed = len(self.sent)


def clocks(plan: ReplayPlan) -> list[tuple[float, ClockRecord]]:
    return [(p.at_s, p.what) for p in schedule(plan) if isinstance(p.what, ClockRecord)]


def test_values_become_rates_per_second() -> None:
    assert [sample.rate_per_s for sample in plan(3).samples] == [0.0, 1.0, 2.0]


def test_a_sample_is_published_when_its_slot_has_ended() -> None:
    first = next(p for p in schedule(plan()) if isinstance(p.what, TrafficSample))
    assert first.what.timestamp_s == START.timestamp()
    assert first.at_s == START.timestamp() + 60


def test_clock_records_stand_on_the_grid_behind_what_they_close() -> None:
    published = list(schedule(plan(12)))
    minutes = [(c.time - START).total_seconds() / 60 for _, c in clocks(plan(12))]
    assert minutes == [5, 10, 12]
    tick = next(i for i, p in enumerate(published) if isinstance(p.what, ClockRecord))
    before = [p.what for p in published[:tick]]
    assert [s.timestamp_s for s in before if isinstance(s, TrafficSample)][-1] == START.timestamp() + 4 * 60
    assert [c.end for _, c in clocks(plan(12))] == [False, False, True]


def test_a_clock_waits_for_slots_wider_than_its_step() -> None:
    """With slots of an hour nothing is known of 10:05 until 11:00: the clock must not run ahead."""
    minutes = [(c.time - START).total_seconds() / 60 for _, c in clocks(plan(180, timedelta(hours=1)))]
    assert minutes == [60, 120, 180]


def test_a_campaign_is_published_when_it_was_announced() -> None:
    late = campaign("late", START + timedelta(minutes=7))
    early = campaign("early", START - timedelta(days=3))
    never = campaign("never", START + timedelta(days=3))
    published = {
        p.what.campaign_id: p.at_s
        for p in schedule(plan(campaigns=(late, early, never)))
        if isinstance(p.what, Campaign)
    }
    assert published == {"early": START.timestamp(), "late": START.timestamp() + 7 * 60}


def test_an_end_beyond_the_last_slot_is_ticked_up_to() -> None:
    end = START + timedelta(minutes=22)
    minutes = [(c.time - START).total_seconds() / 60 for _, c in clocks(plan(12, end=end))]
    assert minutes == [5, 10, 15, 20, 22]


@given(
    st.lists(st.integers(0, 300), unique=True, min_size=1).map(sorted),
    st.lists(st.integers(-100, 400)),
    st.sampled_from([1, 3, 7, 60]),
    st.sampled_from([1, 5, 60]),
)
def test_no_record_follows_a_clock_that_is_later_than_it(
    starts: list[int], announced: list[int], width: int, every: int
) -> None:
    """The law that consumers rest on, for any gaps, slot widths, announcements and clock steps."""
    samples = [TrafficSample("web", START.timestamp() + 60 * m, rate_per_s=1.0) for m in starts]
    campaigns = [campaign(str(i), START + timedelta(minutes=m)) for i, m in enumerate(announced)]
    case = plan(
        samples=samples, campaigns=campaigns, slot=width * MINUTE, clock_every=timedelta(minutes=every)
    )
    said_s, at_s, ended, seen = START.timestamp(), 0.0, False, 0
    for publication in schedule(case):
        assert not ended
        assert publication.at_s >= at_s
        at_s = publication.at_s
        match publication.what:
            case ClockRecord(time, end):
                assert time.timestamp() > said_s or end
                said_s, ended = time.timestamp(), end
            case TrafficSample(timestamp_s=timestamp_s):
                assert timestamp_s >= said_s
                seen += 1
            case Campaign(announced_at=time):
                assert max(time, START).timestamp() >= said_s
    assert ended
    assert seen == len(samples)


def test_every_partition_of_both_topics_is_told_the_time() -> None:
    log = Log()
    done = replay(plan(12), log)
    told = [(t, r["partition"]) for t, r in log.sent if clock_of(r.get("headers"), r["value"])]
    assert sorted(set(told)) == [("c", 0), ("c", 1), ("t", 0), ("t", 1), ("t", 2)]
    assert len(told) == 3 * 5
    assert (done.published, done.total, done.at) == (12, 12, START + 12 * MINUTE)
    assert log.flushed == len(log.sent)


def test_samples_are_sent_as_native_json_keyed_by_service() -> None:
    log = Log()
    replay(plan(12), log)
    sent = [(r["key"], decode_traffic(r["value"])) for t, r in log.sent if t == "t" and "headers" not in r]
    assert sent == [(b"web", sample) for sample in plan(12).samples]


def test_the_pace_is_asked_at_every_new_event_time_before_anything_is_sent() -> None:
    log, calls = Log(), []
    replay(plan(12), log, pace=lambda at: calls.append((at, len(log.sent))))
    assert [at for at, _ in calls] == [START + m * MINUTE for m in range(1, 13)]
    assert calls[0] == (START + MINUTE, 0)
    assert calls[1] == (START + 2 * MINUTE, 1)


def test_progress_is_told_with_every_clock() -> None:
    told: list[tuple[int, int]] = []
    replay(plan(12), Log(), on_progress=lambda p: told.append((p.published, p.total)))
    assert told == [(5, 12), (10, 12), (12, 12)]


def test_a_refused_record_stops_the_replay_at_the_next_clock() -> None:
    log = Log(error=ValueError("too large"))
    with pytest.raises(HeadstartError, match="too large"):
        replay(plan(12), log)
    assert sum(1 for topic, record in log.sent if topic == "t" and "headers" not in record) == 5


def test_a_missing_topic_is_named() -> None:
    with pytest.raises(HeadstartError, match="topic 'c' does not exist"):
        replay(plan(12), Log(partitions={"t": {0}}))


def test_a_speed_is_positive_or_max() -> None:
    assert parse_speed("60") == 60
    assert parse_speed("max") == float("inf")
    for text in ("0", "-1", "nan", "fast"):
        with pytest.raises(ValueError, match=r"speed|convert"):
            parse_speed(text)


def test_the_pace_keeps_to_the_wall_clock_and_never_waits_when_late() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    pace = wall_pace(60, clock=lambda: now[0], sleep=sleep)
    pace(START)
    pace(START + timedelta(minutes=2))
    now[0] += 10
    pace(START + timedelta(minutes=3))
    assert slept == [2.0]
