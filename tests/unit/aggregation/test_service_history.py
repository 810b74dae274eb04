"""A service's history adds up what its source partitions hold, and shows it as of an instant."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.aggregation.service_history import RETAIN_S, SETTLE_AFTER_S, ServiceHistory, bucket_rate_per_s
from advisor.domain.demand import BucketPart, Reading, ServiceView, SourcePartition
from advisor.domain.timegrid import from_epoch_s
from tests.support.builders import SHOP, SOURCE, T0, part

OTHER = SourcePartition("traffic", "id-1", 1)
HOUR_S, DAY_S = 3600, 86_400


def history(*parts: BucketPart) -> ServiceHistory:
    it = ServiceHistory(SHOP, 300)
    for one in parts:
        it.apply(one)
    return it


def shown(it: ServiceHistory, until_s: int) -> list[tuple[int, float]]:
    """What a view holds, as (seconds since T0, rate), gaps left out."""
    view = it.view(from_epoch_s(until_s))
    return [(int(t) - T0, v) for t, v in zip(view.times_s, view.values, strict=True) if not np.isnan(v)]


def same(one: ServiceView, other: ServiceView) -> bool:
    return (
        one.start_s == other.start_s
        and np.array_equal(one.values, other.values, equal_nan=True)
        and np.array_equal(one.saturated, other.saturated)
        and one.recent_rate_per_s == other.recent_rate_per_s
        and one.newest == other.newest
    )


# --- what a bucket amounts to


def test_counts_of_several_partitions_add_up():
    assert bucket_rate_per_s([part(count=60), part(count=120, source=OTHER)]) == 3.0


def test_a_count_over_half_a_minute_is_spread_over_that_half():
    """The other half was not sampled: a lost sample is a gap, not a zero."""
    assert bucket_rate_per_s([part(count=60, interval_s=30.0)]) == 2.0


def test_rates_are_averaged_per_series_and_added_up_over_series_wherever_they_lie():
    here = part(count=0, interval_s=0.0, rates=(("a", 10.0, 1), ("b", 5.0, 1)))
    there = part(count=0, interval_s=0.0, rates=(("a", 30.0, 1),), source=OTHER)

    assert bucket_rate_per_s([here, there]) == 25.0


def test_the_order_of_parts_does_not_change_a_single_bit():
    again = SourcePartition("traffic", "id-2", 0)  # the topic was deleted and made again
    parts = [part(count=0.1), part(count=0.2, source=again), part(count=0.3, source=OTHER)]

    assert bucket_rate_per_s(parts) == bucket_rate_per_s(parts[::-1])


# --- which part counts


def test_a_part_with_a_higher_offset_replaces_the_one_before():
    it = history(part(count=60, through_offset=5))

    assert it.apply(part(count=120, through_offset=6))
    assert shown(it, T0 + 300) == [(0, 2.0)]


def test_repeats_and_older_parts_change_nothing():
    it = history(part(count=120, through_offset=6))

    assert not it.apply(part(count=120, through_offset=6))
    assert not it.apply(part(count=60, through_offset=5))
    assert shown(it, T0 + 300) == [(0, 2.0)]


def test_a_cell_is_the_mean_of_the_minutes_that_were_seen():
    assert shown(history(part(T0, 60), part(T0 + 120, 180)), T0 + 300) == [(0, 2.0)]


def test_cells_without_any_bucket_are_gaps():
    view = history(part(T0), part(T0 + 900)).view(from_epoch_s(T0 + 1200))

    assert np.isnan(view.values).tolist() == [False, True, True, False]


def test_a_saturated_minute_marks_its_cell():
    it = history(part(T0, saturated=True), part(T0 + 300))

    assert it.view(from_epoch_s(T0 + 600)).saturated.tolist() == [True, False]


# --- as of an instant


def test_nothing_at_or_after_data_until_shows():
    """Only whole cells before it are demand; only whole buckets before it are in use."""
    it = history(*(part(T0 + 60 * i, count=60.0 * (i + 1)) for i in range(30)))

    for until_s in range(T0 + 60, T0 + 1800, 20):
        view, cut = it.view(from_epoch_s(until_s)), until_s // 300 * 300
        whole = (until_s - T0) // 60
        assert view.cutoff_s == cut
        assert len(view.values) == (cut - T0) // 300
        assert view.recent_rate_per_s == whole


def test_what_is_in_use_is_the_highest_bucket_of_the_last_ten_minutes():
    it = history(part(T0, 6000), part(T0 + 300, 1200), part(T0 + 600, 60))

    assert it.view(from_epoch_s(T0 + 600)).recent_rate_per_s == 100.0
    assert it.view(from_epoch_s(T0 + 660)).recent_rate_per_s == 20.0
    assert it.view(from_epoch_s(T0 + 7200)).recent_rate_per_s == 0.0


def test_what_was_in_use_is_still_known_when_reading_is_a_day_ahead():
    """A replay reads faster than it decides: the ten minutes' whole cells stand in for their buckets."""
    it = history(part(T0, 1200), part(T0 + 300, 600), part(T0 + 600, 60), part(T0 + DAY_S))

    assert [it.view(from_epoch_s(T0 + s)).recent_rate_per_s for s in (299, 300, 600, 900, 1500)] == [
        0.0,
        20.0,
        20.0,
        10.0,
        0.0,
    ]


def test_a_view_beyond_the_newest_bucket_ends_in_gaps():
    assert np.isnan(history(part(T0)).view(from_epoch_s(T0 + 900)).values).tolist() == [False, True, True]


def test_a_history_without_data_has_an_empty_view():
    view = history().view(from_epoch_s(T0))

    assert len(view.values) == 0
    assert view.cutoff_s == T0
    assert history().earliest_s is None


