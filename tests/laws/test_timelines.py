"""Five hundred random timelines keep every law; `make laws N=10000` runs more, and the oracle is no echo."""

from __future__ import annotations

from itertools import pairwise

import pytest

from advisor.domain.capacity import Bounds
from advisor.pipeline import remember
from tests.laws.__main__ import broken_among, explained
from tests.laws.draw import timeline
from tests.laws.events import Sent, Stopped
from tests.laws.laws import first_broken
from tests.laws.run import Tick, Timeline, run
from tests.laws.shrink import shrunk
from tests.laws.world import World
from tests.support.builders import MINUTE, NOW, PODS, at, campaign, policy, resource

TIMELINES = 500


@pytest.mark.timeout(1200)
def test_every_law_holds_at_every_minute_of_random_timelines():
    found = broken_among(range(TIMELINES))

    assert not found, explained(*found[0])


def test_the_same_seed_gives_the_same_timeline():
    assert [str(timeline(7)) for _ in "12"] == [str(timeline(7))] * 2


def one_campaign(*more: Sent | Stopped, **of: object) -> Timeline:
    """The estate's pods and its campaign at ten, and whatever else happens."""
    pods = resource(**of)
    events = sorted([Sent(NOW, campaign()), *more], key=lambda event: event.at)
    return Timeline(
        0, policy(pods), {PODS: Bounds(pods.minimum, pods.maximum)}, {"web-shop": 15.0}, tuple(events)
    )


def test_a_quiet_timeline_follows_the_rule_from_first_to_last():
    floors = {(t.now, t.bounds[PODS].minimum) for t in run(one_campaign()) if t.acts}

    assert first_broken(one_campaign()) is None
    assert sorted(floors) == [(at("09:49"), 3), (at("09:50"), 5), (at("12:00"), 3), (at("12:15"), 2)]


def test_a_decider_that_did_nothing_would_break_the_rule_and_the_words_say_so(monkeypatch):
    """A law that nothing can break says nothing: here the platform loses every act."""
    quiet = one_campaign(Stopped(at("20:00"), "sim://other", hard=True))
    monkeypatch.setattr("tests.laws.run._carry_out", _remember_only)

    broken = first_broken(quiet)

    assert broken is not None
    assert broken.law.startswith("floor_is_the_rule")
    assert (broken.at, broken.resource, broken.expected) == (at("09:49"), PODS, "floor 3")
    smaller, _ = shrunk(quiet, broken)
    assert [str(event) for event in smaller.events] == [str(Sent(NOW, campaign()))]


def _remember_only(made, world: World, now) -> bool:
    world.states[PODS] = remember(made, world.states[PODS])
    return True


def test_ticks_come_where_something_is_due_and_never_in_between():
    ticks: list[Tick] = list(run(one_campaign()))

    assert all(one.until == other.now for one, other in pairwise(ticks))
    assert {at("09:50"), at("12:00"), at("12:15")} <= {tick.now for tick in ticks}
    assert all(tick.now.second == 0 and tick.until - tick.now >= MINUTE for tick in ticks)
