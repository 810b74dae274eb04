"""The world that puts verdicts to the test: what is true in it, and a small share of it as a check."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest

from advisor.domain.capacity import Bounds
from advisor.domain.policy import Policy
from advisor.domain.readiness import Readiness
from advisor.simulation.readiness_world.kinds import EARLIEST_S, SOONEST_S
from advisor.simulation.readiness_world.life import live
from advisor.simulation.readiness_world.outcomes import Outcome, at_most, outcomes, tally, upper_bound
from advisor.simulation.readiness_world.supply import Clockwork, Delay, Reflex, Supply
from advisor.simulation.readiness_world.world import World, draw_world

SEEDS = (4, 5)  # one with units that only a floor moves, one with a scaler of its own
NOW_S = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
AT_ONCE = Delay(median_s=300.0, sigma=0.0, together=0.0, tail=0.0, alpha=2.0)


@cache
def lived(seed: int) -> tuple[Outcome, ...]:
    return tuple(outcomes(live(draw_world(seed, campaigns=4))))


@cache
def world(seed: int) -> World:
    return draw_world(seed, campaigns=4)


@pytest.mark.timeout(600)
def test_false_ready_is_no_more_frequent_than_the_risk_lets_happen() -> None:
    """Of the campaigns that were READY no more turn out short than one in a hundred worlds would show."""
    found = [one for seed in SEEDS for one in lived(seed)]
    counted = tally(found)
    assert counted.campaigns == len(found) >= 8
    assert sum(counted.confusion.values()) == counted.campaigns
    if counted.false_ready:
        as_many = 1.0 - at_most(counted.false_ready - 1, counted.ready, Policy("", {}).risk)
        assert as_many > 0.01, f"{counted.false_ready} of {counted.ready} READY were short"


def test_a_product_that_never_says_ready_would_pass_every_test_but_this() -> None:
    """In these worlds units are proved and lead times measured: some campaigns are READY."""
    assert any(one.at_last_moment.readiness is Readiness.READY for seed in SEEDS for one in lived(seed))


@pytest.mark.timeout(600)
def test_the_same_seed_gives_the_same_life() -> None:
    again = tuple(outcomes(live(draw_world(SEEDS[1], campaigns=4))))
    assert again == lived(SEEDS[1])


@pytest.mark.parametrize("seed", range(6))
def test_what_people_declare_is_off_the_truth_by_up_to_thirty_per_cent(seed: int) -> None:
    estate = world(seed).estate
    for name, resource in estate.policy.resources.items():
        ratio = estate.truths[name].carries / resource.unit_capacity
        assert 0.69 < ratio < 1.31
    assert 1 <= len(estate.policy.resources) <= 4


@pytest.mark.parametrize("seed", range(6))
def test_campaigns_are_announced_between_twenty_minutes_and_two_weeks_ahead(seed: int) -> None:
    for happening in world(seed).happenings:
        first = happening.revisions[0]
        ahead_s = (first.start - first.announced_at).total_seconds()
        assert SOONEST_S <= ahead_s <= EARLIEST_S + 1
        assert all(one.announced_at < happening.campaign.start for one in happening.revisions)


def test_a_cancelled_campaign_brings_nobody_and_is_not_measured() -> None:
    """Somewhere in the first worlds one is withdrawn: it happens, and it is not among the measured."""
    withdrawn = [(w, h) for w in map(world, range(6)) for h in w.happenings if not h.takes_place]
    assert withdrawn
    assert all(happening not in here.measured for here, happening in withdrawn)


def test_units_without_a_scaler_are_those_of_the_floor_a_lead_time_later() -> None:
    supply = Supply(Bounds(4, 20), 10.0, Clockwork(AT_ONCE, 1, NOW_S), None)
    supply.set_bounds(Bounds(10, 20), NOW_S)
    supply.arrive(NOW_S + 299)
    assert (supply.ready, supply.units) == (4, 10)
    supply.arrive(NOW_S + 300)
    assert supply.ready == 10
    supply.set_bounds(Bounds(6, 20), NOW_S + 360)
    assert (supply.ready, supply.units) == (6, 6)


def test_a_scaler_of_its_own_follows_the_load_between_the_bounds() -> None:
    supply = Supply(Bounds(4, 20), 10.0, Clockwork(AT_ONCE, 1, NOW_S), Reflex(target=0.5))
    for minute in range(60):
        supply.arrive(NOW_S + 60 * minute)
        supply.live(60.0, NOW_S + 60 * minute)
    assert supply.ready == 12
    for minute in range(60, 90):
        supply.live(1000.0, NOW_S + 60 * minute)
    assert supply.units == 20


def test_lead_times_are_heavy_tailed_and_share_an_evening() -> None:
    """Acts of one evening resemble each other; over many evenings the median is the one declared."""
    clock = Clockwork(Delay(600.0, 0.5, together=0.8, tail=0.03, alpha=2.0), seed=3, begin_s=NOW_S)
    logs = np.log([[clock.draw_s(NOW_S + e * 6 * 3600) for _ in range(8)] for e in range(200)])
    assert abs(np.exp(np.median(logs)) / 600.0 - 1.0) < 0.15
    within, between = logs.std(axis=1).mean(), np.median(logs, axis=1).std()
    assert between > within
    assert logs.max() > np.log(600.0) + 3 * 0.5


@pytest.mark.parametrize(("hits", "trials"), [(0, 149), (3, 400), (11, 60)])
def test_the_bound_is_the_rate_at_which_so_few_hits_are_one_in_twenty(hits: int, trials: int) -> None:
    bound = upper_bound(hits, trials)
    assert bound > hits / trials
    assert at_most(hits, trials, bound) == pytest.approx(0.05, abs=1e-9)


def test_without_hits_the_bound_is_known_in_closed_form() -> None:
    assert upper_bound(0, 149) == pytest.approx(1 - 0.05 ** (1 / 149))
    assert upper_bound(0, 0) == 1.0


def test_more_hits_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="5 hits of 4 trials"):
        upper_bound(5, 4)
