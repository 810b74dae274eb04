"""The resources that the contract of all actuators is asked of, one for each kind there is.

An implementation joins by an entry in `CASES`: a function that makes one resource with bounds 2 to 40 and
its two units ready, and says how time passes there and how others write (tests/support/actuator_case.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest

from advisor.actuation.dry_run import DryRun
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds
from tests.aws.cases import AWS_CASES
from tests.contract import http_pools
from tests.support.actuator_case import ActuatorCase
from tests.support.builders import NOW, PODS, resource


def simulated(request: pytest.FixtureRequest) -> ActuatorCase:
    clock = [NOW]
    actuator = SimulatedActuator({PODS: resource()})

    def pass_time(by: timedelta) -> None:
        clock[0] += by

    async def somebody_sets(bounds: Bounds) -> None:
        await actuator.set_bounds(PODS, bounds, clock[0])

    return ActuatorCase(
        actuator, PODS, f"{PODS}-gone", resource().lead_time, lambda: clock[0], pass_time, somebody_sets
    )


def dry_run(request: pytest.FixtureRequest) -> ActuatorCase:
    """A dry run over a simulated platform, which stays as it is."""
    case = simulated(request)
    return replace(case, actuator=DryRun(case.actuator, {PODS: resource()}))


Case = Callable[[pytest.FixtureRequest], ActuatorCase]


def yours() -> dict[str, Case]:
    """The case that the environment names as `module:function`, for whoever writes an actuator."""
    module, _, function = os.environ.get("HEADSTART_CONTRACT_CASE", "").partition(":")
    return {"yours": getattr(import_module(module), function)} if module else {}


CASES: dict[str, Case] = {
    "simulated": simulated,
    "dry-run": dry_run,
    "http-pools": http_pools.case,
    **AWS_CASES,
    **yours(),
}
