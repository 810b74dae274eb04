"""Laws of people's words: repeats change nothing, and a decider that takes over ends where one would."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from advisor.domain.controls import EVERYTHING
from streams.campaign_book import CampaignBook, Position
from streams.codec.campaigns import Announced
from streams.codec.commands import Approve, Command, CommandKind, OnScope, Reject
from streams.codec.controls_log import commands_mark, encode_entries, encode_mark
from streams.control_book import ControlBook, Heard
from streams.control_judge import Known
from streams.controls_fold import ControlsFold
from tests.support.builders import HOUR, NOW, PODS, campaign

CAMPAIGNS = ("promo", "a|b", "other")
SCOPES = (*CAMPAIGNS, PODS, "sim://db", EVERYTHING, "nowhere")
PEOPLE = ("ada", "bob", "b|ada")
Written = list[tuple[bytes, bytes | None]]


def known() -> Known:
    book = CampaignBook()
    for name in CAMPAIGNS:
        book.apply(Announced(campaign(name, revision=2)), Position(0, 0, NOW))
    return Known(book, (PODS, "sim://db"), "EUR")


KNOWN = known()

times = st.integers(-48, 48).map(lambda hours: NOW + hours * HOUR)
approvals = st.builds(
    Approve,
    campaign_id=st.sampled_from((*CAMPAIGNS, "nowhere")),
    revision=st.sampled_from((2, 2, 2, 1)),
    most_units=st.sampled_from((((PODS, 8),), ((PODS, 3), ("sim://db", 4)), (("sim://x", 1),))),
    max_cost=st.none() | st.floats(0, 1000),
    currency=st.sampled_from(("EUR", "EUR", "EUR", "USD")),
    start=times,
    end=times,
    expires_at=times,
)
rejections = st.builds(Reject, st.sampled_from((*CAMPAIGNS, "nowhere")), st.sampled_from((2, 2, 1)))
stops = st.builds(
    OnScope,
    st.sampled_from((CommandKind.HOLD, CommandKind.FREEZE, CommandKind.RESUME)),
    st.sampled_from(SCOPES),
)


@st.composite
def conversations(draw: st.DrawFn) -> list[Command]:
    """What some people say, each word an event of its own."""
    words = draw(st.lists(approvals | rejections | stops, max_size=12))
    return [
        Command(f"c{n}", "/people", draw(st.sampled_from(PEOPLE)), draw(times), "", word)
        for n, word in enumerate(words)
    ]


def told(commands: list[Command]) -> ControlBook:
    book = ControlBook()
    for command in commands:
        book.apply(command, NOW, KNOWN)
    return book


@given(conversations(), st.data())
def test_repeats_anywhere_after_the_first_time_change_nothing(said: list[Command], data: Any) -> None:
    """Whichever messages a producer sends again, and however late, the same stands."""
    repeated: list[Command] = []
    for n, command in enumerate(said, start=1):
        repeated.append(command)
        repeated += data.draw(st.lists(st.sampled_from(said[:n]), max_size=3))

    assert told(repeated).controls == told(said).controls


@given(conversations())
def test_a_refusal_changes_nothing_and_an_acceptance_what_it_says(said: list[Command]) -> None:
    """The answer's before and after are the only difference between what stood and what stands."""
    book = ControlBook()
    for command in said:
        before = dict(book.entries)
        answer = book.apply(command, NOW, KNOWN)
        assert answer.heard is Heard.ACCEPTED or answer.after == {}
        assert answer.before == {key: before.get(key) for key in answer.after}
        expected = {k: v for k, v in {**before, **answer.after}.items() if v is not None}
        assert book.entries == expected


@given(conversations(), st.integers(0, 12), st.integers(0, 3), st.booleans())
def test_a_decider_that_takes_over_ends_where_one_alone_would(
    said: list[Command], dealt_with: int, unwritten: int, compacted: bool
) -> None:
    """Folding the first words, reading back what was written, and folding the rest is folding all.

    The first decider may die between two records: the answer's own changes then stand in its mark only.
    """
    written: Written = []
    first = ControlBook()
    for offset, command in enumerate(said[:dealt_with]):
        answer = first.apply(command, NOW, KNOWN)
        mark = commands_mark("t", offset + 1, first.heard, answer.after)
        own = encode_entries(answer.after)
        is_last = offset + 1 == min(dealt_with, len(said))
        written += [encode_mark(mark), *(own[: max(0, len(own) - unwritten)] if is_last else own)]

    restored = ControlsFold("t")
    for key, value in compact(written) if compacted else written:
        restored.apply(key, value)

    assert restored.next_offset == len(said[:dealt_with])
    assert restored.book.entries == first.entries
    for command in said[restored.next_offset :]:
        restored.book.apply(command, NOW, KNOWN)
    assert restored.book.controls == told(said).controls


@given(conversations(), st.integers(0, 400))
def test_forgetting_takes_no_hold_and_no_word_that_was_just_said(said: list[Command], days: int) -> None:
    """Whatever the date, holds and freezes stay; a word within 90 days of itself or its campaign stays."""
    book = told(said)
    before, now = book.controls, NOW + timedelta(days=days)
    book.forget(now, timedelta(days=90), KNOWN.campaigns)

    assert (book.controls.holds, book.controls.freezes) == (before.holds, before.freezes)
    if days <= 90:
        assert book.controls == before
    if days > 91:
        assert (book.controls.envelopes, book.controls.rejections) == ((), ())


def compact(written: Written) -> Written:
    """Only the newest record of each key, in their places: as a compacted topic ends up."""
    newest = {key: place for place, (key, _) in enumerate(written)}
    return [record for place, record in enumerate(written) if newest[record[0]] == place]
