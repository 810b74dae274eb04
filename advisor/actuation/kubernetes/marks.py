"""What is written on an object beside its bounds: whose it is, and what it was before us.

    headstart.io/managed: "false"      its owners': nothing of ours may touch it
    headstart.io/originals: "4/60"     minimum and maximum from before our first change; "-" for one not set
    headstart.io/minimum: "4"          for kinds that have no minimum: the one we were last asked for
    headstart.io/maximum: "40"         the same of a maximum
    headstart.io/epoch: "7"            the number of the decider that changed it last
    headstart.io/made: "true"          made by us, and to be removed when it is not needed any more

All but the first are ours, come with our first change in the same write, and go with the restore.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from advisor.actuation.kubernetes.manifests import Manifest, annotations_of
from advisor.domain.capacity import Bounds

MANAGED = "headstart.io/managed"
ORIGINALS = "headstart.io/originals"
MINIMUM = "headstart.io/minimum"
MAXIMUM = "headstart.io/maximum"
EPOCH = "headstart.io/epoch"
MADE = "headstart.io/made"

_ORIGINALS = re.compile(r"(-|\d+)/(-|\d+)")
NOT_SET = "-"


class Fields(Protocol):
    """How a kind says its bounds, in `spec` and in marks."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields of `spec` that hold bounds, the minimum's first."""

    @property
    def maximum_path(self) -> str | None:
        """The field of the maximum; None for a kind that has none."""

    def bounds(self, found: Manifest, most: int) -> Bounds:
        """The bounds of an object. `most` is the maximum of one that has none and bears no mark of ours."""

    def spec(self, found: Manifest, bounds: Bounds, before: str = "") -> Manifest:
        """What to write into `spec` for these bounds; `before` is the mark of the originals in a restore."""

    def marks(self, bounds: Bounds) -> dict[str, str]:
        """The marks that stand for bounds that the kind does not have."""

    def originals(self, found: Manifest, originals: Bounds) -> str:
        """The mark that keeps `originals`: the one there is if it says so, or a new one."""

    def read_originals(self, mark: str, most: int = 0) -> Bounds | None:
        """The bounds that a mark keeps; None for none, or one that somebody spoilt."""


@dataclass(frozen=True, slots=True)
class Side:
    """One bound of an object: where in `spec` it is, and what it is where it is not set.

    A `path` of None says that the kind has no such bound: the mark on the object stands for it.
    """

    path: str | None
    absent: int | None = None


@dataclass(frozen=True, slots=True)
class BoundsFields:
    """Where a kind keeps its bounds in `spec`, e.g. minReplicas and maxReplicas."""

    minimum: Side
    maximum: Side

    def bounds(self, found: Manifest, most: int) -> Bounds:
        """The bounds of an object. `most` is the maximum of one that has none and bears no mark of ours."""
        least = self._value(found, self.minimum)
        if self.maximum.path is not None:
            return Bounds(least, self._value(found, self.maximum))
        return Bounds(least, max(least, marked(found, MAXIMUM, most)))

    def spec(self, found: Manifest, bounds: Bounds, before: str = "") -> Manifest:
        """What to write into `spec` for these bounds.

        A bound that `before` says was not set is left out if it is to be what it was: the API server then
        takes away what we had set, and it is not set again.
        """
        said = _ORIGINALS.fullmatch(before)
        sides = ((self.minimum, bounds.minimum, 1), (self.maximum, bounds.maximum, 2))
        return {
            side.path: value
            for side, value, number in sides
            if side.path is not None and not (said and said[number] == NOT_SET and value == side.absent)
        }

    def marks(self, bounds: Bounds) -> dict[str, str]:
        """The maximum, where the kind has none."""
        return {MAXIMUM: str(bounds.maximum)} if self.maximum.path is None else {}

    def originals(self, found: Manifest, originals: Bounds) -> str:
        """The mark that keeps `originals`: the one there is if it says so, or a new one.

        Bounds that are not set on the object as it is found are kept as not set.
        """
        present = annotations_of(found).get(ORIGINALS, "")
        if self.read_originals(present, originals.maximum) == originals:
            return present
        return f"{self._word(found, self.minimum, originals.minimum)}/" + (
            str(originals.maximum)
            if self.maximum.path is None
            else self._word(found, self.maximum, originals.maximum)
        )

    def read_originals(self, mark: str, most: int = 0) -> Bounds | None:
        """The bounds that a mark keeps; None for none, or one that somebody spoilt."""
        said = _ORIGINALS.fullmatch(mark)
        if said is None:
            return None
        least, greatest = self.minimum.absent or 0, self.maximum.absent or most
        return Bounds(
            least if said[1] == NOT_SET else int(said[1]), greatest if said[2] == NOT_SET else int(said[2])
        )

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields of `spec` that hold bounds, the minimum's first."""
        return tuple(side.path for side in (self.minimum, self.maximum) if side.path is not None)

    @property
    def maximum_path(self) -> str | None:
        """The field of the maximum; None for a kind that has none."""
        return self.maximum.path

    def _value(self, found: Manifest, side: Side) -> int:
        value = found["spec"].get(side.path)
        return int(side.absent or 0) if value is None else int(value)

    def _word(self, found: Manifest, side: Side, value: int) -> str:
        is_absent = found["spec"].get(side.path) is None and value == side.absent
        return NOT_SET if is_absent else str(value)


def marked(found: Manifest, mark: str, otherwise: int) -> int:
    """The number that a mark holds; `otherwise` where there is none."""
    text = annotations_of(found).get(mark, "")
    return int(text) if text.isdecimal() else otherwise


def epoch_on(found: Manifest) -> int | None:
    """The decider that changed the object last, as it says itself; None where no decider's mark is on it."""
    text = annotations_of(found).get(EPOCH, "")
    return int(text) if text.isdecimal() else None


def is_managed(found: Manifest) -> bool:
    """May the object be changed, as far as its owners say? Yes, where they say nothing."""
    return annotations_of(found).get(MANAGED, "true").lower() not in ("false", "no", "0")


def ours(found: Manifest) -> list[str]:
    """The marks of ours that are on the object."""
    return [mark for mark in (ORIGINALS, MINIMUM, MAXIMUM, EPOCH, MADE) if mark in annotations_of(found)]
