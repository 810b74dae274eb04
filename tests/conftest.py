"""Fixtures every test may ask for: a real Kafka broker for the whole run, and names of one's own on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

import pytest

from tests.kafka.broker import Broker

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
