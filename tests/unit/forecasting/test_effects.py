"""What past campaigns did, measured."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from advisor.forecasting.effects import MOST_POINTS, measure
from advisor.forecasting.windows import LEAD_IN, in_window
from tests.support.forecasting import MONDAY, campaign

STEP_S = 300
TIMES = to_epoch_s(MONDAY) + STEP_S * np.arange(3 * 288, dtype=np.int64)
NOON = MONDAY + timedelta(hours=12)
QUIET = np.zeros(len(TIMES))
SHARES = np.full(len(TIMES), 0.75)
NONE = np.zeros(len(TIMES), dtype=bool)


def lifted(*crowds, times=TIMES, step_s=STEP_S):
    """Log ratios where each (campaign, factor) brought that much on top while its window lasted."""
    excess = np.zeros(len(times))
    for crowd, factor in crowds:
        excess += (factor - 1) * in_window(crowd, times, step_s)
    return np.log1p(excess)


def mean_factor(effect):
    return float(np.exp(np.nanmean(effect.log_ratios)))


def test_one_campaign_is_credited_with_what_came_on_top_in_its_window():
    crowd = campaign(NOON, hours=2)

    (effect,) = measure([crowd], TIMES, lifted((crowd, 3.0)), SHARES, NONE, STEP_S)

    assert (effect.from_s, effect.until_s) == (
        to_epoch_s(NOON - LEAD_IN),
        to_epoch_s(NOON + timedelta(hours=3)),
    )
    assert np.exp(effect.log_ratios) == pytest.approx(3.0, rel=1e-3)  # kept in half precision


def test_numbers_are_kept_in_a_precision_that_a_snapshot_gives_back_exactly():
    crowd = campaign(NOON)
    ratios = np.random.default_rng(1).standard_normal(len(TIMES))

    (effect,) = measure([crowd], TIMES, ratios, SHARES, NONE, STEP_S)

    assert np.array_equal(effect.log_ratios.astype(np.float16).astype(np.float64), effect.log_ratios)


def test_a_campaign_outside_the_history_and_one_without_a_seen_cell_have_no_effect_to_measure():
    unseen = np.where(in_window(campaign(NOON), TIMES, STEP_S), np.nan, 0.0)

    assert measure([campaign(NOON + timedelta(days=9))], TIMES, QUIET, SHARES, NONE, STEP_S) == ()
    assert measure([campaign(NOON)], TIMES, unseen, SHARES, NONE, STEP_S) == ()
    assert measure([], TIMES, QUIET, SHARES, NONE, STEP_S) == ()


def test_gaps_stay_gaps_and_cut_off_cells_are_marked():
    crowd = campaign(NOON)
    ratios, cut_off = lifted((crowd, 2.0)), NONE.copy()
    first = int(np.flatnonzero(in_window(crowd, TIMES, STEP_S))[0])
    ratios[first + 4] = np.nan
    cut_off[first + 7] = True

    (effect,) = measure([crowd], TIMES, ratios, SHARES, cut_off, STEP_S)

    assert np.flatnonzero(np.isnan(effect.log_ratios)).tolist() == [4]
    assert np.flatnonzero(effect.at_least).tolist() == [7]


def test_of_two_that_overlap_neither_is_credited_with_both():
    """One alone brings 1 on top, the other 3; where they ran together the 4 are shared as 1 to 3."""
    small, large = campaign(NOON, hours=6), campaign(NOON + timedelta(hours=4), campaign_id="c2", hours=6)

    one, other = measure([small, large], TIMES, lifted((small, 2.0), (large, 4.0)), SHARES, NONE, STEP_S)

    middle = to_epoch_s(NOON + timedelta(hours=5))
    at = [int(middle - e.from_s) // STEP_S for e in (one, other)]
    assert np.expm1(one.log_ratios[at[0]]) == pytest.approx(1.0, rel=0.02)
    assert np.expm1(other.log_ratios[at[1]]) == pytest.approx(3.0, rel=0.02)


def test_what_is_shared_out_adds_up_to_what_was_there():
    rng = np.random.default_rng(2)
    crowds = [campaign(NOON + timedelta(hours=i), campaign_id=f"c{i}", hours=5) for i in range(3)]
    ratios = lifted(*((c, 1 + 2 * rng.random()) for c in crowds))

    effects = measure(crowds, TIMES, ratios, SHARES, NONE, STEP_S)

    excess = np.zeros(len(TIMES))
    for effect in effects:
        first = (effect.from_s - int(TIMES[0])) // STEP_S
        excess[first : first + len(effect.log_ratios)] += np.expm1(effect.log_ratios)
    assert excess == pytest.approx(np.expm1(ratios), abs=0.02)


def test_two_that_always_ran_together_share_alike():
    pair = [campaign(NOON), campaign(NOON, campaign_id="c2")]

    one, other = measure(pair, TIMES, lifted((pair[0], 3.0)), SHARES, NONE, STEP_S)

    assert mean_factor(one) == pytest.approx(mean_factor(other)) == pytest.approx(2.0, rel=1e-2)


def test_one_that_never_ran_alone_is_taken_to_be_as_large_as_its_kind():
    """Of its kind one ran alone and brought 4 on top; so it gets the 4 of the 5, the other the 1."""
    alone = campaign(MONDAY + timedelta(hours=3), campaign_id="alone", hours=2)
    hidden = campaign(NOON + timedelta(hours=2), campaign_id="hidden", hours=2)
    wide = campaign(NOON, campaign_id="wide", hours=8)
    kinds = [(alone, "flash"), (hidden, "flash"), (wide, "email")]
    crowds = [replace(c, kind=kind) for c, kind in kinds]
    ratios = lifted((crowds[0], 5.0), (crowds[1], 5.0), (crowds[2], 2.0))

    _, inside, _ = measure(crowds, TIMES, ratios, SHARES, NONE, STEP_S)

    middle = (to_epoch_s(hidden.start) + 3600 - inside.from_s) // STEP_S
    assert np.expm1(inside.log_ratios[middle]) == pytest.approx(4.0, rel=0.02)


def test_a_long_window_is_kept_in_few_points_each_the_mean_of_its_steps():
    long = campaign(NOON, hours=40)
    ratios = np.random.default_rng(3).random(len(TIMES))

    (effect,) = measure([long], TIMES, ratios, SHARES, NONE, STEP_S)

    cells = ratios[in_window(long, TIMES, STEP_S)]
    together = effect.width_s // STEP_S
    assert len(effect.log_ratios) <= MOST_POINTS
    assert together == -(-len(cells) // MOST_POINTS)
    by_hand = [cells[i : i + together].mean() for i in range(0, len(cells), together)]
    assert effect.log_ratios.tolist() == pytest.approx(by_hand, abs=1e-3)


def test_even_where_demand_fell_to_nothing_the_ratio_is_finite():
    crowd = campaign(NOON)
    ratios = np.where(in_window(crowd, TIMES, STEP_S), -40.0, 0.0)

    (effect,) = measure([crowd], TIMES, ratios, SHARES, NONE, STEP_S)

    assert np.all(np.isfinite(effect.log_ratios))
    assert np.all(effect.log_ratios < -6)


def test_it_is_kept_how_much_of_the_scale_was_demand():
    """A hint is about demand; learned ratios are about demand and the scale's offset."""
    crowd = campaign(NOON)
    shares = np.where(in_window(crowd, TIMES, STEP_S), 0.5, 0.9)
    shares[np.flatnonzero(in_window(crowd, TIMES, STEP_S))[2]] = np.nan

    (effect,) = measure([crowd], TIMES, lifted((crowd, 2.0)), shares, NONE, STEP_S)

    assert effect.share == 0.5
