"""One resource of each kind, freshly made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws.cases import ALIKE, SCHEDULING
from tests.contract.cases import CASES
from tests.kube.cases import KUBERNETES_CASES
from tests.kube.cluster import Cluster
from tests.kube.faults import FaultProxy
from tests.support.actuator_case import ActuatorCase


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> ActuatorCase:
    return CASES[request.param](request)


@pytest.fixture(params=sorted(SCHEDULING))
def scheduling(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each platform that holds a schedule."""
    made = CASES[request.param](request)
    assert made.schedules
    return made


@pytest.fixture(params=[name for name in CASES if name not in ALIKE])
def one_of_each(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each that makes calls of its own: the same calls are cut short in the same ways."""
    return CASES[request.param](request)


@pytest.fixture(scope="session")
def fault_proxy(kubernetes: Cluster) -> Iterator[FaultProxy]:
    """A way to the shared control plane that counts requests and spoils them on demand."""
    with FaultProxy(kubernetes) as proxy:
        yield proxy


@pytest.fixture(
    params=[
        *(name for name in CASES if name not in ALIKE),
        *(pytest.param(name, marks=pytest.mark.kubernetes) for name in KUBERNETES_CASES),
    ]
)
def mortal(request: pytest.FixtureRequest) -> ActuatorCase:
    """A case of each platform whose deciders die."""
    return (CASES | KUBERNETES_CASES)[request.param](request)
