"""The floors that others would set, on days small enough to look at."""

from datetime import timedelta

import numpy as np
import pytest

from advisor.domain.policy import ResourcePolicy
from advisor.domain.timegrid import from_epoch_s, to_epoch_s
from advisor.simulation.known_floors import cron_floor, last_week_floor, multiplier_floor, oracle_supply
from advisor.simulation.loop_trace import LoopTrace, trace_of
from tests.support.builders import HOUR, MINUTE, NOW, SHOP, campaign, resource

MIDNIGHT = to_epoch_s(NOW) // 86_400 * 86_400
DAY = timedelta(days=1)


def pods(**other: object) -> ResourcePolicy:
    """Units of one request per second each, two at least, six minutes from request to ready."""
    return resource(unit_capacity=1.0, lead_time=6 * MINUTE, **other)


def minutes(*spans: tuple[int, float]) -> LoopTrace:
    """A trace from midnight on: so many minutes of so much demand, and so on."""
    rates = np.concatenate([np.full(length, rate) for length, rate in spans])
    return trace_of(MIDNIGHT + 60 * np.arange(len(rates), dtype=np.int64), rates, 60, SHOP)


def at_minute(minute: int) -> int:
    return MIDNIGHT + 60 * minute


def begins(hours: float, *, lasts: timedelta = HOUR, **other: object):
    """A campaign so many hours after midnight."""
    return campaign(start=from_epoch_s(MIDNIGHT) + hours * HOUR, lasts=lasts, **other)


def test_cron_asks_for_the_last_campaign_days_peak_in_the_whole_hours_of_a_campaign():
    """Yesterday's campaign peaked at 9; today's runs from 10:30 to 11:15, so cron holds 9 from 10 to 12."""
    trace = minutes((600, 3.0), (60, 9.0), (780, 3.0), (1440, 5.0))
    calendar = [begins(10.0), begins(34.5, lasts=45 * MINUTE)]

    floors = cron_floor(trace, pods(), calendar)[1440:]

    assert set(floors[: 10 * 60]) == {2}
    assert set(floors[10 * 60 : 12 * 60]) == {9}
    assert set(floors[12 * 60 :]) == {2}


def test_cron_begins_an_hour_earlier_where_the_lead_time_needs_it():
    """A campaign at 10:00 needs its units asked for at 9:54: the hour from 9 on."""
    floors = cron_floor(minutes((1440, 5.0), (1440, 5.0)), pods(), [begins(34.0)])[1440:]

    assert set(floors[9 * 60 : 11 * 60]) == {5}
    assert floors[9 * 60 - 1] == 2


def test_cron_learns_from_the_last_week_before_the_first_campaign():
    """Six days back demand was 7; eight days back, at 9, is forgotten."""
    trace = minutes((1440, 9.0), (1440, 3.0), (1440, 7.0), (5 * 1440, 3.0), (1440, 3.0))

    floors = cron_floor(trace, pods(), [begins(8 * 24 + 12)])

    assert floors[8 * 1440 + 12 * 60] == 7


def test_cron_adds_what_is_announced_during_the_day_when_it_is_announced():
    late = begins(34.5, announced_at=from_epoch_s(MIDNIGHT) + 34.25 * HOUR)

    floors = cron_floor(minutes((1440, 5.0), (1440, 5.0)), pods(), [late])[1440:]

    assert (floors[10 * 60 + 14], floors[10 * 60 + 15]) == (2, 5)


def test_last_week_is_repeated_half_an_hour_early():
    floors = last_week_floor(minutes((600, 3.0), (60, 8.0), (7 * 1440, 3.0)), pods())

    assert set(floors[: 7 * 1440 - 30]) == {2}
    assert set(floors[7 * 1440 + 570 : 7 * 1440 + 630]) == {8}
    assert floors[7 * 1440 + 569] == floors[7 * 1440 + 630] == 3


def test_a_multiplier_multiplies_what_was_in_use_just_before_it_came_into_force():
    """At 9:39 (lead time and a quarter of an hour ahead) 4 are in use: 8 until the end at 11."""
    floors = multiplier_floor(minutes((579, 4.0), (861, 9.0)), pods(), [begins(10.0)], 2.0)

    assert set(floors[579 : 11 * 60]) == {8}
    assert floors[578] == floors[11 * 60] == 2


def test_floors_of_others_stay_within_the_policys_bounds():
    trace, bounded = minutes((1440, 500.0), (1440, 500.0)), pods(maximum=7)
    calendar = [begins(34.0)]

    floors = [cron_floor(trace, bounded, calendar), multiplier_floor(trace, bounded, calendar, 3.0)]

    assert [int(f.max()) for f in floors] == [7, 7]
    assert [int(f.min()) for f in floors] == [2, 2]


def test_the_oracle_asks_a_lead_time_ahead_and_drops_at_once():
    """Five units are demanded from minute 20 to 30: asked for from 14 on, ready at 20, gone at 30."""
    least = oracle_supply(minutes((20, 1.0), (10, 5.0), (20, 1.0)), pods())

    assert least.units_ready.tolist() == [2] * 20 + [5] * 10 + [2] * 20
    assert least.units_requested.tolist() == [2] * 14 + [5] * 16 + [2] * 20


def test_the_oracle_keeps_units_through_a_pause_shorter_than_the_lead_time():
    """They could not be had back in time otherwise."""
    least = oracle_supply(minutes((10, 5.0), (5, 1.0), (10, 5.0)), pods())

    assert set(least.units_ready) == {5}


@pytest.mark.parametrize("reserve", [0.0, 0.5])
def test_the_oracle_needs_no_headroom(reserve: float):
    assert set(oracle_supply(minutes((10, 5.0)), pods(headroom=reserve)).units_ready) == {5}
