"""What can happen to an estate: each a value with its time, that changes the world and says so in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from advisor.domain.campaign import Campaign, CampaignStatus
from advisor.domain.capacity import Bounds
from advisor.domain.controls import Envelope, Hold, Rejection
from advisor.domain.policy import Policy
from advisor.domain.timegrid import to_iso
from streams.campaign_book import Position
from streams.codec.campaigns import Announced, Cancelled
from tests.laws.world import World


class Event(Protocol):
    """Something that happens at a time."""

    @property
    def at(self) -> datetime:
        """When?"""

    def apply(self, world: World) -> None:
        """Make it happen."""


@dataclass(frozen=True)
class Sent:
    """A message about a campaign reaches the inbox: new, changed, cancelled, old or a duplicate."""

    at: datetime
    campaign: Campaign

    def apply(self, world: World) -> None:
        """Let the book decide what it is worth."""
        one = self.campaign
        fact: Cancelled | Announced = Announced(one)
        if one.status is CampaignStatus.CANCELLED:
            fact = Cancelled(one.campaign_id, one.revision, self.at, one.source)
        world.messages += 1
        world.book.apply(fact, Position(0, world.messages, self.at))

    def __str__(self) -> str:
        one = self.campaign
        if one.status is CampaignStatus.CANCELLED:
            return f"{one.campaign_id} r{one.revision} is cancelled"
        uplift = one.expected_uplift.p50 if one.expected_uplift else 1.0
        budget = f", budget {one.budget.max_cost:g}" if one.budget else ""
        team = f", team {one.team}" if one.team else ""
        window = f"{one.start:%d %H:%M} to {one.end:%d %H:%M}, {'+'.join(one.services)} times {uplift:g}"
        return f"{one.campaign_id} r{one.revision} from {one.source}: {window}{budget}{team}"


@dataclass(frozen=True)
class Approved:
    """A person approves a campaign within an envelope."""

    at: datetime
    envelope: Envelope

    def apply(self, world: World) -> None:
        """Their newest word replaces their last, and what anybody rejected."""
        had, given = world.controls, self.envelope
        others = [e for e in had.envelopes if (e.campaign_id, e.by) != (given.campaign_id, given.by)]
        kept = tuple(r for r in had.rejections if r.campaign_id != given.campaign_id)
        world.controls = replace(had, envelopes=(*others, given), rejections=kept)

    def __str__(self) -> str:
        one = self.envelope
        units = ", ".join(f"{name} to {most}" for name, most in one.most_units)
        cost = "" if one.max_cost is None else f", cost to {one.max_cost:g}"
        return (
            f"{one.by} approves {one.campaign_id}: {units}{cost}, "
            f"{one.start:%d %H:%M} to {one.end:%d %H:%M}, expires {one.expires_at:%d %H:%M}"
        )


@dataclass(frozen=True)
class Rejected:
    """A person says no to a campaign."""

    at: datetime
    campaign_id: str
    by: str

    def apply(self, world: World) -> None:
        """What was approved counts no more."""
        had = world.controls
        kept = tuple(e for e in had.envelopes if e.campaign_id != self.campaign_id)
        no = Rejection(self.campaign_id, 1, self.by, self.at)
        world.controls = replace(had, envelopes=kept, rejections=(*had.rejections, no))

    def __str__(self) -> str:
        return f"{self.by} rejects {self.campaign_id}"


@dataclass(frozen=True)
class Stopped:
    """A person holds a resource or a campaign, or freezes a resource or everything (`hard`)."""

    at: datetime
    scope: str
    hard: bool

    def apply(self, world: World) -> None:
        """From now on nothing is done about it."""
        stop, had = Hold(self.scope, "ada", self.at), world.controls
        if self.hard:
            world.controls = replace(had, freezes=(*had.freezes, stop))
        else:
            world.controls = replace(had, holds=(*had.holds, stop))

    def __str__(self) -> str:
        return f"ada {'freezes' if self.hard else 'holds'} {self.scope}"


@dataclass(frozen=True)
class Resumed:
    """A person lets go of a scope again."""

    at: datetime
    scope: str

    def apply(self, world: World) -> None:
        """Acting goes on."""
        had = world.controls
        world.controls = replace(
            had,
            holds=tuple(h for h in had.holds if h.scope != self.scope),
            freezes=tuple(h for h in had.freezes if h.scope != self.scope),
        )

    def __str__(self) -> str:
        return f"ada resumes {self.scope}"


@dataclass(frozen=True)
class PolicyEdited:
    """People put another policy in force."""

    at: datetime
    policy: Policy
    words: str

    def apply(self, world: World) -> None:
        """It counts from the next decision on."""
        world.policy = self.policy

    def __str__(self) -> str:
        return f"the policy says {self.words}"


@dataclass(frozen=True)
class Written:
    """Somebody else sets the minimum, the maximum or both of a resource (kubectl, Terraform)."""

    at: datetime
    resource: str
    minimum: int | None
    maximum: int | None

    def apply(self, world: World) -> None:
        """What they change is from now on what they want.

        A write that reads like ours, or two that we see as one, cannot be told apart: such are left out.
        """
        found, state = world.platform.bounds(self.resource), world.states[self.resource]
        least = found.minimum if self.minimum is None else self.minimum
        most = found.maximum if self.maximum is None else self.maximum
        written = Bounds(least, max(least, most))
        if written == found or written in state.set_by_us or self.resource in world.unseen:
            return
        wanted = world.wanted[self.resource]
        minimum = wanted.minimum if written.minimum == found.minimum else written.minimum
        maximum = wanted.maximum if written.maximum == found.maximum else written.maximum
        world.wanted[self.resource] = Bounds(minimum, max(minimum, maximum))
        world.unseen.add(self.resource)
        world.platform.write(self.resource, written, self.at)

    def __str__(self) -> str:
        said = {"minimum": self.minimum, "maximum": self.maximum}
        return (
            f"somebody sets {self.resource} {', '.join(f'{k} {v}' for k, v in said.items() if v is not None)}"
        )


@dataclass(frozen=True)
class Failing:
    """The platform refuses acts on a resource for a while, or takes them again; `blind`: it shows nothing."""

    at: datetime
    resource: str
    fails: bool
    blind: bool = False

    def apply(self, world: World) -> None:
        """Calls fail until it is well again."""
        for moods, is_so in ((world.platform.refuses, self.fails), (world.platform.hides, self.blind)):
            (moods.add if is_so else moods.discard)(self.resource)

    def __str__(self) -> str:
        how = "shows and takes nothing" if self.blind else "refuses acts"
        return f"the platform {how if self.fails else 'is well again'} on {self.resource}"


@dataclass(frozen=True)
class Restarted:
    """The decider restarts from what it wrote, or dies at its next act, before or after the call."""

    at: datetime
    how: str  # "between decisions", "before the act", "after the act"

    def apply(self, world: World) -> None:
        """Its memory goes now, or in the middle of what it does next."""
        if self.how == "between decisions":
            world.restart()
        else:
            world.dies = self.how

    def __str__(self) -> str:
        dies = "restarts between decisions" if self.how == "between decisions" else f"dies {self.how}"
        return f"the decider {dies}"


@dataclass(frozen=True)
class Silent:
    """Demand stops arriving, or arrives again."""

    at: datetime
    silent: bool

    def apply(self, world: World) -> None:
        """What is known stays as old as it is now."""
        world.silent_since = self.at if self.silent else None

    def __str__(self) -> str:
        return "demand falls silent" if self.silent else "demand arrives again"


@dataclass(frozen=True)
class Away:
    """No decider is there until `until`: ticks are skipped."""

    at: datetime
    until: datetime

    def apply(self, world: World) -> None:
        """Nobody decides meanwhile."""
        world.away_until = self.until

    def __str__(self) -> str:
        return f"nobody decides until {self.until:%d %H:%M}"


@dataclass(frozen=True)
class Loaded:
    """Real demand becomes so many times the ordinary one, whatever the forecast says."""

    at: datetime
    times: float

    def apply(self, world: World) -> None:
        """It is in use from now on."""
        world.load = self.times

    def __str__(self) -> str:
        return f"real demand is {self.times:g} times the ordinary one"


def told(event: Event) -> str:
    """One line of a table: when, and what."""
    return f"{to_iso(event.at)[5:16].replace('T', ' ')}  {event}"
