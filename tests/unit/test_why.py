"""The chain behind a floor, from audit records and contents alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest

from advisor.domain.advice import Receipt
from advisor.domain.controls import Controls, Hold
from advisor.domain.reason import Reason
from advisor.domain.units import in_units
from streams.audit_log import AuditRecord
from streams.cli.layout import show_outline
from streams.cli.why import head, parts_of, worked_out
from streams.codec.command_audit import Deed, audit_command
from streams.codec.commands import Approve, Command, CommandKind, OnScope
from streams.control_book import ControlBook
from streams.control_judge import Known
from streams.decision_inputs import DecisionInputs
from streams.why import Chain, NothingDecidedError, explain
from tests.support.audited import Audited, as_stored, book_of, seen
from tests.support.builders import (
    HOUR,
    MINUTE,
    NOW,
    PODS,
    SHOP,
    at,
    campaign,
    frozen,
    observed,
    policy,
    resource,
)
from tests.support.screen import shown

NOON = at("12:00")


def chain(audited: Audited, when: datetime | None = None, now: datetime = NOON, **other: object) -> Chain:
    records: Iterable[AuditRecord] = other.get("records", audited.records)  # type: ignore[assignment]
    return explain(records, audited.fetch, PODS, when, now)


def text_of(found: Chain) -> str:
    return shown(show_outline, head(found), parts_of(found), width=300)


def said(word: Approve | OnScope, by: str, why: str = "") -> AuditRecord:
    """A person's word at nine as the decider writes it on the audit topic; legal's reason is theirs."""
    book, campaigns = ControlBook(), book_of([campaign(), campaign("other")])
    command = Command("e4b2", "/people", by, at("09:00"), why, word)
    answer = book.apply(command, at("09:00"), Known(campaigns, (PODS,), "EUR"))
    return as_stored(audit_command("audit", Deed(command, 0, at("09:00"), answer), "1"))


def approval(campaign_id: str, revision: int = 1) -> Approve:
    window = (at("09:30"), at("13:00"), at("12:00"))
    return Approve(campaign_id, revision, ((PODS, 8),), 12.5, "EUR", *window)


def decided(*inputs: DecisionInputs) -> Audited:
    audited = Audited()
    for one in inputs:
        audited.decide(one)
    return audited


def test_a_raised_floor_leads_to_its_campaign_and_its_arithmetic() -> None:
    """15/s tripled, a fifth kept free, ten to a unit: 5.4, so 6 units; 2 without the campaign."""
    rules = policy(resource(headroom=0.2))
    found = chain(decided(seen([campaign(revision=4)], the_policy=rules)), at("10:30"))

    assert found.floor == 6
    assert [c.claim.revision for c in found.claims] == [4]
    assert found.peak is not None
    assert (found.peak.rate_per_s, found.peak.units) == (45.0, 6)
    assert [(w.campaign_id, w.rate_per_s, w.units) for w in found.peak.without] == [("promo", 15.0, 2)]
    line = worked_out(found.peak)
    assert "web-shop 45.0/s x 1 (usually 15.0/s) = 45.0/s; x 1.2 with 20% headroom; " in line
    assert line.endswith("/ 10/s a unit = 5.40, so 6 units")
    assert head(found) == f"{PODS}: the floor planned for 2026-11-27 10:30Z is 6 units, at most 40"


def test_several_services_are_added_up_by_their_shares() -> None:
    rules = policy(resource(serves={SHOP: 1.0, "search": 0.5}))
    found = chain(decided(seen([campaign()], the_policy=rules)), at("10:30"))

    assert found.peak is not None
    assert {s.service: (s.rate_per_s, s.share) for s in found.peak.services} == {
        "search": (15.0, 0.5),
        SHOP: (45.0, 1.0),
    }
    assert found.peak.rate_per_s == 52.5


def test_the_decision_that_made_the_step_is_told_from_the_one_that_last_changed_anything() -> None:
    """The second decision only has a second campaign in the evening."""
    first = seen([campaign()])
    evening = campaign("evening", at("18:00"))
    later = seen([campaign(), evening], now=NOW + 10 * MINUTE)
    audited = decided(first, later)

    found = chain(audited, at("10:30"))

    assert found.made.time == first.now
    assert found.newest.time == later.now
    assert [c.claim.campaign_id for c in found.claims] == ["promo"]
    assert found.next_step is not None
    assert "last changed, with that still in it" in text_of(found)


def test_before_the_first_step_the_ordinary_minimum_stands() -> None:
    found = chain(decided(seen([campaign()])), NOW + MINUTE)

    assert (found.floor, found.ceiling, found.step) == (2, 40, None)
    assert found.next_step is not None
    assert "the ordinary minimum" in text_of(found)


def test_guardrails_people_and_acts_are_told() -> None:
    inputs = seen([campaign()], now=at("10:15"), controls=frozen())
    audited = decided(inputs)
    [act] = audited.take(
        audited.trail.of_act(Receipt(PODS, Reason.FLOOR_SET, at("10:16"), 2, 5), None, inputs.policy)
    )
    agreed, elsewhere = said(approval("promo"), "ada"), said(approval("other"), "eve")

    found = chain(audited, at("10:30"), records=[*audited.records, agreed, elsewhere])
    text = text_of(found)

    assert [v.reason for v in found.objections] == [Reason.KILL_SWITCH]
    assert [one["by"] for one in found.stood] == ["ada"]
    assert [e.data["actor"] for e in found.commands] == ["ada"]
    assert [a.id for a in found.acts] == [act.event.id]
    assert "KILL_SWITCH" in text
    assert "ada approves promo, revision 1: at most 8 of sim://pods, at most EUR 12.50 extra" in text
    assert "FLOOR_SET, floor 2 -> 5" in text


def test_what_people_said_comes_in_their_words_and_before_any_id() -> None:
    """Accepted or refused, with the reason they gave, and where to look it up last."""
    held = said(OnScope(CommandKind.HOLD, PODS), "ada", "legal")
    late = said(approval("promo", revision=9), "bob", "go")
    audited = decided(seen([campaign()], now=at("10:15")))

    found = chain(audited, at("10:30"), records=[*audited.records, held, late])
    (accepted, refused) = dict(parts_of(found))["People"]

    assert accepted.startswith(f"ada holds {PODS} (legal): nothing is changed there")
    assert accepted.endswith(f"(2026-11-27 09:00Z, record {held.event.id})")
    assert refused.startswith("approve of promo by bob is refused, REVISION_MISMATCH")
    assert "; why it was asked for: go (2026-11-27 09:00Z, record " in refused
    for line in (accepted, refused):
        assert "io.headstart" not in line


def test_what_stood_of_peoples_words_is_told_with_their_reasons() -> None:
    stop = Controls(holds=(Hold(PODS, "ada", NOW, "legal"), Hold(PODS, "bob", NOW, "incident 7")))
    found = chain(decided(seen([campaign()], controls=stop)), at("10:30"))

    assert dict(parts_of(found))["People"] == [
        f"held: {PODS}, by ada since 2026-11-27 06:00Z (legal)",
        f"held: {PODS}, by bob since 2026-11-27 06:00Z (incident 7)",
    ]


def test_nothing_is_cropped_on_a_terminal_or_in_a_pipe() -> None:
    """Ids are in one piece on both; in a pipe every line of the chain is one line of output."""
    wordy = said(OnScope(CommandKind.HOLD, PODS), "ada", "because " + "so many words " * 20)
    audited = decided(seen([campaign()], controls=frozen()))
    found = chain(audited, at("10:30"), records=[*audited.records, wordy])
    lines = [" ".join(line.split()) for _, lines in parts_of(found) for line in lines]

    for width in (40, 80):
        screen = shown(show_outline, head(found), parts_of(found), width=width, terminal=True)
        assert found.made.id in screen
        assert wordy.event.id in screen
        words = screen.replace("  - ", " ").split()
        assert words == " ".join([head(found), *_outlined(found)]).split()
    assert max(map(len, screen.splitlines())) <= 80

    pipe = shown(show_outline, head(found), parts_of(found), width=80).splitlines()
    assert pipe[0] == head(found)
    assert [line.removeprefix("  - ").strip() for line in pipe if line.startswith("  ")] == lines


def _outlined(found: Chain) -> list[str]:
    return [part for title, lines in parts_of(found) for part in (title, *lines)]


def test_one_unit_is_one_unit() -> None:
    assert (in_units(1), in_units(6), in_units(1200)) == ("1 unit", "6 units", "1,200 units")


def test_what_happened_later_is_not_part_of_the_answer() -> None:
    """Asked about the past, the chain holds what was known then."""
    audited = decided(seen([campaign()]), seen([], now=NOW + HOUR))

    found = chain(audited, NOW + 30 * MINUTE)

    assert found.newest.time == NOW
    assert [c.claim.campaign_id for c in found.claims] == ["promo"]


def test_now_is_the_wall_clock_where_records_were_written_live_and_else_the_last_decision() -> None:
    audited = decided(seen([campaign()]))
    long_after = [replace(r, written_at=r.written_at + timedelta(days=9000)) for r in audited.records]

    assert chain(audited, now=at("10:30")).at == at("10:30")
    assert chain(audited, now=at("10:30"), records=long_after).at == NOW


def test_with_lost_inputs_the_chain_says_what_is_missing_and_tells_the_rest() -> None:
    audited = decided(seen([campaign()]))
    audited.contents.clear()

    found = chain(audited, at("10:30"))

    assert found.floor == 5
    assert found.peak is None
    assert parts_of(found)[-1][0] == "Part of this is missing"
    assert "  - manifest: the content" in text_of(found)


def test_a_resource_or_a_time_without_a_decision_says_what_to_ask_instead() -> None:
    audited = decided(seen([campaign()]))

    with pytest.raises(NothingDecidedError, match="ask for 2026-11-27T06:00:00Z or later"):
        chain(audited, NOW - HOUR)
    with pytest.raises(NothingDecidedError, match="`headstart plan CAMPAIGN`"):
        explain(audited.records, audited.fetch, "promo", None, NOON)


def test_the_chain_is_plain_json() -> None:
    found = chain(decided(seen([campaign()])), at("10:30"))

    plain = msgspec.json.decode(msgspec.json.encode(found))

    assert plain["floor"] == 5
    assert plain["peak"]["units"] == 5
    assert plain["made"]["data"]["inputs"].keys() == {"decision"}


# --- as its platform had it


def test_who_set_it_what_stood_before_us_what_is_armed_and_what_units_wait_for_are_told():
    from advisor.domain.capacity import Armed, Bounds
    from streams.cli.why import found_lines

    found = replace(
        observed(PODS, 9, ready=4),
        writer="Argo CD (argocd-controller)",
        originals=Bounds(2, 40),
        armed=(Armed(at("16:30"), 12, 40),),
        waiting_for=("2 pods: 0/3 nodes are available",),
    )

    assert list(found_lines(found)) == [
        "found then: minimum 9, 4 of 9 units ready, set last by Argo CD (argocd-controller)",
        "before us: 2 to 40, as written on it",
        "armed at the platform: at least 12 units from 2026-11-27 16:30Z on",
        "its units wait for: 2 pods: 0/3 nodes are available",
    ]
