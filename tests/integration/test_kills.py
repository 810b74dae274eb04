"""The worker killed, started, joined and left at random moments ends where an undisturbed one ends."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from advisor.domain.campaign import Campaign, ExpectedUplift
from advisor.domain.demand import TrafficSample
from advisor.domain.evidence import CapacityEvidence, LeadTimes
from streams.codec.campaigns import encode_campaign
from streams.codec.clock import encode_clock
from streams.codec.explanations import FORECAST_EXPLAINED
from streams.codec.resource_state import OWN_KEYS, decode_state
from streams.codec.traffic import encode_traffic
from streams.kafka_clients import producer
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate

BEGIN = datetime(2026, 11, 25, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SERVICES = {"web-shop": 900.0, "checkout": 150.0}
RESOURCES = {
    "k8s://prod/shop/hpa/web-shop": {
        "serves": "web-shop",
        "unit_capacity": 120,
        "min": 4,
        "max": 80,
        "lead_time": "6m",
    },
    "sim://shop/database": {
        "serves": {"web-shop": 0.1, "checkout": 1.0},
        "unit_capacity": 60,
        "min": 2,
        "max": 40,
        "lead_time": "20m",
        "mode": "auto",
    },
}
KILLS, JOINS = int(os.environ.get("KILLS", "20")), int(os.environ.get("JOINS", "10"))


class Stream:
    """A live stream to several estates at once, the same to each, paced so that work never runs out."""

    def __init__(self, estates: list[Estate], pace_s: float) -> None:
        self._estates = estates
        self._pace_s = pace_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._random = random.Random(11)
        self._error: Exception | None = None
        self.counts: dict[tuple[str, int], float] = defaultdict(float)

    def start(self) -> None:
        """Begin to publish."""
        self._thread.start()

    def finish(self) -> None:
        """Close the stream with its last clock records and wait until all is stored."""
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the stream could not be stored"
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._publish()
        except Exception as error:  # raised where the test waits for the stream
            self._error = error

    def _publish(self) -> None:
        clients = [(estate, producer(estate.settings)) for estate in self._estates]
        opened = [(estate, client.__enter__()) for estate, client in clients]
        at = BEGIN
        while not self._stop.is_set():
            if (at - BEGIN) % timedelta(hours=12) == timedelta(0):
                self._announce(opened, at)
            for service, usual in SERVICES.items():
                count = usual * 60 * (1 + 0.3 * self._random.random())
                sample = TrafficSample(service, at.timestamp(), count=count, interval_s=60.0)
                self.counts[service, int(at.timestamp())] += count
                for estate, client in opened:
                    client.send(estate.names.traffic[0], key=service.encode(), value=encode_traffic(sample))
            at += MINUTE
            if at.minute % 5 == 0:
                self._tell_time(opened, at, end=False)
            self._stop.wait(self._pace_s)
        self._tell_time(opened, at, end=True)
        for _, client in clients:
            client.__exit__(None, None, None)

    def _announce(self, opened: list, at: datetime) -> None:
        campaign = Campaign(
            campaign_id=f"sale-{at:%d-%H}",
            revision=1,
            kind="flash_sale",
            start=at + timedelta(hours=5),
            end=at + timedelta(hours=7),
            services=tuple(SERVICES),
            announced_at=at,
            source="/marketing/test",
            expected_uplift=ExpectedUplift(2.0, 3.0),
        )
        key, value, headers = encode_campaign(campaign, mode="structured")
        for estate, client in opened:
            client.send(estate.names.campaigns, key=key, value=value, headers=list(headers))

    @staticmethod
    def _tell_time(opened: list, at: datetime, *, end: bool) -> None:
        key, value, headers = encode_clock(at, end)
        for estate, client in opened:
            for topic in (estate.names.traffic[0], estate.names.campaigns):
                for partition in client.partitions_for(topic):
                    client.send(topic, key=key, value=value, headers=list(headers), partition=partition)


def final_recommendations(estate: Estate) -> dict[str, tuple[str, str]]:
    """The last recommendation of each resource: its id and its content."""
    return {event["subject"]: (event["id"], content(event)) for event in estate.recommendations()}


def measured(estate: Estate) -> dict[str, tuple[LeadTimes, CapacityEvidence]]:
    """What was measured of each resource in the end."""
    records = {record.key: record.value for record in estate.records(estate.names.resources)}
    states = [decode_state(value) for key, value in records.items() if key not in OWN_KEYS]
    return {state.resource: (state.lead_times, state.capacity) for state in states}


def content(event: dict[str, Any]) -> str:
    """A recommendation without the times at which it was made, as text that compares."""
    data = {k: v for k, v in event["data"].items() if k not in ("data_until", "decided_at")}
    return json.dumps(data, sort_keys=True)


def contents_by_id(estate: Estate) -> dict[str, set[str]]:
    """Every content, without its times of making, that a recommendation id ever stood for."""
    contents = defaultdict(set)
    for event in estate.recommendations():
        contents[event["id"]].add(content(event))
    return contents


def explained(estate: Estate) -> dict[str, list[str]]:
    """The explanations of each service in order, by their ids; one that was written again counts once."""
    ids: dict[str, dict[str, None]] = {service: {} for service in SERVICES}
    for event in estate.audit():
        if event["type"] == FORECAST_EXPLAINED:
            ids[event["subject"]][event["id"]] = None
    return {service: list(seen) for service, seen in ids.items()}


def recounted(estate: Estate) -> dict[tuple[str, int], float]:
    """Requests per service and bucket, as the demand topic has them."""
    return {
        (service, start_s): pytest.approx(count)
        for service in SERVICES
        for start_s, count in estate.counted(service).items()
    }


@pytest.mark.timeout(900)
def test_kills_joins_and_leaves_change_nothing(estate: Estate) -> None:
    """Twenty SIGKILLs and ten joins of a second worker leave the demand and advice of an undisturbed run."""
    calm, hurt = estate.beside("calm"), estate.beside("hurt")
    sources = [{"source": "/marketing/test", "max_mode": "auto"}]
    for each in (calm, hurt):
        each.create(RESOURCES, sources=sources)
    stream = Stream([calm, hurt], pace_s=0.05)
    stream.start()
    rng = random.Random(5)

    undisturbed = calm.worker("--clock", "events")
    worker = hurt.worker("--clock", "events", **{"HEADSTART_KAFKA__SESSION_TIMEOUT_S": "3"})
    for _ in range(KILLS):
        time.sleep(rng.uniform(0.5, 5.0))  # a random moment, from before it has started to deep in its work
        worker.kill()
        worker.start()
    for turn in range(JOINS):
        second = hurt.worker("--clock", "events", **{"HEADSTART_KAFKA__SESSION_TIMEOUT_S": "3"})
        time.sleep(rng.uniform(1.0, 5.0))
        if turn % 2:
            second.kill()
        else:
            assert second.stop() in (0, -signal.SIGTERM)  # the latter where it had not yet begun
    stream.finish()

    assert undisturbed.wait(240) == 0
    assert worker.wait(240) == 0
    assert recounted(calm) == stream.counts
    assert recounted(hurt) == stream.counts
    assert all(len(contents) == 1 for contents in contents_by_id(hurt).values())
    assert set(final_recommendations(calm)) == set(RESOURCES)
    assert final_recommendations(hurt) == final_recommendations(calm)
    assert set(contents_by_id(hurt)) == set(contents_by_id(calm))
    assert measured(hurt) == measured(calm)
    assert any(times.measured and capacity.carried for times, capacity in measured(calm).values())
    assert all(explained(calm).values())
    assert explained(hurt) == explained(calm)


@pytest.mark.timeout(180)
def test_a_standby_decides_within_ten_seconds_of_the_deciders_death(estate: Estate) -> None:
    """With the default session timeout, the survivor of a SIGKILL is the decider in at most ten seconds."""
    quick = {k: v for k, v in QUICK.items() if k != "HEADSTART_KAFKA__SESSION_TIMEOUT_S"}
    live = estate.beside("live", **quick).create(RESOURCES)
    first = live.worker().wait_ready()
    eventually(lambda: first.metric("headstart_decider") == 1, 20, what="the first worker decides")
    second = live.worker().wait_ready()
    both = [first, second]
    eventually(lambda: sum(w.metric("headstart_decider") for w in both) == 1, 20, what="exactly one decider")
    decider, standby = sorted(both, key=lambda w: -w.metric("headstart_decider"))

    decider.kill()
    killed_at = time.monotonic()
    decided = standby.metric("headstart_decisions_total")
    eventually(
        lambda: (
            standby.metric("headstart_decider") == 1 and standby.metric("headstart_decisions_total") > decided
        ),
        10,
        what="the standby decides",
    )
    print(f"taken over {time.monotonic() - killed_at:.1f} s after the kill")
