"""When is a change refused for what stands by now?"""

from __future__ import annotations

import pytest

from advisor.actuation.conflicts import refuse_conflict
from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError
from tests.support.builders import NOW, PODS

ASKED = Change(PODS, Bounds(2, 40), Bounds(9, 40), Bounds(2, 40), NOW, 5, seen_epoch=3)


def refused(change: Change, *, is_as_decided: bool, epoch: int | None) -> ActuationError:
    with pytest.raises(ActuationError) as caught:
        refuse_conflict(
            change, is_as_decided=is_as_decided, bounds=Bounds(4, 40), by="kubectl-edit", epoch=epoch
        )
    return caught.value


def test_what_was_decided_on_is_no_conflict():
    refuse_conflict(ASKED, is_as_decided=True, bounds=Bounds(2, 40), by="nobody", epoch=3)


def test_other_bounds_are_a_conflict_that_names_who_set_them():
    error = refused(ASKED, is_as_decided=False, epoch=3)

    assert (error.resource, error.reason, error.retryable) == (PODS, Reason.ACT_CONFLICT, True)
    assert error.detail == "bounds are 4 to 40 by now: kubectl-edit set them"


@pytest.mark.parametrize("is_as_decided", [True, False])
def test_another_deciders_writing_is_a_conflict_whatever_the_bounds(is_as_decided):
    error = refused(ASKED, is_as_decided=is_as_decided, epoch=7)

    assert error.detail == "the decider of epoch 7 has written since that of epoch 5 looked"
