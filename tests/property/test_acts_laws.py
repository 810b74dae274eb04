"""Laws of acting: what others write while bounds of ours stand is what they get back, side by side."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.actuation.execute import execute, observe
from advisor.domain.advice import Instruction
from advisor.domain.capacity import Bounds
from advisor.domain.resource_state import ResourceState
from advisor.planning.acts import before_acting
from tests.support.acting import Moody
from tests.support.builders import MINUTE, NOW, PODS, policy, resource

PEOPLE_SET = Bounds(2, 40)

Sides = tuple[int | None, int | None]
"""The minimum and the maximum that somebody sets; None is left as it stands."""


@dataclass(frozen=True)
class Told:
    """An instruction of ours, a restore without a floor, and what becomes of it."""

    floor: int | None
    fate: str = "done"


@dataclass
class Shared:
    """A resource that we and others write to: what stands on it, what we remember, what others want."""

    platform: Moody = field(default_factory=lambda: Moody(policy(resource()), PEOPLE_SET))
    state: ResourceState = field(default_factory=lambda: ResourceState(PODS))
    wanted: Bounds = PEOPLE_SET
    now: datetime = NOW
    is_sure: bool = True  # of whether our last act has come to pass

    @property
    def bounds(self) -> Bounds:
        """What stands."""
        return asyncio.run(self.platform.observe(PODS, self.now)).bounds

    def look(self) -> None:
        """Observe it, a minute later."""
        self.now += MINUTE
        self.state = asyncio.run(observe(self.platform, self.state, self.now))

    def act(self, told: Told) -> None:
        """Look, write down, act: all as the decider does, or as far as it gets."""
        self.look()
        floor, restore = told.floor or 0, told.floor is None
        due = Instruction(PODS, floor, 40, self.now, self.now + MINUTE, (), restore)
        written = before_acting(due, self.state)
        self.platform.refuses = told.fate == "refused"
        if told.fate != "dies before":
            self.state = asyncio.run(execute(self.platform, due, written, self.now)).state
        if told.fate.startswith("dies"):
            self.state = written
        self.is_sure = told.fate == "done"

    def write(self, sides: Sides) -> None:
        """Somebody else sets them, and we look; what reads like an act of ours is left out."""
        found = self.bounds
        least = found.minimum if sides[0] is None else sides[0]
        most = max(least, found.maximum if sides[1] is None else sides[1])
        if self._reads_like_ours(Bounds(least, most), found):
            return
        asyncio.run(self.platform.write(Bounds(least, most), self.now))
        least = self.wanted.minimum if least == found.minimum else least
        most = self.wanted.maximum if most == found.maximum else most
        self.wanted = Bounds(least, max(least, most))
        self.look()

    def _reads_like_ours(self, written: Bounds, found: Bounds) -> bool:
        ours = self.state.set_by_us
        if written in ours or self.is_sure:
            return written in ours
        sides = [(written.minimum, found.minimum, [b.minimum for b in ours])]
        sides.append((written.maximum, found.maximum, [b.maximum for b in ours]))
        return any(new != old and new in known for new, old, known in sides)


units = st.integers(0, 30)
fates = st.sampled_from(["done", "done", "done", "refused", "dies before", "dies after"])
acts = st.builds(Told, units | st.none(), fates)
writes = st.tuples(units | st.none(), st.integers(0, 60) | st.none())


@settings(max_examples=150, deadline=None)
@given(st.lists(acts | writes, max_size=12))
@example([Told(5), Told(9, "refused"), (None, 50)])
@example([Told(9), Told(None, "refused"), (None, 50)])
@example([Told(9), (3, None), (4, None), (3, None)])
def test_whatever_others_write_between_our_acts_a_restore_gives_back_what_they_last_wrote(story):
    """The minimum and the maximum each as last written by them; whether our acts came to pass or not."""
    shared = Shared()
    for one in [*story, Told(None), Told(None)]:
        if isinstance(one, Told):
            shared.act(one)
        else:
            shared.write(one)

        assert len(shared.state.set_by_us) <= 2
        if one == Told(None):
            assert (shared.bounds, shared.state.originals) == (shared.wanted, None)


def test_a_controller_that_writes_a_thousand_times_leaves_two_bounds_to_remember():
    """And the last it wrote stands again after us."""
    shared = Shared()
    shared.act(Told(9))
    for i in range(1000):
        shared.write((10 + i, 2000 + i))

    assert len(shared.state.set_by_us) == 2
    assert shared.state.originals == Bounds(1009, 2999)
