"""Messages that cannot be read, among good ones: each is kept once, with its reason; no good one is lost."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from advisor.domain.reason import Reason
from streams.dead_letters import MAX_VALUE_BYTES
from streams.kafka_clients import admin
from streams.records import Headers
from tests.support.deadline import eventually
from tests.support.estate import Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED, Poison, campaign_poison, traffic_poison

WEB = {"k8s://prod/shop/hpa/web": {"serves": "web", "unit_capacity": 50, "min": 2, "max": 40}}
PATIENT = {
    "HEADSTART_WORKER__BUCKET_S": "1",
    "HEADSTART_WORKER__LATENESS_S": "8",  # what is sent while the worker runs must not come too late
    "HEADSTART_WORKER__DECIDE_EVERY_S": "0.5",
}
SETTLES_WITHIN_S = 40.0
ODD_HEADERS: Headers = (("x-team", b"\xff\x00"), ("empty", b""))
Message = tuple[Reason | None, bytes | None, bytes | None, Headers]
"""The reason it is refused for, None for a good one; its key, value and headers."""


@dataclass
class Sent:
    """What was written: bad messages by their place, and what the good ones amount to."""

    bad: dict[tuple[str, int, int], Poison] = field(default_factory=dict)
    requests: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    campaigns: set[str] = field(default_factory=set)


def test_poison_is_dead_lettered_once_and_nothing_good_is_lost(estate: Estate) -> None:
    """Over 200 unreadable messages of 62 kinds; a restart in order tells of none of them again.

    Half of them are there before the worker, half come while it runs.
    """
    estate.create(WEB)
    sent, rng = Sent(), random.Random(7)
    write(estate, sent, rng, 0)
    write(estate, sent, rng, 1)
    worker = estate.worker(**PATIENT).wait_ready()
    write(estate, sent, rng, 2)
    write(estate, sent, rng, 3)

    eventually(lambda: len(estate.dead_letters()) >= len(sent.bad) >= 200, SETTLES_WITHIN_S, every_s=0.5)
    check_dead_letters(estate, sent)
    assert worker.metric("headstart_dead_letters_total") == len(sent.bad)

    assert worker.stop() == 0  # with buckets still open: what lies in them is read again
    again = estate.worker(**PATIENT).wait_ready()
    write(estate, sent, rng, 4)
    eventually(lambda: len(estate.dead_letters()) >= len(sent.bad), SETTLES_WITHIN_S, every_s=0.5)
    eventually(lambda: estate.counted("web") == sent.requests, SETTLES_WITHIN_S, every_s=0.5)
    eventually(lambda: set(estate.campaign_states()) == sent.campaigns, SETTLES_WITHIN_S, every_s=0.5)
    check_dead_letters(estate, sent)
    assert again.get("/healthz").status == 200


def test_broken_clocks_of_producers_harm_nobody_else(estate: Estate) -> None:
    """Even where the broker lets any timestamp in.

    A sample from tomorrow in a record from tomorrow is refused, a stray clock record closes nothing, a
    campaign in a record from the year 33658 is read.
    """
    (traffic,) = estate.names.traffic
    anything_goes = {"message.timestamp.after.max.ms": str(2**63 - 1)}
    layout = {"num_partitions": 1, "replication_factor": -1, "configs": anything_goes}
    with admin(estate.settings) as client:
        client.create_topics({traffic: layout, estate.names.campaigns: layout})
    estate.create(WEB)
    now = datetime.now(UTC)
    tomorrow = now + timedelta(days=1)
    estate.send(traffic, [(None, sample(tomorrow), ())], timestamp_ms=int(tomorrow.timestamp() * 1000))
    estate.tell_time(now + timedelta(days=2), end=True)
    estate.send(traffic, [(None, sample(now - timedelta(seconds=30)), ())])
    estate.send(estate.names.campaigns, [(None, announced("sale", ...), STRUCTURED)], timestamp_ms=10**15)

    estate.worker(**PATIENT).wait_ready()
    eventually(lambda: list(estate.campaign_states()) == ["sale"], SETTLES_WITHIN_S, every_s=0.5)
    eventually(lambda: sum(estate.counted("web").values()) == 5, SETTLES_WITHIN_S, every_s=0.5)
    assert [d.reason for d in estate.dead_letters()] == [Reason.TIMESTAMP_IN_FUTURE]


def write(estate: Estate, sent: Sent, rng: random.Random, number: int) -> None:
    """One of every kind of poison among forty samples and ten campaigns, on both topics."""
    now = datetime.now(UTC)
    (traffic,) = estate.names.traffic
    first = now - timedelta(seconds=2)
    times = [first + timedelta(milliseconds=50 * i) for i in range(40)]
    samples: list[Message] = [(None, None, sample(at), ODD_HEADERS) for at in times]
    poison = [(reason, None, value, headers) for reason, _, value, headers in traffic_poison(number, now)]
    send(estate, sent, traffic, interleaved(samples, poison, rng))
    for at in times:
        sent.requests[int(at.timestamp())] += 5

    names = [f"good-{number}-{i}" for i in range(10)]
    events: list[Message] = [(None, n.encode(), announced(n), (*STRUCTURED, *ODD_HEADERS)) for n in names]
    send(estate, sent, estate.names.campaigns, interleaved(events, campaign_poison(number), rng))
    sent.campaigns.update(names)


def interleaved(good: Sequence[Message], bad: Sequence[Message], rng: random.Random) -> list[Message]:
    """Both, mixed; the good ones keep their order, as they would from one producer."""
    places = set(rng.sample(range(len(good) + len(bad)), len(bad)))
    goods, bads = iter(good), iter(bad)
    return [next(bads) if i in places else next(goods) for i in range(len(good) + len(bad))]


def send(estate: Estate, sent: Sent, topic: str, messages: Sequence[Message]) -> None:
    """Write them, and keep where the bad ones came to lie."""
    places = estate.send(topic, [(key, value, headers) for _, key, value, headers in messages])
    for (partition, offset), (reason, key, value, headers) in zip(places, messages, strict=True):
        if reason is not None:
            sent.bad[topic, partition, offset] = (reason, key, value, headers)


def sample(at: datetime) -> bytes:
    """Five requests at a time."""
    return json.dumps(
        {"service": "web", "timestamp": at.isoformat(), "count": 5, "interval_s": 0.05}
    ).encode()


def announced(campaign_id: str, time: object = "2026-11-20T08:12:03Z") -> bytes:
    """The event of a campaign."""
    return campaign_event(campaign_data(campaign_id=campaign_id), time=time)


def check_dead_letters(estate: Estate, sent: Sent) -> None:
    """Every bad message lies there exactly once, as it was, with its reason and its origin."""
    letters = estate.dead_letters()
    assert Counter(letter.place for letter in letters) == Counter(sent.bad.keys())
    for letter in letters:
        reason, key, value, headers = sent.bad[letter.place]
        assert letter.reason == reason, letter
        assert letter.error, letter
        assert letter.value == (value[:MAX_VALUE_BYTES] if value else value), letter.place
        assert letter.key == key, letter.place
        original = {(n.removeprefix("original-"), c) for n, c in letter.headers if n.startswith("original-")}
        assert original == set(headers), letter.place
