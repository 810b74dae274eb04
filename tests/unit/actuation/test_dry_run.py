"""A dry run looks at what is real, changes nothing of it, and goes on from whatever others really do."""

from __future__ import annotations

import pytest

from advisor.actuation.dry_run import DryRun
from advisor.actuation.registry import as_dry_run
from advisor.actuation.simulated import SimulatedActuator
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from tests.support.builders import MINUTE, NOW, PODS, policy, resource

LATER = NOW + resource().lead_time


class Real(SimulatedActuator):
    """A platform that would be changed for good."""

    dry_run = False


def change(target: Bounds) -> Change:
    return Change(PODS, Bounds(2, 40), target, Bounds(2, 40), NOW)


@pytest.fixture
def real() -> Real:
    return Real({PODS: resource()})


async def test_what_would_have_been_done_is_seen_and_nothing_real_is_changed(real):
    dry = DryRun(real, {PODS: resource()})

    await dry.set_floor(PODS, change(Bounds(9, 40)), NOW)

    played = await dry.observe(PODS, LATER)
    assert (played.bounds, played.ready_units, played.originals) == (Bounds(9, 40), 9, Bounds(2, 40))
    found = await real.observe(PODS, LATER)
    assert (found.bounds, found.ready_units, found.originals) == (Bounds(2, 40), 2, None)


async def test_what_somebody_really_sets_ends_the_play(real):
    dry = DryRun(real, {PODS: resource()})
    await dry.set_floor(PODS, change(Bounds(9, 40)), NOW)

    await real.set_bounds(PODS, Bounds(4, 40), NOW + MINUTE)

    assert await dry.observe(PODS, LATER) == await real.observe(PODS, LATER)


def test_every_real_actuator_of_an_estate_is_stood_in_for_once(real):
    rules = policy(resource(PODS), resource("sim://other"), resource("sim://third"))
    simulated = SimulatedActuator({"sim://third": resource("sim://third")})

    dry = as_dry_run({PODS: real, "sim://other": real, "sim://third": simulated}, rules)

    assert dry[PODS] is dry["sim://other"]
    assert all(actuator.dry_run for actuator in dry.values())
    assert dry["sim://third"] is simulated
