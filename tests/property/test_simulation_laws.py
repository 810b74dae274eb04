"""What must hold of every simulated world, whatever its numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.domain.timegrid import from_epoch_s
from advisor.simulation.closed_loop import run_closed_loop
from advisor.simulation.comparison import compare
from advisor.simulation.contest import SCALERS
from advisor.simulation.elasticity import COMPETED, elasticity, pairwise_wins
from advisor.simulation.known_floors import oracle_supply
from advisor.simulation.loop_trace import trace_of
from advisor.simulation.reactive import HpaRules, Supply, simulate
from advisor.simulation.shop import shop_day
from tests.support.builders import CRM, HOUR, MINUTE, PODS, SHOP, T0, campaign, policy, resource

MAXIMUM = 200

rates = st.lists(st.floats(0, 3000, allow_nan=False), min_size=2, max_size=60)
floors = st.lists(st.integers(0, MAXIMUM), min_size=60, max_size=60)
steps_s = st.sampled_from([15, 30, 60, 20])
leads_s = st.integers(0, 600)


def hpa(lead_time_s: int = 120, tolerance: float = 0.1) -> HpaRules:
    return HpaRules(unit_capacity=20.0, maximum=MAXIMUM, lead_time_s=lead_time_s, tolerance=tolerance)


def run(demand: list[float], floor: list[int], rules: HpaRules, step_s: int = 60, start: int = 10) -> Supply:
    floors_now = np.asarray(floor[: len(demand)], dtype=np.int64)
    return simulate(np.asarray(demand), step_s, rules, floors_now, start)


@given(rates, floors, steps_s, leads_s)
def test_supply_stays_within_floor_and_maximum(demand, floor, step_s, lead_s):
    """Asked for is at least the floor at every sync, at most the maximum; ready is never more than that."""
    supply = run(demand, floor, hpa(lead_s), step_s)

    assert (supply.units_ready >= 0).all()
    assert (supply.units_ready <= supply.units_requested).all()
    assert (supply.units_requested <= MAXIMUM).all()
    if step_s % 15 == 0:  # a sync on every step
        assert (supply.units_requested >= np.asarray(floor[: len(demand)])).all()


@given(rates, floors, st.sampled_from([15, 60]), leads_s)
def test_a_floor_that_stood_for_the_lead_time_is_ready(demand, floor, step_s, lead_s):
    """Ready units never fall under the lowest floor of the last lead time: what Headstart counts on."""
    supply = run(demand, floor, hpa(lead_s), step_s)
    reach = ceil(lead_s / step_s)

    for i in range(reach, len(demand)):
        assert supply.units_ready[i] >= min(floor[i - reach : i + 1])


@given(rates, st.integers(0, MAXIMUM), st.integers(0, MAXIMUM))
def test_more_floor_never_means_fewer_units_where_units_are_ready_at_once(demand, one, other):
    """For floors that stand, from above both, and an HPA without tolerance.

    Of the real HPA the law is false in three ways, and the simulation keeps all of them: with a tolerance
    a higher floor can bring utilisation into the band in which it does nothing; in the very sync in which
    it lifts units to a new minimum it does not look at the metric; and while units are starting it gives
    none up, so that the lower floor, whose units came later, may keep them longer. What a floor itself
    guarantees holds always: see the law above.
    """
    rules = hpa(lead_time_s=0, tolerance=0.0)
    low, high = ([floor] * len(demand) for floor in sorted((one, other)))

    less, more = run(demand, low, rules, start=MAXIMUM), run(demand, high, rules, start=MAXIMUM)

    assert (more.units_ready >= less.units_ready).all()
    assert (more.units_requested >= less.units_requested).all()


@given(rates, floors, leads_s)
def test_the_same_demand_gives_the_same_supply(demand, floor, lead_s):
    first, again = run(demand, floor, hpa(lead_s)), run(demand, floor, hpa(lead_s))

    np.testing.assert_array_equal(first.units_ready, again.units_ready)
    np.testing.assert_array_equal(first.units_requested, again.units_requested)


@given(rates, floors, leads_s)
def test_doubling_demand_and_unit_capacity_together_changes_nothing(demand, floor, lead_s):
    rules = hpa(lead_s)
    twice = HpaRules(unit_capacity=2 * rules.unit_capacity, maximum=MAXIMUM, lead_time_s=lead_s)

    once, doubled = run(demand, floor, rules), run([2 * rate for rate in demand], floor, twice)

    np.testing.assert_array_equal(once.units_requested, doubled.units_requested)


@given(
    rates,
    st.lists(st.integers(0, MAXIMUM), min_size=60, max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=3),
)
def test_the_marks_agree_with_a_naive_loop(demand, ready, spans):
    times_s = np.arange(len(demand), dtype=np.int64) * 60
    units = np.asarray(ready[: len(demand)], dtype=np.int64)
    windows = [(from_epoch_s(first * 60), from_epoch_s((first + length) * 60)) for first, length in spans]

    card = compare(times_s, np.asarray(demand), 20.0, {"it": Supply(units, units)}, windows)["it"]

    minutes = range(len(demand))
    needed = [ceil(rate / 20.0 - 1e-9) for rate in demand]
    lack = [max(needed[i] - ready[i], 0) / max(needed[i], 1) for i in minutes]
    inside = [any(a <= i < a + n for a, n in spans) for i in minutes]
    first = [lack[i] for i in minutes if any(a <= i < a + min(n, 10) for a, n in spans)]
    assert card.minutes_short == sum(x > 0 for x in lack)
    assert card.minutes_short_in_windows == sum(x > 0 for x, on in zip(lack, inside, strict=True) if on)
    assert card.first_minutes_shortfall == pytest.approx(sum(first) / len(first) if first else 0.0)
    assert card.worst_shortfall == pytest.approx(max(lack))
    assert card.unit_hours == pytest.approx(sum(ready[: len(demand)]) / 60)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.floats(0.5, 30), st.sampled_from([60, 300]))
def test_a_shop_is_finite_positive_and_told_by_its_seed(seed, hours, step_s):
    start = datetime(2026, 5, 4, tzinfo=UTC)

    world, again = shop_day(seed, start, hours, step_s), shop_day(seed, start, hours, step_s)

    assert np.isfinite(world.rate_per_s).all()
    assert (world.rate_per_s > 0).all()
    np.testing.assert_array_equal(world.rate_per_s, again.rate_per_s)


def oracle(demand: list[float], lead_min: int) -> Supply:
    """The oracle's supply minute by minute, in units of 20 requests/s, within 0 and the maximum."""
    times_s = T0 + 60 * np.arange(len(demand), dtype=np.int64)
    trace = trace_of(times_s, np.asarray(demand), 60, SHOP)
    return oracle_supply(
        trace, resource(unit_capacity=20.0, minimum=0, maximum=MAXIMUM, lead_time=lead_min * MINUTE)
    )


