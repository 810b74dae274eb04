"""What people decided: holds, freezes, and the envelopes within which a campaign may be acted for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

EVERYTHING = "*"
"""The scope of a freeze that stops acting everywhere."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Nobody acts on `scope`, a resource id, a campaign id or EVERYTHING, until a person resumes it.

    What stands, stands: a hold freezes acting and drops no floor. `disarm`, of a freeze, also takes back what
    platforms would carry out by themselves.
    """

    scope: str
    by: str
    at: datetime
    why: str = ""
    disarm: bool = False


def people(stops: Sequence[Hold]) -> str:
    """Who said so, and why: `ada (legal has not signed) and bob`."""
    return " and ".join(f"{stop.by} ({stop.why})" if stop.why else stop.by for stop in stops)


@dataclass(frozen=True, slots=True)
class Envelope:
    """How far one person lets Headstart go for one campaign: inside it act, outside ask.

    `revision` is the campaign's that the person saw. `most_units` bounds the floor of each resource named;
    others are not approved. `max_cost` bounds the campaign's extra cost, in `currency`; None does not.
    Floors may stand raised from `start` to `end`, and may be raised until `expires_at`: after that what
    stands is lowered by the plan only.
    """

    campaign_id: str
    revision: int
    most_units: tuple[tuple[str, int], ...]
    max_cost: float | None
    currency: str
    start: datetime
    end: datetime
    expires_at: datetime
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Rejection:
    """A person said no to a campaign at a revision: what was approved before counts no more."""

    campaign_id: str
    revision: int
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One person wants a resource raised to `floor` for a while, watched and put back: a campaign is to come.

    It counts from `at`, and is over at `until` whatever was seen by then. Once its units serve it is watched
    for so long.
    """

    resource: str
    campaign_id: str
    floor: int
    at: datetime
    until: datetime
    by: str
    why: str = ""
    watch: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Controls:
    """All that people decided and that stands: of each person and campaign or scope, their newest word.

    `holds` are of resources and campaigns, `freezes` (the kill switch) of resources or of EVERYTHING.
    """

    holds: tuple[Hold, ...] = ()
    freezes: tuple[Hold, ...] = ()
    envelopes: tuple[Envelope, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    rehearsals: tuple[Rehearsal, ...] = ()
