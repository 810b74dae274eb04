"""When a message of the inbox counts, by the clock that its reader goes by."""

from __future__ import annotations

from datetime import timedelta

import pytest

from advisor.domain.timegrid import from_epoch_s
from streams.campaign_book import Position
from streams.campaign_feed import TimedBook
from streams.codec.campaigns import Announced
from tests.support.builders import HOUR, T0, campaign

NOW = from_epoch_s(T0)
TICK = timedelta(minutes=1)


def ids(book: TimedBook, minutes: int) -> list[str]:
    """The campaigns that stand so many minutes after the announcement."""
    return [c.campaign_id for c in book.at(NOW + minutes * TICK).standing()]


@pytest.mark.parametrize("read_before_the_tick", [True, False])
def test_an_announcement_at_a_tick_counts_from_the_next_whenever_it_is_read(
    read_before_the_tick: bool,
) -> None:
    """The clock has reached a tick before what is announced at that very instant is read, or just after."""
    book = TimedBook(from_events=True)
    announced = Announced(campaign(start=NOW + 12 * HOUR, announced_at=NOW))
    if read_before_the_tick:
        book.take(announced, Position(0, 1, NOW), T0)
    assert ids(book, 0) == []
    if not read_before_the_tick:
        book.take(announced, Position(0, 1, NOW), T0)
    assert ids(book, 1) == [announced.campaign.campaign_id]


def test_by_the_wall_clock_an_announcement_counts_as_soon_as_it_is_read() -> None:
    """Nobody waits for a time that a message names when the clock on the wall goes on by itself."""
    book = TimedBook(from_events=False)
    announced = Announced(campaign(start=NOW + 12 * HOUR, announced_at=NOW))
    book.take(announced, Position(0, 1, NOW), T0)
    assert ids(book, 0) == [announced.campaign.campaign_id]
