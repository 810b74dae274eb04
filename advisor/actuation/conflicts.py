"""Does what stands by now still allow what was decided? The comparison of compare-and-set."""

from __future__ import annotations

from advisor.domain.capacity import Bounds
from advisor.domain.change import Change
from advisor.domain.reason import Reason
from advisor.errors import ActuationError


def refuse_conflict(
    change: Change, *, is_as_decided: bool, bounds: Bounds, by: str, epoch: int | None
) -> None:
    """Raise ActuationError with ACT_CONFLICT where somebody else wrote: another decider, or anybody at all.

    `is_as_decided`: these bounds are what the change found, or what it asks for. `by` set them, `epoch` is
    the decider's that stands on the resource.
    """
    if change.is_outdone(epoch):
        detail = f"the decider of epoch {epoch} has written since that of epoch {change.epoch} looked"
    elif not is_as_decided:
        detail = f"bounds are {bounds.minimum} to {bounds.maximum} by now: {by} set them"
    else:
        return
    raise ActuationError(change.resource, detail, retryable=True, reason=Reason.ACT_CONFLICT)