# --- settling, snapshots, retention


def long_history(hours: int = 9) -> ServiceHistory:
    rng = np.random.default_rng(3)
    minutes = (m for m in range(hours * 60) if m % 50 > 9)  # ten minutes of every fifty are missing
    return history(*(part(T0 + 60 * m, float(rng.uniform(0, 600)), through_offset=m) for m in minutes))


def test_settling_keeps_every_value_to_the_bit():
    """A cell shows the same float32 before and after it settles."""
    until = from_epoch_s(T0 + 3 * HOUR_S)
    young = long_history(hours=5)
    before = young.view(until)
    for minute in range(5 * 60, 12 * 60):
        young.apply(part(T0 + 60 * minute, through_offset=minute))

    after = young.view(until)

    assert young.state().settled_float32
    assert np.array_equal(before.values, after.values, equal_nan=True)


def test_a_cell_that_settled_takes_no_other_part():
    it = history(part(T0), part(T0 + SETTLE_AFTER_S + 600))

    assert not it.apply(part(T0, count=6000, through_offset=99))
    assert shown(it, T0 + 300) == [(0, 1.0)]


def test_an_empty_cell_takes_demand_however_old():
    """A backfill fills what is empty, before and in the middle of what is known."""
    it = history(part(T0), part(T0 + 600), part(T0 + SETTLE_AFTER_S + 1200))
    known = it.state().settled_start_s
    assert known == T0

    assert it.apply(part(T0 + 300, count=300))
    assert it.apply(part(T0 - 300, count=180))
    it.apply(part(T0 + SETTLE_AFTER_S + 2400))

    assert shown(it, T0 + 900) == [(-300, 3.0), (0, 1.0), (300, 5.0), (600, 1.0)]
    assert it.earliest_s == T0 - 300


@pytest.mark.parametrize("hours", [0, 1, 5, 7, 12])
def test_a_restored_history_is_the_same_history(hours):
    """Now, and after every part that comes later."""
    it = long_history(hours)
    twin = ServiceHistory.restore(it.state())
    assert twin.state() == it.state()

    for minute in range(hours * 60, hours * 60 + 400, 7):
        late = part(T0 + 60 * (minute - 300), count=1.0, through_offset=10_000 + minute)
        for one in (part(T0 + 60 * minute, through_offset=minute), late):
            assert it.apply(one) == twin.apply(one)
    assert it.state() == twin.state()
    for until_s in (T0 + HOUR_S, T0 + hours * HOUR_S, T0 + 20 * HOUR_S):
        assert same(it.view(from_epoch_s(until_s)), twin.view(from_epoch_s(until_s)))


def test_what_is_past_retention_goes():
    it = history(*(part(T0 + DAY_S * day) for day in range(29)))
    newest = T0 + 28 * DAY_S + 60

    assert it.earliest_s is not None
    assert it.earliest_s >= newest - RETAIN_S - 300
    assert not it.apply(part(T0))


def test_a_jump_past_retention_leaves_only_what_came_after_it():
    it = history(part(T0), part(T0 + 40 * DAY_S))

    assert shown(it, T0 + 40 * DAY_S + 300) == [(40 * DAY_S, 1.0)]
    assert it.newest_end_s == T0 + 40 * DAY_S + 60


def test_the_source_of_a_part_is_kept_apart_from_a_recreated_topic_of_the_same_name():
    """Its offsets start again, so a lower one there is not older."""
    again = SourcePartition(SOURCE.topic, "id-2", SOURCE.partition)

    it = history(part(count=60, through_offset=900), part(count=60, through_offset=1, source=again))

    assert shown(it, T0 + 300) == [(0, 2.0)]


# --- the newest


def test_the_newest_is_the_last_bucket_that_is_over_not_the_highest_of_ten_minutes():
    it = history(part(T0, 600.0), part(T0 + 60, 60.0), part(T0 + 120, 120.0))

    assert it.view(from_epoch_s(T0 + 170)).newest == Reading(
        from_epoch_s(T0 + 60), from_epoch_s(T0 + 120), 1.0
    )
    assert it.view(from_epoch_s(T0 + 180)).recent_rate_per_s == 10.0


def test_the_newest_is_breached_if_any_source_says_that_it_was_saturated():
    it = history(part(), part(saturated=True, source=OTHER))
    newest = it.view(from_epoch_s(T0 + 60)).newest

    assert newest == Reading(from_epoch_s(T0), from_epoch_s(T0 + 60), 2.0, is_breached=True)


def test_where_nothing_came_for_ten_minutes_there_is_no_newest():
    assert history(part()).view(from_epoch_s(T0 + 661)).newest is None
    assert history().view(from_epoch_s(T0)).last_cell is None


def test_the_last_cell_is_the_same_however_far_ahead_was_read():
    """Buckets settle six hours after; a replay may decide days behind what it has read."""
    minutes = [part(T0 + 60 * i, 60.0 * (i // 5), saturated=i == 7) for i in range(20)]
    near, far = history(*minutes), history(*minutes, part(T0 + SETTLE_AFTER_S + DAY_S))

    def last(it: ServiceHistory, until_s: int) -> Reading | None:
        return it.view(from_epoch_s(T0 + until_s)).last_cell

    cell = Reading(from_epoch_s(T0 + 300), from_epoch_s(T0 + 600), 1.0, is_breached=True)
    assert [last(it, until_s) for it in (near, far) for until_s in (600, 899)] == [cell] * 4
    assert last(near, 900) == last(far, 900) == Reading(from_epoch_s(T0 + 600), from_epoch_s(T0 + 900), 2.0)
    assert last(far, 2 * HOUR_S) is None
