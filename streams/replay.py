"""Publishes a recorded day as if it were live: in order of event time, event time in the value.

A sample is published when its slot has ended, a campaign when it was announced. Clock records tell every
partition how far event time has come, so that consumers need no wall clock: one each `clock_every`, after
everything from before it, and a last one that says the replay is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from itertools import chain
from typing import Any, Protocol

from advisor.domain.campaign import Campaign
from advisor.domain.demand import TrafficSample
from advisor.domain.timegrid import from_epoch_s, step_s, to_epoch_s
from advisor.errors import HeadstartError
from streams.codec.campaigns import encode_campaign
from streams.codec.clock import ClockRecord, encode_clock
from streams.codec.traffic import encode_traffic
from streams.replay_files import Trace


class RecordProducer(Protocol):
    """The part of a Kafka producer that a replay needs; it keeps the order within a partition."""

    def partitions_for(self, topic: str) -> set[int] | None:
        """The partitions of a topic, empty or None if there is no such topic."""

    def send(self, topic: str, **record: Any) -> Any:
        """Queues a record given by value, key, headers and partition; returns a future."""

    def flush(self, timeout: float | None = None) -> Any:
        """Waits until everything sent has been acknowledged or has failed."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """What is replayed where.

    `samples` rise in time, each over a slot of `slot`. Event time begins at `start`; `end` (default: when
    the last slot ends) is the time of the last clock record, and nothing is published after it.
    """

    samples: Sequence[TrafficSample]
    slot: timedelta
    campaigns: Sequence[Campaign]
    start: datetime
    traffic_topic: str
    campaigns_topic: str
    end: datetime | None = None
    clock_every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published when event time reaches `at_s` (epoch seconds)."""

    at_s: float
    what: TrafficSample | Campaign | ClockRecord


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a replay has come: event time, and how many samples and campaigns of how many."""

    at: datetime
    published: int
    total: int


@dataclass(slots=True)
class _Sender:
    """Sends records and remembers the first that failed."""

    producer: RecordProducer
    plan: ReplayPlan
    partitions: dict[str, list[int]] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)

    def send(self, topic: str, **record: Any) -> None:
        self.producer.send(topic, **record).add_errback(self.failures.append)

    def publish(self, what: TrafficSample | Campaign | ClockRecord) -> None:
        if isinstance(what, TrafficSample):
            self.send(self.plan.traffic_topic, key=what.service.encode(), value=encode_traffic(what))
        elif isinstance(what, Campaign):
            key, value, headers = encode_campaign(what, mode="structured")
            self.send(self.plan.campaigns_topic, key=key, value=value, headers=list(headers))
        else:
            self.tell_time(what)

    def tell_time(self, clock: ClockRecord) -> None:
        """A clock record to every partition: behind everything sent before, for partitions keep order."""
        key, value, headers = encode_clock(clock.time, clock.end)
        for topic, numbers in self.partitions.items():
            for number in numbers:
                self.send(topic, key=key, value=value, headers=list(headers), partition=number)
        if self.failures:
            raise HeadstartError(f"Kafka refused a record: {self.failures[0]}. Fix: see the broker's log")


def at_once(_: datetime) -> None:
    """A pace that waits for nothing."""


def unheard(_: Progress) -> None:
    """A listener to progress that does nothing."""


def replay(
    plan: ReplayPlan,
    producer: RecordProducer,
    *,
    pace: Callable[[datetime], None] = at_once,
    on_progress: Callable[[Progress], None] = unheard,
) -> Progress:
    """Publishes the plan and returns what was published, once Kafka has acknowledged all of it.

    `pace` is called with every new event time before anything is published at it, and may block.
    `on_progress` is called with every clock record. Raises HeadstartError if a topic is missing or a record
    is refused.
    """
    sender = _Sender(producer, plan)
    for topic in (plan.traffic_topic, plan.campaigns_topic):
        sender.partitions[topic] = sorted(producer.partitions_for(topic) or ())
        if not sender.partitions[topic]:
            raise HeadstartError(f"topic {topic!r} does not exist. Fix: run `headstart topics --create`")
    total, published, now_s = len(plan.samples) + len(plan.campaigns), 0, float("-inf")
    for publication in schedule(plan):
        if publication.at_s > now_s:
            now_s = publication.at_s
            pace(from_epoch_s(now_s))
        sender.publish(publication.what)
        if isinstance(publication.what, ClockRecord):
            on_progress(Progress(from_epoch_s(now_s), published, total))
        else:
            published += 1
    producer.flush()
    if sender.failures:
        raise HeadstartError(f"Kafka refused a record: {sender.failures[0]}. Fix: see the broker's log")
    return Progress(from_epoch_s(now_s), published, total)


def schedule(plan: ReplayPlan) -> Iterator[Publication]:
    """Everything the plan publishes, in order; clock records stand behind what is published with them.

    A clock record's time is never later than the earliest record still to come, also where slots are wider
    than the clock's step: then it lags until the slot has ended.
    """
    start_s, slot_s, every_s = plan.start.timestamp(), plan.slot.total_seconds(), step_s(plan.clock_every)
    campaigns = sorted(plan.campaigns, key=lambda c: c.announced_at)
    due = merge(
        (Publication(max(c.announced_at.timestamp(), start_s), c) for c in campaigns),
        (Publication(sample.timestamp_s + slot_s, sample) for sample in plan.samples),
        key=lambda publication: publication.at_s,
    )
    last_s = max((start_s, *(s.timestamp_s + slot_s for s in plan.samples[-1:])))
    end_s = plan.end.timestamp() if plan.end else last_s
    tick_s, said_s, sent = (to_epoch_s(plan.start) // every_s + 1) * every_s, start_s, 0
    for publication in chain(due, (Publication(end_s, ClockRecord(from_epoch_s(end_s), end=True)),)):
        if publication.at_s > end_s:
            continue  # announced, or ended, after the replay
        while tick_s < publication.at_s:
            next_s = plan.samples[sent].timestamp_s if sent < len(plan.samples) else tick_s
            if min(tick_s, next_s) > said_s:
                said_s = min(tick_s, next_s)
                yield Publication(tick_s, ClockRecord(from_epoch_s(said_s), end=False))
            tick_s += every_s
        sent += isinstance(publication.what, TrafficSample)
        yield publication


def samples_of(trace: Trace, service: str, value_per: timedelta) -> list[TrafficSample]:
    """A trace's slots as rates; `value_per` is the time that a value counts over."""
    per_s = value_per.total_seconds()
    return [TrafficSample(service, s.start.timestamp(), rate_per_s=s.value / per_s) for s in trace.slots]
