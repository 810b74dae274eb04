"""How far a plan came is one word, and a part of it done is a state like any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.advice import Step
from advisor.domain.capacity import Bounds
from advisor.domain.meddling import Refusal
from advisor.domain.readiness import Progress
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from tests.support.builders import HOUR, at, campaign, decided, observed, policy, resource, state

WEB, CARTS = "sim://web", "sim://carts"
REFUSED = Refusal(Reason.ACT_FORBIDDEN, "may not patch", Bounds(9, 40), at("09:40"), 3, at("09:50"))
AGREED = (Step(at("09:40"), 9, 40), Step(at("13:00"), 2, 40))


def agreed(name: str, floor: int, refused: Refusal | None = None) -> ResourceState:
    """Nine units were due at 09:40; so many stand."""
    found = observed(name, floor, when=at("09:50"))
    return replace(state(name), plan=AGREED, observation=found, refused=refused)


def progress(*states: ResourceState, now: str = "09:50") -> Progress:
    rules = policy(*(resource(one.resource) for one in states))
    decision = decided(
        at(now), [campaign(lasts=HOUR)], the_policy=rules, states={one.resource: one for one in states}
    )
    return decision.campaigns[0].progress


@pytest.mark.parametrize(
    ("states", "word"),
    [
        ((agreed(WEB, 9), agreed(CARTS, 9)), Progress.RAISED),
        ((agreed(WEB, 9), agreed(CARTS, 2, REFUSED)), Progress.PARTLY_RAISED),
        ((agreed(WEB, 2, REFUSED), agreed(CARTS, 2, REFUSED)), Progress.FAILED),
    ],
    ids=["all stand", "one is refused", "all are refused"],
)
def test_what_is_due_stands_stands_in_part_or_does_not(states, word):
    assert progress(*states) is word


def test_nothing_is_due_hours_before():
    assert progress(state(WEB, floor=2), state(CARTS, floor=2), now="06:00") is Progress.PLANNED


def test_what_was_due_a_moment_ago_is_being_asked_for():
    assert progress(agreed(WEB, 9), agreed(CARTS, 2), now="09:41") is Progress.RAISING


def test_what_is_due_for_long_and_not_seen_is_in_part_even_without_a_refusal():
    assert progress(agreed(WEB, 9), agreed(CARTS, 2)) is Progress.PARTLY_RAISED
