"""The highest revision of a campaign stands, whatever arrived last and however often."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from streams.campaign_book import BookEntry, CampaignBook, Fact, Position, Standing
from streams.codec.campaigns import Announced, Cancelled, Withdrawn
from tests.support.builders import CRM, HOUR, MINUTE, NOW, at, campaign

KEEP = timedelta(days=90)


def announced(revision: int, **other) -> Announced:
    return Announced(campaign(revision=revision, **other))


def cancelled(revision: int) -> Cancelled:
    return Cancelled("promo", revision, NOW, CRM)


def position(offset: int, partition: int = 0) -> Position:
    return Position(partition, offset, NOW + offset * MINUTE)


def book(*facts: Fact) -> CampaignBook:
    it = CampaignBook()
    for offset, fact in enumerate(facts):
        it.apply(fact, position(offset))
    return it


def entry(it: CampaignBook) -> BookEntry:
    found = it.get("promo")
    assert found is not None
    return found


def stands(it: CampaignBook) -> tuple[Standing, int]:
    return entry(it).standing, entry(it).revision


def test_a_higher_revision_replaces_a_lower_one_and_not_the_other_way_round():
    assert stands(book(announced(1), announced(3), announced(2))) == (Standing.SCHEDULED, 3)


def test_the_same_message_again_changes_nothing():
    it = book(announced(2))

    assert not it.apply(announced(2), position(9))
    assert it.version == 1
    assert entry(it).position == position(0)


def test_a_cancellation_counts_if_its_revision_is_the_highest():
    assert stands(book(announced(2), cancelled(1))) == (Standing.SCHEDULED, 2)
    assert stands(book(announced(2), cancelled(2))) == (Standing.CANCELLED, 2)
    assert stands(book(announced(2), cancelled(3))) == (Standing.CANCELLED, 3)


def test_a_cancelled_campaign_keeps_what_was_known_of_it_and_does_not_stand():
    it = book(announced(2), cancelled(3))

    assert entry(it).campaign == campaign(revision=2)
    assert it.standing() == ()


def test_a_cancelled_campaign_comes_back_only_as_a_higher_revision():
    assert stands(book(cancelled(3), announced(2))) == (Standing.CANCELLED, 3)
    assert stands(book(cancelled(3), announced(3))) == (Standing.CANCELLED, 3)
    assert stands(book(cancelled(3), announced(4))) == (Standing.SCHEDULED, 4)


@pytest.mark.parametrize(
    "order", list(permutations([announced(1), cancelled(2), cancelled(4), announced(3)]))
)
def test_two_cancellations_count_as_the_higher_one_in_any_order(order):
    assert stands(book(*order)) == (Standing.CANCELLED, 4)


def test_a_tombstone_withdraws_what_was_sent_before_it():
    it = book(announced(2), Withdrawn("promo"))

    assert stands(it) == (Standing.WITHDRAWN, 2)
    assert it.standing() == ()
    assert not it.apply(announced(2), position(5))
    assert it.apply(announced(3), position(6))


def test_a_tombstone_read_again_takes_back_nothing_that_came_after_it():
    it = book(announced(1), Withdrawn("promo"), announced(2))

    assert not it.apply(Withdrawn("promo"), position(1))
    assert stands(it) == (Standing.SCHEDULED, 2)


def test_across_partitions_the_time_tells_which_of_two_messages_came_first():
    it = book(announced(1))
    earlier, later = Position(1, 99, NOW - MINUTE), Position(1, 0, NOW + MINUTE)

    assert not it.apply(Withdrawn("promo"), earlier)
    assert it.apply(Withdrawn("promo"), later)


def test_a_tombstone_for_nobody_or_for_a_cancelled_campaign_changes_nothing():
    assert not CampaignBook().apply(Withdrawn("promo"), position(0))
    assert not book(announced(1), cancelled(2)).apply(Withdrawn("promo"), position(9))


def test_campaigns_stand_in_order_of_start():
    it = book(Announced(campaign("late", at("12:00"))), Announced(campaign("b")), Announced(campaign("a")))

    assert [c.campaign_id for c in it.standing()] == ["a", "b", "late"]
    assert [e.campaign_id for e in it.entries] == ["a", "b", "late"]
    assert len(it) == 3


# --- accepted states, and forgetting


def test_a_book_restored_from_its_entries_stands_as_it_stood():
    it = book(announced(2), cancelled(3), Announced(campaign("other")))

    twin = CampaignBook(it.entries)
    again = CampaignBook()
    for one in it.entries:
        again.restore(one)

    assert twin.entries == again.entries == it.entries
    assert not twin.apply(announced(2), position(0))


def test_an_accepted_state_does_not_replace_a_higher_revision():
    older = entry(book(announced(2)))
    it = book(announced(5))

    it.restore(older)

    assert stands(it) == (Standing.SCHEDULED, 5)


def test_a_campaign_is_forgotten_when_its_window_lies_further_back_than_it_is_kept():
    it = book(announced(1))
    end = campaign().end

    assert it.forget(end + KEEP, KEEP) == ()
    assert it.forget(end + KEEP + MINUTE, KEEP) == ("promo",)
    assert len(it) == 0
    assert it.version == 2


def test_a_campaign_that_was_just_spoken_of_is_not_forgotten_however_old_its_window():
    it = CampaignBook()
    it.apply(announced(1, start=NOW - timedelta(days=400)), position(0))

    assert it.forget(NOW + HOUR, KEEP) == ()


def test_a_cancellation_of_an_unknown_campaign_is_kept_as_long_as_any_other():
    it = book(cancelled(1))

    assert it.forget(NOW + KEEP, KEEP) == ()
    assert it.forget(NOW + KEEP + MINUTE, KEEP) == ("promo",)
