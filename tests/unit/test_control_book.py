"""What of people's words stands, and why the others are not taken."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from advisor.domain.controls import EVERYTHING, Envelope, Rejection
from advisor.domain.reason import Reason
from streams.campaign_book import CampaignBook, Position
from streams.codec.campaigns import Announced, Cancelled
from streams.codec.commands import Approve, Command, CommandKind, OnScope, Reject
from streams.control_book import Answer, ControlBook, Heard
from streams.control_judge import Known
from streams.control_words import standing_lines
from tests.support.builders import CRM, HOUR, MINUTE, NOW, PODS, at, campaign

DATABASE = "sim://db"
_ids = count()
KEEP = timedelta(days=90)


def campaigns(*ids: str, revision: int = 1) -> CampaignBook:
    book = CampaignBook()
    for name in ids or ("promo",):
        book.apply(Announced(campaign(name, revision=revision)), Position(0, 0, NOW))
    return book


def known(book: CampaignBook | None = None) -> Known:
    return Known(book or campaigns(), (PODS, DATABASE), "EUR")


def said(word: Approve | Reject | OnScope, by: str = "ada", when: Any = NOW, why: str = "") -> Command:
    return Command(f"c{next(_ids)}", "/people", by, when, why, word)


def approval(**other: Any) -> Approve:
    values: dict[str, Any] = {
        "campaign_id": "promo",
        "revision": 1,
        "most_units": ((PODS, 8),),
        "max_cost": 20.0,
        "currency": "EUR",
        "start": at("09:00"),
        "end": at("13:00"),
        "expires_at": at("12:00"),
    }
    return Approve(**{**values, **other})


def rejection(**other: Any) -> Reject:
    return Reject(**{"campaign_id": "promo", "revision": 1, **other})


def hold(scope: str = PODS) -> OnScope:
    return OnScope(CommandKind.HOLD, scope)


def freeze(scope: str = EVERYTHING) -> OnScope:
    return OnScope(CommandKind.FREEZE, scope)


def resume(scope: str = PODS) -> OnScope:
    return OnScope(CommandKind.RESUME, scope)


def heard(book: ControlBook, *commands: Command) -> list[Answer]:
    return [book.apply(command, NOW, known()) for command in commands]


def told(*words: Approve | Reject | OnScope) -> ControlBook:
    book = ControlBook()
    for answer in heard(book, *(said(word) for word in words)):
        assert answer.heard is Heard.ACCEPTED, answer
    return book


def refused(word: Approve | Reject | OnScope, book: ControlBook | None = None, **facts: Any) -> Answer:
    it = book or ControlBook()
    before = it.entries
    answer = it.apply(said(word), facts.get("when", NOW), facts.get("known", known()))
    assert answer.heard is Heard.REFUSED
    assert it.entries == before
    assert answer.reason is not None
    assert answer.reason in answer.text
    assert "Fix:" in answer.text
    return answer


# --- holds and freezes


def test_a_hold_stands_until_it_is_resumed() -> None:
    assert [h.scope for h in told(hold(), hold("promo")).controls.holds] == ["promo", PODS]
    assert told(hold(), hold("promo"), resume()).controls.holds[0].scope == "promo"


def test_a_hold_says_who_since_when_and_why() -> None:
    book = ControlBook()
    (answer,) = heard(book, said(hold(), "bob", why="audit"))

    (found,) = book.controls.holds
    assert (found.scope, found.by, found.at, found.why) == (PODS, "bob", NOW, "audit")
    assert answer.text.startswith(f"bob holds {PODS} (audit)")
    assert "bob" in standing_lines(book.controls)[0]


def test_a_second_hold_stands_beside_the_first() -> None:
    """Legal and operations each have their reason; neither is forgotten, and both are told."""
    for word, stands in ((hold(), "held"), (freeze(PODS), "frozen")):
        book = ControlBook()
        *_, answer = heard(book, said(word, "ada", why="legal"), said(word, "bob", why="incident 7"))

        of_kind = book.controls.holds or book.controls.freezes
        assert [(stop.by, stop.why) for stop in of_kind] == [("ada", "legal"), ("bob", "incident 7")]
        assert answer.text.endswith("So had before: ada (legal)")
        lines = standing_lines(book.controls)
        assert [line.split(",")[0] for line in lines] == [f"{stands}: {PODS}"] * 2
        assert [line.rpartition(" (")[2] for line in lines] == ["legal)", "incident 7)"]


def test_of_each_person_the_newest_hold_of_a_scope_stands() -> None:
    book = ControlBook()
    heard(book, said(hold(), why="old"), said(hold(), "bob"), said(hold(), why="new"))

    assert [(h.by, h.why) for h in book.controls.holds] == [("bob", ""), ("ada", "new")]


def test_resuming_says_whose_holds_and_freezes_are_over() -> None:
    book = ControlBook()
    heard(book, said(hold(), "ada", why="legal"), said(hold(), "bob"), said(freeze(PODS), "eve", why="fire"))

    (one,) = heard(book, said(resume(), "dan", why="all signed"))
    assert one.text == (
        f"dan resumes {PODS} (all signed): {PODS} was frozen by eve (fire), held by ada (legal) and bob"
    )
    assert (book.controls.holds, book.controls.freezes) == ((), ())

    heard(book, said(hold("promo"), "ada"), said(freeze(), "bob", why="night"))
    (two,) = heard(book, said(resume(EVERYTHING), "dan"))
    assert two.text == "dan resumes everything: everything was frozen by bob (night); promo was held by ada"


def test_resuming_a_scope_lifts_its_hold_and_its_freeze_and_no_other() -> None:
    controls = told(hold(), freeze(PODS), freeze(), resume()).controls

    assert controls.holds == ()
    assert [f.scope for f in controls.freezes] == [EVERYTHING]


def test_resuming_everything_lifts_all_holds_and_freezes_and_no_approval() -> None:
    controls = told(hold(), freeze(PODS), freeze(), approval(), resume(EVERYTHING)).controls

    assert (controls.holds, controls.freezes) == ((), ())
    assert len(controls.envelopes) == 1


def test_a_hold_of_what_is_nothing_is_refused() -> None:
    for word in (hold("sim://elsewhere"), hold("no-such"), freeze("promo"), freeze("no-such")):
        assert refused(word).reason is Reason.SCOPE_UNKNOWN
    assert "freeze --everything" in refused(hold(EVERYTHING)).text


def test_a_campaign_is_held_and_not_frozen_and_the_answer_says_so() -> None:
    answer = refused(freeze("promo"))

    assert "it is a campaign, and only a resource of the policy or everything can be frozen" in answer.text
    assert "Fix: `headstart hold promo`" in answer.text
    assert "it is no resource of the policy" in refused(freeze("no-such")).text


def test_a_hold_of_a_cancelled_campaign_is_a_hold() -> None:
    """Its floors are being lowered: that is what may have to be stopped."""
    book = campaigns()
    book.apply(Cancelled("promo", 2, NOW, CRM), Position(0, 1, NOW))

    answer = ControlBook().apply(said(hold("promo")), NOW, known(book))

    assert answer.heard is Heard.ACCEPTED


def test_resuming_what_is_not_held_is_refused() -> None:
    for scope in (PODS, "promo", EVERYTHING):
        assert refused(resume(scope)).reason is Reason.NOT_HELD
    assert "resume --everything" in refused(resume(), told(freeze())).text


def test_what_left_the_policy_while_it_was_held_can_be_resumed() -> None:
    book = told(hold(DATABASE))

    answer = book.apply(said(resume(DATABASE)), NOW, Known(campaigns(), (PODS,), "EUR"))

    assert answer.heard is Heard.ACCEPTED
    assert book.controls.holds == ()


# --- approvals and rejections


def test_an_approval_becomes_an_envelope() -> None:
    assert told(approval()).controls.envelopes == (
        Envelope("promo", 1, ((PODS, 8),), 20.0, "EUR", at("09:00"), at("13:00"), at("12:00"), "ada", NOW),
    )


def test_of_each_person_the_newest_word_on_a_campaign_stands() -> None:
    book = ControlBook()
    heard(book, said(approval()), said(approval(), "bob"), said(approval(max_cost=5.0)))

    assert [(e.by, e.max_cost) for e in book.controls.envelopes] == [("ada", 5.0), ("bob", 20.0)]


def test_a_rejection_ends_everybodys_approvals_before_it() -> None:
    book = ControlBook()
    answers = heard(book, said(approval()), said(approval(), "bob"), said(rejection(), "eve", why="no"))

    assert book.controls.envelopes == ()
    assert book.controls.rejections == (Rejection("promo", 1, "eve", NOW, "no"),)
    assert "2 approval(s) before it" in answers[-1].text


def test_an_approval_after_a_rejection_stands_beside_it() -> None:
    """Also of the person who rejected: then only the approval is their word."""
    book = ControlBook()
    heard(book, said(rejection()), said(approval(), "bob"))
    assert [e.by for e in book.controls.envelopes] == ["bob"]
    assert [r.by for r in book.controls.rejections] == ["ada"]

    heard(book, said(approval()))
    assert [e.by for e in book.controls.envelopes] == ["ada", "bob"]
    assert book.controls.rejections == ()


def test_a_rejection_of_one_campaign_leaves_another_approved() -> None:
    both = known(campaigns("promo", "other"))
    book = ControlBook()
    for word in (approval(), approval(campaign_id="other"), rejection()):
        book.apply(said(word), NOW, both)

    assert [e.campaign_id for e in book.controls.envelopes] == ["other"]


@pytest.mark.parametrize("word", [approval(revision=2), rejection(revision=2)], ids=["approve", "reject"])
def test_another_revision_than_the_present_one_is_refused_with_both(word: Approve | Reject) -> None:
    answer = refused(word, known=known(campaigns(revision=3)))

    assert answer.reason is Reason.REVISION_MISMATCH
    assert "revision 2 is meant, the present one is 3" in answer.text


@pytest.mark.parametrize("word", [approval(), rejection()], ids=["approve", "reject"])
def test_a_campaign_nobody_announced_or_that_is_cancelled_is_refused(word: Approve | Reject) -> None:
    book = campaigns()
    book.apply(Cancelled("promo", 2, NOW, CRM), Position(0, 1, NOW))

    assert refused(word, known=known(campaigns("other"))).reason is Reason.CAMPAIGN_UNKNOWN
    assert refused(word, known=known(book)).reason is Reason.CAMPAIGN_CANCELLED


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"end": at("09:00")}, Reason.WINDOW_EMPTY),
        ({"end": at("08:00")}, Reason.WINDOW_EMPTY),
        ({"expires_at": NOW}, Reason.EXPIRED),
        ({"start": NOW - 2 * HOUR, "end": NOW - HOUR}, Reason.EXPIRED),
        ({"most_units": ((PODS, 8), ("sim://x", 1))}, Reason.RESOURCE_UNKNOWN),
        ({"currency": "USD"}, Reason.CURRENCY_MISMATCH),
    ],
)
def test_an_approval_within_which_nothing_can_be_done_is_refused(
    changes: dict[str, Any], reason: Reason
) -> None:
    assert refused(approval(**changes)).reason is reason


# --- repeats, clocks, what is written, forgetting


def test_the_same_event_again_changes_nothing() -> None:
    """A producer that sends a hold twice does not undo the resume in between."""
    book = ControlBook()
    first, lifted = said(hold()), said(resume())
    answers = heard(book, first, lifted, first, lifted)

    assert [a.heard for a in answers] == [Heard.ACCEPTED] * 2 + [Heard.REPEATED] * 2
    assert book.controls.holds == ()


def test_the_same_words_in_another_event_are_new_words() -> None:
    book = told(hold(), resume(), hold())

    assert [h.scope for h in book.controls.holds] == [PODS]


def test_a_word_from_the_future_counts_as_of_when_it_arrived() -> None:
    book = ControlBook()
    heard(book, said(hold(), when=NOW + HOUR), said(freeze(), when=NOW - HOUR))

    assert book.controls.holds[0].at == NOW
    assert book.controls.freezes[0].at == NOW - HOUR


def test_an_answer_holds_what_was_before_and_what_is_after() -> None:
    book = told(approval())
    (answer,) = heard(book, said(rejection(), "bob"))

    assert set(answer.before) == set(answer.after) == {"promo|ada", "promo|bob"}
    assert answer.before["promo|bob"] is None
    assert answer.after["promo|ada"] is None
    assert book.entries == {"promo|bob": answer.after["promo|bob"]}


def test_no_two_things_share_a_key() -> None:
    """Whatever bars people put into their campaigns' ids and into their own names."""
    facts = known(campaigns("a|b", "a", "a%7Cb"))
    book = ControlBook()
    words = [(approval(campaign_id="a|b"), "c"), (approval(campaign_id="a"), "b|c"), (hold("a|b"), "c")]
    for word, by in [*words, (hold("a%7Cb"), "c")]:
        assert book.apply(said(word, by), NOW, facts).heard is Heard.ACCEPTED

    assert len(book.entries) == 4


def test_words_on_a_campaign_are_forgotten_ninety_days_after_its_end_and_holds_never() -> None:
    book = told(approval(), hold(), hold("promo"), freeze())
    end, there = campaign().end, campaigns()

    assert book.forget(end + KEEP, KEEP, there) == {}
    assert book.forget(end + KEEP + MINUTE, KEEP, there) == {"promo|ada": None}
    assert book.controls.envelopes == ()
    assert len(book.controls.holds) == 2
    assert len(book.controls.freezes) == 1


def test_words_on_a_campaign_that_is_forgotten_itself_are_kept_as_long() -> None:
    book = told(rejection())

    assert book.forget(campaign().end + KEEP, KEEP, CampaignBook()) == {}
    assert set(book.forget(campaign().end + KEEP + MINUTE, KEEP, CampaignBook())) == {"promo|ada"}


def test_a_campaign_put_off_keeps_its_words_for_longer() -> None:
    later = CampaignBook()
    later.apply(Announced(campaign(revision=2, start=at("10:00") + KEEP)), Position(0, 1, NOW))

    assert told(approval()).forget(campaign().end + KEEP + MINUTE, KEEP, later) == {}
