"""What must hold of every simulated world, whatever its numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.domain.timegrid import from_epoch_s
from advisor.simulation.comparison import compare
from advisor.simulation.reactive import HpaRules, Supply, simulate
from advisor.simulation.shop import shop_day

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
