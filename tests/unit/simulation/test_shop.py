"""The shop's day: its shape, its sale, and that a seed says everything about it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from advisor.domain.timegrid import to_epoch_s
from advisor.simulation.shop import DEMO_SALE, DEMO_START, Sale, demo_world, season, shop_day

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def a_day(seed: int = 1, sale: Sale | None = None, step_s: int = 60):
    return shop_day(seed, MONDAY, 24, step_s=step_s, sale=sale)


def a_sale(**changes: object) -> Sale:
    return Sale(start=MONDAY + timedelta(hours=18), **changes)  # type: ignore[arg-type]


def minute_of(world, moment: datetime) -> int:
    return int((to_epoch_s(moment) - world.times_s[0]) // world.step_s)


def test_the_same_seed_gives_the_same_world_and_another_seed_another():
    first, again, other = a_day(seed=5), a_day(seed=5), a_day(seed=6)

    np.testing.assert_array_equal(first.rate_per_s, again.rate_per_s)
    assert not np.array_equal(first.rate_per_s, other.rate_per_s)


def test_making_a_world_leaves_numpys_global_generator_alone():
    before = np.random.get_state()[1].copy()

    a_day()

    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_the_world_has_one_value_for_every_step_and_all_are_positive():
    world = a_day(step_s=300)

    assert world.times_s.shape == world.rate_per_s.shape == (288,)
    assert set(np.diff(world.times_s)) == {300}
    assert world.rate_per_s.min() > 0


def test_evenings_are_several_times_busier_than_nights():
    world = a_day()

    night, evening = (
        minute_of(world, MONDAY + timedelta(hours=2)),
        minute_of(world, MONDAY + timedelta(hours=19)),
    )
    assert world.rate_per_s[evening] > 3 * world.rate_per_s[night]


def test_the_weekend_is_busier_than_the_middle_of_the_week():
    days = season(np.arange(7 * 1440, dtype=np.int64) * 60 + to_epoch_s(MONDAY)).reshape(7, 1440).mean(axis=1)

    assert days[6] > 1.1 * days[1]


def test_the_shape_follows_the_local_clock_over_a_change_to_summer_time():
    """29 March 2026 has its evening peak one UTC hour earlier than 28 March."""
    peaks = []
    for day in (28, 29):
        midnight = to_epoch_s(datetime(2026, 3, day, tzinfo=UTC))
        peaks.append(int(season(midnight + np.arange(1440, dtype=np.int64) * 60).argmax()))

    assert peaks[0] - peaks[1] == 60


def test_noise_is_a_few_percent_and_remembers_the_minute_before():
    world = shop_day(3, MONDAY, 24 * 7)
    noise = np.log(world.rate_per_s / season(world.times_s))
    noise -= noise.mean()

    assert 0.02 < noise.std() < 0.06
    assert 0.4 < np.corrcoef(noise[1:], noise[:-1])[0, 1] < 0.8


def test_without_a_sale_there_is_no_campaign_and_no_crowd():
    world = a_day()

    assert world.campaign is None
    np.testing.assert_array_equal(world.rate_per_s, world.baseline_per_s)


def test_the_front_is_steep():
    """Within five minutes of the start demand has at least trebled over what it was ten minutes before it."""
    sale = a_sale()
    world = a_day(sale=sale)
    start = minute_of(world, sale.start)

    assert world.rate_per_s[start + 5] > 3 * world.rate_per_s[start - 10]


def test_the_crowd_peaks_at_the_factor_it_was_given_and_then_ebbs():
    sale = a_sale(peak_factor=4.0)
    world = a_day(sale=sale)
    factor = world.rate_per_s / world.baseline_per_s
    start, end = minute_of(world, sale.start), minute_of(world, sale.end)

    assert factor.max() == pytest.approx(4.0, rel=0.02)
    assert start <= int(factor.argmax()) < start + 15
    assert all(later <= earlier for earlier, later in pairwise(factor[start + 15 : end]))


def test_the_crowd_leaves_slowly_after_the_end():
    sale = a_sale()
    world = a_day(sale=sale)
    factor = world.rate_per_s / world.baseline_per_s
    end = minute_of(world, sale.end)

    assert 1.3 < factor[end + 10] < factor[end - 1]
    assert factor[end + 100] == pytest.approx(1.0, abs=0.01)


def test_only_early_birds_come_before_the_start():
    sale = a_sale()
    world = a_day(sale=sale)
    factor = world.rate_per_s / world.baseline_per_s
    start = minute_of(world, sale.start)

    np.testing.assert_array_equal(factor[: start - 10], 1.0)
    assert factor[start - 1] < 1.5


def test_the_announcement_holds_what_marketing_knows_and_no_more():
    sale = a_sale()
    campaign = a_day(sale=sale).campaign

    assert campaign is not None
    assert (campaign.start, campaign.end) == (sale.start, sale.end)
    assert campaign.announced_at == sale.start - timedelta(hours=2)
    assert campaign.expected_uplift == sale.expected


def test_the_demo_has_a_whole_day_of_history_before_its_sale_is_announced():
    world = demo_world()

    assert world.campaign is not None
    assert world.campaign.announced_at - DEMO_START >= timedelta(hours=24)
    assert world.times_s[-1] > to_epoch_s(DEMO_SALE.end + timedelta(minutes=75))


def test_the_demos_marketing_is_roughly_right_and_not_perfect():
    assert DEMO_SALE.expected.p50 < DEMO_SALE.peak_factor < DEMO_SALE.expected.p90


def test_a_span_without_a_step_is_refused():
    with pytest.raises(ValueError, match="hold no step"):
        shop_day(1, MONDAY, 0)
