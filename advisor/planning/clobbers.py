"""Somebody takes back what we set: who and how often, and when may it be set again?

At once the first time, for a mishap is over then. After that the waits grow, and end: two controllers that
overwrite each other for an hour harm more than either of them, and a person has to part them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from advisor.domain.capacity import Bounds, Observation
from advisor.domain.controls import Controls
from advisor.domain.meddling import Clobber
from advisor.domain.resource_state import ResourceState

FIRST_WAIT = timedelta(seconds=30)
CALM = timedelta(hours=1)
"""What has stood for so long is not being fought over any more."""

ANEW = "whoever made it anew"
MOST_KEPT = 25
"""More than are ever answered."""

PART_THEM = "make them leave the bounds alone, then hold and resume the resource"
"""What a person has to do about a fight that was given up."""


def clobbered(state: ResourceState, ours: Bounds, found: Observation) -> ResourceState:
    """The state once bounds that are not ours were found where `ours` should stand.

    Higher ones are no clobber: somebody wants more, and has it.
    """
    if state.refused is not None or not _is_less(found.bounds, ours):
        return state
    return _counted(state, Clobber(found.observed_at, found.writer, ours, found.bounds))


def made_anew(
    state: ResourceState, before: tuple[Clobber, ...], *stood: Bounds, found: Observation
) -> ResourceState:
    """The state of a resource made anew where `stood` what we had set: a way to take it back as well.

    `before` are the clobbers of the one that is gone.
    """
    state = replace(state, clobbers=before)
    if not stood or not _is_less(found.bounds, stood[0]):
        return state
    return _counted(state, Clobber(found.observed_at, ANEW, stood[0], found.bounds))


def _counted(state: ResourceState, clobber: Clobber) -> ResourceState:
    """With one more. What changes again while we only wait is no other; of very many the newest are kept."""
    known = _recent(state.clobbers, clobber.at)
    if known and state.observation is not None and state.observation.bounds == known[-1].found:
        clobber = replace(clobber, at=known[-1].at, ours=known[-1].ours)
        known = known[:-1]
    return replace(state, clobbers=(*known, clobber)[-MOST_KEPT:])


def calmed(state: ResourceState, now: datetime) -> ResourceState:
    """The state without clobbers once what we set has stood for long; the same object if nothing changes."""
    if not state.clobbers or state.observation is None or _recent(state.clobbers, now):
        return state
    return (
        state if _is_less(state.observation.bounds, state.clobbers[-1].ours) else replace(state, clobbers=())
    )


def forgiven(state: ResourceState, controls: Controls) -> ResourceState:
    """The state without clobbers while a person holds the resource: after that the count begins anew."""
    held = any(hold.scope == state.resource for hold in controls.holds)
    return replace(state, clobbers=()) if held and state.clobbers else state


def is_reassertion(state: ResourceState, target: Bounds) -> bool:
    """Was as much as this set before, and taken back? More than ever is asked for once, whoever meddles."""
    return any(not _is_less(clobber.ours, target) for clobber in state.clobbers)


def set_again_at(state: ResourceState, most: int) -> datetime | None:
    """When may what was taken back (once at least) be set again? None: it was, `most` times: given up."""
    count = len(state.clobbers)
    if count > most:
        return None
    return state.clobbers[-1].at + (FIRST_WAIT * 2 ** (count - 2) if count > 1 else timedelta(0))


def told(state: ResourceState) -> str:
    """Who took back what, in words: `argocd-controller set 4 to 9 at 09:51Z where 8 to 9 stood, 3 times`."""
    last, count = state.clobbers[-1], len(state.clobbers)
    names = ", ".join(dict.fromkeys(c.by or "somebody unknown" for c in state.clobbers))
    often = f", {count} times" if count > 1 else ""
    return f"{names} set {_words(last.found)} at {last.at:%H:%M}Z where {_words(last.ours)} stood{often}"


def _recent(clobbers: tuple[Clobber, ...], now: datetime) -> tuple[Clobber, ...]:
    return clobbers if clobbers and now < clobbers[-1].at + CALM else ()


def _is_less(bounds: Bounds, than: Bounds) -> bool:
    return bounds.minimum < than.minimum or bounds.maximum < than.maximum


def _words(bounds: Bounds) -> str:
    return f"{bounds.minimum} to {bounds.maximum}"
