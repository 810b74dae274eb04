"""What of a trace is known at an instant: whole rows that are over, and nothing later."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import from_epoch_s
from advisor.simulation.loop_trace import Sight, trace_of
from tests.support.builders import SHOP, T0

CELL = timedelta(minutes=5)


def trace(rates: list[float], row_s: int = 60):
    return trace_of(T0 + row_s * np.arange(len(rates), dtype=np.int64), np.asarray(rates), row_s, SHOP)


def test_rows_longer_than_a_minute_are_played_in_minutes():
    found = trace([1.0, 2.0], row_s=180)

    assert found.rate_per_s.tolist() == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    assert found.step_s == 60


def test_absent_rows_are_gaps():
    found = trace_of(np.array([T0, T0 + 120]), np.array([1.0, 3.0]), 60, SHOP)

    np.testing.assert_array_equal(found.rate_per_s, [1.0, np.nan, 3.0])


@pytest.mark.parametrize("times", [[T0, T0 + 90], [T0, T0], [T0 + 60, T0]])
def test_rows_off_their_grid_are_refused(times: list[int]):
    with pytest.raises(ValueError, match="grid of 60 s"):
        trace_of(np.array(times), np.ones(2), 60, SHOP)


def test_a_trace_without_rows_is_refused():
    with pytest.raises(ValueError, match="no rows"):
        trace([])


def test_a_view_holds_the_mean_of_whole_cells_before_the_instant():
    sight = Sight(trace([float(i) for i in range(20)]), CELL)

    view = sight.view(T0 + 11 * 60)

    assert view.values.tolist() == [2.0, 7.0]
    assert (view.start_s, view.cutoff_s) == (T0, T0 + 600)
    assert view.data_until == from_epoch_s(T0 + 11 * 60)


def test_a_row_is_not_known_before_it_is_over():
    """Half way through an hour's row its mean may not be seen, though it is what the HPA is played."""
    sight = Sight(trace([1.0, 9.0], row_s=3600), CELL)

    halfway = sight.view(T0 + 5400)

    assert set(halfway.values) == {1.0}
    assert halfway.cutoff_s == T0 + 3600
    assert halfway.recent_rate_per_s == 1.0


def test_demand_counts_as_known_until_now_while_the_last_whole_row_is_there():
    level = Sight(trace([1.0] * 10, row_s=3600), CELL).level(T0 + 5400)

    assert level is not None
    assert level.data_until == from_epoch_s(T0 + 5400)


def test_in_a_gap_demand_is_known_until_the_gap_began():
    rates = [5.0] * 3 + [np.nan] * 30 + [5.0]

    level = Sight(trace(rates), CELL).level(T0 + 20 * 60)

    assert level is not None
    assert level.data_until == from_epoch_s(T0 + 180)


def test_in_use_is_the_highest_row_of_the_last_ten_minutes():
    sight = Sight(trace([9.0] + [1.0] * 3 + [4.0] + [1.0] * 20), CELL)

    assert [sight.level(T0 + 60 * m).rate_per_s for m in (10, 11, 14, 15)] == [9.0, 4.0, 4.0, 1.0]


def test_before_anything_was_seen_there_is_no_level_and_an_empty_view():
    sight = Sight(trace([1.0]), CELL)

    assert sight.level(T0) is None
    assert len(sight.view(T0).values) == 0


def test_a_view_reaches_no_further_back_than_a_worker_retains():
    view = Sight(trace([1.0] * (30 * 24), row_s=3600), CELL).view(T0 + 30 * 86_400)

    assert len(view.values) == 28 * 288
