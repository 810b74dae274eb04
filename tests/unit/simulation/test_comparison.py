"""The marks of a scaler, worked out by hand on a few minutes."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import from_epoch_s
from advisor.simulation.comparison import Scorecard, compare, demanded_units, shortfall
from advisor.simulation.reactive import Supply

START = from_epoch_s(0)


def minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


def score(demand: list[float], ready: list[int], window: tuple[int, int] = (0, 0)) -> Scorecard:
    """Marks of one scaler in one-minute steps, units of 10 requests/s, the window in minutes."""
    units = np.asarray(ready, dtype=np.int64)
    windows = [(START + minutes(window[0]), START + minutes(window[1]))]
    times_s = np.arange(len(demand), dtype=np.int64) * 60
    return compare(times_s, np.asarray(demand), 10.0, {"it": Supply(units, units)}, windows)["it"]


@pytest.mark.parametrize(
    ("rate", "units"), [(0.0, 0), (0.1, 1), (10.0, 1), (30.0, 3), (30.001, 4), (np.nan, 0)]
)
def test_demanded_units_are_the_fewest_that_carry_the_demand(rate: float, units: int):
    assert demanded_units(np.array([rate]), 10.0).tolist() == [units]


def test_demand_of_whole_units_is_not_rounded_up_by_a_floating_point_crumb():
    assert demanded_units(np.array([0.1 + 0.2]), 0.1).tolist() == [3]


def test_shortfall_is_relative_to_what_was_demanded():
    assert shortfall(np.array([4, 4, 0]), np.array([3, 9, 0])).tolist() == [0.25, 0.0, 0.0]


def test_minutes_short_count_steps_with_fewer_ready_than_demanded():
    assert score([10.0, 20.0, 30.0], [1, 1, 1]).minutes_short == 2.0


def test_minutes_short_in_windows_count_only_inside():
    assert score([20.0] * 4, [1] * 4, window=(1, 3)).minutes_short_in_windows == 2.0


def test_the_first_ten_minutes_are_marked_apart():
    """All of ten minutes half short, then an hour of plenty: 50 %, not the hour's average."""
    card = score([20.0] * 70, [1] * 10 + [2] * 60, window=(0, 70))

    assert card.first_minutes_shortfall == 0.5


def test_a_window_shorter_than_ten_minutes_is_marked_over_itself():
    assert score([20.0] * 12, [1] * 4 + [0] * 8, window=(0, 4)).first_minutes_shortfall == 0.5


def test_the_worst_shortfall_is_that_of_the_worst_step():
    assert score([10.0, 40.0, 20.0], [1, 1, 1]).worst_shortfall == 0.75


def test_unit_hours_count_what_was_requested_not_what_was_ready():
    requested, ready = np.full(60, 3, dtype=np.int64), np.zeros(60, dtype=np.int64)
    times_s = np.arange(60, dtype=np.int64) * 60

    card = compare(times_s, np.ones(60), 10.0, {"it": Supply(requested, ready)}, [])["it"]

    assert card.unit_hours == 3.0
    assert card.first_minutes_shortfall == 0.0


def test_a_supply_of_the_wrong_length_is_refused_by_name():
    units = np.ones(3, dtype=np.int64)

    with pytest.raises(ValueError, match="'late' has 3 steps, not 2"):
        compare(np.array([0, 60]), np.ones(2), 1.0, {"late": Supply(units, units)}, [])


def test_a_single_step_cannot_be_compared():
    with pytest.raises(ValueError, match="at least two"):
        score([1.0], [1])


def test_a_unit_without_capacity_is_refused():
    with pytest.raises(ValueError, match="unit_capacity"):
        demanded_units(np.ones(1), 0.0)