def needed(demand: list[float]) -> np.ndarray:
    return np.array([min(ceil(rate / 20.0 - 1e-9), MAXIMUM) for rate in demand])


@given(rates, st.integers(0, 12))
def test_the_oracle_is_never_short_and_asks_in_time(demand, lead_min):
    """By a naive loop: at each minute as much as is needed at any time within the lead time from it."""
    least = oracle(demand, lead_min)
    d = needed(demand)

    assert (least.units_ready >= d).all()
    assert least.units_requested.tolist() == [int(d[i : i + lead_min + 1].max()) for i in range(len(d))]
    assert least.units_ready.tolist() == [
        int(least.units_requested[max(i - lead_min, 0) : i + 1].min()) for i in range(len(d))
    ]


@given(rates, floors, st.integers(0, 8), st.integers(0, MAXIMUM))
def test_whoever_is_never_short_pays_at_least_what_the_oracle_pays(demand, floor, lead_min, start):
    """At every single minute, not only in sum; floors are lifted so that many a run is not short."""
    lifted = [min(max(f, int(needed(demand).max())), MAXIMUM) if start % 2 else f for f in floor]

    other = run(demand, lifted, hpa(60 * lead_min), start=start)

    least = oracle(demand, lead_min)
    if (other.units_ready >= needed(demand)).all():
        assert (other.units_requested >= least.units_requested).all()


@given(rates, st.integers(0, 8), st.integers(0, 8))
def test_more_lead_time_never_makes_the_oracle_cheaper(demand, one, other):
    short, long = (oracle(demand, lead) for lead in sorted((one, other)))

    assert (long.units_requested >= short.units_requested).all()


@given(floors, leads_s, leads_s)
def test_more_lead_time_never_makes_floors_ready_sooner(floor, one, other):
    """Where nothing reacts, so that floors alone decide."""
    alone = [replace(hpa(lead), reacts=False) for lead in sorted((one, other))]
    quick, slow = (run([500.0] * len(floor), floor, rules, start=0) for rules in alone)

    assert (slow.units_ready <= quick.units_ready).all()
    assert quick.units_requested.tolist() == slow.units_requested.tolist() == floor


known_or_not = st.lists(st.floats(0, 300) | st.just(np.nan), min_size=2, max_size=40)
ready_units = st.lists(st.integers(0, 20), min_size=40, max_size=40)


