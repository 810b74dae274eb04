"""Profiles around the day."""

import numpy as np
import pytest

from advisor.forecasting.robust import fill_circular


def test_a_gap_over_midnight_is_bridged_around_the_day():
    assert fill_circular(np.array([np.nan, 4.0, 6.0, 2.0])).tolist() == [3.0, 4.0, 6.0, 2.0]


def test_one_known_slot_speaks_for_the_whole_day():
    assert fill_circular(np.array([np.nan, 4.0, np.nan])).tolist() == [4.0, 4.0, 4.0]


def test_a_profile_without_a_value_is_refused():
    with pytest.raises(ValueError, match="without a single value"):
        fill_circular(np.full(4, np.nan))
