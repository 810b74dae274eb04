"""A change of one resource's bounds: what it is to be made, from what, and what became of the attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from advisor.domain.capacity import Armed, Bounds


@dataclass(frozen=True, slots=True)
class Change:
    """What a resource is to be made: an absolute target, never a difference.

    `found` are the bounds that the decision rests on: where others stand by now, somebody else wrote them,
    and nothing is written over them. `originals` are the bounds from before our first change; they are put
    on the resource itself (annotation, tag) with it, so that they cannot be lost. `armed` is all that the
    platform is to carry out by itself from now on, where it can hold a schedule; None leaves what is armed.
    `epoch` numbers the decider that asks, `planned_for` is the time of the step that is carried out.
    `seen_epoch` is that of the decider that had written last when it was decided, as the resource told.
    """

    resource: str
    found: Bounds
    target: Bounds
    originals: Bounds
    planned_for: datetime
    epoch: int = 0
    armed: tuple[Armed, ...] | None = None
    seen_epoch: int | None = None

    def is_outdone(self, epoch: int | None) -> bool:
        """Has another decider written since, as the number that stands on the resource by now tells?

        It may have set the very bounds that this change found, after it had taken back what this change did:
        a worker that wakes up late would do it a second time. None: nothing of ours is on the resource.
        """
        return epoch is not None and epoch not in (self.epoch, self.seen_epoch)

    @property
    def token(self) -> str:
        """The same for the same change by whichever decider: what platforms call a client token (32 hex)."""
        bounds = f"{self.target.minimum}|{self.target.maximum}"
        return sha256(f"{self.resource}|{bounds}|{self.planned_for.isoformat()}".encode()).hexdigest()[:32]


class Carried(StrEnum):
    """How far a change came."""

    WHOLE = "whole"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a change that the platform took: all of it, or not all, and then what is missing.

    That is no error: what is missing is asked for again at the next look.
    """

    carried: Carried = Carried.WHOLE
    detail: str = ""
