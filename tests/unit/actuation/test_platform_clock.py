"""How far a platform's clock is ahead of ours, by the dates of its answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from advisor.actuation.platform_clock import PlatformClock
from tests.support.builders import MINUTE

HERE = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def told(*ahead: timedelta) -> timedelta:
    """What is known after answers that were dated so much later than they were received."""
    clock = PlatformClock()
    for one in ahead:
        clock.answered(format_datetime(HERE + one, usegmt=True), HERE)
    return clock.ahead


@pytest.mark.parametrize("apart", [59 * SECOND, -MINUTE, timedelta(0)])
def test_clocks_less_than_a_minute_apart_agree(apart):
    assert told(apart) == timedelta(0)


@pytest.mark.parametrize("apart", [10 * MINUTE, -10 * MINUTE])
def test_ten_minutes_are_told_whichever_is_ahead(apart):
    assert told(apart + 7 * SECOND) == apart


def test_what_is_known_does_not_flicker_and_is_forgotten_when_the_clock_was_set_right():
    assert told(10 * MINUTE + 25 * SECOND, 10 * MINUTE + 35 * SECOND, 9 * MINUTE + 10 * SECOND) == 10 * MINUTE
    assert told(10 * MINUTE, timedelta(0)) == timedelta(0)


@pytest.mark.parametrize("date", [None, "", "soon", "Fri, 99 Nov 2026 06:00:00 GMT"])
def test_an_answer_without_a_date_that_can_be_read_tells_nothing(date):
    clock = PlatformClock()
    clock.answered("Fri, 27 Nov 2026 06:10:00 GMT", HERE)
    clock.answered(date, HERE)
    assert clock.ahead == 10 * MINUTE


def test_a_date_is_read_with_its_zone_and_without_one_as_utc():
    clock = PlatformClock()
    clock.answered(format_datetime((HERE + 5 * MINUTE).astimezone(timezone(timedelta(hours=2)))), HERE)
    assert clock.ahead == 5 * MINUTE
    clock.answered("Fri, 27 Nov 2026 06:10:00 -0000", HERE)
    assert clock.ahead == 10 * MINUTE
