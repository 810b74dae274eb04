"""One resource of each kind, freshly made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator

import pytest

from advisor.actuation.kubernetes.clusters import Clusters
from tests.aws.cases import ALIKE, SCHEDULING
from tests.contract.cases import CASES
from tests.kube.cases import KUBERNETES_ALIKE, KUBERNETES_CASES
from tests.kube.cluster import Cluster
from tests.kube.fault_proxy import FaultProxy
from tests.support.actuator_case import ActuatorCase

EVERY = {**CASES, **KUBERNETES_CASES}
EACH = [name for name in EVERY if name not in ALIKE | KUBERNETES_ALIKE]
"""Those that make calls of their own: the same calls are cut short in the same ways."""

TELLING = [name for name in EVERY if name not in ("simulated", "dry-run", "http-pools")]
"""Those whose resources bear the epoch of who wrote last; one of yours may."""

COMPARING = ["http-pools", *(name for name in EACH if name in KUBERNETES_CASES or name == "yours")]


def params(names: Iterable[str]) -> list[object]:
    """Cases by name; a case asks for the control plane by itself, so that the mark is set here."""
    marks = dict.fromkeys(KUBERNETES_CASES, pytest.mark.kubernetes)
    return [pytest.param(name, marks=marks.get(name, ())) for name in names]


def with_its(request: pytest.FixtureRequest, field: str, otherwise: str) -> ActuatorCase:
    """The case, which has this field; only one of yours may lack it, and is left out then."""
    made = EVERY[request.param](request)
    if getattr(made, field) is None:
        assert request.param == "yours"
        pytest.skip(otherwise)
    return made


@pytest.fixture(params=params(EVERY))
def case(request: pytest.FixtureRequest) -> ActuatorCase:
    return EVERY[request.param](request)


@pytest.fixture(params=sorted(SCHEDULING))
def scheduling(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each platform that holds a schedule."""
    made = CASES[request.param](request)
    assert made.schedules
    return made


@pytest.fixture(params=params(EACH))
def one_of_each(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each that makes calls of its own."""
    return EVERY[request.param](request)


@pytest.fixture(params=params(COMPARING))
def comparing(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each whose platform compares by itself; one of yours may not."""
    return with_its(request, "at_request", "this platform does not compare")


@pytest.fixture(params=params(TELLING))
def telling(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each whose resource tells which decider wrote last."""
    return EVERY[request.param](request)


@pytest.fixture(params=[name for name in ("http-pools", "yours") if name in EVERY])
def answering(request: pytest.FixtureRequest) -> ActuatorCase:
    """One of people's own, over plain HTTP, that says how it is made to answer; one of yours may not.

    What Kubernetes and AWS say is read from their bodies, and has tests of its own.
    """
    return with_its(request, "answers", "nobody says how this platform is made to answer: give `answers`")


@pytest.fixture(params=params(EACH))
def mortal(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each whose deciders die."""
    return EVERY[request.param](request)


@pytest.fixture(scope="session")
def fault_proxy(kubernetes: Cluster) -> Iterator[FaultProxy]:
    """A way to the shared control plane that counts requests and spoils them on demand."""
    with FaultProxy(kubernetes) as proxy:
        yield proxy


@pytest.fixture
async def clusters_to_close() -> AsyncIterator[list[Clusters]]:
    """Takes connections that are opened on a test's event loop, and closes them on it."""
    opened: list[Clusters] = []
    yield opened
    for clusters in opened:
        await clusters.close()
