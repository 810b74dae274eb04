"""What was done and not written down is seen, and has its receipt; what others did has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from advisor.domain.capacity import Armed, Bounds
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import after_acting, after_observing, before_acting
from advisor.planning.open_acts import seen_restored, seen_set
from tests.support.builders import MINUTE, NOW, at, campaign, decided, observed, only, state

ORIGINALS, NINE = Bounds(2, 40), Bounds(9, 40)


def about_to_raise() -> ResourceState:
    """What is in the log of a worker that died while it raised the floor for a campaign that starts soon."""
    seen = replace(state(), observation=observed())
    due = only(decided(at("09:55"), [campaign()], states={seen.resource: seen})).due
    assert due is not None
    return before_acting(replace(due, floor=9, ceiling=40), seen)


def found(known: ResourceState, bounds: Bounds, **other: object) -> ResourceState:
    """The state once a look has found these bounds."""
    assert known.observation is not None
    now = NOW + MINUTE
    return after_observing(known, replace(known.observation, bounds=bounds, observed_at=now, **other), now)


def test_a_raise_whose_worker_died_has_its_receipt_by_the_epoch_that_stands_on_the_resource():
    known = about_to_raise()

    receipt = seen_set(known, found(known, NINE, originals=ORIGINALS, epoch=7), NOW)

    assert receipt is not None
    assert (receipt.reason, receipt.before_floor, receipt.after_floor) == (Reason.FLOOR_SET, 2, 9)
    assert (receipt.epoch, "could not write it down" in receipt.detail) == (7, True)


def test_a_step_that_the_platform_carried_out_has_its_receipt():
    armed = (Armed(NOW + MINUTE / 2, 9, 40),)
    known = replace(
        state(),
        observation=replace(observed(), armed=armed, originals=ORIGINALS),
        originals=ORIGINALS,
        set_by_us=(ORIGINALS,),
        epoch=3,
    )

    receipt = seen_set(known, found(known, NINE, armed=()), NOW)

    assert receipt is not None
    assert (receipt.after_floor, receipt.epoch) == (9, 3)


@pytest.mark.parametrize("theirs", [Bounds(5, 40), Bounds(12, 40), ORIGINALS])
def test_what_others_set_has_none(theirs):
    """Nor what they set back to what it was before us, nor what was found so before."""
    known = about_to_raise()
    raised = found(known, NINE, originals=ORIGINALS)

    assert seen_set(raised, found(raised, theirs), NOW) is None
    assert seen_set(known, found(known, theirs), NOW) is None
    assert seen_set(raised, found(raised, NINE), NOW) is None


def test_what_others_took_back_and_then_left_to_us_again_has_none():
    known = found(about_to_raise(), NINE, originals=ORIGINALS)
    taken_back = found(known, Bounds(4, 40))

    assert seen_set(taken_back, found(taken_back, NINE), NOW) is None


def test_a_restore_whose_worker_died_has_its_receipt_once_nothing_is_left_to_do():
    raised = found(about_to_raise(), NINE, originals=ORIGINALS)
    gone = found(raised, ORIGINALS, originals=None)
    due = only(decided(NOW, [], states={gone.resource: replace(gone, originals=ORIGINALS)})).due
    assert due is not None
    assert due.restore

    receipt = seen_restored(gone, after_acting(due, gone, NOW), NOW, epoch=9)

    assert receipt is not None
    assert (receipt.reason, receipt.epoch) == (Reason.ORIGINALS_RESTORED, 9)
    assert seen_restored(state(), after_acting(due, state(), NOW), NOW, epoch=9) is None
