"""Capacity: the bounds and units of a resource, as its platform has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most units a resource may have."""

    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Armed:
    """A step that the platform carries out at a time by itself, whether we live or not.

    A `ceiling` of None leaves the maximum as it is: what is armed to lower lowers the minimum only.
    """

    at: datetime
    floor: int
    ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """A resource as its actuator found it: bounds, and how many units are there and ready.

    `owner` names another controller that sets the bounds, if there is one. `managed` is False where the
    platform marks what may be changed, and has not marked this. `originals` are those written on the resource
    itself by our first change, `writer` is who wrote the bounds last, as far as the platform tells; empty:
    nobody knows. `identity` changes when the resource is made anew under the same name. `armed` is what the
    platform will carry out of ours by itself; None where it can hold no schedule. `waiting_for` says what
    units that are not ready wait for. `clock_ahead` is how much later the platform's clock shows than ours,
    in whole minutes: negative where it shows earlier, zero where the two agree or it shows none. `epoch` is
    the number of the decider that changed it last, where that is written on the resource.
    """

    resource: str
    observed_at: datetime
    bounds: Bounds
    units: int
    ready_units: int
    owner: str = ""
    managed: bool = True
    originals: Bounds | None = None
    writer: str = ""
    identity: str = ""
    armed: tuple[Armed, ...] | None = None
    waiting_for: tuple[str, ...] = ()
    clock_ahead: timedelta = timedelta(0)
    epoch: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """Do so many units serve, by their effect and not by the platform's word?

    `waiting_for` says, where they do not, what the platform knows of why.
    """

    floor: int
    ready_units: int
    waiting_for: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Are they all there?"""
        return self.ready_units >= self.floor
