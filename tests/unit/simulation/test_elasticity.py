"""The field's elasticity metrics, worked out by hand on a few minutes."""

import numpy as np
import pytest

from advisor.simulation.elasticity import Elasticity, elastic_speedup, elasticity, pairwise_wins
from advisor.simulation.reactive import Supply


def marks(
    demanded: list[float], ready: list[int], requested: list[int] | None = None, price: float | None = None
) -> Elasticity:
    """One-minute steps, units of one request per second each: demanded units are the demand itself."""
    units = np.asarray(ready, dtype=np.int64)
    paid = units if requested is None else np.asarray(requested, dtype=np.int64)
    return elasticity(np.asarray(demanded, dtype=np.float64), Supply(paid, units), 1.0, 60, price)


def test_under_provisioning_is_the_mean_relative_shortfall_in_percent():
    assert marks([4, 4, 2, 2], [3, 4, 1, 9]).theta_under == pytest.approx(100 * (1 / 4 + 1 / 2) / 4)


def test_over_provisioning_is_the_mean_relative_surplus_in_percent():
    assert marks([4, 4, 2, 2], [3, 4, 1, 9]).theta_over == pytest.approx(100 * (7 / 2) / 4)


def test_without_demand_surplus_is_counted_against_one_unit():
    assert marks([0, 0], [3, 0]).theta_over == 150.0


def test_timeshares_are_the_percent_of_time_short_and_in_surplus():
    found = marks([4, 4, 2, 2], [3, 4, 1, 9])

    assert (found.tau_under, found.tau_over) == (50.0, 25.0)


def test_instability_is_the_share_of_changes_in_which_supply_and_demand_move_differently():
    """Both up; supply up alone; opposite ways; both still: two of four."""
    assert marks([1, 2, 2, 3, 3], [1, 2, 3, 2, 2]).instability == 50.0


def test_jitter_is_the_surplus_of_supply_changes_per_hour():
    """Supply changes twice, demand once, within four minutes."""
    assert marks([1, 1, 2, 2], [1, 2, 1, 1]).jitter_per_hour == pytest.approx((2 - 1) / (4 / 60))


def test_unserved_is_the_percent_of_requests_beyond_what_is_ready():
    assert marks([4, 6], [3, 6]).unserved == 10.0


def test_money_counts_units_from_their_request_on_and_the_excess_of_those_ready():
    """Five asked for in both minutes; of those ready none, then three too many, at 6 a unit-hour."""
    found = marks([4, 2], [4, 5], requested=[5, 5], price=6.0)

    assert (found.unit_hours, found.cost) == (pytest.approx(10 / 60), pytest.approx(1.0))
    assert (found.excess_unit_hours, found.excess_cost) == (pytest.approx(3 / 60), pytest.approx(0.3))
    assert found.supplied_unit_hours == pytest.approx(9 / 60)


def test_without_a_price_there_is_no_cost():
    found = marks([1], [1])

    assert (found.cost, found.excess_cost) == (None, None)


def test_steps_of_unknown_demand_are_paid_but_not_marked():
    """The change across the gap is nobody's either."""
    found = marks([1, np.nan, 2], [1, 7, 1])

    assert found.theta_under == 25.0
    assert found.theta_over == 0.0
    assert found.instability == 0.0
    assert found.unit_hours == pytest.approx(9 / 60)


def test_with_no_known_demand_every_percentage_is_zero():
    found = marks([np.nan], [1])

    assert (found.theta_under, found.tau_over, found.instability, found.unserved) == (0.0, 0.0, 0.0, 0.0)


def test_a_supply_of_another_length_is_refused():
    with pytest.raises(ValueError, match="supply has 2 steps and demand 1"):
        marks([1.0], [1, 1])


def test_elastic_speedup_is_the_geometric_mean_of_four_ratios():
    """Short and over for as long as the baseline, by half as much: two ratios of 2, two of 1."""
    baseline, other = marks([4, 4], [2, 6]), marks([4, 4], [3, 5])

    assert elastic_speedup(baseline, other) == pytest.approx((2 * 2 * 1 * 1) ** 0.25)
    assert elastic_speedup(baseline, baseline) == 1.0


def test_elastic_speedup_is_undefined_where_a_term_is_zero():
    assert elastic_speedup(marks([4, 4], [2, 6]), marks([4, 4], [4, 4])) is None


def test_pairwise_wins_count_duels_and_a_draw_is_half():
    """`good` is better in θ_U and τ_U and draws in three marks: (2 + 1.5) of 5."""
    wins = pairwise_wins({"good": marks([4, 4], [4, 4]), "bad": marks([4, 4], [3, 3])})

    assert wins == {"good": pytest.approx(0.7), "bad": pytest.approx(0.3)}


def test_one_scaler_alone_has_nothing_to_win():
    assert pairwise_wins({"it": marks([1], [1])}) == {"it": 0.0}
