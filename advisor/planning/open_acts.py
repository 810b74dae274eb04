"""Which acts came to pass although whoever did them did not write it down?

A worker that dies right after a call leaves behind what it was about to do, and a resource on which it is
done. A platform tells nobody when it carries out what is armed. Whoever decides next sees it, and writes the
receipt.
"""

from __future__ import annotations

from datetime import datetime

from advisor.domain.advice import Receipt
from advisor.domain.reason import Reason
from advisor.domain.resource_state import ResourceState

SEEN = "seen to be done: as armed, or by one who could not write it down"


def seen_set(before: ResourceState, after: ResourceState, now: datetime) -> Receipt | None:
    """The receipt of bounds that are of our doing, and that stand since the look before.

    `before` and `after` are the states around a look, the second of which knows whose doing it was.
    """
    known, found = before.observation, after.observation
    if known is None or found is None or found.bounds == known.bounds:
        return None
    if found.originals is None or before.originals is None or after.originals != before.originals:
        return None
    if after.set_by_us != (found.bounds,) or found.bounds in before.set_by_us[:-1]:
        return None
    return Receipt(
        before.resource,
        Reason.FLOOR_SET,
        now,
        known.bounds.minimum,
        found.bounds.minimum,
        SEEN,
        before.epoch if found.epoch is None else found.epoch,
    )


def seen_restored(before: ResourceState, after: ResourceState, now: datetime, epoch: int) -> Receipt | None:
    """The receipt of a restore that was done already when the decider of this epoch asked for it again."""
    found = before.observation
    if found is None or before.originals is None or after.originals is not None:
        return None
    floor = found.bounds.minimum
    return Receipt(before.resource, Reason.ORIGINALS_RESTORED, now, floor, floor, SEEN, epoch)
