"""What others did to a resource that we had raised, and what the platform refused us."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from advisor.domain.capacity import Bounds
from advisor.domain.reason import Reason


@dataclass(frozen=True, slots=True)
class Clobber:
    """Somebody set bounds below what we had set.

    `by` is who, as far as the platform tells; empty: nobody knows.
    """

    at: datetime
    by: str
    ours: Bounds
    found: Bounds


@dataclass(frozen=True, slots=True)
class Refusal:
    """The platform did not take the bounds that are due, so many times in a row since then.

    The same bounds are asked for again no sooner than `again_at`.
    """

    reason: Reason
    detail: str
    target: Bounds
    since: datetime
    times: int
    again_at: datetime
