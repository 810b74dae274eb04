"""Instants: how they are written, and where they lie on the grid."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from advisor.domain.timegrid import ceil_to, floor_to, from_epoch_s, span, step_s, to_epoch_s, to_iso

TEN = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)


def test_an_instant_is_written_in_utc_with_z_whatever_zone_it_came_in() -> None:
    """Berlin is an hour ahead in November."""
    assert to_iso(TEN) == "2026-11-27T10:00:00Z"
    assert to_iso(TEN.astimezone(ZoneInfo("Europe/Berlin"))) == "2026-11-27T10:00:00Z"


def test_parts_of_a_second_are_written_where_there_are_any_and_read_back_the_same() -> None:
    """Nothing is rounded away."""
    fine = TEN + timedelta(milliseconds=250)

    assert to_iso(fine) == "2026-11-27T10:00:00.250000Z"
    assert datetime.fromisoformat(to_iso(fine)) == fine


@pytest.mark.parametrize("read", [to_iso, to_epoch_s])
def test_an_instant_without_a_zone_is_refused_and_not_taken_for_local_time(read) -> None:
    """What it means would hang on the machine."""
    with pytest.raises(ValueError, match="give an aware datetime"):
        read(TEN.replace(tzinfo=None))


def test_the_grid_is_anchored_at_utc_midnight() -> None:
    """Floor and ceiling enclose an instant between two points of it, and leave a point alone."""
    between = TEN + timedelta(minutes=7, seconds=1)

    assert floor_to(between, FIVE_MINUTES) == TEN + FIVE_MINUTES
    assert ceil_to(between, FIVE_MINUTES) == TEN + 2 * FIVE_MINUTES
    assert floor_to(TEN, FIVE_MINUTES) == ceil_to(TEN, FIVE_MINUTES) == TEN


def test_a_span_has_every_grid_point_that_its_ends_enclose() -> None:
    """The first is floored, the last is left out."""
    points = span(TEN + timedelta(minutes=1), TEN + timedelta(minutes=11), FIVE_MINUTES)

    assert np.array_equal(points, to_epoch_s(TEN) + np.array([0, 300, 600]))
    assert from_epoch_s(points[0]) == TEN


@pytest.mark.parametrize("step", [timedelta(0), timedelta(milliseconds=1500), timedelta(seconds=-5)])
def test_a_step_is_a_positive_whole_number_of_seconds(step: timedelta) -> None:
    """Anything else is refused by its value."""
    with pytest.raises(ValueError, match="positive whole number of seconds"):
        step_s(step)
