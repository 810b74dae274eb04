"""Fixtures every test may ask for: a real Kafka broker, and an AWS, each one for the whole run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.kafka.broker import Broker

if TYPE_CHECKING:  # moto and boto3 take a second that other tests need not wait for
    from advisor.actuation.aws.sessions import Connections
    from tests.aws.server import AwsServer

NEED_BROKER = {"kafka_broker", "own_broker"}
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks for a real broker, so that `-m "not kafka"` leaves them out."""
    for item in items:
        if NEED_BROKER.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one real broker, shared by the whole run: use topics of your own, never stop it."""
    with Broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.bootstrap


@pytest.fixture
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for this test alone, started, to be killed and restarted at will."""
    with Broker(tmp_path_factory.mktemp("own-kafka")) as broker:
        yield broker


@pytest.fixture
def topic_prefix(request: pytest.FixtureRequest) -> str:
    """A prefix for topics and groups that no other test of this run uses, e.g. `test-replays-in-order-7`."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{words[:40].strip('-')}-{next(_numbers)}"


@pytest.fixture(scope="session")
def aws_server() -> Iterator[AwsServer]:
    """One AWS for the whole run; ask for `aws`, which is new for each test."""
    from tests.aws.server import AwsServer

    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # they take longer than most tests
    with AwsServer() as server:
        yield server


@pytest.fixture
def aws(aws_server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """An AWS with nothing in it, and boto3 led there."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    aws_server.reset()
    return aws_server


@pytest.fixture
def aws_connections(aws: AwsServer) -> Iterator[Connections]:
    """Connections of the actuators to it, which give up soon."""
    from advisor.actuation.aws.sessions import Connections
    from tests.aws.people import HASTE

    connections = Connections(patience=HASTE, per_s=1000.0)
    yield connections
    connections.close()
