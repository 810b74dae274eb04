"""What comes from outside and is broken in ways that a client or a broker never shows in good weather."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from advisor.domain.reason import Reason
from tests.kafka.broker import Broker
from tests.support.clients import kcat_command
from tests.support.commands import run
from tests.support.deadline import eventually
from tests.support.estate import QUICK, Estate
from tests.support.messages import campaign_data, campaign_event
from tests.support.poison import STRUCTURED
from tests.support.workers import WorkerProcess

WEB = {"k8s://prod/shop/hpa/web": {"serves": "web", "unit_capacity": 50, "min": 2, "max": 40}}
SETTLES_WITHIN_S = 40.0


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_header_names_that_are_not_text_cost_nothing(estate: Estate, codec: str) -> None:
    """Neither their own message, nor the others of the batch; a bad message among them is dead-lettered."""
    estate.create(WEB)
    (traffic,) = estate.names.traffic
    started = datetime.now(UTC) - timedelta(seconds=2)
    good = [sample(started + timedelta(milliseconds=20 * n)) for n in range(20)]
    by_kcat(estate, traffic, codec, [good[0], b"no sample", *good[1:]])
    sale = campaign_event(campaign_data(campaign_id="sale"), time="2026-11-20T08:12:03Z")
    by_kcat(estate, estate.names.campaigns, codec, [sale.replace(b"\n", b" "), b"no campaign"])

    worker = estate.worker(**QUICK).wait_ready()
    eventually(lambda: len(estate.dead_letters()) == 2, SETTLES_WITHIN_S, every_s=0.5)
    eventually(lambda: sum(estate.counted("web").values()) == 5 * len(good), SETTLES_WITHIN_S, every_s=0.5)
    eventually(lambda: list(estate.campaign_states()) == ["sale"], SETTLES_WITHIN_S, every_s=0.5)

    assert {d.value for d in estate.dead_letters()} == {b"no sample", b"no campaign"}
    assert all((r"original-\xff\xfe", b"x") in d.headers for d in estate.dead_letters())
    assert worker.get("/healthz").status == 200
    listed = run(estate.bootstrap, estate.prefix, "campaign", "list", "--json")
    assert [c["campaign_id"] for c in json.loads(listed.stdout)["campaigns"]] == ["sale"]


def test_the_next_decider_dead_letters_what_came_while_nobody_decided(estate: Estate) -> None:
    """A worker that stands by keeps no unreadable message; taking over, it reads them again, once each."""
    estate.create(WEB)
    bad = [(None, f"no campaign {n}".encode(), STRUCTURED) for n in range(6)]
    estate.send(estate.names.campaigns, bad[:2])
    first, second = (estate.worker(**QUICK) for _ in range(2))
    first.wait_ready(), second.wait_ready()
    both = [first, second]
    eventually(lambda: sum(w.metric("headstart_decider") for w in both) == 1, 20, ignoring=(OSError,))
    decider, standby = sorted(both, key=lambda w: -w.metric("headstart_decider"))
    estate.send(estate.names.campaigns, bad[2:4])
    eventually(lambda: letters(estate) == [m[1] for m in bad[:4]], SETTLES_WITHIN_S, every_s=0.5)
    eventually(lambda: estate.read_through() == {0: 4}, SETTLES_WITHIN_S, every_s=0.5)

    decider.kill()
    estate.send(estate.names.campaigns, bad[4:])
    eventually(lambda: standby.metric("headstart_decider") == 1, SETTLES_WITHIN_S)
    eventually(lambda: estate.read_through() == {0: 6}, SETTLES_WITHIN_S, every_s=0.5)

    assert letters(estate) == [m[1] for m in bad]
    assert {d.reason for d in estate.dead_letters()} == {Reason.NOT_JSON}


def test_a_campaign_state_that_cannot_be_read_ends_the_worker_with_a_sentence(estate: Estate) -> None:
    """Somebody wrote to a topic of ours: exit code 1, and which part could not go on."""
    estate.create(WEB)
    estate.send(estate.names.campaign_state, [(b"sale", b"not ours", ())])

    worker = estate.worker()

    assert worker.wait() == 1
    said_plainly(worker, "reading the campaigns failed: DecodeError")


def test_a_broker_that_goes_away_for_good_shows_nobody_a_traceback(
    own_broker: Broker, topic_prefix: str, tmp_path: Any
) -> None:
    """The worker says so in moderation and waits; told to stop, it stops."""
    with Estate(own_broker.bootstrap, topic_prefix, tmp_path) as estate:
        worker = estate.create(WEB).worker(**QUICK).wait_ready()
        estate.send(estate.names.traffic[0], [(None, sample(datetime.now(UTC)), ())])
        own_broker.kill()

        eventually(lambda: "watchdog_blind" in worker.text, SETTLES_WITHIN_S)

        assert worker.running
        assert worker.get("/healthz").json == {"ok": True, "stalled": []}
        assert worker.stop() == 0
        said_plainly(worker)
        assert len(worker.text.splitlines()) < 500


def test_a_worker_lives_through_a_broker_that_was_away(
    own_broker: Broker, topic_prefix: str, tmp_path: Any
) -> None:
    """What is sent once it is back counts; nothing is told twice."""
    with Estate(own_broker.bootstrap, topic_prefix, tmp_path) as estate:
        worker = estate.create(WEB).worker(**QUICK).wait_ready()
        before = datetime.now(UTC)
        estate.send(estate.names.traffic[0], [(None, sample(before), ())])
        own_broker.kill()
        eventually(lambda: "watchdog_blind" in worker.text, SETTLES_WITHIN_S)
        own_broker.restart()

        estate.send(estate.names.traffic[0], [(None, sample(datetime.now(UTC)), ())])
        eventually(lambda: sum(estate.counted("web").values()) == 10, 60, every_s=0.5)
        said_plainly(worker)


def by_kcat(estate: Estate, topic: str, codec: str, values: list[bytes]) -> None:
    """Write these in one batch, each with a header whose name no client can decode."""
    command = [kcat_command(), "-P", "-z", codec, "-b", estate.bootstrap, "-t", topic, "-p", "0"]
    headers = [b"-H", b"\xff\xfe=x", b"-H", b"content-type=application/cloudevents+json"]
    subprocess.run([*command, *headers], input=b"\n".join(values) + b"\n", check=True, timeout=30)


def letters(estate: Estate) -> list[bytes | None]:
    """What lies in the dead-letter topic, in the order of where it came from."""
    return [d.value for d in sorted(estate.dead_letters(), key=lambda d: d.place)]


def sample(at: datetime) -> bytes:
    """Five requests at a time."""
    return json.dumps(
        {"service": "web", "timestamp": at.isoformat(), "count": 5, "interval_s": 0.01}
    ).encode()


def said_plainly(worker: WorkerProcess, *words: str) -> None:
    """Its log names these words, and shows nobody a traceback."""
    for word in words:
        assert word in worker.text, worker.text
    assert "Traceback" not in worker.text, worker.text
