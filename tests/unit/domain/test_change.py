"""Whose writing stands on a resource when a change of its bounds comes to be made?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.planning.acts import change_to_make
from tests.support.builders import NOW, PODS, state
from tests.unit.planning.test_act_guardrails import instruction

OURS, SEEN, LATER, EARLIER = 5, 3, 24, 2


def change() -> Change:
    """Decided by the fifth, who saw the writing of the third."""
    return Change(PODS, Bounds(9, 40), Bounds(2, 40), Bounds(2, 40), NOW, OURS, seen_epoch=SEEN)


@pytest.mark.parametrize("epoch", [OURS, SEEN, None], ids=["our own", "the one we saw", "nobody's"])
def test_a_change_may_be_made_over_the_writing_that_it_was_decided_on(epoch):
    assert not change().is_outdone(epoch)


@pytest.mark.parametrize(
    "epoch", [LATER, EARLIER], ids=["a later decider's", "an earlier one's that was late"]
)
def test_a_change_is_outdone_by_whatever_another_decider_wrote_since(epoch):
    """Also where the bounds are those it found: the other may have set them again."""
    assert change().is_outdone(epoch)


@pytest.mark.parametrize("epoch", [SEEN, None])
def test_a_change_knows_who_had_written_last_when_it_was_decided(epoch):
    known = state(floor=2)
    seen = replace(known, observation=replace(known.observation, epoch=epoch))

    made = change_to_make(instruction(9), seen, OURS)

    assert (made.epoch, made.seen_epoch) == (OURS, epoch)


def test_a_log_that_was_lost_makes_no_floor_immovable():
    """Epochs begin anew with a new log: a number that was seen is no obstacle, however high."""
    assert not replace(change(), epoch=1, seen_epoch=500).is_outdone(500)
