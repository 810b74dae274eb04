"""What a worker says of itself: probes, metrics, and the exit code and sentence where it cannot start."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.parser import text_string_to_metric_families

from advisor.reporting.metrics import Metrics
from tests.support.deadline import eventually
from tests.support.estate import Estate
from tests.support.workers import WorkerProcess

WEB = {"k8s://prod/shop/hpa/web": {"serves": "web", "unit_capacity": 50, "min": 2, "max": 40}}
KAFKA_TIMEOUT_S = 30.0


@contextmanager
def silent_broker() -> Iterator[str]:
    """An address where somebody accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def said_plainly(worker: WorkerProcess, *words: str) -> None:
    """Its log names these words, and shows nobody a traceback."""
    for word in words:
        assert word in worker.text, worker.text
    assert "Traceback" not in worker.text
    assert "exc_info" not in worker.text


def test_a_worker_is_alive_at_once_and_ready_only_when_its_state_is_restored(estate: Estate) -> None:
    """/readyz is 503 until it is 200; /healthz is 200 all along; SIGTERM ends it with 0."""
    worker = estate.create(WEB).worker()
    seen: list[int] = []

    def ready() -> bool:
        assert worker.get("/healthz").status == 200
        answer = worker.get("/readyz")
        assert answer.json["ok"] is (answer.status == 200)
        seen.append(answer.status)
        return answer.status == 200

    eventually(ready, 40, every_s=0.01, ignoring=(OSError,))
    assert set(seen[:-1]) == {503}
    details = worker.get("/readyz").json
    assert details["campaigns_read"]
    assert details["demand_partitions"] == [0, 1, 2]
    assert worker.get("/healthz").json == {"ok": True, "stalled": []}
    assert worker.get("/nothing").status == 404
    assert worker.stop() == 0
    said_plainly(worker, "stopped")


def test_metrics_are_exactly_those_declared_and_a_valid_exposition(estate: Estate) -> None:
    """A scrape parses, holds every declared family with its type and help, and nothing else."""
    worker = estate.create(WEB).worker().wait_ready()
    answer = worker.get("/metrics")
    assert (answer.status, answer.content_type.split(";")[0]) == (200, "text/plain")
    assert described(text_string_to_metric_families(answer.text)) == described(declared())
    eventually(lambda: worker.metric("headstart_decider") == 1, 20, what="this worker decides")
    eventually(lambda: worker.metric("headstart_decisions_total") > 0, 20, what="it has decided")
    assert worker.metric("headstart_restores_total", topic=estate.names.demand) == 3


def test_a_worker_without_topics_says_which_and_how_to_get_them(estate: Estate) -> None:
    """Exit code 3, every absent topic named, and the command that creates them."""
    estate.write_policy(WEB)
    worker = estate.worker()
    assert worker.wait(KAFKA_TIMEOUT_S) == 3
    said_plainly(worker, "headstart topics --create", *(name for _, name in estate.names.all()))


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (
            "version: 1\nresources: {k8s://a/b/hpa/c: {serves: web, unit_capacity: -1, min: 9, max: 3}}\n",
            ("unit_capacity", "fix:"),
        ),
        ("version: [1\n", ("policy.yaml",)),
        (None, ("policy.yaml",)),
    ],
    ids=["wrong values", "no YAML", "no file"],
)
def test_a_worker_with_an_unusable_policy_says_what_is_wrong_with_it(
    estate: Estate, policy: str | None, words: tuple[str, ...]
) -> None:
    """Exit code 2, before Kafka is even asked."""
    if policy is not None:
        estate.policy.write_text(policy, encoding="utf-8")
    worker = estate.worker(HEADSTART_KAFKA__BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert worker.wait(KAFKA_TIMEOUT_S) == 2
    said_plainly(worker, *words)


def test_a_worker_that_finds_no_kafka_says_where_it_looked(estate: Estate) -> None:
    """Exit code 3 within half a minute, whether nobody listens there or whoever listens says nothing."""
    estate.write_policy(WEB)
    with silent_broker() as silent:
        workers = [
            estate.worker(HEADSTART_KAFKA__BOOTSTRAP_SERVERS=address) for address in ("127.0.0.1:1", silent)
        ]
        for worker, address in zip(workers, ("127.0.0.1:1", silent), strict=True):
            assert worker.wait(KAFKA_TIMEOUT_S) == 3, worker.text
            said_plainly(worker, address, "HEADSTART_KAFKA__BOOTSTRAP_SERVERS")


def test_a_worker_whose_port_is_taken_says_so(estate: Estate) -> None:
    """Exit code 1 and a sentence."""
    estate.create(WEB)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        worker = estate.worker(HEADSTART_WORKER__HTTP_PORT=str(taken.getsockname()[1]))
        assert worker.wait(KAFKA_TIMEOUT_S) == 1
    said_plainly(worker, "cannot start", "address already in use")


def declared() -> Iterator[Metric]:
    """The metric families that the code declares."""
    return iter(Metrics(CollectorRegistry()).registry.collect())


def described(families: Iterator[Metric]) -> set[tuple[str, str, str]]:
    """Name, type and help of each family; creation times, which the client library adds, left out."""
    return {
        (family.name, family.type, family.documentation)
        for family in families
        if not family.name.endswith("_created")
    }