@given(known_or_not, ready_units)
def test_elasticity_agrees_with_a_naive_loop(demand, ready):
    units = np.asarray(ready[: len(demand)], dtype=np.int64)

    found = elasticity(np.asarray(demand), Supply(units, units), 20.0, 60, None)

    pairs = [(ceil(r / 20.0 - 1e-9), s) for r, s in zip(demand, ready, strict=False) if np.isfinite(r)]
    n = max(len(pairs), 1)
    assert found.theta_under == pytest.approx(100 * sum(max(d - s, 0) / max(d, 1) for d, s in pairs) / n)
    assert found.theta_over == pytest.approx(100 * sum(max(s - d, 0) / max(d, 1) for d, s in pairs) / n)
    assert found.tau_under == pytest.approx(100 * sum(s < d for d, s in pairs) / n)
    assert found.tau_over == pytest.approx(100 * sum(s > d for d, s in pairs) / n)
    moves = [
        (np.sign(ready[i] - ready[i - 1]), np.sign(ceil(b / 20.0 - 1e-9) - ceil(a / 20.0 - 1e-9)))
        for i, (a, b) in enumerate(pairwise(demand), start=1)
        if np.isfinite(a) and np.isfinite(b)
    ]
    unstable = sum(supply != demanded for supply, demanded in moves)
    assert found.instability == pytest.approx(100 * unstable / max(len(moves), 1))
    more = sum(supply != 0 for supply, _ in moves) - sum(demanded != 0 for _, demanded in moves)
    assert found.jitter_per_hour == pytest.approx(more / (n / 60))


@given(known_or_not, st.lists(ready_units, min_size=2, max_size=4))
def test_all_duels_are_shared_out_among_the_scalers(demand, supplies):
    """Whoever plays, each duel over each mark is worth one in all."""
    rate = np.asarray(demand)
    played = {
        str(i): Supply(np.asarray(units[: len(rate)]), np.asarray(units[: len(rate)]))
        for i, units in enumerate(supplies)
    }

    wins = pairwise_wins({name: elasticity(rate, it, 20.0, 60, None) for name, it in played.items()})

    assert sum(wins.values()) * (len(wins) - 1) * len(COMPETED) == pytest.approx(
        len(wins) * (len(wins) - 1) / 2 * len(COMPETED)
    )


LOOP_HOURS, CUT_HOURS = 6, 2
PLANNED = policy(resource(PODS, lead_time=6 * MINUTE, maximum=80, price_per_unit_hour=None))


def looped(rates_per_s: np.ndarray, calendar: list) -> dict[str, np.ndarray]:
    """Every scaler's floors over the last six of thirty-six hours."""
    times_s = T0 + 60 * np.arange(len(rates_per_s), dtype=np.int64)
    begin = from_epoch_s(T0) + 30 * HOUR
    loop = run_closed_loop(
        trace_of(times_s, rates_per_s, 60, SHOP), calendar, PLANNED, begin, begin + LOOP_HOURS * HOUR
    )
    return {name: loop.run_of(name, PODS).floor for name in SCALERS}


def planned(name: str, minute: int, lasts: int, announced: int, uplift: float):
    """A campaign whose minutes count from the start of the loop."""
    begin = from_epoch_s(T0) + 30 * HOUR
    return campaign(
        name,
        begin + minute * MINUTE,
        lasts=lasts * MINUTE,
        announced_at=begin + announced * MINUTE,
        uplift=uplift,
        source=CRM,
    )


loop_campaigns = st.lists(
    st.tuples(st.integers(-300, 400), st.integers(10, 120), st.integers(-600, 100), st.floats(1.0, 6.0)),
    min_size=1,
    max_size=3,
)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), loop_campaigns, st.floats(0, 5000) | st.just(np.nan))
def test_no_scaler_but_the_oracle_knows_what_is_still_to_come(seed, plans, poison):
    """Another demand from the third hour on, or another campaign announced then, leaves all floors before."""
    rates_per_s = np.random.default_rng(seed).gamma(50.0, 2.0, 36 * 60)
    calendar = [planned(f"c{i}", *plan) for i, plan in enumerate(plans)]
    cut = (30 + CUT_HOURS) * 60
    poisoned = rates_per_s.copy()
    poisoned[cut:] = poison
    unheard = planned("later", CUT_HOURS * 60 + 5, 60, CUT_HOURS * 60, 9.0)

    honest, other = looped(rates_per_s, calendar), looped(poisoned, [*calendar, unheard])

    for name in SCALERS[:-1]:
        until = CUT_HOURS * 60 + (name == "headstart")
        np.testing.assert_array_equal(honest[name][:until], other[name][:until], err_msg=name)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), loop_campaigns)
def test_the_order_of_the_calendar_changes_nothing(seed, plans):
    rates_per_s = np.random.default_rng(seed).gamma(50.0, 2.0, 36 * 60)
    calendar = [planned(f"c{i}", *plan) for i, plan in enumerate(plans)]

    one, other = looped(rates_per_s, calendar), looped(rates_per_s, calendar[::-1])

    for name in SCALERS:
        np.testing.assert_array_equal(one[name], other[name], err_msg=name)
