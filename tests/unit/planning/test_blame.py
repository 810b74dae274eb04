"""Resources of one service miss its objective together: blamed is the one that may have been too small."""

from __future__ import annotations

import pytest

from advisor.domain.demand import Level, Reading
from advisor.domain.evidence import CapacityEvidence, Ready, Running, Stretch
from advisor.domain.policy import Policy
from advisor.planning.blame import loads_on
from advisor.planning.unit_capacity import Load, load_on
from tests.support.builders import HOUR, MINUTE, NOW, resource

PODS, DATA, CACHE = "sim://pods", "sim://data", "sim://cache"
POLICY = Policy(
    "v1",
    {
        PODS: resource(resource=PODS, serves={"shop": 1.0}),
        DATA: resource(resource=DATA, serves={"shop": 0.5, "checkout": 1.0}),
        CACHE: resource(resource=CACHE, serves={"checkout": 1.0}),
    },
)


def level(service: str, rate: float, *, breached: bool = False) -> Level:
    return Level(service, NOW, rate, Reading(NOW - MINUTE, NOW, rate, breached))


def evidence(carried: float | None, units: int | None = 10, failed: float | None = None) -> CapacityEvidence:
    """Each unit was once seen to carry so much, and failed at so much before; so many are ready now."""
    seen = () if carried is None else (Stretch(NOW - 2 * HOUR, NOW - HOUR, carried),)
    ready = () if units is None else (Ready(NOW - HOUR, NOW, units),)
    missed = None if failed is None else Stretch(NOW - 3 * HOUR, NOW - 2 * HOUR, failed)
    return CapacityEvidence(seen, missed, Running(ready=ready))


LEVELS = {"shop": level("shop", 1000.0, breached=True), "checkout": level("checkout", 100.0)}
"""Pods carry 100 each, data 60, the cache 10; visitors of the shop were lost."""


def blamed(known: dict[str, CapacityEvidence], levels: dict[str, Level] = LEVELS) -> set[str]:
    return {name for name, load in loads_on(POLICY, levels, known).items() if load and load.is_breached}


def test_what_carries_no_more_than_it_did_before_is_not_blamed_for_what_carries_more_than_ever():
    known = {PODS: evidence(80.0), DATA: evidence(61.0), CACHE: evidence(50.0)}

    assert blamed(known) == {PODS}
    assert loads_on(POLICY, LEVELS, known)[DATA] is None


def test_what_is_at_the_most_it_was_seen_to_carry_clears_what_is_far_from_it():
    """Units that are full carry no more than they ever did: more than that they cannot."""
    assert blamed({PODS: evidence(101.0), DATA: evidence(76.0), CACHE: evidence(50.0)}) == {PODS}


def test_what_is_nearly_as_strained_is_blamed_as_well():
    assert blamed({PODS: evidence(101.0), DATA: evidence(70.0), CACHE: evidence(50.0)}) == {PODS, DATA}


def test_where_all_carry_far_less_than_before_all_are_blamed():
    """Something got worse, a release perhaps: nobody knows where."""
    assert blamed({PODS: evidence(130.0), DATA: evidence(700.0), CACHE: evidence(50.0)}) == {PODS, DATA}


def test_what_is_known_to_fail_at_what_it_carries_explains_it():
    known = {PODS: evidence(98.0, failed=99.0), DATA: evidence(60.0), CACHE: evidence(50.0)}

    assert blamed(known) == {PODS}


def test_what_carried_more_after_it_failed_is_not_known_to_fail():
    known = {PODS: evidence(101.0, failed=99.0), DATA: evidence(60.0), CACHE: evidence(50.0)}

    assert blamed(known) == {PODS, DATA}


def test_where_both_carry_more_than_ever_both_are_blamed():
    assert blamed({PODS: evidence(80.0), DATA: evidence(40.0), CACHE: evidence(50.0)}) == {PODS, DATA}


def test_what_was_never_seen_to_carry_anything_is_blamed_and_clears_the_others():
    assert blamed({PODS: evidence(100.0), DATA: evidence(None), CACHE: evidence(50.0)}) == {DATA}


@pytest.mark.parametrize("units", [None, 0])
def test_what_has_units_nobody_counted_is_blamed_and_clears_nobody(units: int | None):
    known = {PODS: evidence(100.0), DATA: evidence(40.0, units), CACHE: evidence(50.0)}

    assert blamed(known) == {PODS, DATA}


def test_a_resource_of_two_services_is_cleared_only_where_both_are_explained():
    """The pods explain what the shop lost, but not what the checkout lost: there the data tier is closest."""
    known = {PODS: evidence(70.0), DATA: evidence(61.0), CACHE: evidence(50.0)}
    levels = LEVELS | {"checkout": level("checkout", 100.0, breached=True)}

    assert blamed(known, levels) == {PODS, DATA}


def test_without_a_missed_objective_every_load_is_as_it_came():
    levels = {"shop": level("shop", 1000.0), "checkout": level("checkout", 100.0)}
    loads = loads_on(POLICY, levels, {})

    assert loads == {name: load_on(one, levels) for name, one in POLICY.resources.items()}
    assert loads[DATA] == Load(NOW - MINUTE, NOW, 600.0, False)
