"""The marks of planned events, worked out by hand minute by minute."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.timegrid import from_epoch_s
from advisor.simulation.planned_events import PlannedEvents, planned_events
from tests.support.builders import MINUTE, T0, campaign

START = from_epoch_s(T0)


def marked(
    demanded: list[float],
    ready: list[int],
    *windows: tuple[int, int],
    floor: list[int] | None = None,
    minimum: int = 1,
) -> PlannedEvents:
    """Minute by minute, units of one request per second each; windows in minutes (start, length)."""
    units = np.asarray(ready, dtype=np.int64)
    floors = units if floor is None else np.asarray(floor, dtype=np.int64)
    planned = [
        campaign(f"c{begin}", START + begin * MINUTE, lasts=length * MINUTE) for begin, length in windows
    ]
    times_s = T0 + 60 * np.arange(len(demanded), dtype=np.int64)
    return planned_events(
        times_s, np.asarray(demanded, dtype=np.float64), units, floors, minimum, 1.0, planned
    )


def lead_min(demanded: list[float], ready: list[int], begin: int, length: int = 20) -> float:
    return marked(demanded, ready, (begin, length)).campaigns[0].readiness_lead_s / 60


def test_the_first_ten_minutes_are_marked_apart_from_the_window():
    """Five of the first ten minutes half short, then ten minutes of plenty."""
    (found,) = marked([2] * 20, [1] * 5 + [2] * 15, (0, 20)).campaigns

    assert found.first_minutes_shortfall == 0.25
    assert found.shortfall == 0.125
    assert found.minutes_short == 5.0


def test_units_that_stand_five_minutes_before_the_start_lead_by_five():
    assert lead_min([4] * 40, [1] * 5 + [4] * 35, 10) == 5.0


def test_units_that_were_there_and_left_again_do_not_count_until_they_return():
    assert lead_min([4] * 40, [4] * 8 + [1] + [4] * 31, 10) == 1.0


def test_a_late_resource_has_a_negative_lead():
    """What was demanded is ready, to stay, from the fourth minute on."""
    assert lead_min([4] * 40, [1] * 14 + [4] * 26, 10) == -4.0


def test_a_resource_that_never_catches_up_in_ten_minutes_has_the_worst_lead():
    assert lead_min([4] * 40, [1] * 40, 10) == -10.0


def test_what_is_demanded_later_than_the_start_need_not_stand_at_the_start():
    """Demand doubles five minutes in, and supply with it: ready in time."""
    assert lead_min([2] * 15 + [4] * 25, [2] * 15 + [4] * 25, 10) == 10.0


def test_leads_are_summed_up_by_the_least_and_a_low_one():
    found = marked([4] * 100, [4] * 50 + [1] * 20 + [4] * 30, (10, 20), (68, 20))

    assert [m.readiness_lead_s / 60 for m in found.campaigns] == [10.0, -2.0]
    assert (found.lead_min_s, found.lead_p10_s) == (-120.0, -120.0)


def test_campaigns_that_begin_outside_the_steps_are_left_out():
    found = marked([1] * 10, [1] * 10, (-5, 8), (10, 5))

    assert found.campaigns == ()
    assert (found.lead_min_s, found.met_from(1), found.worst_from(1)) == (None, None, None)


def test_the_share_met_and_the_worst_can_be_asked_from_the_third_campaign_on():
    """Short in the first, the second and the fourth of four."""
    windows = [(begin, 10) for begin in (0, 20, 40, 60)]
    ready = [1] * 40 + [2] * 20 + [1] * 20

    found = marked([2] * 80, ready, *windows)

    assert found.met_from(3) == 0.5
    assert found.worst_from(3) == 0.5
    assert found.met_from(1) == 0.25


def test_the_revert_tail_counts_what_stood_above_demand_until_the_floor_was_restored():
    """Ten minutes with three units too many after the end, then the floor is at its minimum again."""
    found = marked([2] * 40, [5] * 30 + [2] * 10, (0, 20), floor=[5] * 30 + [1] * 10)

    assert found.revert_tail_unit_hours == pytest.approx(3 * 10 / 60)


def test_the_raise_for_the_next_campaign_is_not_the_tail_of_the_last_one():
    """Between two campaigns twenty minutes apart only the first ten minutes are the first one's."""
    found = marked([2] * 60, [5] * 60, (0, 20), (40, 20), floor=[5] * 60)

    assert found.revert_tail_unit_hours == pytest.approx(3 * 10 / 60)


def test_minutes_of_unknown_demand_are_not_marked():
    (found,) = marked([np.nan] * 10 + [2] * 10, [0] * 10 + [2] * 10, (0, 20)).campaigns

    assert (found.first_minutes_shortfall, found.minutes_short) == (0.0, 0.0)


def test_a_step_longer_than_ten_minutes_is_marked_by_the_one_that_holds_the_start():
    times_s = T0 + 3600 * np.arange(3, dtype=np.int64)
    one = campaign("c", START + timedelta(minutes=90), lasts=timedelta(hours=1))
    ready = np.array([2, 1, 2])

    (found,) = planned_events(times_s, np.array([2.0] * 3), ready, ready, 1, 1.0, [one]).campaigns

    assert found.first_minutes_shortfall == 0.5
