"""What people are told of a campaign: each change of verdict, each real change of pace, nothing twice."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Finding, Readiness, SendGate, SendStep
from advisor.domain.reason import Reason
from streams.campaign_book import BookEntry, Position, Standing
from streams.campaign_news import CampaignNews
from streams.records import OutgoingRecord
from tests.support.builders import NOW, PODS, at, campaign, policy

SALE = campaign()
ENTRY = BookEntry("promo", 1, Standing.SCHEDULED, Position(0, 0, NOW), SALE)


def verdict(
    readiness: Readiness = Readiness.AT_RISK,
    reason: Reason = Reason.UNIT_CAPACITY_UNPROVEN,
    share: float = 1.0,
    now: datetime = NOW,
) -> CampaignReadiness:
    finding = Finding(readiness, reason, PODS, "")
    gate = SendGate("promo", (SendStep(now, share, None),), "")
    return CampaignReadiness(
        "promo", 1, readiness, (finding,), Cost("EUR", 1.0), send_gate=gate, sentence=f"it is {readiness}"
    )


class Reader:
    """Decides again and again, and keeps what lies on the topic."""

    def __init__(self) -> None:
        self.news = CampaignNews("notices")
        self.topic: list[OutgoingRecord] = []

    def told(
        self, answer: CampaignReadiness | None, now: datetime = NOW, entry: BookEntry = ENTRY
    ) -> list[dict[str, Any]]:
        """What is told at this decision: the data of each notice."""
        records = self.news.of(entry, answer, policy(), now)
        self.topic += records
        return [json.loads(record.value or b"")["data"] for record in records]

    def restart(self) -> None:
        """Another worker takes over, with nothing but the topic."""
        self.news = CampaignNews("notices")
        for record in self.topic:
            self.news.remember(record.key, record.value)


def test_a_first_verdict_is_told_with_its_sentence_and_not_again() -> None:
    reader = Reader()

    (first,) = reader.told(verdict())
    assert first["kind"] == "readiness"
    assert first["text"] == "it is AT_RISK"
    assert (first["readiness"], first["before"]) == ("AT_RISK", None)
    assert first["reasons"] == ["UNIT_CAPACITY_UNPROVEN"]
    assert reader.told(verdict(), at("06:10")) == []


def test_another_verdict_other_reasons_and_another_revision_are_news() -> None:
    reader = Reader()
    reader.told(verdict())

    assert [n["before"] for n in reader.told(verdict(Readiness.READY, Reason.VERIFIED))] == ["AT_RISK"]
    assert [n["reasons"] for n in reader.told(verdict(Readiness.READY, Reason.MEETS_PLAN))] == [
        ["MEETS_PLAN"]
    ]
    moved = replace(ENTRY, revision=2)
    assert [n["revision"] for n in reader.told(verdict(Readiness.READY, Reason.MEETS_PLAN), entry=moved)] == [
        2
    ]


def test_whoever_takes_over_repeats_nothing() -> None:
    """What was told last is known from the notices alone, of the verdict as of the pace."""
    reader = Reader()
    assert len(reader.told(verdict(share=0.4), at("10:05"))) == 2

    reader.restart()

    assert reader.told(verdict(share=0.4), at("10:06")) == []
    assert reader.told(verdict(share=0.42), at("10:07")) == []


def test_a_small_change_of_the_pace_is_not_told_and_a_change_from_or_to_nothing_always_is() -> None:
    reader = Reader()
    reader.told(verdict(share=0.4), at("10:05"))

    def shares(share: float, clock: str) -> list[tuple[float, float]]:
        told = reader.told(verdict(share=share), at(clock))
        return [(n["before"], n["share"]) for n in told if n["kind"] == "send_gate"]

    assert shares(0.44, "10:06") == []
    assert shares(0.45, "10:07") == [(0.4, 0.45)]
    assert shares(0.03, "10:08") == [(0.45, 0.03)]
    assert shares(0.0, "10:09") == [(0.03, 0.0)]
    assert shares(0.01, "10:10") == [(0.0, 0.01)]


def test_its_start_opens_the_gate_and_its_end_shuts_it() -> None:
    """At the start senders hear that they may, at the end that they may not; before it, nothing."""
    reader = Reader()
    assert [n["kind"] for n in reader.told(verdict(), at("09:59"))] == ["readiness"]

    opened = reader.told(verdict(), at("10:00"))
    over = reader.told(None, SALE.end)

    assert [(n["kind"], n["share"]) for n in opened] == [("send_gate", 1.0)]
    assert opened[0]["text"] == "yes, at 100% of its pace now"
    assert {n["kind"]: n["reasons"] for n in over if n["kind"] == "readiness"} == {
        "readiness": ["CAMPAIGN_PAST"]
    }
    assert [n["share"] for n in over if n["kind"] == "send_gate"] == [0.0]


def test_a_campaign_taken_back_while_it_runs_is_told_to_everybody() -> None:
    reader = Reader()
    reader.told(verdict(), at("10:30"))
    gone = replace(ENTRY, revision=2, standing=Standing.CANCELLED)

    told = reader.told(None, at("10:31"), gone)

    assert [n["kind"] for n in told] == ["readiness", "send_gate"]
    assert all("cancelled at revision 2" in n["text"] for n in told)
    assert reader.told(None, at("10:32"), gone) == []


def test_what_was_over_before_anybody_heard_of_it_is_no_news_but_an_unlisted_source_is() -> None:
    """A new estate does not tell old stories; a sender nobody trusts has to learn of it."""
    past = replace(ENTRY, campaign=replace(SALE, start=at("01:00"), end=at("02:00")))
    stranger = replace(ENTRY, campaign=replace(SALE, source="/unknown"))

    assert Reader().told(None, NOW, past) == []
    assert [n["reasons"] for n in Reader().told(None, NOW, stranger)] == [["SOURCE_NOT_LISTED"]]


def test_what_is_no_notice_of_ours_stops_nobody() -> None:
    news = CampaignNews("notices")

    for value in (b"", b"no json", b'{"data": {"kind": "readiness"}}', b'{"data": {"kind": "report"}}', None):
        news.remember(b"promo", value)

    assert len(news.of(ENTRY, verdict(), policy(), NOW)) == 1
