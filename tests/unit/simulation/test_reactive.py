"""The HPA's rules, one at a time, with numbers that can be worked out by hand."""

import numpy as np
import pytest

from advisor.simulation.reactive import HpaRules, Supply, simulate


def rules(**changes: object) -> HpaRules:
    """Units of 10 requests/s, target 50 %, ready at once, one sync a step."""
    settings: dict[str, object] = {
        "unit_capacity": 10.0,
        "maximum": 1000,
        "lead_time_s": 0,
        "target_utilisation": 0.5,
    }
    return HpaRules(**(settings | changes))  # type: ignore[arg-type]


def run(
    demand: list[float], hpa: HpaRules, *, floor: int | list[int] = 1, start: int = 10, step_s: int = 15
) -> Supply:
    floors = np.broadcast_to(np.asarray(floor, dtype=np.int64), (len(demand),))
    return simulate(np.asarray(demand, dtype=np.float64), step_s, hpa, floors, start)


def test_the_wanted_number_is_current_times_ratio_rounded_up():
    """10 units at 71 % of a 50 % target: 10 * 1.42 = 14.2, so 15."""
    assert run([71.0], rules()).units_requested.tolist() == [15]


@pytest.mark.parametrize("rate", [46.0, 50.0, 54.0])
def test_within_the_tolerance_nothing_happens(rate: float):
    assert run([rate] * 50, rules()).units_requested.tolist() == [10] * 50


def test_growth_is_limited_to_four_units_when_few_are_there():
    assert run([500.0] * 4, rules(saturation=100), start=1).units_requested.tolist() == [5, 10, 20, 40]


def test_growth_is_limited_to_doubling_when_many_are_there():
    assert run([5000.0] * 3, rules(saturation=100), start=100).units_requested.tolist() == [200, 400, 800]


def test_a_saturated_unit_shows_no_more_than_full_so_growth_is_blind():
    """At a target of 80 % and full units the ratio is 1.25, however large the crowd: 100, 125, 157 ..."""
    supply = run([1e6] * 3, rules(target_utilisation=0.8), start=100)

    assert supply.units_requested.tolist() == [125, 157, 197]


def test_new_units_are_ready_after_their_lead_time():
    supply = run([71.0] * 6, rules(lead_time_s=45))

    assert supply.units_requested.tolist() == [15] * 6
    assert supply.units_ready.tolist() == [10, 10, 10, 15, 15, 15]


def test_units_on_their_way_count_as_idle_and_are_not_asked_for_twice():
    supply = run([100.0] * 40, rules(lead_time_s=150))

    assert supply.units_requested.max() == 20


def test_while_units_are_starting_none_are_given_up():
    """Demand for five: of six units one still starts, they stay six; all six are ready, they become five.

    So a higher floor can mean fewer units later on.
    """
    dip = [0.0, 43.0, 71.0, 0.0, 70.0, 0.0, 0.0, 0.0, 0.0]
    hpa = HpaRules(unit_capacity=20.0, maximum=200, lead_time_s=91, tolerance=0.0)

    lower, higher = (run(dip, hpa, floor=floor, start=200, step_s=60) for floor in (3, 4))

    assert lower.units_requested.tolist() == [3, 4, 5, 6, 6, 6, 6, 6, 6]
    assert higher.units_requested.tolist() == [4, 4, 6, 6, 6, 6, 6, 6, 5]


def test_a_fall_waits_for_the_stabilisation_window_then_is_immediate():
    supply = run([100.0] + [20.0] * 30, rules(stabilise_down_s=300), start=20)

    assert supply.units_requested[:20].tolist() == [20] * 20
    assert supply.units_requested[20] == 4


def test_units_still_starting_go_first_when_units_are_given_up():
    supply = run([100.0, 20.0, 20.0], rules(lead_time_s=3600, stabilise_down_s=15))

    assert supply.units_requested.tolist() == [20, 4, 4]
    assert supply.units_ready.tolist() == [10, 4, 4]


def test_a_raised_floor_is_met_at_once_past_every_growth_limit():
    supply = run([10.0, 10.0, 10.0], rules(), floor=[2, 80, 80], start=2)

    assert supply.units_requested.tolist() == [2, 80, 80]


def test_a_raised_floor_needs_its_lead_time_like_any_request():
    supply = run([10.0] * 5, rules(lead_time_s=30), floor=[2, 80, 80, 80, 80], start=2)

    assert supply.units_ready.tolist() == [2, 2, 2, 80, 80]


def test_the_maximum_holds():
    assert run([1e6] * 20, rules(maximum=37)).units_requested.max() == 37


def test_without_a_metric_the_units_stay_and_the_floor_still_counts():
    supply = run([np.nan, np.nan, np.nan], rules(), floor=[1, 1, 12])

    assert supply.units_requested.tolist() == [10, 10, 12]


def test_a_step_of_a_minute_holds_four_syncs():
    """From 1 unit under a crowd: 5, 10, 20, 40 within the first minute, as seen at the second step."""
    supply = run([500.0] * 2, rules(saturation=100), start=1, step_s=60)

    assert supply.units_requested.tolist() == [5, 80]


def test_one_simulated_second_at_a_time_gives_what_whole_syncs_give():
    """Cutting every step into single seconds changes nothing at the syncs."""
    demand = [50.0, 90.0, 300.0, 300.0, 80.0, 30.0, 30.0, 30.0]
    hpa = rules(lead_time_s=30, stabilise_down_s=30)

    coarse = run(demand, hpa)
    fine = run(np.repeat(demand, 15).tolist(), hpa, step_s=1)

    assert fine.units_ready[::15].tolist() == coarse.units_ready.tolist()
    assert fine.units_requested[::15].tolist() == coarse.units_requested.tolist()


def test_a_floor_over_the_maximum_is_refused():
    with pytest.raises(ValueError, match="keep them within 0 and the maximum 20"):
        run([1.0], rules(maximum=20), floor=21)


def test_floor_and_demand_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one floor per step"):
        simulate(np.ones(3), 15, rules(), np.ones(2, dtype=np.int64), 1)


@pytest.mark.parametrize("name", ["unit_capacity", "maximum", "target_utilisation", "sync_s", "saturation"])
def test_rules_that_cannot_be_are_refused_by_name(name: str):
    with pytest.raises(ValueError, match=name):
        rules(**{name: 0})


def test_a_negative_lead_time_is_refused():
    with pytest.raises(ValueError, match="lead_time_s"):
        rules(lead_time_s=-1)
