"""Records of the campaign-state topic hold all that was decided, and change only with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from advisor.domain.readiness import CampaignReadiness
from streams.campaign_book import BookEntry, Position, Standing
from streams.codec.campaign_state import SAID_AGAIN, EntryRecord, decode_entry, encode_entry, entry_record
from tests.support.builders import MINUTE, NOW, at, campaign, decided, policy, resource

LATE = policy(resource(lead_time=300 * MINUTE))
SALE = campaign(send_rate_per_min=150_000)
ENTRY = BookEntry("promo", 1, Standing.SCHEDULED, Position(0, 7, NOW), SALE)


def assessed() -> CampaignReadiness:
    """A verdict with everything that one can have: too late, so that a later start is told."""
    (answer,) = decided(NOW, [SALE], the_policy=LATE).campaigns
    return answer


def test_everything_that_was_decided_is_read_back() -> None:
    answer = assessed()
    key, value = encode_entry(entry_record(ENTRY, answer, NOW))

    found = decode_entry(value)

    assert key == b"promo"
    assert found == entry_record(ENTRY, answer, NOW)
    assert found.sentence == answer.sentence != ""
    assert found.earliest_safe_start == answer.earliest_safe_start is not None
    assert found.last_moment == answer.last_moment is not None
    assert found.if_nothing_is_done == answer.if_nothing_is_done != ()
    assert found.send_gate == answer.send_gate
    assert found.cost == answer.extra_cost


def test_the_time_of_deciding_alone_is_no_news() -> None:
    """Ticks go by and nothing is written; anything else that is said is written."""
    answer = assessed()
    gate = answer.send_gate
    assert gate is not None
    later = replace(gate, steps=(replace(gate.steps[0], at=at("06:01")), *gate.steps[1:]))
    first = entry_record(ENTRY, answer, NOW)

    assert entry_record(ENTRY, replace(answer, send_gate=later), at("06:01")).says_what(first)
    assert not entry_record(ENTRY, replace(answer, sentence="something else"), NOW).says_what(first)
    assert not entry_record(ENTRY, None, NOW).says_what(first)
    assert not first.says_what(None)


def test_while_a_campaign_is_sent_senders_see_every_few_minutes_that_somebody_decides() -> None:
    answer = assessed()

    def is_said_again(clock: str, later: timedelta = SAID_AGAIN) -> bool:
        first = entry_record(ENTRY, answer, at(clock))
        return entry_record(ENTRY, answer, at(clock) + later).is_to_be_said_again(first)

    assert is_said_again("09:50")
    assert is_said_again("11:50")
    assert not is_said_again("11:50", SAID_AGAIN - MINUTE)
    assert not is_said_again("09:45")
    assert not is_said_again("11:55")
    assert not entry_record(ENTRY, None, at("11:00")).is_to_be_said_again(entry_record(ENTRY, None, NOW))


def test_a_record_of_an_earlier_version_of_us_is_read_without_a_sentence() -> None:
    _, value = encode_entry(EntryRecord(entry=ENTRY))
    old = value.replace(b'"sentence":"",', b"").replace(b'"send_gate":null,', b"")

    assert b"sentence" not in old
    assert decode_entry(old).sentence == ""
