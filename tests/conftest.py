"""Fixtures every test may ask for: a real broker, a real control plane, an AWS, and names of one's own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kafka.broker import Broker
from tests.kube.cluster import Cluster
from tests.kube.control_plane import ControlPlane
from tests.kube.furnish import furnish
from tests.kube.world import World

if TYPE_CHECKING:  # moto and boto3 take a second that other tests need not wait for
    from advisor.actuation.aws.sessions import Sessions
    from tests.aws.server import AwsServer

NEED = {
    "kafka": {"kafka_broker", "own_broker"},
    "kubernetes": {"kubernetes", "own_kubernetes"},
}
_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by the real part it asks for, so that e.g. `-m "not kafka"` leaves it out."""
    for item in items:
        for marker, fixtures in NEED.items():
            if fixtures.intersection(getattr(item, "fixturenames", ())):
                item.add_marker(marker)


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
    return _own_name(request)


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One real cluster, shared by the whole run: stay in a namespace of your own, never stop it.

    KUBECONFIG_FOR_TESTS names a cluster that runs already; its kwok must know tests/kube/stages.yaml.
    """
    folder = tmp_path_factory.mktemp("kubernetes")
    named = os.environ.get("KUBECONFIG_FOR_TESTS")
    if named:
        cluster = Cluster(Path(named), folder)
        furnish(cluster)
        yield cluster
    else:
        with ControlPlane(folder) as control_plane:
            yield control_plane


@pytest.fixture
def own_kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A control plane for this test alone, started, its parts to be killed, frozen and restarted at will."""
    with ControlPlane(tmp_path_factory.mktemp("own-kubernetes")) as control_plane:
        yield control_plane


@pytest.fixture
def world(kubernetes: Cluster, request: pytest.FixtureRequest) -> Iterator[World]:
    """A namespace of the test's own on the shared cluster, with hands to put things into it."""
    with World(kubernetes, f"{_own_name(request)}-{os.getpid()}") as own:
        yield own


@pytest.fixture
def namespace(world: World) -> str:
    """The name of the test's own namespace on the shared cluster."""
    return world.namespace


def _own_name(request: pytest.FixtureRequest) -> str:
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
def aws_sessions(aws: AwsServer) -> Iterator[Sessions]:
    """The actuators' sessions with it, which give up soon."""
    from advisor.actuation.aws.sessions import Sessions
    from tests.aws.people import HASTE, OURS

    sessions = Sessions(OURS, patience=HASTE, per_s=1000.0)
    yield sessions
    sessions.close()
