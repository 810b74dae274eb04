"""What demand would have been without campaigns, read off from either side of their windows."""

import numpy as np
import pytest

from advisor.forecasting.bridge import BRIDGED_WEIGHT, NEAR_S, bridge, runs_of
from advisor.forecasting.days import Days

HOUR_S = 3600
WINDOW = slice(30, 34)


def hourly(days):
    return Days(20_000, days, HOUR_S), np.arange(24 * days)


def masked_at(n, *slices):
    mask = np.zeros(n, dtype=bool)
    for cells in slices:
        mask[cells] = True
    return mask


def test_runs_are_what_walking_along_gives():
    mask = np.random.default_rng(3).random(200) < 0.6

    by_hand, first = [], None
    for i, on in enumerate([*mask.tolist(), False]):
        if on and first is None:
            first = i
        elif not on and first is not None:
            by_hand.append((first, i))
            first = None
    assert runs_of(mask) == by_hand


def test_a_crowd_on_steady_demand_is_bridged_at_the_level_of_its_banks():
    days, flat = hourly(3)
    logs = np.full(72, 2.0)
    logs[WINDOW] += 1.5

    bridged = bridge(logs, masked_at(72, WINDOW), days, flat)

    assert bridged.logs == pytest.approx(2.0)


@pytest.mark.parametrize("gap_h", [0, 12, 48])
def test_one_odd_cell_does_not_lift_a_whole_window_however_long_the_gap_beside_it(gap_h):
    """Two days of it, after the last reading before an outage was off by far; nothing is known after."""
    days = Days(20_000, 14, 300)
    flat = np.arange(days.size)
    logs = np.zeros(days.size)
    window = slice(10 * days.slots, 12 * days.slots)
    last = window.start - gap_h * 12 - 1
    logs[last] = 1.0
    logs[last + 1 : window.start] = np.nan
    logs[window.stop :] = np.nan

    bridged = bridge(logs, masked_at(days.size, window), days, flat)

    assert abs(bridged.logs[window][days.slots :].mean()) < 0.2


def test_a_level_that_rose_while_the_crowd_was_there_stays_risen_and_is_met_half_way():
    """Up by 1 from the window on: of its four cells each is a fifth further up than the one before."""
    days, flat = hourly(2)
    logs = np.zeros(48)
    logs[WINDOW] = 9.0
    logs[34:] = 1.0
    quiet = np.where(np.arange(48) >= 34, 1.0, 0.0)

    bridged = bridge(logs, masked_at(48, WINDOW), days, flat)

    outside = ~masked_at(48, WINDOW)
    assert np.array_equal(bridged.logs[outside], quiet[outside])
    # Where the days differ the shape of the day is not quite flat, so only the rise itself is exact.
    assert np.all(np.diff(bridged.logs[29:35]) > 0)
    assert bridged.logs[WINDOW].mean() == pytest.approx(0.5, abs=0.1)


def test_on_one_day_the_rise_is_even_from_bank_to_bank():
    days = Days(20_000, 1, HOUR_S)
    flat = np.arange(24)
    logs = np.where(flat < 12, 0.0, 1.0)
    mask = masked_at(24, slice(10, 14))
    logs[mask] = 7.0

    bridged = bridge(logs, mask, days, flat)

    # The shape takes the step for the day's own, bridged evenly: (1 of 5 ... 4 of 5).
    assert bridged.logs[10:14] == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_the_bridge_follows_the_shape_of_the_day():
    days, flat = hourly(10)
    wave = np.tile(np.sin(np.arange(24) / 24 * 2 * np.pi), 10)
    mask = masked_at(240, slice(100, 110), slice(200, 205))
    loud = np.where(mask, wave + 2.0, wave)

    assert bridge(loud, mask, days, flat).logs == pytest.approx(wave, abs=1e-2)


def test_a_run_at_the_end_keeps_the_level_before_it_and_one_at_the_beginning_that_after_it():
    days, flat = hourly(2)
    logs = np.full(48, 3.0)
    mask = masked_at(48, slice(0, 4), slice(44, 48))
    logs[mask] = 8.0

    assert bridge(logs, mask, days, flat).logs == pytest.approx(3.0)


def test_a_gap_stays_a_gap_and_weighs_nothing_and_what_is_bridged_weighs_less_than_what_was_seen():
    days, flat = hourly(2)
    logs = np.full(48, 3.0)
    logs[[5, 32]] = np.nan
    mask = masked_at(48, WINDOW)

    bridged = bridge(logs, mask, days, flat)

    assert np.flatnonzero(np.isnan(bridged.logs)).tolist() == [5, 32]
    expected = np.where(mask, BRIDGED_WEIGHT, 1.0)
    expected[[5, 32]] = 0.0
    assert np.array_equal(bridged.weights, expected)


def test_a_mask_over_everything_is_no_mask():
    days, flat = hourly(1)
    logs = np.arange(24.0)

    bridged = bridge(logs, np.ones(24, dtype=bool), days, flat)

    assert np.array_equal(bridged.logs, logs)
    assert np.array_equal(bridged.weights, np.ones(24))


def test_what_happened_inside_the_mask_does_not_matter():
    days, flat = hourly(6)
    logs = np.random.default_rng(5).standard_normal(144)
    mask = masked_at(144, slice(40, 50), slice(143, 144))
    wild = np.where(mask, 1e3, logs)

    assert np.array_equal(bridge(wild, mask, days, flat).logs, bridge(logs, mask, days, flat).logs)


def test_the_banks_are_half_an_hour_and_a_day_wide():
    """A cell further away than the day before bears on nothing, one in between on the day's mean only."""
    days = Days(20_000, 4, 300)
    flat = np.arange(4 * 288)
    mask = masked_at(len(flat), slice(1000, 1010))

    def lifted(cell):
        logs = np.zeros(len(flat))
        logs[cell] = 4.0
        # The shape of the day knows of the cell as well, so its own slot must not be asked.
        return bridge(logs, mask, days, flat).logs[1000]

    next_to_it, of_the_day, of_before = lifted(1000 - 1), lifted(1000 - NEAR_S // 300 - 1), lifted(1000 - 290)
    assert next_to_it > 20 * of_the_day
    assert of_the_day > of_before


def test_one_noisy_cell_at_its_edge_does_not_lift_a_whole_day():
    """What the last half hour was above its day has faded by the middle of the window."""
    days = Days(20_000, 8, HOUR_S // 2)
    flat = np.arange(8 * 48)
    mask = masked_at(len(flat), slice(200, 248))
    logs = np.zeros(len(flat))
    logs[199] = 1.0

    bridged = bridge(logs, mask, days, flat).logs[mask]

    assert bridged[0] > 0.5
    assert np.abs(bridged[24:]).max() < 0.15
