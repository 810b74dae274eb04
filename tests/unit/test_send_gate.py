"""The senders' answer: what may be sent now, and what later."""

from __future__ import annotations

from dataclasses import replace

from advisor.domain.money import Cost
from advisor.domain.readiness import CampaignReadiness, Readiness, SendGate, SendStep
from streams.campaign_book import BookEntry, Position, Standing
from streams.codec.campaign_state import entry_record
from streams.send_gate import may_send
from streams.send_gate_reading import Told
from tests.support.builders import HOUR, MINUTE, NOW, PODS, at, campaign

SALE = campaign(send_rate_per_min=150_000)


def gate(*steps: tuple[str, float], limited_by: str = PODS) -> SendGate:
    """A gate with these shares from HH:MM on, of 150,000 messages a minute."""
    made = tuple(SendStep(at(clock), share, round(share * 150_000)) for clock, share in steps)
    return SendGate("promo", made, limited_by)


def test_while_it_runs_what_has_capacity_may_be_sent_and_more_is_promised() -> None:
    """The words are those of the sentence that people know."""
    answer = may_send(SALE, gate(("10:05", 0.4), ("10:25", 1.0)), at("10:05"))

    assert (answer.share, answer.rate_per_min) == (0.4, 60_000)
    assert answer.text == f"yes, 60k/min now ({PODS}), 150k/min from 10:25 UTC"
    assert [step.at for step in answer.later] == [at("10:25")]


def test_before_its_start_nothing_may_be_sent_however_much_is_ready() -> None:
    answer = may_send(SALE, gate(("08:00", 1.0), limited_by=""), at("08:00"))

    assert answer.share == 0.0
    assert answer.text == "no, not before Friday 27 November 2026 10:00 UTC: then 150k/min"
    assert [(s.at, s.share) for s in answer.later] == [(at("10:00"), 1.0)]


def test_an_answer_from_before_the_start_counts_from_the_start_on() -> None:
    """Nothing has to be decided anew for a campaign to begin: what was said holds until something else is."""
    said = gate(("08:00", 0.4), ("10:25", 1.0))

    assert may_send(SALE, said, at("09:59")).share == 0.0
    assert may_send(SALE, said, at("10:00")).share == 0.4
    assert may_send(SALE, said, at("10:00")).text.startswith("yes, 60k/min now")


def test_a_step_to_come_counts_only_when_the_decider_says_so() -> None:
    """Capacity may be late: the time alone releases nothing."""
    assert may_send(SALE, gate(("10:05", 0.4), ("10:25", 1.0)), at("11:00")).share == 0.4


def test_after_its_end_and_before_its_forecast_nothing_may_be_sent() -> None:
    assert may_send(SALE, gate(("10:05", 1.0)), SALE.end).text == "no: it is over"
    assert may_send(SALE, None, at("10:05")).text == "no: what it needs is not forecast yet"
    assert may_send(SALE, None, at("10:05")).rate_per_min == 0.0
    assert may_send(SALE, replace(gate(), steps=()), at("10:05")).share == 0.0


def test_a_campaign_without_a_rate_is_told_in_shares_of_its_pace() -> None:
    quiet = campaign()
    steps = (SendStep(at("09:00"), 0.0, None), SendStep(at("10:00") + 25 * MINUTE, 0.5, None))

    words = may_send(quiet, SendGate("promo", steps, PODS), at("09:00")).text

    assert words == (
        f"no, not before Friday 27 November 2026 10:00 UTC: then nothing ({PODS}), "
        "at 50% of its pace from 10:25"
    )
    assert may_send(quiet, SendGate("promo", steps, PODS), at("10:00") + HOUR).rate_per_min is None


def told(decided: str, *, replayed: bool = False) -> Told:
    """What the decider said of the sale at HH:MM."""
    entry = BookEntry("promo", 1, Standing.SCHEDULED, Position(0, 0, NOW), SALE)
    opened = gate(("08:00", 1.0), limited_by="")
    ready = CampaignReadiness("promo", 1, Readiness.READY, (), Cost("EUR", None), send_gate=opened)
    return Told(entry_record(entry, ready, at(decided), replayed=replayed))


def test_when_nobody_has_decided_for_a_while_nothing_may_be_sent() -> None:
    """Its capacity was there; whether it still is, nobody can tell."""
    assert told("10:20").answer(at("10:35")).share == 1.0
    assert told("10:20").answer(at("10:36")).share == 0.0
    assert told("10:20").answer(at("10:36")).text == (
        "no: nothing was decided since 10:20Z, does a worker run?"
    )


def test_before_its_start_an_old_word_is_told_for_what_it_is() -> None:
    assert (
        told("08:00").answer(at("09:59")).text
        == "no, not before Friday 27 November 2026 10:00 UTC: then 150k/min"
    )


def test_a_replayed_stream_is_never_silent() -> None:
    """Its clock stands still between two records, and is far from that on the wall."""
    assert told("10:20", replayed=True).answer(at("10:59")).share == 1.0
    assert told("09:20", replayed=True).answer(at("10:59")).text.startswith("no, not before")
